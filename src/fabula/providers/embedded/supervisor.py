"""Keeps the child process: none before the first use, one while in use, a new one when it dies."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import structlog

from fabula.providers.embedded.errors import ModelNotStarted
from fabula.providers.embedded.process import PROVIDER, Child, Launch, start, stop

log = structlog.get_logger()

# A child that lived this long is taken as sound: the next death starts the count of failures anew.
_SOUND_SECONDS = 10.0
# After so many failures in a row nothing is started until somebody asks again.
_MAX_FAILURES = 5
_FIRST_PAUSE, _LONGEST_PAUSE = 0.25, 8.0


def pause_after(failures: int) -> float:
    """Seconds to wait before the next start."""
    return min(_FIRST_PAUSE * 2 ** (failures - 1), _LONGEST_PAUSE) if failures else 0.0


class _Keeper:
    """Keeps a child of one launch alive in one task, until cancelled or out of patience."""

    def __init__(self, launch: Launch, log_file: Path, ready_seconds: float, failures: int) -> None:
        self.launch = launch
        self.failures = failures
        self._log_file = log_file
        self._ready_seconds = ready_seconds
        self.ready: asyncio.Future[Child] = asyncio.get_running_loop().create_future()
        self.task = asyncio.create_task(self._keep(), name="embedded-keeper")

    async def _keep(self) -> None:
        reason = ModelNotStarted(PROVIDER, "it is being stopped")
        try:
            while True:
                await asyncio.sleep(pause_after(self.failures))
                await self._one_life()
                self.ready = asyncio.get_running_loop().create_future()
                if self.failures >= _MAX_FAILURES:
                    reason = ModelNotStarted(PROVIDER, f"it died {self.failures} times; see {self._log_file}")
                    return
        except ModelNotStarted as error:
            self.failures += 1
            log.warning("embedded.not_started", reason=error.reason, failures=self.failures)
            reason = error
        finally:
            if not self.ready.done():
                self.ready.set_exception(reason)
                self.ready.exception()  # nobody may be waiting: mark it as seen

    async def _one_life(self) -> None:
        """From start to death; cancelling stops the child."""
        child = await start(self.launch, self._log_file, self._ready_seconds)
        born = asyncio.get_running_loop().time()
        try:
            self.ready.set_result(child)
            log.info("embedded.started", pid=child.process.pid)
            status = await child.process.wait()
        finally:
            await stop(child.process)
        lived = asyncio.get_running_loop().time() - born
        self.failures = 1 if lived >= _SOUND_SECONDS else self.failures + 1
        log.warning("embedded.died", status=status, lived=round(lived, 1), failures=self.failures)


class Supervisor:
    """At most one child serving, on the event loop that uses it. `close` leaves nothing behind."""

    def __init__(self, log_file: Path, *, ready_seconds: float = 120.0, idle_seconds: float | None = None) -> None:
        self._log_file = log_file
        self._ready_seconds = ready_seconds
        self._idle_seconds = idle_seconds
        self._keeper: _Keeper | None = None
        self._retired: set[asyncio.Task[None]] = set()
        self._users = 0
        self._idle: asyncio.TimerHandle | None = None
        self._closed = False

    @asynccontextmanager
    async def lease(self, launch: Launch) -> AsyncGenerator[Child]:
        """A child for as long as the block lasts, started if there is none; raises `ModelNotStarted`.

        Another launch than the running one takes its place as soon as nobody uses that; until then the
        running one serves.
        """
        self._users += 1
        if self._idle is not None:
            self._idle.cancel()
        try:
            # The wait is shielded: one caller who leaves must not spoil the start for the others.
            yield await asyncio.shield(self._keep(launch).ready)
        finally:
            self._users -= 1
            if not self._users and self._idle_seconds is not None and not self._closed:
                self._idle = asyncio.get_running_loop().call_later(self._idle_seconds, self._retire)

    def is_serving(self, launch: Launch) -> bool:
        """Tell whether a child of this launch answers already, so that a lease need not wait."""
        keeper = self._keeper
        return keeper is not None and keeper.launch == launch and keeper.ready.done() and not keeper.ready.exception()

    def _keep(self, launch: Launch) -> _Keeper:
        if self._closed:
            raise ModelNotStarted(PROVIDER, "the server is stopping")
        failures = 0
        if self._keeper is not None and self._keeper.launch != launch and self._users == 1:
            self._retire()
        elif self._keeper is not None and self._keeper.task.done():
            failures = self._keeper.failures
            self._keeper = None
        if self._keeper is None:
            self._keeper = _Keeper(launch, self._log_file, self._ready_seconds, failures)
        return self._keeper

    def _retire(self) -> None:
        """Let the child go without waiting for its end; `close` does wait."""
        keeper, self._keeper = self._keeper, None
        if keeper is not None:
            keeper.task.cancel()
            self._retired.add(keeper.task)
            keeper.task.add_done_callback(self._retired.discard)

    async def close(self) -> None:
        """Stop the child, also in the middle of an answer; returns when it is gone."""
        self._closed = True
        if self._idle is not None:
            self._idle.cancel()
        self._retire()
        if self._retired:
            await asyncio.wait(self._retired)
