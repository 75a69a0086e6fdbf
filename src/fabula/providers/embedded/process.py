"""One child process, seen from the server: started, asked for its port, stopped, reaped."""

import asyncio
import os
import secrets
import sys
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

import msgspec

from fabula.providers.embedded.child import KEY_VARIABLE, LOG_BYTES
from fabula.providers.embedded.errors import ModelNotStarted

PROVIDER = "embedded"
_TERMINATE_SECONDS = 3.0
_SEEN_DEAD_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Launch:
    """What to run; `context_tokens` is for each of `parallel` answers."""

    file: Path
    threads: int
    parallel: int
    context_tokens: int


class _Report(msgspec.Struct):
    port: int


@dataclass(frozen=True, slots=True, eq=False)
class Child:
    """A running child that answers at `base_url` to whoever has `api_key`."""

    process: asyncio.subprocess.Process
    base_url: str
    api_key: str = field(repr=False)

    async def is_gone(self) -> bool:
        """Tell whether the process has died, allowing the news of a death a moment to arrive."""
        try:
            await asyncio.wait_for(self.process.wait(), _SEEN_DEAD_SECONDS)
        except TimeoutError:
            return False
        await asyncio.sleep(0)  # its keeper, woken by the same news, goes first and stops handing it out
        return True


async def start(launch: Launch, log_file: Path, ready_seconds: float) -> Child:
    """Start a child and wait until it answers; raises `ModelNotStarted`, leaving no process behind."""
    key = secrets.token_urlsafe(24)
    log = await asyncio.to_thread(_open_log, log_file)
    try:
        process = await _spawn(launch, key, log)
    except OSError as error:
        raise ModelNotStarted(PROVIDER, str(error)) from error
    finally:
        log.close()
    try:
        port = await _read_port(process, log_file, ready_seconds)
    except BaseException:
        await stop(process)
        raise
    return Child(process, f"http://127.0.0.1:{port}/v1", key)


async def stop(process: asyncio.subprocess.Process) -> None:
    """Terminate, then kill; returns when the process is reaped and its pipe closed."""
    if process.returncode is None:
        with suppress(ProcessLookupError):
            process.terminate()
        try:
            await asyncio.wait_for(process.wait(), _TERMINATE_SECONDS)
        except TimeoutError:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()
    assert process.stdin is not None
    process.stdin.close()


async def _spawn(launch: Launch, key: str, log: BinaryIO) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        # Not the current folder first on the path: it may hold anything.
        "-P",
        *("-m", "fabula.providers.embedded.child"),
        *("--model", str(launch.file), "--port", "0", "--threads", str(launch.threads)),
        *("--ctx", str(launch.context_tokens), "--parallel", str(launch.parallel)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=log,
        env={**os.environ, KEY_VARIABLE: key},
        # Control-C in a terminal is for the server: it settles its answers first, then stops the child.
        start_new_session=True,
    )


async def _read_port(process: asyncio.subprocess.Process, log_file: Path, ready_seconds: float) -> int:
    assert process.stdout is not None
    try:
        line = await asyncio.wait_for(process.stdout.readline(), ready_seconds)
    except TimeoutError as error:
        reason = f"it was not ready after {ready_seconds:g} s; see {log_file}"
        raise ModelNotStarted(PROVIDER, reason) from error
    if not line:
        status = await process.wait()
        raise ModelNotStarted(PROVIDER, f"it stopped with status {status} while loading; see {log_file}")
    return msgspec.json.decode(line, type=_Report).port


def _open_log(log_file: Path) -> BinaryIO:
    """The log, for appending; one that is full starts over."""
    log_file.parent.mkdir(parents=True, exist_ok=True)
    log = log_file.open("ab")
    if log.tell() > LOG_BYTES:
        log.truncate(0)
    return log
