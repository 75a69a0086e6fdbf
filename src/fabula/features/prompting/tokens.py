"""How many tokens a text has: by tiktoken where its file is at hand, else by a calibrated estimate."""

import hashlib
import importlib
import importlib.util
import math
import os
from collections.abc import Hashable
from pathlib import Path
from typing import Protocol

_CACHED = 16_384  # counts kept per generation of the cache
_TIKTOKEN_FILES = "https://openaipublic.blob.core.windows.net/encodings/"


class TokenCounter(Protocol):
    """Counts tokens; `name` says how, for the trace."""

    @property
    def name(self) -> str: ...

    def count(self, text: str) -> int:
        """Tokens of `text`: 0 for the empty text, else at least 1."""
        ...


class Encoding(Protocol):
    """What we use of a tiktoken encoding."""

    def encode_ordinary(self, text: str) -> list[int]: ...


def _bytes_but(keep: bytes) -> bytes:
    return bytes(byte for byte in range(256) if byte not in keep)


def _range(first: int, last: int) -> bytes:
    return bytes(range(first, last + 1))


# Tokens per character, by the first byte of its UTF-8 form: one pass of C code per row, whatever the length.
# Calibrated for vocabularies of about 100,000 entries (cl100k and its kin): English prose comes to about 4 characters
# a token, code to 2.5-3.5, Cyrillic to 2.2-2.8, Chinese, Japanese and Korean to 1-1.5; rather too many than too few.
_WEIGHTS: tuple[tuple[bytes, float], ...] = tuple(
    (_bytes_but(lead_bytes), weight)
    for lead_bytes, weight in (
        (b" " + _range(0x41, 0x5A) + _range(0x61, 0x7A), 0.225),  # letters and spaces
        (_range(0x30, 0x39), 0.45),  # digits go by up to three
        (b"\t\n\r" + _range(0x21, 0x2F) + _range(0x3A, 0x40) + _range(0x5B, 0x60) + _range(0x7B, 0x7E), 0.55),
        (_range(0xC2, 0xCB), 0.5),  # Latin with diacritics: breaks the word it stands in
        (_range(0xCC, 0xDF), 0.4),  # Greek, Cyrillic, Hebrew, Arabic
        (_range(0xE0, 0xE2), 0.85),  # Indic, Thai, typographic signs
        (_range(0xE3, 0xEF), 0.8),  # Chinese, Japanese, Korean
        (_range(0xF0, 0xF4), 2.2),  # emoji and rare scripts
    )
)


class EstimatingCounter:
    """The estimate: within about 15 % on prose of the scripts it is calibrated for."""

    @property
    def name(self) -> str:
        return "estimate"

    def count(self, text: str) -> int:
        if not text:
            return 0
        raw = text.encode("utf-8", "surrogatepass")
        return math.ceil(sum(len(raw.translate(None, others)) * weight for others, weight in _WEIGHTS)) or 1


class EncodingCounter:
    """Exact counts by a tiktoken encoding."""

    def __init__(self, name: str, encoding: Encoding) -> None:
        self._name, self._encoding = name, encoding

    @property
    def name(self) -> str:
        return f"tiktoken:{self._name}"

    def count(self, text: str) -> int:
        return len(self._encoding.encode_ordinary(text))


class Remembered:
    """Counts by the hash of a text, never the text: two generations of at most 16,384 counts each.

    Python's string hash is keyed anew in each process, so nobody can make two texts collide on purpose. Threads may
    share it: the worst that a race costs is counting a text twice.
    """

    def __init__(self) -> None:
        self._young: dict[Hashable, int] = {}
        self._old: dict[Hashable, int] = {}

    def find(self, by: Hashable, text: str) -> int | None:
        """What `by` counted for `text`."""
        key = (by, hash(text), len(text))
        found = self._young.get(key)
        if found is None and (found := self._old.get(key)) is not None:
            self._put(key, found)
        return found

    def keep(self, by: Hashable, text: str, count: int) -> None:
        self._put((by, hash(text), len(text)), count)

    def _put(self, key: Hashable, count: int) -> None:
        if len(self._young) >= _CACHED:
            self._old, self._young = self._young, {}
        self._young[key] = count


class CachedCounter:
    """Remembers what a counter has counted."""

    def __init__(self, counter: TokenCounter) -> None:
        self._counter = counter
        self._known = Remembered()

    @property
    def name(self) -> str:
        return self._counter.name

    def count(self, text: str) -> int:
        found = self._known.find(None, text)
        if found is None:
            found = self._counter.count(text)
            self._known.keep(None, text, found)
        return found


def find_counter(encoding: str = "cl100k_base") -> TokenCounter:
    """The best counter at hand. Reads tiktoken's own cache folder if it is set, and never downloads."""
    folder = os.environ.get("TIKTOKEN_CACHE_DIR")
    file = hashlib.sha1(f"{_TIKTOKEN_FILES}{encoding}.tiktoken".encode(), usedforsecurity=False).hexdigest()
    is_at_hand = bool(folder) and Path(folder or "", file).is_file()
    if not is_at_hand or importlib.util.find_spec("tiktoken") is None:
        return CachedCounter(EstimatingCounter())
    found: Encoding = importlib.import_module("tiktoken").get_encoding(encoding)
    return CachedCounter(EncodingCounter(encoding, found))
