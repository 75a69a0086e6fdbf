"""Servers as child processes, each on its core, and what the kernel knows of them (Linux)."""

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

REPO = Path(__file__).parents[1]
SERVER_CORE, OTHER_CORE = 0, 1
_READY = "/v1/entity-profiles?limit=1"
_PATIENCE = 60.0


@dataclass(frozen=True, slots=True)
class Process:
    """A running child and the loopback port it serves."""

    child: subprocess.Popen[str]
    port: int
    seconds_to_ready: float

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def rss_kb(self) -> int:
        """Resident memory of the process itself, without children."""
        status = Path(f"/proc/{self.child.pid}/status").read_text("ascii")
        return int(status.partition("VmRSS:")[2].split()[0])

    def cpu_seconds(self) -> float:
        """User and system time of the process so far."""
        fields = Path(f"/proc/{self.child.pid}/stat").read_text("ascii").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def pin(core: int, pid: int = 0) -> None:
    """Keep a process on one core, if the machine has it."""
    if core in os.sched_getaffinity(0) | {core} and core < (os.cpu_count() or 1):
        os.sched_setaffinity(pid, {core})


def migrate(data: Path, env: dict[str, str]) -> None:
    """Bring a PostgreSQL database to the current revision, as an operator does before the first start."""
    log = data / "migrate.log"
    if code := _spawn(["fabula", "db", "migrate"], OTHER_CORE, log, env).wait(_PATIENCE):
        raise RuntimeError(f"fabula db migrate ended with {code}: {log.read_text('utf-8', 'replace')[-3000:]}")


def _spawn(arguments: list[str], core: int, log: Path, env: dict[str, str] | None = None) -> subprocess.Popen[str]:
    paths = os.pathsep.join([str(REPO / "src"), str(REPO)])
    with log.open("ab") as errors:
        return subprocess.Popen(
            [sys.executable, "-m", *arguments],
            env={**os.environ, "PYTHONPATH": paths, **(env or {})},
            stdout=subprocess.PIPE if env is None else errors,
            stderr=errors,
            text=True,
            preexec_fn=lambda: pin(core),  # noqa: PLW1509 - no threads here yet
        )


@contextmanager
def _stopping(child: subprocess.Popen[str], log: Path) -> Iterator[None]:
    try:
        yield
    except BaseException:
        print(f"--- last lines of {log.name}\n{log.read_text('utf-8', 'replace')[-3000:]}", file=sys.stderr)
        raise
    finally:
        child.send_signal(signal.SIGTERM)
        try:
            child.wait(10)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
        if child.stdout is not None:
            child.stdout.close()


@contextmanager
def run_announcing(module: str, *arguments: str, core: int) -> Iterator[Process]:
    """Run a server of ours that prints its port as a line of JSON."""
    started = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="fabula-bench-") as folder:
        log = Path(folder) / f"{module}.log"
        child = _spawn([module, "--port", "0", *arguments], core, log)
        with _stopping(child, log):
            assert child.stdout is not None
            line = child.stdout.readline()
            if not line:
                raise RuntimeError(f"{module} ended before it listened")
            yield Process(child, json.loads(line)["port"], time.perf_counter() - started)


@contextmanager
def run_fabula(data: Path, env: dict[str, str], module: str = "fabula") -> Iterator[Process]:
    """Run the server under test on its own core till its first 200; `module` may be one that runs it watched."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    started = time.perf_counter()
    log = data / "bench-server.log"
    child = _spawn([module, "serve", "--port", str(port), "--data", str(data)], SERVER_CORE, log, env)
    with _stopping(child, log):
        _wait_for_200(child, f"http://127.0.0.1:{port}{_READY}")
        yield Process(child, port, time.perf_counter() - started)


def _wait_for_200(child: subprocess.Popen[str], url: str) -> None:
    deadline = time.monotonic() + _PATIENCE
    while True:
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except urllib.error.HTTPError as error:
            raise RuntimeError(f"the server answers {error.code} to {_READY}") from error
        except OSError:
            if child.poll() is not None:
                raise RuntimeError(f"the server ended with {child.returncode}") from None
            if time.monotonic() > deadline:
                raise
            time.sleep(0.01)
