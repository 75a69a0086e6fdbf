"""uvicorn, with an end that loses nothing: answers are stored and their streams told before connections close."""

import socket
from collections.abc import Callable

import uvicorn
from fastapi import FastAPI

from fabula.app import Fabula


class Server(uvicorn.Server):
    """Serves one opened `Fabula`. `on_started` is called once it listens."""

    def __init__(self, app: FastAPI, fabula: Fabula, grace_seconds: int) -> None:
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
                date_header=False,
                timeout_graceful_shutdown=grace_seconds,
            )
        )
        self._fabula = fabula
        self.on_started: Callable[[], None] = lambda: None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.on_started()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        await self._fabula.turns.stop()
        self._fabula.bus.close()
        await super().shutdown(sockets)
