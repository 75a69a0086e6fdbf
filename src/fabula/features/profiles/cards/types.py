"""Values of the card codec: what a file held, within which limits, and what had to be repaired."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias

from fabula.plugins import Json

JsonObject: TypeAlias = dict[str, Json]

_MAX_WARNINGS = 200  # a hostile file can earn one per field; the report must stay readable and small
_MAX_PATH = 120


class Container(Enum):
    """The kind of file a card came in."""

    PNG = "png"
    APNG = "apng"
    CHARX = "charx"
    JSON = "json"
    YAML = "yaml"


class SourceSpec(Enum):
    """The shape of the JSON: which specification, or whose habit, it follows."""

    V1 = "v1"
    V2 = "v2"
    V3 = "v3"
    PYGMALION = "pygmalion"  # char_name, char_persona, char_greeting …
    YAML = "yaml"  # name, context, greeting: what text-generation front ends keep as YAML


class AssetPlace(Enum):
    """Where the bytes of an asset are."""

    FILE = "file"  # `ccdefault:`, the image that carries the card
    EMBEDDED = "embedded"
    INLINE = "inline"  # a data: uri
    REMOTE = "remote"  # never fetched here
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class CardLimits:
    """Bounds checked before memory is spent; sizes in bytes.

    `nodes` counts JSON values before parsing: one byte of `[` costs some sixty in memory.
    """

    file: int = 100 * 2**20
    json: int = 8 * 2**20
    nodes: int = 250_000
    depth: int = 100
    yaml: int = 2**19
    chunks: int = 50_000
    entries: int = 5_000
    entry: int = 32 * 2**20
    total: int = 256 * 2**20
    path: int = 512


DEFAULT_LIMITS = CardLimits()


@dataclass(frozen=True, slots=True)
class CardWarning:
    """One thing repaired, dropped or not understood; `path` as in `data.tags` or `png.IDAT`."""

    code: str
    path: str
    message: str


class Report:
    """Collects warnings while a file is read: each once, at most 200, then only a count."""

    def __init__(self) -> None:
        self._seen: dict[CardWarning, None] = {}
        self._left_out = 0

    def add(self, code: str, path: str, message: str) -> None:
        if len(self._seen) >= _MAX_WARNINGS:
            self._left_out += 1
        else:
            self._seen[CardWarning(code, path[:_MAX_PATH], message)] = None

    def repaired(self, path: str, message: str) -> None:
        """The value was not as the specification says, and its meaning was kept."""
        self.add("repaired", path, message)

    def dropped(self, path: str, message: str) -> None:
        """The value has no reading; only the raw JSON keeps it."""
        self.add("dropped", path, message)

    def unknown(self, path: str) -> None:
        self.add("unknown_field", path, "not a field of the specification; kept as it is")

    @property
    def warnings(self) -> tuple[CardWarning, ...]:
        if not self._left_out:
            return tuple(self._seen)
        return (*self._seen, CardWarning("more", "", f"{self._left_out} more warnings are left out"))


@dataclass(frozen=True, slots=True)
class EmbeddedFile:
    """A file inside a container; `read` decodes it within the limits or raises a `CardError`."""

    path: str
    size: int
    read: Callable[[], bytes]


@dataclass(frozen=True, slots=True)
class Avatar:
    """The picture of a card, as found, never decoded. Of a PNG card it is the whole file."""

    data: bytes
    media_type: str


@dataclass(frozen=True, slots=True)
class CardAsset:
    """One line of `data.assets`, and where its bytes are; `path` inside the container if embedded."""

    type: str
    uri: str
    name: str
    ext: str
    place: AssetPlace
    path: str | None = None
    size: int | None = None


@dataclass(frozen=True, slots=True)
class CardFile:
    """All that a card file says.

    `raw` is the JSON value as found: it may hold lone surrogates and NUL, so store it as ASCII JSON text
    (`dump_json(raw, ascii_only=True)`). `spec` is the `data` object of Character Card V3 with every field
    present, unknown ones kept, and text every database takes; it shares nothing with `raw`.
    """

    raw: Json
    spec: JsonObject
    source_spec: SourceSpec
    container: Container
    avatar: Avatar | None
    assets: tuple[CardAsset, ...]
    report: tuple[CardWarning, ...]
