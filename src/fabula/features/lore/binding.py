"""Where lorebooks take part: bound to a chat, a profile, a persona, or everywhere."""

from fabula.core.actor import Actor, Scope
from fabula.core.ids import ChatId
from fabula.db import ReadTx, WriteTx
from fabula.features import audit
from fabula.features.lore import store
from fabula.features.lore.errors import BindingNotFound
from fabula.features.lore.library import get_book
from fabula.features.lore.types import Binding, BindingId, LorebookId
from fabula.features.prompting import Scopes

BOOK_SCOPES = frozenset({"global", "entity_profile", "chat", "persona"})


def list_bindings(tx: ReadTx, actor: Actor, book: LorebookId) -> list[Binding]:
    get_book(tx, actor, book)
    return store.bindings.list_bindings(tx, actor.workspace, book)


def bind(tx: WriteTx, actor: Actor, scopes: Scopes, book: LorebookId, scope: str, scope_id: str | None) -> Binding:
    """Let the book take part there; harmless when it does already."""
    actor.require(Scope.WORKSHOP_WRITE)
    get_book(tx, actor, book)
    scopes.require(tx, actor, scope, scope_id, BOOK_SCOPES)
    there = store.bindings.list_bindings(tx, actor.workspace, book)
    same = next((found for found in there if (found.scope, found.scope_id) == (scope, scope_id)), None)
    if same is not None:
        return same
    made = store.bindings.insert_binding(tx, actor.workspace, book, scope, scope_id)
    audit.record(tx, actor, "lorebook.bound", "lorebook", book, after={"scope": scope, "scopeId": scope_id})
    return made


def unbind(tx: WriteTx, actor: Actor, book: LorebookId, binding: BindingId) -> None:
    """Raises `LorebookNotFound` or `BindingNotFound`."""
    actor.require(Scope.WORKSHOP_WRITE)
    get_book(tx, actor, book)
    if not store.bindings.delete_binding(tx, actor.workspace, book, binding):
        raise BindingNotFound(binding)
    audit.record(tx, actor, "lorebook.unbound", "lorebook", book, before={"binding": binding})


def copy_to_chat(tx: WriteTx, actor: Actor, source: ChatId, target: ChatId) -> None:
    """Let the books bound to one chat take part in another, new one too: whoever may make it may."""
    for book in store.bindings.list_books_of(tx, actor.workspace, "chat", source):
        store.bindings.insert_binding(tx, actor.workspace, book, "chat", target)
