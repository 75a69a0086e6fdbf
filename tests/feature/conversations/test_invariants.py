"""Random walks over everything that can be done to a chat, beside a model of lists and dictionaries.

FABULA_TEST_STEPS multiplies the length: 20 is a good night's walk.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from fabula.core.actor import Actor
from fabula.core.errors import AppError
from fabula.core.ids import BranchId, uuid7
from fabula.db import ReadTx
from fabula.features import conversations
from fabula.features.conversations import NewMessage, TextState, branch, choose, delete, edit, fork, read, restore
from fabula.features.conversations.tables import chat_branches, chat_messages, message_variants
from fabula.features.conversations.types import Chat, MessageRole
from tests.conftest import times
from tests.feature.conversations.conftest import MIRA, YOU, World

TEXTS = st.sampled_from(["", "one", "two lines\nof it", "три", "four 🏮"])
WORDS = TEXTS.filter(bool)
END = 2**31 - 1


@dataclass
class MVariant:
    id: str
    text: str
    state: str = "settled"


@dataclass
class MMessage:
    id: str
    line: str
    seq: int
    variants: list[MVariant]
    selected: str
    hidden: bool = False
    deleted: bool = False

    def variant(self, which: str) -> MVariant:
        return next(v for v in self.variants if v.id == which)


@dataclass
class MLine:
    id: str
    parent: "MLine | None"
    at: MMessage | None
    pin: str | None
    own: list[MMessage] = field(default_factory=list)
    deleted: bool = False

    @property
    def fork_seq(self) -> int:
        return self.at.seq if self.at else -1

    def chain(self) -> "list[MLine]":
        return [self, *(self.parent.chain() if self.parent else [])]

    def history(self) -> list[MMessage]:
        if self.parent is None or self.at is None:
            return list(self.own)
        return [m for m in self.parent.history() if m.seq <= self.at.seq] + self.own

    def pinning(self, message: MMessage) -> "MLine | None":
        return next((line for line in self.chain() if line.at is message and line.pin), None)

    def shown(self, message: MMessage) -> MVariant:
        line = self.pinning(message)
        return message.variant(line.pin if line is not None and line.pin else message.selected)


@dataclass
class Live:
    message: MMessage
    variant: MVariant


class Walk(RuleBasedStateMachine):
    world: World

    @initialize(data=st.data(), greetings=st.sampled_from([0, 1, 3, 3, 3]))
    def begin(self, data: st.DataObject, greetings: int) -> None:
        self.chat: Chat = self.world.chat(*(f"greeting {n}" for n in range(greetings)))
        self.active = self.main = MLine(self.chat.active_branch_id, None, None, None)
        self.lines = [self.main]
        self.live: list[Live] = []
        if not greetings:
            return
        first = self.page(self.main)[0]
        variants = self.world.read(read.list_variants, first.id, None, 500, None).items
        made = [MVariant(v.id, v.prompt_text) for v in variants]
        assert [v.text for v in made] == [f"greeting {n}" for n in range(greetings)]
        self.main.own.append(MMessage(first.id, self.main.id, 0, made, made[0].id))
        # A head start: walks that find pins, streams and forks of forks by themselves are long.
        for pins in (True, False):
            self.create_branch(data, pins)
            self.begin_variant_on(self.lines[-1], self.main.own[0], continues=False)

    # What there is to choose from.

    def open_lines(self) -> list[MLine]:
        return [line for line in self.lines if not line.deleted]

    def messages(self, *, deleted: bool = False) -> list[MMessage]:
        return [m for line in self.open_lines() for m in line.own if m.deleted == deleted]

    def pick(self, data: st.DataObject, things: list[Any]) -> Any:
        return things[data.draw(st.integers(0, len(things) - 1))]

    def page(self, line: MLine, **bounds: int) -> list[Any]:
        limit, before, after = bounds.get("limit", 500), bounds.get("before"), bounds.get("after")
        return self.world.read(conversations.list_messages, self.chat.id, line.id, limit, before, after)  # type: ignore[arg-type]  # ids are text here

    def refused(self, code: str, fn: Any, *args: Any, **kwargs: Any) -> None:
        with pytest.raises(AppError) as caught:
            self.world.write(fn, *args, **kwargs)
        assert caught.value.code == code

    def move(self, line: MLine | None, message: MMessage, variant: MVariant) -> None:
        pinning = line.pinning(message) if line else None
        if pinning is not None:
            pinning.pin = variant.id
        else:
            message.selected = variant.id

    def sees(self, line: MLine | None, message: MMessage) -> MVariant | None:
        """What `line` shows of a message; None when it does not show it."""
        if line is None:
            return message.variant(message.selected)
        return line.shown(message) if message in line.history() else None

    # Writing.

    @rule(data=st.data(), text=WORDS)
    def post(self, data: st.DataObject, text: str) -> None:
        line = self.pick(data, self.open_lines())
        made = self.world.write(conversations.post, self.chat.id, line.id, NewMessage(MessageRole.USER, text, YOU))
        one = MVariant(made.selected_variant_id, text)
        line.own.append(MMessage(made.id, line.id, line.fork_seq + len(line.own) + 1, [one], one.id))

    @rule(data=st.data())
    def begin_answer(self, data: st.DataObject) -> None:
        line = self.pick(data, self.open_lines())
        slot = self.world.write(_append_answer, self.chat.id, line.id)
        one = MVariant(slot.variant_id, "", "streaming")
        message = MMessage(slot.message_id, line.id, line.fork_seq + len(line.own) + 1, [one], one.id)
        line.own.append(message)
        self.live.append(Live(message, one))

    @precondition(lambda self: self.messages())
    @rule(data=st.data(), continues=st.booleans())
    def begin_variant(self, data: st.DataObject, continues: bool) -> None:
        self.begin_variant_on(self.pick(data, self.open_lines()), self.pick(data, self.messages()), continues)

    def begin_variant_on(self, line: MLine, message: MMessage, continues: bool) -> None:
        shown = self.sees(line, message)
        arguments = (self.chat.id, line.id, message.id)
        if shown is None:
            self.refused("core.invalid_input", _open_variant, *arguments, continues=continues)
        elif shown.state == "streaming":
            self.refused("conversations.message_streaming", _open_variant, *arguments, continues=continues)
        else:
            slot, _ = self.world.write(_open_variant, *arguments, continues=continues)
            new = MVariant(slot.variant_id, shown.text if continues else "", "streaming")
            message.variants.append(new)
            self.move(line, message, new)
            self.live.append(Live(message, new))

    @precondition(lambda self: self.live)
    @rule(data=st.data(), text=TEXTS)
    def flush(self, data: st.DataObject, text: str) -> None:
        live = self.pick(data, self.live)
        row = (live.message.id, live.variant.id, text, "because")
        self.world.runner.run(self.world.db.system("flush", conversations.answer.flush, [row]))
        live.variant.text = text

    @precondition(lambda self: self.live)
    @rule(data=st.data(), text=TEXTS, state=st.sampled_from([TextState.SETTLED, TextState.ERROR]))
    def settle(self, data: st.DataObject, text: str, state: TextState) -> None:
        live = self.pick(data, self.live)
        slot = conversations.answer.AnswerSlot(live.message.id, live.variant.id)
        self.world.write(conversations.answer.settle, self.chat.id, slot, text, "", None, state)
        live.variant.text, live.variant.state = text, state.value
        self.live.remove(live)

    @precondition(lambda self: self.live)
    @rule(data=st.data())
    def lose_the_writer(self, data: st.DataObject) -> None:
        live = self.pick(data, self.live)
        self.world.runner.run(self.world.db.system("reap", conversations.answer.interrupt, [live.variant.id]))
        live.variant.state = "interrupted"
        self.live.remove(live)

    # Choosing and changing.

    @precondition(lambda self: self.messages())
    @rule(data=st.data(), on_a_line=st.booleans())
    def select(self, data: st.DataObject, on_a_line: bool) -> None:
        line = self.pick(data, self.open_lines()) if on_a_line else None
        message = self.pick(data, self.messages())
        wanted, shown = self.pick(data, message.variants), self.sees(line, message)
        arguments = (message.id, wanted.id, line and line.id)
        if shown is None:
            self.refused("core.invalid_input", choose.select, *arguments)
        elif "streaming" in {shown.state, wanted.state}:
            self.refused("conversations.message_streaming", choose.select, *arguments)
        else:
            told = self.world.write(choose.select, *arguments)
            assert (told.selected_variant_id, told.prompt_text) == (wanted.id, wanted.text)
            self.move(line, message, wanted)

    @precondition(lambda self: self.messages())
    @rule(data=st.data(), text=WORDS, on_a_line=st.booleans())
    def edit(self, data: st.DataObject, text: str, on_a_line: bool) -> None:
        line = self.pick(data, self.open_lines()) if on_a_line else None
        message = self.pick(data, self.messages())
        shown = self.sees(line, message)
        arguments = (message.id, line and line.id, None, edit.Edit(text, None, None, keeps_blocks=True))
        if shown is None:
            self.refused("core.invalid_input", edit.message, *arguments)
        elif shown.state == "streaming":
            self.refused("conversations.message_streaming", edit.message, *arguments)
        else:
            told = self.world.write(edit.message, *arguments)
            new = MVariant(told.selected_variant_id, text)
            message.variants.append(new)
            self.move(line, message, new)

    @precondition(lambda self: self.messages())
    @rule(data=st.data(), hidden=st.booleans())
    def hide(self, data: st.DataObject, hidden: bool) -> None:
        message = self.pick(data, self.messages())
        self.world.write(edit.hide, message.id, hidden=hidden)
        message.hidden = hidden

    @precondition(lambda self: self.messages())
    @rule(data=st.data())
    def delete_variant(self, data: st.DataObject) -> None:
        message = self.pick(data, self.messages())
        gone = self.pick(data, message.variants)
        pinned = any(line.at is message and line.pin == gone.id for line in self.lines)
        if len(message.variants) == 1 or gone.state == "streaming" or pinned:
            self.refused("conversations.variant_in_use", delete.variant, message.id, gone.id)
            return
        self.world.write(delete.variant, message.id, gone.id)
        at = message.variants.index(gone)
        message.variants.remove(gone)
        if message.selected == gone.id:
            message.selected = message.variants[max(at - 1, 0)].id

    @precondition(lambda self: self.messages())
    @rule(data=st.data())
    def delete_message(self, data: st.DataObject) -> None:
        message = self.pick(data, self.messages())
        if any(v.state == "streaming" for v in message.variants):
            self.refused("conversations.message_streaming", delete.message, message.id, None)
            return
        self.world.write(delete.message, message.id, None)
        message.deleted = True

    @precondition(lambda self: self.messages(deleted=True))
    @rule(data=st.data())
    def restore_message(self, data: st.DataObject) -> None:
        message = self.pick(data, self.messages(deleted=True))
        self.world.write(restore.message, message.id)
        message.deleted = False

    # Branches.

    @precondition(lambda self: self.messages())
    @rule(data=st.data(), pins=st.booleans())
    def create_branch(self, data: st.DataObject, pins: bool) -> None:
        message = self.pick(data, self.messages())
        pin = self.pick(data, message.variants) if pins else None
        before = self.world.rows(self.chat.id)
        arguments = (self.chat.id, message.id, pin and pin.id, "aside")
        if message.variant(message.selected).state == "streaming" or (pin and pin.state == "streaming"):
            self.refused("conversations.message_streaming", branch.create, *arguments)
            return
        made = self.world.write(branch.create, *arguments)
        assert not made.is_active
        assert made.parent_branch_id == message.line
        assert self.world.rows(self.chat.id) == (before[0] + 1, *before[1:])
        parent = next(line for line in self.lines if line.id == message.line)
        self.lines.append(MLine(made.id, parent, message, pin and pin.id))

    @rule(data=st.data())
    def activate(self, data: st.DataObject) -> None:
        self.active = self.pick(data, self.open_lines())
        self.world.write(branch.activate, self.chat.id, BranchId(self.active.id))

    @rule(data=st.data())
    def delete_branch(self, data: st.DataObject) -> None:
        line = self.pick(data, self.open_lines())
        if line is self.active:
            self.refused("conversations.branch_active", delete.branch, self.chat.id, line.id)
        elif any(child.parent is line for child in self.open_lines()):
            self.refused("conversations.branch_has_children", delete.branch, self.chat.id, line.id)
        else:
            self.world.write(delete.branch, self.chat.id, line.id)
            line.deleted = True

    @precondition(lambda self: any(line.deleted for line in self.lines))
    @rule(data=st.data())
    def restore_branch(self, data: st.DataObject) -> None:
        line = self.pick(data, [line for line in self.lines if line.deleted])
        if line.parent.deleted:
            self.refused("conversations.parent_deleted", branch.restore, self.chat.id, line.id)
            return
        self.world.write(branch.restore, self.chat.id, line.id)
        line.deleted = False

    @rule(all_variants=st.booleans())
    def fork_the_chat(self, all_variants: bool) -> None:
        shown = [m for m in self.active.history() if not m.deleted]
        world, wish = self.world, fork.Fork(self.chat.id, None, all_variants, "copy")
        if any(self.active.shown(m).state == "streaming" for m in shown):
            with pytest.raises(AppError, match="streaming"):
                world.runner.run(fork.fork(world.db, world.actor, None, wish, lambda chat: chat.id))
            return
        copy = world.runner.run(fork.fork(world.db, world.actor, None, wish, lambda chat: chat.id))
        page = world.read(conversations.list_messages, copy, None, 500, None, None)  # type: ignore[arg-type]  # as above
        assert [(m.seq, m.prompt_text, m.hidden) for m in page] == [
            (i, self.active.shown(m).text, m.hidden) for i, m in enumerate(shown)
        ]
        wanted = [sum(v.state != "streaming" for v in m.variants) if all_variants else 1 for m in shown]
        assert [m.variant_count for m in page] == wanted

    @rule(limit=st.integers(1, 3))
    def turn_pages(self, limit: int) -> None:
        whole = [m.seq for m in self.page(self.active)]
        back: list[int] = []
        while part := self.page(self.active, limit=limit, **({"before": back[0]} if back else {})):
            back = [m.seq for m in part] + back
        ahead: list[int] = []
        while part := self.page(self.active, limit=limit, after=ahead[-1] if ahead else -1):
            ahead += [m.seq for m in part]
        assert back == ahead == whole

    # What must be true after each of these.

    @invariant()
    def the_chat_is_as_the_model_says(self) -> None:
        lines = self.open_lines()
        sight = self.world.read(look, self.chat.id, [line.id for line in lines])
        assert not sight.broken
        assert sight.active == self.active.id
        assert sight.branches == [(line.id, line is self.active) for line in lines]
        for line in lines:
            shown = [(m, line.shown(m)) for m in line.history() if not m.deleted]
            assert sight.pages[line.id] == [
                (m.id, m.seq, m.hidden, len(m.variants), v.id, v.text, v.state) for m, v in shown
            ]
            assert sight.prompts[line.id] == [(m.id, v.text) for m, v in shown if v.text and not m.hidden]


@dataclass
class Sight:
    """What the database says of a chat, read at one instant."""

    active: str
    branches: Sequence[tuple[str, bool]]
    pages: dict[str, list[tuple[Any, ...]]]
    prompts: dict[str, list[tuple[str, str]]]
    broken: list[str]


def look(tx: ReadTx, actor: Actor, chat: Any, lines: list[Any]) -> Sight:
    found = conversations.get_chat(tx, actor, chat)
    branches = [(b.id, b.is_active) for b in read.list_branches(tx, actor, chat, 500, None).items]
    pages: dict[str, list[tuple[Any, ...]]] = {}
    prompts: dict[str, list[tuple[str, str]]] = {}
    for line in lines:
        pages[line] = [
            (m.id, m.seq, m.hidden, m.variant_count, m.selected_variant_id, m.prompt_text, m.state.value)
            for m in conversations.list_messages(tx, actor, chat, line, 500, None, None)
        ]
        branch_ = conversations.get_branch(tx, actor, found, line)
        history = conversations.list_history(tx, actor, found, branch_, END, 500)
        prompts[line] = [(said.message_id, said.text) for said in history]
    return Sight(found.active_branch_id, branches, pages, prompts, _broken(tx, actor, chat))


def _append_answer(tx: Any, actor: Actor, chat: Any, line: Any) -> Any:
    found = conversations.get_chat(tx, actor, chat)
    locked = conversations.answer.lock_branch(tx, actor, found, line)
    return conversations.answer.append(tx, actor, found, locked, MIRA, uuid7())  # type: ignore[arg-type]  # any id will do


def _open_variant(tx: Any, actor: Actor, chat: Any, line: Any, message: Any, *, continues: bool) -> Any:
    locked = conversations.answer.lock_branch(tx, actor, conversations.get_chat(tx, actor, chat), line)
    return conversations.answer.open_variant(tx, actor, locked, message, uuid7(), continues=continues)  # type: ignore[arg-type]  # any id will do


def _broken(tx: ReadTx, actor: Actor, chat: Any) -> list[str]:
    """Rows of a chat, deleted ones too, that break an invariant; empty when all is well."""
    m, v, b = chat_messages.c, message_variants.c, chat_branches.c
    ours = (m.workspace_id == actor.workspace) & (m.chat_id == chat)
    columns = (m.id, m.seq, m.branch_id, m.prompt_text, m.blocks_json, m.state)
    chosen = (v.message_id, v.prompt_text.label("text"), v.blocks_json.label("blocks"), v.state.label("of_variant"))
    joined = chat_messages.outerjoin(message_variants, v.id == m.selected_variant_id)
    problems, places = [], dict[str, list[int]]()
    for row in tx.execute(sa.select(*columns, *chosen).select_from(joined).where(ours)):
        cache, truth = (row.prompt_text, row.blocks_json, row.state), (row.text, row.blocks, row.of_variant)
        if row.message_id != row.id or cache != truth:
            problems.append(f"message {row.id}: cache {cache}, selected variant {truth}")
        places.setdefault(row.branch_id, []).append(row.seq)
    lines = sa.select(b.id, b.fork_seq, b.last_seq).where((b.workspace_id == actor.workspace) & (b.chat_id == chat))
    problems += [
        f"branch {line.id}: places {places.get(line.id)} after {line.fork_seq} to {line.last_seq}"
        for line in tx.execute(lines)
        if sorted(places.get(line.id, [])) != list(range(line.fork_seq + 1, line.last_seq + 1))
    ]
    return problems


@pytest.mark.slow
def test_every_walk_keeps_the_invariants(world: World) -> None:
    walk = type("WalkHere", (Walk,), {"world": world})
    run_state_machine_as_test(
        walk,
        settings=settings(
            max_examples=times(15),
            stateful_step_count=40,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
