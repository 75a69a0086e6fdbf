"""What of profiles can be searched for: name, tags, description and the creator's notes."""

from collections.abc import Mapping, Sequence

from fabula.core.actor import Actor, Scope
from fabula.core.ids import ProfileId, WorkspaceId
from fabula.core.storable import storable
from fabula.db import ReadTx, WriteTx
from fabula.engine.text import Document, DocumentKind, index
from fabula.features.profiles.store import found
from fabula.features.profiles.types import Content


def index_profiles(tx: WriteTx, ws: WorkspaceId, contents: Mapping[ProfileId, Content]) -> None:
    """Let profiles be found by what they say now; in the transaction that changes them."""
    index.put(tx, ws, [Document(DocumentKind.PROFILE, key, texts_of(content)) for key, content in contents.items()])


def list_texts(tx: ReadTx, actor: Actor, ids: Sequence[str]) -> dict[str, list[str]]:
    """By id, what each of these profiles is found by; deleted ones are left out."""
    actor.require(Scope.PROFILE_READ)
    contents = found.list_contents(tx, actor.workspace, [ProfileId(key) for key in ids])
    return {key: texts_of(content) for key, content in contents.items()}


def list_next_documents(tx: WriteTx, after: str, upto: str, take: int) -> list[tuple[WorkspaceId, Document]]:
    """Up to `take` profiles of any workspace whose ids follow `after`, up to `upto`, to be put into the index anew."""
    rows = found.list_next_contents(tx, after, upto, take)
    return [(ws, Document(DocumentKind.PROFILE, key, texts_of(content))) for ws, key, content in rows]


def texts_of(content: Content) -> list[str]:
    """The parts of a profile that are searched, each by itself: an excerpt is from one of them."""
    spec = content.spec
    texts = [content.name, ", ".join(content.tags), spec.get("description"), spec.get("creator_notes")]
    return [storable(text) for text in texts if isinstance(text, str) and text]
