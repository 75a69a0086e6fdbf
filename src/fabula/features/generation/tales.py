"""How a tale is answered: the card, the persona and the history become a prompt."""

import hashlib
from dataclasses import dataclass

from msgspec.json import Encoder

from fabula.core.actor import Actor
from fabula.db import Database, ReadTx, WriteTx
from fabula.features import conversations, profiles, prompting
from fabula.features.connections import Connection
from fabula.features.conversations import Author, Chat, HistoryLine
from fabula.features.generation.sources import BuiltPrompt
from fabula.features.generation.types import Mode, Started
from fabula.features.prompting import (
    HistoryMessage,
    Insert,
    LastMessages,
    MacroContext,
    Persona,
    Prompt,
    PromptParts,
    TemplateContext,
    Variables,
)
from fabula.plugins import Json

# More messages than any window holds cost time to read and are never sent.
_TOKENS_PER_MESSAGE_AT_LEAST = 12
MAX_HISTORY = 2_000
_CONTINUE = "[Continue your last message from exactly where it stops. Do not repeat any of it.]"
_IMPERSONATE = "[Now write {{user}}'s next message, in {{user}}'s voice. Write only what {{user}} says and does.]"
_encode = Encoder().encode


@dataclass(frozen=True, slots=True)
class Material:
    """What the database says of a turn, at one instant."""

    macros: MacroContext
    history: list[HistoryLine]


class Tales:
    """The `TurnSource` of chats of kind `tale`."""

    def __init__(self) -> None:
        self._counter = prompting.find_counter()

    def speaker(self, tx: WriteTx, actor: Actor, chat: Chat) -> Author:
        if chat.entity_profile_id is None:
            return Author("assistant", None, "Assistant")
        profile = profiles.get_any_profile(tx, actor, chat.entity_profile_id)
        return Author("entity_profile", profile.id, profile.name)

    def expand(self, tx: ReadTx, actor: Actor, chat: Chat, text: str) -> str:
        if "{{" not in text and "<" not in text:
            return text
        return prompting.expand(text, _macros(tx, actor, chat, str(chat.last_message_at)), Variables()).text

    async def prepare(self, db: Database, actor: Actor, started: Started, connection: Connection) -> BuiltPrompt:
        take = min(MAX_HISTORY, connection.context_tokens // _TOKENS_PER_MESSAGE_AT_LEAST)
        material = await db.read(actor, gather, started, take)
        return _explain(self._build(material, started, connection))

    def _build(self, material: Material, started: Started, connection: Connection) -> Prompt:
        fields = prompting.expand_fields(material.macros, Variables(), system=prompting.DEFAULT_SYSTEM)
        macros = fields.ctx
        system = prompting.render(prompting.BUILTIN_TEMPLATE, TemplateContext(macros)).text
        history = [HistoryMessage(line.message_id, line.role.value, line.text) for line in material.history]
        if started.mode is Mode.CONTINUE and started.message_id is not None:
            history.append(HistoryMessage(started.message_id, "assistant", started.prefix))
        parts = PromptParts(
            system=system,
            history=history,
            examples=prompting.parse_examples(macros.char.mes_example, macros.char, macros.user),
            depth_prompts=_depth_prompts(macros),
            post_history=_closing(started.mode, macros),
        )
        return prompting.build(
            parts,
            context_tokens=connection.context_tokens,
            reserved_tokens=connection.answer_tokens,
            counter=self._counter,
        )


def gather(tx: ReadTx, actor: Actor, started: Started, take: int) -> Material:
    """Read what the prompt is made from."""
    chat = conversations.get_chat(tx, actor, started.chat_id)
    branch = conversations.get_branch(tx, actor, chat, started.branch_id)
    history = conversations.list_history(tx, actor, chat, branch, started.upto, take)
    return Material(_macros(tx, actor, chat, started.id, history), history)


def greet(tx: ReadTx, actor: Actor, profile: profiles.Profile, seed: str) -> list[conversations.Greeting]:
    """A profile's greetings with their macros expanded, once; empty ones are skipped."""
    macros = MacroContext(prompting.read_character(profile.spec), Persona(actor.name), tx.now, seed)
    found = []
    for raw in profiles.greetings(profile.spec):
        text = prompting.expand(raw, macros, Variables()).text
        if text.strip():
            found.append(conversations.Greeting(text, raw))
    return found


def _macros(tx: ReadTx, actor: Actor, chat: Chat, seed: str, history: list[HistoryLine] | None = None) -> MacroContext:
    spec: dict[str, Json] = {"name": "Assistant"}
    if chat.entity_profile_id is not None:
        spec = profiles.get_any_profile(tx, actor, chat.entity_profile_id).spec
    last = _last(history) if history else LastMessages()
    return MacroContext(prompting.read_character(spec), Persona(actor.name), tx.now, seed, last=last)


def _last(history: list[HistoryLine]) -> LastMessages:
    def newest(role: str) -> str:
        return next((line.text for line in reversed(history) if line.role.value == role), "")

    end = history[-1]
    return LastMessages(end.text, newest("user"), newest("assistant"), end.seq, history[0].seq)


def _depth_prompts(macros: MacroContext) -> list[Insert]:
    """The card's own depth prompt (`extensions.depth_prompt`: prompt, depth, role)."""
    extensions = macros.char.spec.get("extensions")
    found = extensions.get("depth_prompt") if isinstance(extensions, dict) else None
    if not isinstance(found, dict) or not isinstance(found.get("prompt"), str) or not found["prompt"]:
        return []
    depth, role = found.get("depth"), found.get("role")
    text = prompting.expand(str(found["prompt"]), macros, Variables()).text
    known = role if role in {"system", "user", "assistant"} else "system"
    return [Insert("depth_prompt", str(known), text, depth=depth if isinstance(depth, int) else 4)]


def _closing(mode: Mode, macros: MacroContext) -> str:
    """What stands after the history: the card's post-history instructions, and what this mode asks for."""
    asks = {Mode.CONTINUE: _CONTINUE, Mode.IMPERSONATE: _IMPERSONATE}.get(mode, "")
    ask = prompting.expand(asks, macros, Variables()).text
    return "\n\n".join(part for part in (macros.char.post_history_instructions, ask) if part)


def _explain(prompt: Prompt) -> BuiltPrompt:
    trimmed = [{"origin": t.origin, "tokens": t.tokens, "reason": t.reason.value} for t in prompt.trimmed]
    snapshot = {
        "prompt": [{"origin": p.origin, "role": p.role, "text": p.text, "tokens": p.tokens} for p in prompt.pieces],
        "trimmed": trimmed,
        "lore": [],
        "retrieval": [],
        "counter": prompt.counter,
    }
    text = _encode(snapshot)
    summary: dict[str, Json] = {
        "tokens": prompt.tokens,
        "pieces": len(prompt.pieces),
        "trimmed": len(prompt.trimmed),
        "counter": prompt.counter,
    }
    return BuiltPrompt(prompt.messages, text.decode(), hashlib.sha256(text).hexdigest(), prompt.tokens, summary)
