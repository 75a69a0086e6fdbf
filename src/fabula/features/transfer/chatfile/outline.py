"""What of a chat file must be known before it is imported: its header, its content's hash, its lines' digests."""

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fabula.features.transfer.chatfile.dates import read_date
from fabula.features.transfer.chatfile.header import HeaderView
from fabula.features.transfer.chatfile.lines import ChatLines, dump
from fabula.features.transfer.chatfile.text import name_of
from fabula.features.transfer.types import JsonObject, Note, Notes

# Links to other files, set on a message after that file was copied from this one.
_MARKS = ("branches", "bookmark_link")


@dataclass(frozen=True, slots=True)
class Outline:
    """`key` is the same for files with the same JSON values in the same lines, however they are spaced.

    `digests` has 16 bytes a message, without its links to branches and checkpoints; `marked` the whole lines of the
    few that have such links, by their place. `names` are the speakers other than the user, the most talkative first.
    """

    file: str
    key: str
    header: JsonObject | None
    view: HeaderView
    names: Sequence[str]
    digests: Sequence[bytes]
    marked: Mapping[int, JsonObject]
    notes: tuple[Note, ...]

    @property
    def character(self) -> str:
        """Whom the chat is with, as its header says, or else its lines; empty if neither does."""
        return self.view.character or (self.names[0] if self.names else "")


def read_outline(file: str, data: bytes) -> Outline:
    """Read a file through once. Blocking for long ones: call from a thread."""
    notes = Notes()
    lines = ChatLines(data, notes)
    whole, names = hashlib.sha256(), Counter[str]()
    digests: list[bytes] = []
    marked: dict[int, JsonObject] = {}
    for number, line in lines.messages():
        text = dump(line).encode()
        whole.update(text + b"\n")
        plain = without_marks(line)
        if plain is not line:
            marked[len(digests)] = line
            text = dump(plain).encode()
        digests.append(hashlib.blake2b(text, digest_size=16).digest())
        if line.get("is_user") is not True and line.get("is_system") is not True:
            names[name_of(line.get("name"))] += 1
        if "send_date" in line and read_date(line["send_date"]) is None:
            notes.add("bad_date", f"line {number}", "no date that is known; the time of the message before it is taken")
    # Last, though it stands first: the header is known once the lines are read.
    whole.update(dump(lines.header).encode())
    ranked = [name for name, _ in names.most_common() if name]
    view = HeaderView.of(lines.header)
    return Outline(file, whole.hexdigest(), lines.header, view, ranked, digests, marked, notes.all())


def without_marks(line: JsonObject) -> JsonObject:
    """The line without its links to branches and checkpoints; the same object where it has none."""
    extra = line.get("extra")
    if not isinstance(extra, dict) or not any(mark in extra for mark in _MARKS):
        return line
    return {**line, "extra": {key: value for key, value in extra.items() if key not in _MARKS}}
