"""Cut a template into Liquid's tokens, with macros cut out first.

python-liquid's own lexer is a regular expression that takes quadratic time on hostile text, and knows no macros. This
one reads once, left to right. A `{{…}}` that is a known macro form, or that could be nothing but a macro (`{{x::y}}`,
`{{// note}}`), becomes a `MACRO_TAG`: Liquid never sees what is in it. All else in braces is Liquid.
"""

import re
from collections.abc import Iterator

from liquid.exceptions import LiquidSyntaxError
from liquid.token import TOKEN_CONTENT, TOKEN_EOF, TOKEN_EXPRESSION, TOKEN_OUTPUT, TOKEN_TAG, Token

from fabula.features.prompting.macros.expand import is_known
from fabula.features.prompting.macros.syntax import Call, parse

MACRO_TAG = "{{"  # no tag of a template can have this name
# Liquid reads an expression with lookaheads that are quadratic in its length.
MAX_EXPRESSION = 1_000
LIQUID_NAMES = frozenset({"char", "user", "chat", "messages", "rag", "lore", "now"})

_OPEN = re.compile(r"\{\{(?!\{)|\{%")
_BRACES = re.compile(r"\{\{(?!\{)|\}\}")
_TAG_NAME = re.compile(r"#|\w+")
_RAW_END = re.compile(r"\{%-?\s*endraw\s*-?%\}")
_COMMENT_EDGE = re.compile(r"\{%-?\s*(end)?comment\b")


def tokenize(source: str) -> Iterator[Token]:
    """Yield the tokens of `source`; raises `LiquidSyntaxError` at the construct that does not close."""
    return _Lexer(source).tokens()


class _Lexer:
    def __init__(self, source: str) -> None:
        self._source = source
        self._closes = _match_braces(source)
        self._at = 0
        self._strips: str | None = ""  # what the next literal loses at its start; None = all whitespace

    def tokens(self) -> Iterator[Token]:
        while match := _OPEN.search(self._source, self._at):
            start = match.start()
            is_tag = self._source[start + 1] == "%"
            end = self._source.find("%}", start + 2) + 2 if is_tag else self._closes.get(start, -1)
            if end < 2:
                raise self._error("this is never closed", start)
            inner = self._source[start + 2 : end - 2]
            call = None if is_tag else _read_macro(self._source[start:end], inner)
            yield from self._literal(start, inner, call)
            self._at = end
            self._strips = None if call is None and inner.endswith("-") else ""
            if call is not None:
                yield from self._macro(call, start, end)
            elif is_tag:
                yield from self._tag(inner, start)
            else:
                yield from self._output(inner, start, end)
        yield from self._literal(len(self._source), "", None)

    def _literal(self, end: int, inner: str, call: Call | None) -> Iterator[Token]:
        """The text before the construct at `end`, stripped as that one and the one before ask."""
        text = self._source[self._at : end]
        if self._strips != "":
            text = text.lstrip(self._strips)
        if call is None and inner.startswith("-"):
            text = text.rstrip()
        elif call is not None and _is_trim(call):
            text = text.rstrip("\r\n")
        if text:
            yield Token(TOKEN_CONTENT, text, self._at, self._source)

    def _macro(self, call: Call, start: int, end: int) -> Iterator[Token]:
        if _is_trim(call):
            self._strips = "\r\n"
            return
        yield Token(TOKEN_TAG, MACRO_TAG, start, self._source)
        yield Token(TOKEN_EXPRESSION, self._source[start:end], start, self._source)

    def _output(self, inner: str, start: int, end: int) -> Iterator[Token]:
        text, at = self._expression(inner, start)
        if not text:
            raise self._error("there is nothing to print between these braces", start)
        yield Token(TOKEN_OUTPUT, self._source[start:end], start, self._source)
        yield Token(TOKEN_EXPRESSION, text, at, self._source)

    def _tag(self, inner: str, start: int) -> Iterator[Token]:
        text, at = self._expression(inner, start)
        name = _TAG_NAME.match(text)
        if name is None:
            raise self._error("this tag has no name", start)
        if name.group() == "#":
            return
        if name.group() == "comment":
            self._skip_comment(start)
            return
        if name.group() == "raw":
            yield from self._raw(start)
            return
        yield Token(TOKEN_TAG, name.group(), at, self._source)
        rest = text[name.end() :]
        if rest.strip():
            yield Token(TOKEN_EXPRESSION, rest.lstrip(), at + len(text) - len(rest.lstrip()), self._source)

    def _expression(self, inner: str, start: int) -> tuple[str, int]:
        """What is to be read between the marks, and where it starts."""
        body = inner.removeprefix("-")
        text = body.removesuffix("-").strip()
        if len(text) > MAX_EXPRESSION and not text.startswith("#"):
            raise self._error(f"this is longer than {MAX_EXPRESSION} characters; assign parts of it first", start)
        return text, start + 2 + len(inner) - len(body.lstrip())

    def _raw(self, start: int) -> Iterator[Token]:
        end = _RAW_END.search(self._source, self._at)
        if end is None:
            raise self._error("this raw block is never closed with endraw", start)
        if self._at < end.start():
            yield Token(TOKEN_CONTENT, self._source[self._at : end.start()], self._at, self._source)
        self._at = end.end()
        self._strips = None if end.group().endswith("-%}") else ""

    def _skip_comment(self, start: int) -> None:
        depth = 1
        for edge in _COMMENT_EDGE.finditer(self._source, self._at):
            depth += -1 if edge.group(1) else 1
            if depth == 0:
                close = self._source.find("%}", edge.end())
                if close < 0:
                    break
                self._at = close + 2
                self._strips = None if self._source[close - 1] == "-" else ""
                return
        raise self._error("this comment is never closed with endcomment", start)

    def _error(self, message: str, start: int) -> LiquidSyntaxError:
        return LiquidSyntaxError(message, token=Token(TOKEN_EOF, "", start, self._source))


def _is_trim(call: Call) -> bool:
    return call.name == "trim" and not call.args


def _match_braces(source: str) -> dict[int, int]:
    """Where each `{{` that has a partner ends; the innermost is matched first."""
    closes: dict[int, int] = {}
    open_at: list[int] = []
    for brace in _BRACES.finditer(source):
        if brace.group() == "{{":
            open_at.append(brace.start())
        elif open_at:
            closes[open_at.pop()] = brace.end()
    return closes


def _read_macro(raw: str, inner: str) -> Call | None:
    """The call in `raw`, or None when it is for Liquid."""
    nodes = parse(raw)
    call = nodes[0] if len(nodes) == 1 else None
    if not isinstance(call, Call):
        return None
    is_bare = not call.args
    if call.name in LIQUID_NAMES and is_bare:
        return None
    if is_known(call):
        return call
    head = inner.lstrip()[len(call.name) :].lstrip() if call.name else ""
    has_nested = "{{" in inner
    return call if head.startswith(":") or has_nested else None
