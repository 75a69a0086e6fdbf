"""What a worker knows of its chat, and files to import."""

import json
import struct
import zlib
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass, field

from fabula.features.profiles.cards import png

_BOUNDARY = "fabula-bench-boundary"  # fixed: a repeated operation is the very same bytes
_SIDE = 64


@dataclass(slots=True)
class Said:
    """A message; an answer's text is not known here (None), for the upstream says it."""

    id: str
    variants: dict[str, str | None]
    selected: str
    hidden: bool = False
    deleted: bool = False
    is_answer: bool = False

    @property
    def text(self) -> str | None:
        return self.variants[self.selected]


@dataclass(slots=True)
class Line:
    """A branch: `main`, or one that was forked off it at a message."""

    id: str
    at: Said | None = None
    own: list[Said] = field(default_factory=list)
    deleted: bool = False

    def shown(self, main: "Line") -> list[Said]:
        """What a list of its messages shows, oldest first."""
        before = [] if self.at is None else main.own[: main.own.index(self.at) + 1]
        return [said for said in (*before, *self.own) if not said.deleted]


@dataclass(slots=True)
class Chat:
    """`lines` begins with `main`."""

    id: str
    profile: str
    lines: list[Line]
    active: Line
    deleted: bool = False

    @property
    def main(self) -> Line:
        return self.lines[0]


def form(field_name: str, name: str, content: bytes) -> tuple[bytes, str]:
    """One file as a multipart body, and its content type."""
    disposition = f'Content-Disposition: form-data; name="{field_name}"; filename="{name}"'
    head = f"--{_BOUNDARY}\r\n{disposition}\r\nContent-Type: application/octet-stream\r\n\r\n"
    return head.encode() + content + f"\r\n--{_BOUNDARY}--\r\n".encode(), f"multipart/form-data; boundary={_BOUNDARY}"


def jsonl(texts: Sequence[str]) -> bytes:
    """A SillyTavern chat of these messages."""
    lines: list[dict[str, object]] = [{"user_name": "unused", "character_name": "Mira", "chat_metadata": {}}]
    for nth, text in enumerate(texts):
        name = "Ann" if nth % 2 == 0 else "Mira"
        date = "2024-06-05T14:56:50.682Z"
        lines.append({"name": name, "is_user": nth % 2 == 0, "is_system": False, "send_date": date, "mes": text})
    return "\n".join(json.dumps(line) for line in lines).encode()


def card(name: str) -> bytes:
    """A PNG card with a picture of one colour."""
    data = {"name": name, "description": "A keeper of the old light.", "first_mes": "Good evening."}
    spec = {"spec": "chara_card_v3", "spec_version": "3.0", "data": data}
    chunks = {
        b"IHDR": struct.pack(">IIBBBBB", _SIDE, _SIDE, 8, 2, 0, 0, 0),
        b"tEXt": b"ccv3\0" + b64encode(json.dumps(spec).encode()),
        b"IDAT": zlib.compress((b"\0" + bytes(3 * _SIDE)) * _SIDE),
        b"IEND": b"",
    }
    return png.SIGNATURE + b"".join(png.make_chunk(kind, body) for kind, body in chunks.items())
