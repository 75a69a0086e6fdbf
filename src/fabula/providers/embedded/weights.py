"""Which weights are on this machine, and which one is in use: `<data>/models/` and its manifest.

Pulled weights are files of the folder, `<name>.gguf`. A local GGUF file is registered by reference:
it may be many gigabytes, it is the owner's, and moving it is the owner's business.
"""

import fcntl
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec

from fabula.providers.embedded.errors import ManifestBroken, PullRunning, WeightsUnknown
from fabula.providers.embedded.gguf import read_head

LOCAL = "local file"


@dataclass(frozen=True, slots=True)
class Weights:
    """One model: `path` is relative to the folder for pulled weights and absolute for local files.

    `sha256` is None for a local file: nobody published what it should be.
    """

    name: str
    title: str
    path: str
    size: int
    sha256: str | None
    source: str
    context_tokens: int


@dataclass(frozen=True, slots=True)
class Manifest:
    """All registered weights by name, and the name of the one in use."""

    models: tuple[Weights, ...] = ()
    in_use: str | None = None

    def find(self, name: str | None) -> Weights | None:
        return next((weights for weights in self.models if weights.name == name), None)


class WeightsFolder:
    """`<data>/models`. Reading needs no lock, as the manifest is replaced whole; changing it takes `locked`."""

    def __init__(self, data: Path) -> None:
        self.path = (data / "models").absolute()
        self._manifest = self.path / "manifest.json"

    def read(self) -> Manifest:
        """The manifest, empty when there is none; raises `ManifestBroken`."""
        try:
            return msgspec.json.decode(self._manifest.read_bytes(), type=Manifest)
        except FileNotFoundError:
            return Manifest()
        except msgspec.DecodeError as error:
            raise ManifestBroken(str(self._manifest), str(error)) from error

    def file(self, weights: Weights) -> Path:
        return self.path / weights.path

    def find_in_use(self) -> Weights | None:
        """The weights to run, or None when none are chosen or their file is gone."""
        manifest = self.read()
        weights = manifest.find(manifest.in_use)
        return weights if weights is not None and self.file(weights).is_file() else None

    def put(self, weights: Weights) -> None:
        """Register `weights`, and use them if nothing usable was in use."""
        manifest = self.read()
        others = tuple(w for w in manifest.models if w.name != weights.name)
        in_use = manifest.in_use if self.find_in_use() is not None else weights.name
        self._write(Manifest((*others, weights), in_use))

    def use(self, choice: str) -> Weights:
        """Choose weights by name, or a local GGUF file by path; raises `WeightsUnknown`, `WeightsBroken`."""
        with self.locked():
            weights = self.read().find(choice)
            if weights is None or not self.file(weights).is_file():
                weights = self._register(choice)
            self._write(replace(self.read(), in_use=weights.name))
        return weights

    def forget(self, name: str) -> None:
        """Take weights out of the manifest, whether they are in it or not; the caller holds `locked`."""
        manifest = self.read()
        kept = tuple(weights for weights in manifest.models if weights.name != name)
        self._write(Manifest(kept, None if manifest.in_use == name else manifest.in_use))

    def _register(self, choice: str) -> Weights:
        path = Path(choice).expanduser().absolute()
        if path.suffix.lower() != ".gguf" and not path.is_file():
            raise WeightsUnknown(choice)
        known = next((w for w in self.read().models if self.file(w) == path), None)
        if known is not None and known.sha256 is not None:
            return known
        head = read_head(path)
        name = known.name if known is not None else self._free_name(path.stem)
        weights = Weights(name, head.title or name, str(path), path.stat().st_size, None, LOCAL, head.context_tokens)
        self.put(weights)
        return weights

    def _free_name(self, stem: str) -> str:
        taken = {weights.name for weights in self.read().models}
        number = 1
        while (name := stem if number == 1 else f"{stem}-{number}") in taken:
            number += 1
        return name

    def _write(self, manifest: Manifest) -> None:
        raw = msgspec.json.format(msgspec.json.encode(manifest), indent=2)
        with tempfile.NamedTemporaryFile(dir=self.path, prefix=".manifest-", delete=False) as file:
            file.write(raw)
            file.flush()
            os.fsync(file.fileno())
        Path(file.name).replace(self._manifest)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other commands out; raises `PullRunning`. The lock goes with the process, also on kill -9."""
        self.path.mkdir(parents=True, exist_ok=True)
        with (self.path / ".lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise PullRunning(str(self.path)) from error
            yield
