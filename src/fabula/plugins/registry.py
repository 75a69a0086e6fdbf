"""Finding the plugins that are installed beside the server: entry points of the group `fabula.plugins`."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points

from fabula import __version__
from fabula.plugins.contracts import StepKind, StepType
from fabula.plugins.errors import PluginUnusable
from fabula.plugins.shape import Plugin, plugin_faults

GROUP = "fabula.plugins"


@dataclass(frozen=True, slots=True)
class FoundPlugin:
    """A plugin and where it comes from. With a `fault` nothing of it is used, and `plugin` is empty."""

    name: str
    distribution: str
    version: str
    plugin: Plugin
    fault: PluginUnusable | None = None


def find_plugins(own: Plugin) -> tuple[FoundPlugin, ...]:
    """`own`, what comes with the server, then what is installed, by distribution and name.

    Imports the plugins' modules: called once a process, by the composition root. A name is given once: of two plugins
    that want it the later one cannot be used. Raises nothing on account of a plugin: it has a `fault` then.
    """
    found = [FoundPlugin("built-in", "fabula", __version__, own)]
    for entry in sorted(entry_points(group=GROUP), key=lambda entry: (_origin(entry), entry.name)):
        found.append(_read(entry, found))
    return tuple(found)


def _read(entry: EntryPoint, before: Sequence[FoundPlugin]) -> FoundPlugin:
    origin = _origin(entry)
    try:
        plugin = _load(entry, before)
    except PluginUnusable as fault:
        return FoundPlugin(entry.name, *origin, Plugin(), fault)
    return FoundPlugin(entry.name, *origin, plugin)


def _load(entry: EntryPoint, before: Sequence[FoundPlugin]) -> Plugin:
    """Raises `PluginUnusable`, whatever the module does: a broken plugin must not take the server with it."""
    try:
        plugin: Plugin = entry.load()
        faults = list(plugin_faults(plugin)) or list(_taken(plugin, before))
    except (Exception, SystemExit) as error:  # edge: a stranger's code
        raise PluginUnusable(entry.name, *_origin(entry), f"{type(error).__name__}: {error}") from error
    if faults:
        raise PluginUnusable(entry.name, *_origin(entry), "; ".join(faults))
    return plugin


def _taken(plugin: Plugin, before: Sequence[FoundPlugin]) -> Iterator[str]:
    """Names of steps that another plugin gives already, or this one twice."""
    givers = {_key(step): f"{other.distribution} {other.version}" for other in before for step in other.plugin.steps}
    for step in plugin.steps:
        if _key(step) in givers:
            yield f"there is a {step.type.value} step {step.name!r} already, of {givers[_key(step)]}"
        givers[_key(step)] = "its own"


def _key(step: StepKind) -> tuple[StepType, str]:
    return step.type, step.name


def _origin(entry: EntryPoint) -> tuple[str, str]:
    found = entry.dist
    return (found.name, found.version) if found else ("unknown", "")
