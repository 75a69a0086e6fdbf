"""The head of a GGUF file: enough to tell what it is, without loading it.

Format: the GGUF specification of the ggml project, versions 2 and 3, little-endian. Every length is
checked against a limit before it is believed, so a hostile file costs a bounded amount of reading.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, TypeAlias

from fabula.providers.embedded.errors import WeightsBroken

Scalar: TypeAlias = int | float | bool | str

_SCALARS = {0: "<B", 1: "<b", 2: "<H", 3: "<h", 4: "<I", 5: "<i", 6: "<f", 7: "<?", 10: "<Q", 11: "<q", 12: "<d"}
_STRING, _ARRAY = 8, 9
_VERSIONS = (2, 3)
_MAX_PAIRS = 10_000
_MAX_STRING = 16 << 20
_MAX_ITEMS = 4_000_000


@dataclass(frozen=True, slots=True)
class GgufHead:
    """`context_tokens` is the context the model was trained on; `title` is None where the file has none."""

    architecture: str
    title: str | None
    context_tokens: int


def read_head(path: Path) -> GgufHead:
    """Read the head of `path`; raises `WeightsBroken` when it is absent, cut, or no language model."""
    try:
        with path.open("rb") as file:
            return _head(file)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise WeightsBroken(str(path), reason or "unreadable") from error


def _head(file: BinaryIO) -> GgufHead:
    if file.read(4) != b"GGUF":
        raise ValueError("it does not begin with the GGUF mark")
    if (version := int(_number(file, "<I"))) not in _VERSIONS:
        raise ValueError(f"its GGUF version is {version}, known are 2 and 3")
    _number(file, "<Q")  # how many tensors
    found: dict[str, Scalar] = {}
    for key, value in _pairs(file):
        found[key] = value
        architecture = found.get("general.architecture")
        context = found.get(f"{architecture}.context_length")
        # Writers put these before the vocabulary: stopping here spares reading it.
        if isinstance(architecture, str) and isinstance(context, int) and context > 0:
            title = found.get("general.name")
            return GgufHead(architecture, title if isinstance(title, str) else None, context)
    raise ValueError("it names no architecture or context length; is it a language model?")


def _pairs(file: BinaryIO) -> Iterator[tuple[str, Scalar]]:
    """The scalar metadata in order; arrays are stepped over."""
    count = int(_number(file, "<Q"))
    if count > _MAX_PAIRS:
        raise ValueError("its head is out of bounds")
    for _ in range(count):
        key, kind = _string(file), int(_number(file, "<I"))
        if kind == _ARRAY:
            _skip_array(file)
        else:
            yield key, _string(file) if kind == _STRING else _number(file, _format(kind))


def _skip_array(file: BinaryIO) -> None:
    kind, count = int(_number(file, "<I")), int(_number(file, "<Q"))
    if count > _MAX_ITEMS:
        raise ValueError("its head is out of bounds")
    if kind != _STRING:
        file.seek(struct.calcsize(_format(kind)) * count, 1)
        return
    for _ in range(count):
        file.seek(_length(file), 1)


def _format(kind: int) -> str:
    if kind not in _SCALARS:
        raise ValueError(f"its head holds a value of unknown kind {kind}")
    return _SCALARS[kind]


def _number(file: BinaryIO, layout: str) -> int | float | bool:
    size = struct.calcsize(layout)
    if len(raw := file.read(size)) < size:
        raise ValueError("it is cut short")
    value: int | float | bool = struct.unpack(layout, raw)[0]
    return value


def _length(file: BinaryIO) -> int:
    length = int(_number(file, "<Q"))
    if length > _MAX_STRING:
        raise ValueError("its head is out of bounds")
    return length


def _string(file: BinaryIO) -> str:
    length = _length(file)
    raw = file.read(length)
    if len(raw) < length:
        raise ValueError("it is cut short")
    return raw.decode("utf-8", "replace")
