"""What becomes of an answer whose caller leaves: nobody can ask for it again, so it is stopped.

Only a call with an operation id goes on: repeated, it attaches to the same answer.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine

from starlette.requests import Request
from starlette.types import Receive, Send

from fabula.features.generation.protocol.stream import ChunkSource
from fabula.http.sse import EventStream

Leave = Callable[[], Awaitable[None]]


async def is_done_before_leaving(request: Request, work: Coroutine[None, None, None]) -> bool:
    """Do `work` while the caller waits for it; False, and it is cancelled, when the caller has left before."""
    doing = asyncio.create_task(work)
    leaving = asyncio.create_task(_left(request))
    try:
        await asyncio.wait((doing, leaving), return_when=asyncio.FIRST_COMPLETED)
        if doing.done():
            doing.result()
            return True
        return False
    finally:
        for task in (doing, leaving):
            task.cancel()
        await asyncio.gather(doing, leaving, return_exceptions=True)


class CompletionStream(EventStream):
    """Writes chunks; `leave` is called when the client has gone before the end, not when the server stops."""

    def __init__(self, source: ChunkSource, leave: Leave) -> None:
        super().__init__(source)
        self._chunks = source
        self._leave = leave

    async def write(self, receive: Receive, send: Send) -> None:
        await super().write(receive, send)
        if not self._chunks.is_over:
            await self._leave()


async def _left(request: Request) -> None:
    # The body has been read: all that can still come is the end of the connection.
    while (await request.receive())["type"] != "http.disconnect":
        pass
