"""Small makers: a book from entry dicts, a scan from texts, and one call that runs both."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from fabula.features.lore import Expansion, LoreResult, ScanInput, ScanMessage, TimedState, activate
from fabula.features.lore.books import read_lorebook
from fabula.features.lore.types import Lorebook


def entry(*keys: str, content: str = "text", **fields: Any) -> dict[str, Any]:
    """A V3 entry; `ext_…` fields go to its extensions."""
    extensions = {name.removeprefix("ext_"): fields.pop(name) for name in list(fields) if name.startswith("ext_")}
    base = {"keys": list(keys), "content": content, "enabled": True, "insertion_order": 100, "use_regex": False}
    return base | fields | {"extensions": extensions}


def book(*entries: dict[str, Any], book_id: str = "b", **fields: Any) -> Lorebook:
    return read_lorebook({"entries": list(entries), "extensions": {}, **fields}, book_id)


def chat(*texts: str, **fields: Any) -> ScanInput:
    """A chat of user and assistant messages in turn, ids m0, m1, …"""
    roles = ("user", "assistant")
    messages = tuple(ScanMessage(f"m{i}", roles[i % 2], text) for i, text in enumerate(texts))
    count = len(texts)
    base = ScanInput(messages, chat_length=count, message_count=count, assistant_count=count // 2, seed="seed")
    return replace(base, **fields)


def count_words(text: str) -> int:
    return len(text.split())


def run(
    books: Lorebook | Sequence[Lorebook],
    scan: ScanInput,
    state: TimedState | None = None,
    *,
    context_tokens: int = 8192,
    expand: Callable[[str], Expansion] = Expansion,
) -> LoreResult:
    shelf = [books] if isinstance(books, Lorebook) else books
    known = TimedState() if state is None else state
    return activate(shelf, scan, known, context_tokens=context_tokens, count=count_words, expand=expand)


def texts(result: LoreResult) -> list[str]:
    return [fired.text for fired in result.fired]


def reasons(result: LoreResult) -> Mapping[str, str]:
    return {skipped.key: skipped.by.value for skipped in result.skipped}
