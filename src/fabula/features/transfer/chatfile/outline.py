"""What of a chat file must be known before it is imported: its header, its content's hash, its lines' digests."""

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from fabula.features.transfer.chatfile.dates import read_date
from fabula.features.transfer.chatfile.header import UNUSED, HeaderView
from fabula.features.transfer.chatfile.lines import NO_HEADER, ChatLines, dump
from fabula.features.transfer.chatfile.swipes import read_swipes
from fabula.features.transfer.chatfile.text import name_of
from fabula.features.transfer.types import JsonObject, Note, Notes

# Links to other files, set on a message after that file was copied from this one.
_MARKS = ("branches", "bookmark_link")


@dataclass(frozen=True, slots=True)
class Outline:
    """`key` is the same for files with the same JSON values in the same lines, however they are spaced.

    `digests` has 16 bytes a message, without its links to branches and checkpoints; `marked` the whole lines of the
    few that have such links, by their place. `told` has 16 bytes a message of what people read (see `digest_told`).
    `start` is the same for a file and for what it has grown into. `names` are the speakers other than the user, the
    most talkative first.
    """

    file: str
    key: str
    start: str
    header: JsonObject | None
    view: HeaderView
    names: Sequence[str]
    digests: Sequence[bytes]
    told: Sequence[bytes]
    marked: Mapping[int, JsonObject]
    notes: tuple[Note, ...]

    @property
    def named_start(self) -> str:
        """`start` for a file of this name; empty where there is no message."""
        return _digest(f"{self.start} {PurePosixPath(self.file).name}".encode()).hex() if self.start else ""

    @property
    def character(self) -> str:
        """Whom the chat is with, as its header says, or else its lines; empty if neither does."""
        return self.view.character or (self.names[0] if self.names else "")

    def headed(self, metadata: JsonObject) -> "Outline":
        """The outline of a file without a header, with one that says `metadata`; the file is known by the same key."""
        header: JsonObject = {"user_name": UNUSED, "character_name": UNUSED, "chat_metadata": metadata}
        notes = tuple(note for note in self.notes if note.code != NO_HEADER)
        return replace(self, header=header, view=HeaderView.of(header), notes=notes)


def read_outline(file: str, data: bytes) -> Outline:
    """Read a file through once. Blocking for long ones: call from a thread."""
    notes = Notes()
    lines = ChatLines(data, notes)
    whole, names = hashlib.sha256(), Counter[str]()
    start = ""
    digests: list[bytes] = []
    told: list[bytes] = []
    marked: dict[int, JsonObject] = {}
    for number, line in lines.messages():
        text = dump(line).encode()
        whole.update(text + b"\n")
        plain = without_marks(line)
        if plain is not line:
            marked[len(digests)] = line
            text = dump(plain).encode()
        start = start or _start_of(file, line)
        digests.append(_digest(text))
        told.append(digest_told(line))
        if line.get("is_user") is not True and line.get("is_system") is not True:
            names[name_of(line.get("name"))] += 1
        if "send_date" in line and read_date(line["send_date"]) is None:
            notes.add("bad_date", f"line {number}", "no date that is known; the time of the message before it is taken")
    # Last, though it stands first: the header is known once the lines are read.
    whole.update(dump(lines.header).encode())
    ranked = [name for name, _ in names.most_common() if name]
    view = HeaderView.of(lines.header)
    return Outline(file, whole.hexdigest(), start, lines.header, view, ranked, digests, told, marked, notes.all())


def digest_told(line: JsonObject) -> bytes:
    """Of what people read in a line: who speaks, every swipe, and which is shown."""
    swipes = read_swipes(line)
    return _digest(dump([line.get("name"), line.get("is_user") is True, list(swipes.texts), swipes.shown]).encode())


def _start_of(file: str, line: JsonObject) -> str:
    """Of the first message what swiping leaves alone. Without a date, two tales with one greeting differ by name only."""
    infos = line.get("swipe_info")
    first = infos[0] if isinstance(infos, list) and infos else None
    date = (first.get("send_date") if isinstance(first, dict) else None) or line.get("send_date")
    name = None if date else PurePosixPath(file).name
    return _digest(dump([line.get("name"), read_swipes(line).texts[0], date, name]).encode()).hex()


def _digest(text: bytes) -> bytes:
    return hashlib.blake2b(text, digest_size=16).digest()


def without_marks(line: JsonObject) -> JsonObject:
    """The line without its links to branches and checkpoints; the same object where it has none."""
    extra = line.get("extra")
    if not isinstance(extra, dict) or not any(mark in extra for mark in _MARKS):
        return line
    return {**line, "extra": {key: value for key, value in extra.items() if key not in _MARKS}}
