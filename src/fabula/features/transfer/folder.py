"""Import a whole SillyTavern data folder: one part after another, each a step of a durable job.

A step that was finished is not done again after a crash; one that was cut off is, and finds what it had brought in by
its content. What becomes of each file stands in the job's result.
"""

from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import cast

from fabula.core.actor import Actor
from fabula.engine.jobs import JobContext
from fabula.features.lore import LorebookId
from fabula.features.transfer.casts import import_character_chats, import_group, import_left_chats
from fabula.features.transfer.chatfile import clean_json
from fabula.features.transfer.errors import NothingFound
from fabula.features.transfer.layout import Layout, read_layouts, tell_not_taken
from fabula.features.transfer.parts import import_books, import_cards, import_presets, import_settings, learn
from fabula.features.transfer.shelves import Known, Shelves
from fabula.features.transfer.source import Source
from fabula.features.transfer.types import Item, JsonObject
from fabula.plugins import Json

# Files of one step: few enough that little is repeated after a crash, many enough that steps cost nothing.
AT_ONCE = 20
_TRIES = 3
Import = Callable[[Shelves, Actor, Source, Known, Sequence[str]], Awaitable[list[Item]]]


@dataclass(frozen=True, slots=True)
class Step:
    """A part of the import: what it is called, how many files it takes, and what brings them in."""

    name: str
    files: int
    run: Callable[[], Awaitable[list[Item]]]


async def import_folder(to: Shelves, context: JobContext, source: Source) -> Json:
    """{items, counts}: what became of each file, and how many of each kind; raises `NothingFound`, `StepFailed`."""
    names = cast("list[str]", await context.step("list", lambda: list[Json](source.names())))
    layouts = read_layouts(names)
    if not layouts:
        raise NothingFound
    taken = set[LorebookId]()
    steps = [
        step
        for nth, layout in enumerate(layouts)
        for step in _steps(to, context.actor, source, Known(taken=taken), layout, nth)
    ]
    items: list[JsonObject] = []
    done, total = 0, sum(step.files for step, _ in steps)
    for step, known in steps:
        found = cast("list[JsonObject]", await context.step(step.name, partial(_told, step), tries=_TRIES))
        learn(known, found)
        items += found
        done += step.files
        await context.progress(done, total, step.name)
    items += [item.to_json() for layout in layouts for item in tell_not_taken(layout)]
    counts = Counter(f"{item['kind']}.{item['status']}" for item in items)
    return {"items": list[Json](items), "counts": dict[str, Json](counts)}


async def _told(step: Step) -> Json:
    # People read the report, and a text that UTF-8 cannot hold could never be sent to them.
    return [clean_json(item.to_json()) for item in await step.run()]


def _steps(
    to: Shelves, actor: Actor, source: Source, known: Known, layout: Layout, nth: int
) -> Iterator[tuple[Step, Known]]:
    """In the order in which things refer to each other; each finds in `known` what the ones before it brought in."""
    mark = f" ({nth + 1})" if nth else ""
    common = (to, actor, source, known)
    parts: tuple[tuple[str, Import, Sequence[str]], ...] = (
        ("lorebooks", import_books, layout.worlds),
        ("cards", import_cards, layout.cards),
        ("presets", import_presets, layout.presets),
    )
    for name, bring, paths in parts:
        for first in range(0, len(paths), AT_ONCE):
            some = paths[first : first + AT_ONCE]
            yield Step(f"{name} {first + 1}{mark}", len(some), partial(bring, *common, some)), known
    if layout.settings is not None:
        yield Step(f"settings{mark}", 1, partial(import_settings, *common, layout)), known
    for folder, paths in sorted(layout.chats.items()):
        run = partial(import_character_chats, *common, folder, paths)
        yield Step(f"chats of {folder}{mark}", len(paths), run), known
    for path in layout.groups:
        yield Step(f"{path}{mark}", 1, partial(import_group, *common, layout, path)), known
    if layout.group_chats:
        yield Step(f"chats without a group{mark}", 0, partial(import_left_chats, *common, layout)), known
