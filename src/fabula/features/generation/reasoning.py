"""Reasoning, told apart while it streams: a provider's own field, or a leading `<think>` part of the text."""

_OPEN, _CLOSE = "<think>", "</think>"


class ReasoningSplitter:
    """Feed it an answer's text in pieces of any size; it says which part is reasoning and which is the answer.

    Only a `<think>` at the very start (white space before it aside) counts; every other character is the answer's,
    unchanged. At most a tag's length is held back until it is clear what it is.
    """

    __slots__ = ("_held", "_state")

    def __init__(self) -> None:
        self._state = "start"
        self._held = ""

    @property
    def passes(self) -> bool:
        """Nothing can be reasoning any more: `feed` would hand every text back as content."""
        return self._state == "content"

    def feed(self, text: str) -> tuple[str, str]:
        """(reasoning, content) that became certain with `text`."""
        if self._state == "content":
            return "", text
        self._held += text
        if self._state == "start":
            return self._at_start()
        return self._inside()

    def end(self) -> tuple[str, str]:
        """What was held back when the answer ended."""
        held, self._held = self._held, ""
        return (held, "") if self._state == "inside" else ("", held)

    def _at_start(self) -> tuple[str, str]:
        begun = self._held.lstrip()
        if begun.startswith(_OPEN):
            self._state, self._held = "inside", begun[len(_OPEN) :]
            return self._inside()
        if _OPEN.startswith(begun):
            return "", ""  # nothing yet, white space, or the first letters of the tag
        self._state, held, self._held = "content", self._held, ""
        return "", held

    def _inside(self) -> tuple[str, str]:
        reasoning, tag, content = self._held.partition(_CLOSE)
        if tag:
            self._state, self._held = "content", ""
            return reasoning, content
        keep = _possible_tag(self._held)
        cut = len(self._held) - keep
        reasoning, self._held = self._held[:cut], self._held[cut:]
        return reasoning, ""


def _possible_tag(text: str) -> int:
    """Length of the longest end of `text` that may be the beginning of the closing tag."""
    for size in range(min(len(_CLOSE) - 1, len(text)), 0, -1):
        if _CLOSE.startswith(text[-size:]):
            return size
    return 0
