"""What is on this machine and what can be fetched, in one list; choosing and deleting by its names.

A name leads to weights that are registered, to a source known here, or to a GGUF file that somebody put into the
folder. It is never a path: over HTTP a path would tell which files there are.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from fabula.providers.embedded.errors import WeightsBroken, WeightsInUse, WeightsNotHere, WeightsUnknown
from fabula.providers.embedded.gguf import read_head
from fabula.providers.embedded.pull import SOURCES, Source
from fabula.providers.embedded.weights import Manifest, Weights, WeightsFolder


@dataclass(frozen=True, slots=True)
class LocalModel:
    """One model; sizes in bytes. `path` is None while it is not here, `sha256` None where nobody published one.

    `is_checked`: the file was checked against `sha256` when it came, and has its size still. `problem` says why a
    file cannot be run.
    """

    name: str
    title: str
    size: int
    path: Path | None
    sha256: str | None
    is_checked: bool
    is_in_use: bool
    can_pull: bool
    context_tokens: int | None
    problem: str | None = None

    @property
    def can_delete(self) -> bool:
        """Whether there is a file, or the memory of one, that is not in use."""
        return not self.is_in_use and (self.path is not None or self.problem is not None)


def survey(folder: WeightsFolder, sources: Mapping[str, Source] = SOURCES) -> tuple[LocalModel, ...]:
    """Registered weights, then sources that are not here, then other GGUF files of the folder. Blocking.

    Raises `ManifestBroken`.
    """
    manifest = folder.read()
    known = [_registered(folder, weights, manifest, sources) for weights in manifest.models]
    absent = [_absent(source) for name, source in sources.items() if manifest.find(name) is None]
    taken = {model.name for model in (*known, *absent)}
    return (*known, *absent, *_strays(folder, manifest, taken))


def find(folder: WeightsFolder, name: str, sources: Mapping[str, Source] = SOURCES) -> LocalModel:
    """The model of that name; raises `WeightsUnknown`."""
    for model in survey(folder, sources):
        if model.name == name:
            return model
    raise WeightsUnknown(name)


def use(folder: WeightsFolder, name: str, sources: Mapping[str, Source] = SOURCES) -> LocalModel:
    """Run this one from the next answer on; raises `WeightsUnknown`, `WeightsNotHere`, `WeightsBroken`."""
    model = find(folder, name, sources)
    if model.path is None:
        raise WeightsNotHere(name)
    if model.problem is not None:
        raise WeightsBroken(str(model.path), model.problem)
    is_registered = folder.read().find(name) is not None
    return find(folder, folder.use(name if is_registered else str(model.path)).name, sources)


def check_deletable(model: LocalModel) -> LocalModel:
    """Raise `WeightsInUse` or `WeightsNotHere` for what cannot be deleted."""
    if model.is_in_use:
        raise WeightsInUse(model.name)
    if not model.can_delete:
        raise WeightsNotHere(model.name)
    return model


def delete(folder: WeightsFolder, name: str, sources: Mapping[str, Source] = SOURCES) -> None:
    """Delete a model's file and forget it; a file outside the folder is its owner's and is only forgotten.

    Raises `WeightsUnknown`, `WeightsNotHere`, `WeightsInUse`, `PullRunning`.
    """
    with folder.locked():
        model = check_deletable(find(folder, name, sources))
        folder.forget(name)
        if model.path is not None and model.path.parent == folder.path:
            model.path.unlink(missing_ok=True)


def _registered(
    folder: WeightsFolder, weights: Weights, manifest: Manifest, sources: Mapping[str, Source]
) -> LocalModel:
    path = folder.file(weights)
    is_here = path.is_file()
    return LocalModel(
        name=weights.name,
        title=weights.title,
        size=weights.size,
        path=path if is_here else None,
        sha256=weights.sha256,
        is_checked=is_here and weights.sha256 is not None and path.stat().st_size == weights.size,
        is_in_use=weights.name == manifest.in_use and is_here,
        can_pull=weights.name in sources,
        context_tokens=weights.context_tokens,
        problem=None if is_here else f"missing: {path}",
    )


def _absent(source: Source) -> LocalModel:
    return LocalModel(
        name=source.name,
        title=source.title,
        size=source.gguf_size,
        path=None,
        sha256=source.gguf_sha256,
        is_checked=False,
        is_in_use=False,
        can_pull=True,
        context_tokens=None,
    )


def _strays(folder: WeightsFolder, manifest: Manifest, taken: set[str]) -> Iterator[LocalModel]:
    """GGUF files of the folder that nobody registered. One with the name of a source is left to its pull."""
    registered = {folder.file(weights) for weights in manifest.models}
    for path in sorted(folder.path.glob("*.gguf")):
        if path in registered or (path.stem in taken and manifest.find(path.stem) is None):
            continue
        name = path.name if path.stem in taken else path.stem
        try:
            head = read_head(path)
        except WeightsBroken as error:
            yield _stray(path, name, name, None, error.reason)
        else:
            yield _stray(path, name, head.title or name, head.context_tokens, None)


def _stray(path: Path, name: str, title: str, context_tokens: int | None, problem: str | None) -> LocalModel:
    return LocalModel(
        name=name,
        title=title,
        size=path.stat().st_size,
        path=path,
        sha256=None,
        is_checked=False,
        is_in_use=False,
        can_pull=False,
        context_tokens=context_tokens,
        problem=problem,
    )
