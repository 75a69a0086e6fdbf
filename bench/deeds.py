"""Workers that change conversations in every way till the server dies, beside an exact note of what they were told.

A worker does one deed at a time, each with an operation id. What the server acknowledged is in the worker's note; the
one deed that was under way when it died is sent again, and must then have happened once.
"""

import asyncio
import random
import uuid
from collections import Counter
from dataclasses import dataclass, field

import aiohttp

from bench.cast import Chat, Line, Said, card, form, jsonl
from bench.deed import Answer, Deed, sets

_LONG = 700  # messages of an imported chat: more than one batch, so a kill can fall between two
_MOST_LONG = 2  # imported chats and copies of a worker in one life of the server: each is hundreds of rows
_MOST_FORKS = 4


@dataclass(slots=True)
class Worker:
    """One chat to change, and what else came of it."""

    chance: random.Random
    chat: Chat
    copies: dict[str, list[str]] = field(default_factory=dict)  # chats that are only compared: id to texts
    cards: dict[str, str] = field(default_factory=dict)  # name to profile
    pending: Deed | None = None
    done: list[tuple[Deed, Answer]] = field(default_factory=list)

    async def work(self, http: aiohttp.ClientSession, count: Counter[str]) -> None:
        """Do deeds till the server is gone, or refuses one (`RefusedRequest`)."""
        while True:
            self.pending = self.choose()
            count[self.pending.kind] += 1
            await self.finish(http)

    async def finish(self, http: aiohttp.ClientSession) -> None:
        """Do what is pending, or send it again, if anything is."""
        if (deed := self.pending) is None:
            return
        answer = await deed.send(http)
        self.done.append((deed, answer))
        self.pending = None
        if deed.kind == "answer":
            await self._listen(http, str(answer["id"]))

    async def _listen(self, http: aiohttp.ClientSession, generation: str) -> None:
        """Let the answer run for a moment, then stop it; a deed on its message waits for that."""
        await asyncio.sleep(self.chance.uniform(0.0, 0.3))
        async with http.post(f"/v1/generations/{generation}/abort") as answer:
            await answer.read()
        async with http.get(f"/v1/generations/{generation}/events") as answer:
            await answer.read()

    def choose(self) -> Deed:
        """The next deed: any that the chat, as noted, allows."""
        if self.chat.deleted:
            return self._restore_chat()
        kinds = [self._post, self._post, self._answer, self._edit, self._select, self._hide, self._delete]
        kinds += [self._restore, self._fork, self._activate, self._drop_line, self._copy, self._import_chat]
        kinds += [self._import_card, self._delete_chat]
        while True:
            if (deed := self.chance.choice(kinds)()) is not None:
                return deed

    # Messages.

    def _line(self) -> Line:
        return self.chance.choice([line for line in self.chat.lines if not line.deleted])

    def _message(self, *, deleted: bool = False) -> Said | None:
        found = [said for line in self.chat.lines if not line.deleted for said in line.own if said.deleted == deleted]
        return self.chance.choice(found) if found else None

    def _post(self) -> Deed:
        line, text = self._line(), f"said {uuid.uuid4()}"

        def note(answer: Answer) -> None:
            line.own.append(Said(answer["id"], {answer["selectedVariantId"]: text}, answer["selectedVariantId"]))

        body = {"promptText": text, "branchId": line.id}
        return Deed("post", "POST", f"/v1/chats/{self.chat.id}/messages", note, body)

    def _answer(self) -> Deed | None:
        line = self._line()
        if not line.own or line.own[-1].is_answer:
            return None

        def note(answer: Answer) -> None:
            variant = answer["variantId"]
            line.own.append(Said(answer["messageId"], {variant: None}, variant, is_answer=True))

        body = {"mode": "reply", "branchId": line.id}
        return Deed("answer", "POST", f"/v1/chats/{self.chat.id}/generate", note, body)

    def _edit(self) -> Deed | None:
        said, text = self._message(), f"edited {uuid.uuid4()}"
        if said is None:
            return None

        def note(answer: Answer) -> None:
            said.selected = answer["selectedVariantId"]
            said.variants[said.selected] = text

        return Deed("edit", "PATCH", f"/v1/messages/{said.id}", note, {"promptText": text})

    def _select(self) -> Deed | None:
        said = self._message()
        if said is None:
            return None
        variant = self.chance.choice(list(said.variants))
        note = sets(said, "selected", variant)
        return Deed("select", "POST", f"/v1/messages/{said.id}/variants/{variant}/select", note)

    def _hide(self) -> Deed | None:
        said, hidden = self._message(), self.chance.random() < 0.7
        if said is None:
            return None
        return Deed("hide", "POST", f"/v1/messages/{said.id}/hide", sets(said, "hidden", hidden), {"hidden": hidden})

    def _delete(self) -> Deed | None:
        said = self._message()
        return (
            None if said is None else Deed("delete", "DELETE", f"/v1/messages/{said.id}", sets(said, "deleted", True))
        )

    def _restore(self) -> Deed | None:
        said = self._message(deleted=True)
        return (
            None
            if said is None
            else Deed("restore", "POST", f"/v1/messages/{said.id}/restore", sets(said, "deleted", False))
        )

    # Branches and chats.

    def _fork(self) -> Deed | None:
        at = [said for said in self.chat.main.own if not said.deleted]
        if not at or len(self.chat.lines) > _MOST_FORKS:
            return None
        said = self.chance.choice(at)

        def note(answer: Answer) -> None:
            self.chat.lines.append(Line(answer["id"], said))

        return Deed("fork", "POST", f"/v1/chats/{self.chat.id}/branches", note, {"forkedFromMessageId": said.id})

    def _activate(self) -> Deed:
        line = self._line()
        path = f"/v1/chats/{self.chat.id}/branches/{line.id}/activate"
        return Deed("activate", "POST", path, sets(self.chat, "active", line))

    def _drop_line(self) -> Deed | None:
        line = self.chance.choice(self.chat.lines)
        path = f"/v1/chats/{self.chat.id}/branches/{line.id}"
        if line.deleted:
            return Deed("restore branch", "POST", f"{path}/restore", sets(line, "deleted", False))
        if line is self.chat.main or line is self.chat.active:
            return None
        return Deed("delete branch", "DELETE", path, sets(line, "deleted", True))

    def _delete_chat(self) -> Deed | None:
        if self.chance.random() < 0.7:
            return None
        return Deed("delete chat", "DELETE", f"/v1/chats/{self.chat.id}", sets(self.chat, "deleted", True))

    def _restore_chat(self) -> Deed:
        return Deed("restore chat", "POST", f"/v1/chats/{self.chat.id}/restore", sets(self.chat, "deleted", False))

    def _copy(self) -> Deed | None:
        if self.chance.random() < 0.5 or len(self.copies) >= _MOST_LONG:
            return None
        long = [chat for chat, texts in self.copies.items() if len(texts) == _LONG]
        source = self.chance.choice([*long, self.chat.id])
        shown = self.chat.active.shown(self.chat.main)
        if source == self.chat.id and any(said.text is None for said in shown):
            return None
        texts = self.copies[source] if source in self.copies else [str(said.text) for said in shown]

        def note(answer: Answer) -> None:
            self.copies[answer["id"]] = texts

        return Deed("copy", "POST", f"/v1/chats/{source}/fork", note, {"title": "copy"})

    # Files.

    def _import_chat(self) -> Deed | None:
        if len(self.copies) >= _MOST_LONG:
            return None
        texts = [f"{nth} of {uuid.uuid4()}" for nth in range(_LONG)]

        def note(answer: Answer) -> None:
            self.copies[answer["items"][0]["chatId"]] = texts

        path = f"/v1/chats/import?entityProfileId={self.chat.profile}"
        return Deed("import a chat", "POST", path, note, upload=form("files", "long.jsonl", jsonl(texts)))

    def _import_card(self) -> Deed:
        name = f"Card {uuid.uuid4()}"

        def note(answer: Answer) -> None:
            self.cards[name] = answer["items"][0]["entityProfileId"]

        return Deed(
            "import a card", "POST", "/v1/entity-profiles/import", note, upload=form("files", "card.png", card(name))
        )
