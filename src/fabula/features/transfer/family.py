"""Which chat files are branches of which: SillyTavern keeps a branch, or a checkpoint, as a file of its own.

Such a file names the one it was copied from (`main_chat`); where the two part is found by comparing their messages.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from fabula.core.ids import BranchId, uuid7
from fabula.features.transfer.chatfile import Outline, without_marks
from fabula.features.transfer.types import JsonObject, Note

_PATH = "chat_metadata.main_chat"


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """A file as a branch. It has the first `shared` messages in common with its parent's file; a root has no parent."""

    id: BranchId
    outline: Outline
    parent: "Line | None"
    shared: int
    notes: tuple[Note, ...]

    @property
    def name(self) -> str:
        return stem(self.outline.file)

    def owner_of(self, seq: int) -> "Line":
        """The branch of this one's history that owns the message at `seq`."""
        line = self
        while line.parent is not None and seq < line.shared:
            line = line.parent
        return line

    def own_lines(self) -> dict[int, JsonObject]:
        """The shared lines that this file writes otherwise than their owner's, by place: links to other files differ."""
        places = set(self.outline.marked)
        line = self
        while line.parent is not None:
            line = line.parent
            places |= set(line.outline.marked)
        found: dict[int, JsonObject] = {}
        for seq in sorted(place for place in places if place < self.shared):
            theirs = self.owner_of(seq).outline.marked.get(seq)
            own = self.outline.marked.get(seq) or without_marks(theirs or {})
            if own != theirs:
                found[seq] = own
        return found


def stem(file: str) -> str:
    """A file's name without folder and ending; only `.jsonl` is an ending, for names hold dots."""
    return PurePosixPath(file).name.removesuffix(".jsonl")


def families(outlines: Sequence[Outline]) -> list[list[Line]]:
    """The files of one character by what chat they make up: its root first, each parent before its branches.

    A file whose main chat is not among them, or shares no message with it, is a root and carries a note. Of files with
    one name the first is meant where another names it.
    """
    by_name: dict[str, int] = {}
    for at, outline in enumerate(outlines):
        by_name.setdefault(stem(outline.file), at)
    lines: dict[int, Line] = {}
    found: dict[BranchId, list[Line]] = {}
    for start in range(len(outlines)):
        for at in _up(start, outlines, by_name):
            if at not in lines:
                outline = outlines[at]
                lines[at] = line = _place(outline, lines.get(by_name.get(outline.view.main, -1)))
                found.setdefault(_root(line).id, []).append(line)
    return list(found.values())


def _up(start: int, outlines: Sequence[Outline], by_name: dict[str, int]) -> Iterator[int]:
    """The file's ancestors from the top, then the file itself; a circle is cut where it closes."""
    chain, at = {start: None}, start
    while (at := by_name.get(outlines[at].view.main, -1)) >= 0 and at not in chain:
        chain[at] = None
    yield from reversed(chain)


def _place(outline: Outline, parent: Line | None) -> Line:
    main, identity = outline.view.main, BranchId(uuid7())
    if parent is None:
        notes = (_note("main_chat_missing", f"its main chat {main!r} is not here; imported as a chat of its own"),)
        return Line(identity, outline, None, 0, notes if main else ())
    shared = 0
    for own, theirs in zip(outline.digests, parent.outline.digests, strict=False):
        if own != theirs:
            break
        shared += 1
    if not shared:
        note = _note("nothing_shared", f"no message in common with its main chat {main!r}; a chat of its own")
        return Line(identity, outline, None, 0, (note,))
    return Line(identity, outline, parent, shared, ())


def _root(line: Line) -> Line:
    while line.parent is not None:
        line = line.parent
    return line


def _note(code: str, message: str) -> Note:
    return Note(code, _PATH, message)
