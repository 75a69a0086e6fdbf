"""uvicorn, with an end that loses nothing: answers are stored and their streams told before connections close."""

import asyncio
import socket
from collections.abc import Callable

import structlog
import uvicorn
from fastapi import FastAPI

from fabula.app import Fabula
from fabula.core.errors import AppError
from fabula.db import DatabaseBusy, DatabaseUnavailable

log = structlog.get_logger()
# Longer than proxies and HTTP clients keep an idle connection: where the server closes first, the next request of a
# client that has not heard of it is lost.
IDLE_SECONDS = 75
AGAIN_SECONDS = 0.5  # for a database that was away when the jobs were to start; a stop waits as long


class Server(uvicorn.Server):
    """Serves one opened `Fabula`. `on_started` is called once it listens; then, with `jobs`, the job library is loaded."""

    def __init__(self, app: FastAPI, fabula: Fabula, grace_seconds: int, *, jobs: bool = True) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                loop="none",
                http="httptools",
                ws="none",
                lifespan="off",
                log_config=None,
                access_log=False,
                server_header=False,
                proxy_headers=False,
                date_header=False,
                timeout_graceful_shutdown=grace_seconds,
                timeout_keep_alive=IDLE_SECONDS,
            )
        )
        self._fabula = fabula
        self._with_jobs = jobs
        self._jobs: asyncio.Task[None] | None = None
        self.on_started: Callable[[], None] = lambda: None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.on_started()
        if self._with_jobs:
            self._jobs = asyncio.create_task(self._start_jobs(), name="fabula-jobs-start")

    async def _start_jobs(self) -> None:
        while not self.should_exit:
            try:
                await self._fabula.start_jobs()
            except (DatabaseBusy, DatabaseUnavailable) as error:
                log.warning("jobs.started_again", code=error.code)
                await asyncio.sleep(AGAIN_SECONDS)
            except AppError as error:
                # Chats work without jobs; what cannot run says so itself.
                log.error("jobs.not_started", code=error.code, message=error.message)  # noqa: TRY400  # the sentence is enough
                return
            else:
                return

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        await self._fabula.turns.stop()
        self._fabula.bus.close()
        await super().shutdown(sockets)
        if self._jobs is not None:
            await self._jobs  # not cancelled: a library that is closed while it is being loaded leaves threads behind
