"""A request that changes something, as it can be sent again."""

import asyncio
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from bench.streams import RefusedRequest

Answer = Mapping[str, Any]
_STARTING = "jobs.starting"


@dataclass(slots=True)
class Deed:
    """A request as it can be sent again, and what is so once it is acknowledged."""

    kind: str
    method: str
    path: str
    note: Callable[[Answer], None]
    body: object = None
    upload: tuple[bytes, str] | None = None
    operation: str = field(default_factory=lambda: str(uuid.uuid4()))

    async def send(self, http: aiohttp.ClientSession) -> Answer:
        """Do it, and note it; raises `RefusedRequest`."""
        while True:
            status, answer = await self.ask(http)
            if answer.get("code") == _STARTING:
                await asyncio.sleep(0.2)  # nothing was changed; a real client tries again too
                continue
            if status >= 300:
                raise RefusedRequest(f"{self.kind}, {self.method} {self.path}: {status} {answer}")
            self.note(answer)
            return answer

    async def ask(self, http: aiohttp.ClientSession) -> tuple[int, Answer]:
        """Send it, and note nothing."""
        headers = {"x-operation-id": self.operation}
        content: dict[str, Any] = {} if self.body is None else {"json": self.body}
        if self.upload is not None:
            content = {"data": self.upload[0]}
            headers["content-type"] = self.upload[1]
        async with http.request(self.method, self.path, headers=headers, **content) as answer:
            found: Answer = {} if answer.status == 204 else await answer.json()
            return answer.status, found


def sets(thing: object, name: str, value: object) -> Callable[[Answer], None]:
    """A note that sets one thing, whatever the answer says."""
    return lambda _: setattr(thing, name, value)
