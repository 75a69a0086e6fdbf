"""Start and kill the server again and again; then look for what it left: processes, ports, locks, broken data.

    python -m bench.start_kill --count 100 --seed 1

One data folder on SQLite. SIGKILL and SIGTERM by turns of a coin: during start, when ready, while answers stream; with
weights in the data folder (FABULA_DATA), every third life answers with the embedded model, whose child must die too.
Then as many openings and closings inside this process, which must leak no task, thread or file. Exits with 1 on any
violation.
"""

import argparse
import asyncio
import gc
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp

from bench.invariants import count_streaming, find_violations, open_engine
from bench.processes import OTHER_CORE, REPO, run_announcing
from bench.streams import Heard, listen
from bench.turn_load import make_chats
from fabula.app import open_fabula
from fabula.config import load_settings
from fabula.core.errors import AppError
from fabula.db.lock import DataFolderLock
from fabula.providers.embedded.weights import WeightsFolder

LONGEST_START = 1.5  # an early death comes within as long of the start
PATIENCE = 30.0
END_SECONDS = 15.0  # five for uvicorn's grace, ten for what is being written
MODEL = "fake-2000@200"


@dataclass(slots=True)
class Report:
    """Counts, and in `violations` whatever must not be."""

    lives: Counter[str] = field(default_factory=Counter)
    children: int = 0
    longest_end: float = 0.0
    openings: int = 0
    violations: list[str] = field(default_factory=list)

    def show(self, seed: int) -> None:
        lives = ", ".join(f"{name} {count}" for name, count in sorted(self.lives.items()))
        print(f"seed {seed}: {self.lives.total()} starts and kills ({lives})")
        print(f"  {self.children} child processes were alive at a kill; longest end {self.longest_end:.2f} s")
        print(f"  {self.openings} openings and closings inside one process")
        print(f"  {len(self.violations)} violations", *self.violations[:50], sep="\n  ")


@dataclass(slots=True)
class Life:
    """One start of the server on `data`, from spawn to kill."""

    data: Path
    env: dict[str, str]
    chance: random.Random
    report: Report
    port: int = 0

    async def live(self, when: str, how: signal.Signals) -> None:
        """Start, come to the stage `when`, die by `how`, and look at what is left."""
        self.port = _free_port()
        command = [sys.executable, "-m", "fabula", "serve", "--port", str(self.port), "--data", str(self.data)]
        paths = os.pathsep.join([str(REPO / "src"), str(REPO)])
        env = {**os.environ, **self.env, "PYTHONPATH": paths, "PYTHONFAULTHANDLER": "1"}
        with (self.data / "server.log").open("ab") as log:
            child = subprocess.Popen(command, env=env, stdout=log, stderr=log)
        heard: list[Heard] = []
        try:
            if when == "starting":
                await asyncio.sleep(self.chance.uniform(0.0, LONGEST_START))
            else:
                heard = await self._use(child, streaming=when == "streaming")
            family = _descendants(child.pid)
        finally:
            began = time.monotonic()
            child.send_signal(how)
        try:
            await asyncio.to_thread(child.wait, END_SECONDS)
        except subprocess.TimeoutExpired:
            child.send_signal(signal.SIGABRT)  # the fault handler writes down where every thread stands
            child.wait()
            self._complain(f"alive {END_SECONDS} s after {how.name} while {when}: {self._log()}")
        self.report.longest_end = max(self.report.longest_end, time.monotonic() - began)
        self.report.lives[f"{how.name} {when}"] += 1
        self.report.children += len(family)
        await self._look(family, heard, how)

    async def _use(self, child: subprocess.Popen[bytes], *, streaming: bool) -> list[Heard]:
        """Wait for the first 200; start answers and hear the beginning of each."""
        async with aiohttp.ClientSession(f"http://127.0.0.1:{self.port}") as http:
            deadline = time.monotonic() + PATIENCE
            while True:
                try:
                    async with http.get("/v1/chats") as answer:
                        if answer.status == 200:
                            break
                        raise RuntimeError(f"the server answers {answer.status}")
                except aiohttp.ClientError:
                    if child.poll() is not None or time.monotonic() > deadline:
                        raise RuntimeError(f"no start: {self._log()}") from None
                    await asyncio.sleep(0.02)
            self._check_data()
            if not streaming:
                return []
            heard = [Heard() for _ in range(2)]
            for one, chat in zip(heard, await make_chats(http, len(heard)), strict=True):
                path = f"/v1/chats/{chat}/messages"
                await listen(http, one, "POST", path, body={"promptText": "Count."}, most=900)
            await asyncio.sleep(self.chance.uniform(0.0, 0.5))
            return heard

    async def _look(self, family: set[int], heard: list[Heard], how: signal.Signals) -> None:
        deadline = time.monotonic() + 5.0
        while left := {pid for pid in family if _is_running(pid)}:
            if time.monotonic() > deadline:
                self._complain(f"child processes {sorted(left)} live on after {how.name}")
                break
            await asyncio.sleep(0.02)
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                self._complain(f"port {self.port} is open after {how.name}")
        try:
            DataFolderLock(self.data).release()
        except AppError as error:
            self._complain(error.message)
        if how is signal.SIGTERM and heard:
            self._check_data()

    def _check_data(self) -> None:
        """At a start and after an orderly end nothing may be streaming; the invariants always hold."""
        engine = open_engine(self.data / "fabula.db")
        with engine.connect() as conn:
            for violation in find_violations(conn):
                self._complain(violation)
            streaming = count_streaming(conn)
            if streaming:
                self._complain(f"{streaming} generations left streaming")
        engine.dispose()

    def _log(self) -> str:
        return (self.data / "server.log").read_text("utf-8", "replace")[-6000:]

    def _complain(self, text: str) -> None:
        self.report.violations.append(f"life {self.report.lives.total()}: {text}")


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def _states() -> dict[int, tuple[int, str]]:
    """Each process id with its parent's and its state; source: proc_pid_stat(5)."""
    found = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                fields = (folder / "stat").read_text().rpartition(")")[2].split()
            except (FileNotFoundError, ProcessLookupError):
                continue  # it ended while we looked
            found[int(folder.name)] = int(fields[1]), fields[0]
    return found


