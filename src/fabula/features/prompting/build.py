"""Build the prompt: what enters, in which order, what is left out for want of room. Pure, and on the way to the first
token: a history of 200 counted messages takes well under a millisecond.

Order: lore before · system · lore after · retrieval · examples · history with its inserts · post-history instructions.
Room goes first to what is fixed (system, author's note, depth prompts, post-history, the newest message), then to lore
by priority, retrieval in its order, history from the newest back, and examples by priority with what is left.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from fabula.features.prompting.tokens import TokenCounter
from fabula.features.prompting.types import Insert, Piece, Position, Prompt, PromptParts, Trimmed, TrimReason
from fabula.plugins.contracts import ChatMessage

# What a message costs beside its text: the markers of its role. An upper bound over the chat formats in use.
MESSAGE_TOKENS = 4
_EXAMPLE_HEADER = "[Example dialogue]"
_CHAT_HEADER = "[The tale begins]"


def build(parts: PromptParts, *, context_tokens: int, reserved_tokens: int, counter: TokenCounter) -> Prompt:
    """Fit `parts` into `context_tokens` less those reserved for the answer.

    A message, entry, passage or example enters whole or not at all; an empty text never enters. The sum of tokens
    exceeds the room only if the fixed parts alone do: they always enter.
    """
    return _Builder(parts, context_tokens - reserved_tokens, counter).build()


def _is_empty(text: str) -> bool:
    return not text or text.isspace()


class _Builder:
    def __init__(self, parts: PromptParts, room: int, counter: TokenCounter) -> None:
        self._parts = parts
        self._room = room
        self._counter = counter
        self._trimmed: list[Trimmed] = []

    def build(self) -> Prompt:
        parts = self._parts
        system = self._fixed("system", "system", parts.system)
        post = self._fixed("post_history", "system", parts.post_history)
        note = parts.note if parts.note is not None and not _is_empty(parts.note.text) else None
        held = [
            (insert, self._fixed(insert.origin, insert.role, insert.text))
            for insert in (*parts.depth_prompts, *((note,) if note else ()))
        ]
        newest, older = self._split_history()
        lore = self._fit_lore()
        passages = self._fit_all([(p.origin, "system", p.text) for p in parts.passages])
        history = [*self._fit_history(older), *newest]
        examples = self._fit_examples()

        def at(position: Position) -> list[Piece]:
            found = [(i.order, piece) for i, piece in lore if i.position is position]
            return [piece for _, piece in sorted(found, key=lambda item: item[0])]

        shown = [*at(Position.EXAMPLES_TOP), *examples, *at(Position.EXAMPLES_BOTTOM)]
        inserts = self._place(lore, [(i, p) for i, pieces in held for p in pieces], len(history))
        pieces = [*at(Position.BEFORE_CHAR), *system, *at(Position.AFTER_CHAR), *passages, *shown]
        for index, piece in enumerate(history):
            if index in inserts:
                pieces += inserts[index]
            pieces.append(piece)
        pieces += [*inserts.get(len(history), []), *post]
        total = sum(piece.tokens for piece in pieces)
        return Prompt(tuple(pieces), _merge(pieces), tuple(self._trimmed), total, self._counter.name)

    def _piece(self, origin: str, role: str, text: str) -> Piece:
        return Piece(origin, role, text, self._counter.count(text) + MESSAGE_TOKENS)

    def _fixed(self, origin: str, role: str, text: str) -> list[Piece]:
        if _is_empty(text):
            return []
        piece = self._piece(origin, role, text)
        self._room -= piece.tokens
        return [piece]

    def _fit(self, pieces: Sequence[Piece]) -> bool:
        """Take room for all of `pieces`, or trim them all."""
        tokens = sum(piece.tokens for piece in pieces)
        if tokens <= self._room:
            self._room -= tokens
            return True
        self._trimmed.append(Trimmed(pieces[0].origin, tokens, TrimReason.BUDGET))
        return False

    def _fit_all(self, texts: Iterable[tuple[str, str, str]]) -> list[Piece]:
        pieces = [self._piece(*text) for text in texts if not _is_empty(text[2])]
        return [piece for piece in pieces if self._fit((piece,))]

    def _fit_lore(self) -> list[tuple[Insert, Piece]]:
        """Entries that fit, in the order given."""
        entries = [(i, insert) for i, insert in enumerate(self._parts.lore) if not _is_empty(insert.text)]
        kept: dict[int, tuple[Insert, Piece]] = {}
        for index, insert in sorted(entries, key=lambda entry: -entry[1].priority):
            piece = self._piece(insert.origin, insert.role, insert.text)
            if self._fit((piece,)):
                kept[index] = (insert, piece)
        return [kept[index] for index in sorted(kept)]

    def _split_history(self) -> tuple[list[Piece], list[Piece]]:
        """The newest message, which always enters, and the older ones, both oldest first."""
        count = self._counter.count
        pieces = [
            Piece("message:" + m.id, m.role, text, (count(text) if m.tokens is None else m.tokens) + MESSAGE_TOKENS)
            for m in self._parts.history
            if (text := m.text) and not text.isspace()
        ]
        newest = pieces[-1:]
        self._room -= sum(piece.tokens for piece in newest)
        return newest, pieces[:-1]

    def _fit_history(self, older: list[Piece]) -> list[Piece]:
        """The window: from the newest back to the first that does not fit, so that it has no holes."""
        room, start = self._room, len(older)
        while start and older[start - 1].tokens <= room:
            start -= 1
            room -= older[start].tokens
        self._room = room
        for index in range(start):
            reason = TrimReason.BUDGET if index == start - 1 else TrimReason.WINDOW
            self._trimmed.append(Trimmed(older[index].origin, older[index].tokens, reason))
        return older[start:]

    def _fit_examples(self) -> list[Piece]:
        """Whole dialogues, each under a header, and a header for the chat after the last."""
        footer = self._piece("examples", "system", _CHAT_HEADER)
        kept: dict[int, list[Piece]] = {}
        dialogues = enumerate(self._parts.examples)
        for index, dialogue in sorted(dialogues, key=lambda entry: -entry[1].priority):
            spoken = [
                self._piece(f"example:{index}", m.role, m.text) for m in dialogue.messages if not _is_empty(m.text)
            ]
            if not spoken:
                continue
            pieces = [self._piece(f"example:{index}", "system", _EXAMPLE_HEADER), *spoken]
            if self._fit([*pieces, *([] if kept else [footer])]):
                kept[index] = pieces
        return [piece for index in sorted(kept) for piece in kept[index]] + ([footer] if kept else [])

    def _place(
        self, lore: list[tuple[Insert, Piece]], held: list[tuple[Insert, Piece]], length: int
    ) -> dict[int, list[Piece]]:
        """Inserts by the index of the message they come before; lore at the note stands around it."""
        note = self._parts.note
        places: dict[int, list[tuple[int, int, Piece]]] = defaultdict(list)
        for insert, piece in [*held, *lore]:
            depth, order, side = insert.depth, insert.order, 0
            if insert.position in {Position.NOTE_TOP, Position.NOTE_BOTTOM}:
                depth, order = (note.depth, note.order) if note else (insert.depth, insert.order)
                side = -1 if insert.position is Position.NOTE_TOP else 1
            elif insert.position is not Position.AT_DEPTH:
                continue
            places[max(length - max(depth, 0), 0)].append((order, side, piece))
        return {index: [p for _, _, p in sorted(found, key=lambda e: e[:2])] for index, found in places.items()}


def _merge(pieces: Sequence[Piece]) -> tuple[ChatMessage, ...]:
    """Join neighbours of one role: chat formats want turns, and one system message at the start."""
    merged: list[ChatMessage] = []
    role, texts = "", list[str]()
    for piece in pieces:
        if piece.role != role:
            if texts:
                merged.append(ChatMessage(role, texts[0] if len(texts) == 1 else "\n\n".join(texts)))
            role, texts = piece.role, []
        texts.append(piece.text)
    if texts:
        merged.append(ChatMessage(role, texts[0] if len(texts) == 1 else "\n\n".join(texts)))
    return tuple(merged)
