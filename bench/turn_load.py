"""Chats that do turns of every kind till the server dies, and an exact note of what it acknowledged."""

import asyncio
import random
import uuid
from dataclasses import dataclass, field

import aiohttp

from bench.streams import Heard, RefusedRequest, listen
from bench.upstream import expected_text

_LONGEST_PREFIX = 20_000
_SPEC = {"name": "Bench", "description": "Answers with numbers.", "first_mes": "One, two."}


@dataclass(slots=True)
class Turn:
    """A request for an answer, as it can be sent again, and what came. `said` is the user's text, in no other turn."""

    chat: str
    path: str
    body: dict[str, str]
    said: str | None
    prefix: str = ""
    operation: str = field(default_factory=lambda: str(uuid.uuid4()))
    heard: Heard = field(default_factory=Heard)

    @property
    def generation(self) -> str | None:
        """Known once the server has acknowledged the turn."""
        return None if self.heard.meta is None else self.heard.meta.generation_id

    def expects(self, text: str) -> bool:
        """Tell whether `text` can be what the upstream had said of this answer at some instant."""
        added = text[len(self.prefix) :]
        return text.startswith(self.prefix) and expected_text(len(added) // 4 + 1).startswith(added)

    async def ask(self, http: aiohttp.ClientSession, heard: Heard) -> None:
        """Send the request, the first time or again."""
        await listen(http, heard, "POST", self.path, body=self.body, operation=self.operation)


@dataclass(slots=True)
class Post:
    """A message that asks for no answer; `message` is its id once acknowledged."""

    chat: str
    said: str
    operation: str = field(default_factory=lambda: str(uuid.uuid4()))
    message: str | None = None

    async def send(self, http: aiohttp.ClientSession) -> None:
        headers = {"x-operation-id": self.operation}
        path = f"/v1/chats/{self.chat}/messages"
        async with http.post(path, json={"promptText": self.said}, headers=headers) as answer:
            if answer.status != 201:
                raise RefusedRequest(f"POST {path}: {answer.status} {(await answer.text())[:300]}")
            self.message = str((await answer.json())["id"])


@dataclass(slots=True)
class Load:
    """One chat per element of `chats`; `turns` and `posts` are in the order of their sending."""

    chats: list[str]
    chance: random.Random
    turns: list[Turn] = field(default_factory=list)
    posts: list[Post] = field(default_factory=list)
    _last: dict[str, Turn | None] = field(default_factory=dict)

    async def run(self, http: aiohttp.ClientSession) -> None:
        """Talk in every chat till the server is gone; raises `RuntimeError` if it refuses anything."""
        ends = await asyncio.gather(*(self._talk(http, chat) for chat in self.chats), return_exceptions=True)
        strange = [end for end in ends if not isinstance(end, (aiohttp.ClientError, OSError))]
        if strange:
            raise RuntimeError("a chat ended while the server lived") from strange[0]

    async def _talk(self, http: aiohttp.ClientSession, chat: str) -> None:
        while True:
            last = self._last.get(chat)
            kinds = ("say", "store") if last is None else ("say", "say", "store", "regenerate", "continue")
            kind = self.chance.choice(kinds)
            if kind == "store":
                await self._store(http, chat)
            await self._turn(http, self._make(kind, chat, last))

    async def _store(self, http: aiohttp.ClientSession, chat: str) -> None:
        post = Post(chat, f"stored {uuid.uuid4()}")
        self.posts.append(post)
        self._last[chat] = None
        await post.send(http)

    def _make(self, kind: str, chat: str, last: Turn | None) -> Turn:
        if kind == "regenerate" and last is not None and last.heard.meta is not None:
            return Turn(chat, f"/v1/messages/{last.heard.meta.assistant_message_id}/regenerate", {}, None)
        if kind == "continue" and last is not None and len(last.heard.text) < _LONGEST_PREFIX:
            return Turn(chat, f"/v1/chats/{chat}/generate", {"mode": "continue"}, None, last.heard.text)
        if kind == "store":
            return Turn(chat, f"/v1/chats/{chat}/generate", {"mode": "reply"}, None)
        said = f"said {uuid.uuid4()}"
        return Turn(chat, f"/v1/chats/{chat}/messages", {"promptText": said}, said)

    async def _turn(self, http: aiohttp.ClientSession, turn: Turn) -> None:
        self.turns.append(turn)
        self._last[turn.chat] = turn
        await asyncio.gather(turn.ask(http, turn.heard), self._stop_some(http, turn))

    async def _stop_some(self, http: aiohttp.ClientSession, turn: Turn) -> None:
        if self.chance.random() > 0.2:
            return
        await asyncio.sleep(self.chance.uniform(0.05, 0.5))
        if turn.generation is not None and turn.heard.end is None:
            await abort(http, turn.generation)


async def abort(http: aiohttp.ClientSession, generation: str) -> None:
    async with http.post(f"/v1/generations/{generation}/abort") as answer:
        if answer.status != 202:
            raise RefusedRequest(f"abort: {answer.status} {(await answer.text())[:300]}")


async def settle_again(http: aiohttp.ClientSession, turn: Turn) -> Heard:
    """Send a turn's request again with its operation id, and hear the answer to its end; a new answer is stopped."""
    heard = Heard()
    asking = asyncio.create_task(turn.ask(http, heard))
    while not asking.done() and heard.meta is None:
        await asyncio.wait([asking], timeout=0.02)
    if not asking.done() and heard.meta is not None and turn.generation is None:
        await asyncio.wait([asking], timeout=0.1)
        await abort(http, heard.meta.generation_id)
    await asking
    return heard


async def make_chats(http: aiohttp.ClientSession, count: int) -> list[str]:
    """Start `count` chats with one profile."""

    async def create(path: str, body: object) -> str:
        async with http.post(path, json=body) as answer:
            if answer.status != 201:
                raise RefusedRequest(f"POST {path}: {answer.status} {(await answer.text())[:300]}")
            return str((await answer.json())["id"])

    profile = await create("/v1/entity-profiles", {"name": "Bench", "spec": _SPEC})
    return [await create(f"/v1/entity-profiles/{profile}/chats", {}) for _ in range(count)]