def _descendants(pid: int) -> set[int]:
    states, found, fresh = _states(), set[int](), {pid}
    while fresh:
        fresh = {child for child, (parent, state) in states.items() if parent in fresh and state != "Z"}
        found |= fresh
    return found


def _is_running(pid: int) -> bool:
    return _states().get(pid, (0, "Z"))[1] != "Z"


async def start_and_kill(data: Path, upstream: str, count: int, seed: int, gguf: Path | None = None) -> Report:
    """Let `count` servers live and die on `data`, then one more live well."""
    report, chance = Report(), random.Random(seed)
    fake = {"FABULA_MODEL_URL": f"{upstream}/v1", "FABULA_MODEL_NAME": MODEL}
    if gguf is not None:
        WeightsFolder(data).use(str(gguf))
    for number in range(count):
        env = {} if gguf is not None and number % 3 == 2 else fake
        when, how = chance.choice(["starting", "ready", "streaming"]), chance.choice([signal.SIGKILL, signal.SIGTERM])
        await Life(data, env, chance, report).live(when, how)
    await Life(data, fake, chance, report).live("streaming", signal.SIGTERM)
    return report


async def open_and_close(data: Path, count: int, report: Report) -> None:
    """Open and close everything in this process `count` times."""
    settings = load_settings(data=data, model_url="http://127.0.0.1:9/v1", model_name="none")
    before: tuple[int, int, int] | None = None
    for number in range(count + 2):
        async with open_fabula(settings):
            pass
        if number == 1:  # the first ones open what stays, as the loop's own descriptors
            before = _held()
    report.openings += count
    if before is not None and any(now > then for now, then in zip(_held(), before, strict=True)):
        report.violations.append(f"(files, threads, tasks) were {before}, are {_held()}")


def _held() -> tuple[int, int, int]:
    gc.collect()
    # The loop's own executor adds idle threads as it likes, up to its bound.
    threads = [thread for thread in threading.enumerate() if not thread.name.startswith("asyncio_")]
    return len(list(Path("/proc/self/fd").iterdir())), len(threads), len(asyncio.all_tasks())


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    weights = WeightsFolder(Path(os.environ.get("FABULA_DATA", REPO / "data")))
    in_use = weights.find_in_use()
    gguf = None if in_use is None else weights.file(in_use)

    async def both(data: Path, upstream: str) -> Report:
        report = await start_and_kill(data, upstream, options.count, options.seed, gguf)
        await open_and_close(data, options.count, report)
        return report

    with (
        tempfile.TemporaryDirectory(prefix="fabula-start-kill-") as data,
        run_announcing("bench.upstream", core=OTHER_CORE) as upstream,
    ):
        report = asyncio.run(both(Path(data), upstream.url))
    report.show(options.seed)
    return int(bool(report.violations))


if __name__ == "__main__":
    sys.exit(main())
