"""What the database says of a tale's turn, at one instant."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from fabula.core.actor import Actor
from fabula.core.ids import BranchId, ChatId, PersonaId
from fabula.db import ReadTx
from fabula.features import conversations, identity, lore, profiles, prompting
from fabula.features.conversations import Branch, Chat, HistoryLine
from fabula.features.generation import store
from fabula.features.generation.sources import Bound
from fabula.features.generation.store.setting import Candidate
from fabula.features.generation.tale.effective import (
    AuthorNote,
    effective_settings,
    note_of,
    persona_of,
    pipeline_of,
    variables_of,
)
from fabula.features.generation.tale.last import UNSAID, last_of
from fabula.features.generation.tale.memory import Memory, recall
from fabula.features.lore import Lorebook, LorebookId, Shelf
from fabula.features.prompting import Insert, LastMessages, MacroContext, Persona
from fabula.plugins import Json

# Where a variant's meta holds what steps of a pipeline keep, by their names.
STEPS = "steps"
_NOBODY: dict[str, Json] = {"name": "Assistant"}
_SCOPES = ("chat", "persona", "entity_profile", "global")


@dataclass(frozen=True, slots=True)
class Template:
    """A stored template that was chosen."""

    id: str
    name: str
    scope: str
    version: int
    text: str
    defaults: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Told:
    """Who tells a tale to whom, and with what: all but its history. `remembered` is what steps of pipelines keep."""

    macros: MacroContext
    chat: Chat | None
    persona: PersonaId | None
    template: Template | None
    books: tuple[Candidate, ...]
    note: AuthorNote | None
    memory: Memory
    pipeline: Bound | None = None
    remembered: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Material:
    """Everything a prompt is made from. `unread` are the bound books that no shelf holds yet, as their rows.

    `pinned` stands before the history and is never trimmed: instructions that a caller of the protocol gives.
    `older` is how many messages there may be before `history`.
    """

    told: Told
    branch: Branch | None
    history: Sequence[HistoryLine]
    length: int
    profile: profiles.Profile | None
    unread: Sequence[lore.WholeBook]
    pinned: Sequence[Insert] = ()
    older: int = 0


def gather(
    tx: ReadTx,
    actor: Actor,
    chat: ChatId,
    branch: BranchId | None,
    upto: int | None,
    seed: str,
    take: int,
    shelf: Shelf,
    *,
    named: bool = False,
) -> Material:
    """Read what a turn on `branch` before `upto` (by default at its end) is made from, `take` messages at most.

    Who said what is read where lore or a pipeline may ask for it, or where the lines are to be `named`.
    """
    found = conversations.get_chat(tx, actor, chat)
    line = conversations.get_branch(tx, actor, found, branch)
    end = line.last_seq + 1 if upto is None else upto
    return gather_from(tx, actor, found, line, end, seed, take, shelf, named=named)


def gather_from(
    tx: ReadTx,
    actor: Actor,
    found: Chat,
    line: Branch,
    end: int,
    seed: str,
    take: int,
    shelf: Shelf,
    *,
    named: bool = False,
) -> Material:
    """As `gather`, for a chat and branch that were read already."""
    profile = profile_of(tx, actor, found)
    metas = conversations.standing.list_effects(tx, actor, found, line, end)
    told = tell(tx, actor, found, profile, seed, metas)
    named = named or bool(told.books) or told.pipeline is not None or _has_own_book(profile)
    history = conversations.list_history(tx, actor, found, line, end, take, named=named)
    told = replace(told, macros=replace(told.macros, last=last_of(history, found.last_message_at)))
    older = history[0].seq if history and len(history) >= take else 0
    return Material(told, line, history, end, profile, load_unread(tx, actor, told.books, shelf), older=older)


def tell(
    tx: ReadTx,
    actor: Actor,
    chat: Chat | None,
    profile: profiles.Profile | None,
    seed: str,
    metas: Sequence[Mapping[str, Json]] = (),
    last: LastMessages = UNSAID,
) -> Told:
    """Choose persona, template, books and settings; one query."""
    settings = effective_settings(*_layers(tx, actor, chat, profile))
    wanted, pipeline = persona_of(settings), pipeline_of(settings)
    ids = None if chat is None else chat.id, None if profile is None else profile.id
    found = store.setting.list_candidates(tx, actor.workspace, *ids, wanted, pipeline)
    persona = _persona(found, wanted)
    template = next((_template(c) for c in found if c.kind == "template"), None)
    spec = _NOBODY if profile is None else profile.spec
    user = Persona(actor.name) if persona is None else Persona(persona.name, persona.text)
    lasting = next((known for known in ids if known is not None), "")
    macros = MacroContext(prompting.read_character(spec), user, tx.now, seed, last=last, lasting_seed=lasting)
    return Told(
        macros,
        chat,
        None if persona is None else PersonaId(persona.id),
        template,
        _books(found, persona),
        note_of(settings),
        recall(metas, {**(template.defaults if template else {}), **variables_of(settings)}),
        None if pipeline is None else Bound(pipeline, _definition(found)),
        {} if pipeline is None else _remembered(metas),
    )


def _layers(
    tx: ReadTx, actor: Actor, chat: Chat | None, profile: profiles.Profile | None
) -> tuple[Mapping[str, Json], ...]:
    """Chat, profile, workspace; a chat was read with what it inherits."""
    if chat is not None:
        return (chat.settings, *chat.inherited)
    return ({} if profile is None else profile.settings, identity.get_settings(tx, actor))


def profile_of(tx: ReadTx, actor: Actor, chat: Chat) -> profiles.Profile | None:
    """Whom the chat is with, deleted or not; the beginning of a turn asks twice and reads once."""
    return None if chat.entity_profile_id is None else tx.once(profiles.get_any_profile, actor, chat.entity_profile_id)


def find_standing(tx: ReadTx, actor: Actor, chat: Chat, branch: Branch, upto: int) -> tuple[int, int | None]:
    """How many answers there are before `upto`, and the number of the greeting: what some decorators ask for."""
    answers = conversations.standing.count_answers(tx, actor, chat, branch, upto)
    return answers, conversations.standing.find_greeting(tx, actor, chat, branch)


def load_unread(tx: ReadTx, actor: Actor, books: Sequence[Candidate], shelf: Shelf) -> Sequence[lore.WholeBook]:
    missing = [LorebookId(book.id) for book in books if shelf.find((book.id, book.version)) is None]
    return lore.load_books(tx, actor, missing) if missing else ()


def read_books(material: Material, shelf: Shelf) -> list[Lorebook]:
    """The books that take part, in order of scope, the card's own after those bound to its profile.

    Reading one for the first time takes a while when it is large: then call it from a thread.
    """
    fresh = {book.id: lore.readable(book, entries) for book, entries in material.unread}
    found = []
    for bound in material.told.books:
        key = (bound.id, bound.version)
        book = shelf.find(key)
        if book is None and LorebookId(bound.id) in fresh:
            book = shelf.put(key, fresh[LorebookId(bound.id)])
        found += [] if book is None else [(_SCOPES.index(bound.scope), book)]
    own = None if material.profile is None else material.profile.spec.get("character_book")
    if material.profile is not None and isinstance(own, dict):
        key = (material.profile.id, material.profile.version)
        found.append((_SCOPES.index("entity_profile"), shelf.read(key, own)))
    return [book for _, book in sorted(found, key=lambda item: item[0])]


def _has_own_book(profile: profiles.Profile | None) -> bool:
    return profile is not None and isinstance(profile.spec.get("character_book"), dict)


def _template(found: Candidate) -> Template:
    return Template(found.id, found.name, found.scope, found.version, found.text, found.defaults or {})


def _definition(found: Sequence[Candidate]) -> str | None:
    """Of the bound pipeline, if it is there and switched on."""
    return next((c.text for c in found if c.kind == "pipeline" and c.scope == "enabled"), None)


def _remembered(metas: Sequence[Mapping[str, Json]]) -> dict[str, Json]:
    """What each step kept last, by its name."""
    found: dict[str, Json] = {}
    for meta in metas:
        steps = meta.get(STEPS)
        found |= steps if isinstance(steps, dict) else {}
    return found


def _persona(found: Sequence[Candidate], wanted: PersonaId | None) -> Candidate | None:
    """The one asked for; else, or when that one is gone, the default."""
    personas = [c for c in found if c.kind == "persona"]
    asked = next((c for c in personas if c.id == wanted), None)
    return asked or next((c for c in personas if c.scope == "default"), None)


def _books(found: Sequence[Candidate], persona: Candidate | None) -> tuple[Candidate, ...]:
    """Bound books in order of scope, each once, those of other personas left out."""
    known: dict[str, Candidate] = {}
    for book in sorted((c for c in found if c.kind == "book"), key=lambda c: (_SCOPES.index(c.scope), c.id)):
        if book.scope != "persona" or (persona is not None and book.scope_id == persona.id):
            known.setdefault(book.id, book)
    return tuple(known.values())
