"""Chats with a history, made over the public API."""

import asyncio
import sys
from collections.abc import Awaitable, Iterable

import aiohttp

HISTORY = 200
_AT_ONCE = 32
_MOST_POSTS = 20_000  # where a server cannot fork, histories are written message by message, and shorter
_SPEC = {"name": "Bench", "description": "Answers with numbers.", "personality": "", "scenario": "", "first_mes": ""}


def line(index: int) -> str:
    """A message of about the length people write."""
    return f"Message {index}: the lantern on the pier had gone out again, and nobody would say who had done it."


class Api:
    """Creates what the rows talk to."""

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self._session = session
        self._url = url
        self._turns = asyncio.Semaphore(_AT_ONCE)

    async def make_chats(self, count: int) -> list[str]:
        """Make `count` chats of 200 messages: one is written, the others are forks of it into chats of their own."""
        profile = await self._create("/v1/entity-profiles", {"name": "Bench", "spec": _SPEC})
        first = await self._create(f"/v1/entity-profiles/{profile}/chats", {})
        last = await self._write(first, HISTORY)
        status, fork = await self._post(f"/v1/chats/{first}/fork", {"messageId": last})
        if status == 201:
            rest = [self._create(f"/v1/chats/{first}/fork", {"messageId": last}) for _ in range(count - 2)]
            return [first, fork, *await self._gather(rest)]
        chats = await self._gather(self._create(f"/v1/entity-profiles/{profile}/chats", {}) for _ in range(count - 1))
        history = min(HISTORY, _MOST_POSTS // count)
        print(f"this server cannot fork ({status}): the chats get {history} messages each", file=sys.stderr)
        await self._gather(self._write(chat, history) for chat in chats)
        return [first, *chats]

    async def _write(self, chat: str, history: int) -> str:
        """Write the messages of one chat in order; give the id of the last."""
        last = ""
        for index in range(history):
            role = "user" if index % 2 == 0 else "system"
            last = await self._create(f"/v1/chats/{chat}/messages", {"role": role, "promptText": line(index)})
        return last

    async def _gather(self, calls: Iterable[Awaitable[str]]) -> list[str]:
        return list(await asyncio.gather(*calls))

    async def _create(self, path: str, body: object) -> str:
        status, answer = await self._post(path, body)
        if status != 201:
            raise RuntimeError(f"POST {path} answered {status}: {answer}")
        return answer

    async def _post(self, path: str, body: object) -> tuple[int, str]:
        """Give the status, and the new id or the beginning of the error."""
        async with self._turns, self._session.post(self._url + path, json=body) as response:
            if response.status != 201:
                return response.status, (await response.text())[:500]
            return response.status, str((await response.json())["id"])
