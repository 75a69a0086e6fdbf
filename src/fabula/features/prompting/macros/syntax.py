r"""Read a text into literals and macro calls, in one pass.

Forms: `{{name}}`, `{{name::a::b}}`, `{{name:a}}`, `{{name a}}`, `{{// note}}`, nested calls inside arguments, scoped
calls `{{setvar x}}…{{/setvar}}`, the old `<USER>` family, and the escapes `\{\{`, `\}\}` and (in lists) `\,`.
Sources: Character Card V3 (curly braced syntaxes) and SillyTavern's documentation of macros.

Time and memory are linear in the text: every brace is looked at once, braces without a partner are literals, and a
construct nested deeper than `MAX_DEPTH` stays as text with all that is in it.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias

MAX_DEPTH = 16

Node: TypeAlias = "str | Call"
Nodes: TypeAlias = "tuple[Node, ...]"

# Most calls are a bare name: those are read at once.
_SPECIAL = re.compile(
    r"\{\{ ?(?P<bare>[^\W\d]\w*) ?\}\}|\\\{\\\{|\\\}\\\}|\{\{(?!\{)|\}\}|<(?P<old>user|bot|char|group|charifnotgroup)>",
    re.IGNORECASE,
)
_HEAD = re.compile(r"(?P<keep>#?)\s*(?P<name>//|[^\W\d]\w*)")
_CLOSING = re.compile(r"/\s*(//|[^\W\d]\w*)\s*")
_COMMA = re.compile(r"(?<!\\),")
_LISTS = frozenset({"random", "pick"})
# Macros that may take their last argument from a scope, with the arguments they have written inline then.
_SCOPED = {"if": 1, "setvar": 1, "addvar": 1, "setglobalvar": 1, "addglobalvar": 1, "reverse": 0, "//": 0}


@dataclass(frozen=True, slots=True)
class Call:
    """One macro call. `name` is lower case, or empty when what is in the braces cannot be a macro.

    `body` is all between the braces, for calls that stay as text; `raw` is the source. `keeps_space` is the flag `#`.
    """

    name: str
    args: tuple[Nodes, ...]
    body: Nodes
    raw: str
    start: int
    depth: int
    scope: "Nodes | None" = None
    keeps_space: bool = False


@dataclass(frozen=True, slots=True)
class _Raw:
    """A stretch nested too deep, kept as offsets so that every level around it costs the same."""

    start: int
    end: int


@dataclass(slots=True)
class _Frame:
    start: int
    parts: "list[str | Call | _Raw]" = field(default_factory=list)
    openers: dict[str, list[int]] = field(default_factory=dict)
    is_too_deep: bool = False


def parse(text: str, offset: int = 0) -> Nodes:
    """Split `text` into literals and calls; joining literals and raw calls gives the text back, but for escapes.

    `offset` is where `text` starts in a larger one: calls know their places in that.
    """
    stack = [_Frame(0)]
    at = 0
    for match in _SPECIAL.finditer(text):
        if at < match.start():
            stack[-1].parts.append(text[at : match.start()])
        at = match.end()
        mark = match.group()
        name = (match["bare"] or match["old"] or "").lower()
        if match["old"]:
            name = "char" if name == "bot" else name
            stack[-1].parts.append(Call(name, (), (mark,), mark, offset + match.start(), 1))
        elif name and name not in _SCOPED:
            stack[-1].parts.append(Call(name, (), (mark[2:-2],), mark, offset + match.start(), 1))
        elif name:
            stack.append(_Frame(match.start(), [mark[2:-2]]))
            _close(text, stack, at, offset)
        elif mark == "{{":
            stack.append(_Frame(match.start()))
        elif mark == "}}" and len(stack) > 1:
            _close(text, stack, at, offset)
        else:
            stack[-1].parts.append(mark.replace("\\", ""))
    stack[-1].parts.append(text[at:])
    return tuple(_flatten(text, stack))


def _flatten(text: str, stack: Sequence[_Frame]) -> Iterator[Node]:
    """What is left at the end: frames that never closed are literal braces and their contents."""
    for level, frame in enumerate(stack):
        if level:
            yield "{{"
        for part in frame.parts:
            if isinstance(part, _Raw):
                yield text[part.start : part.end]
            elif part:
                yield part


def _close(text: str, stack: list[_Frame], end: int, offset: int) -> None:
    frame = stack.pop()
    parent = stack[-1]
    body = tuple(part for part in frame.parts if not isinstance(part, _Raw))
    depth = 1 + max((part.depth for part in body if isinstance(part, Call)), default=0)
    if frame.is_too_deep or depth > MAX_DEPTH:
        parent.is_too_deep = True
        parent.parts.append(_Raw(frame.start, end))
        return
    call = _read_call(body, text[frame.start : end], offset + frame.start, depth)
    closing = _CLOSING.fullmatch(body[0].lstrip()) if len(body) == 1 and isinstance(body[0], str) else None
    if closing and _fold_scope(parent, closing.group(1).lower()):
        return
    if _SCOPED.get(call.name) == len(call.args):
        parent.openers.setdefault(call.name, []).append(len(parent.parts))
    parent.parts.append(call)


def _fold_scope(frame: _Frame, name: str) -> bool:
    """Give all since the last open `name` to it as its scope; False when none is open."""
    openers = frame.openers.get(name, [])
    while openers:
        index = openers.pop()
        opener = frame.parts[index] if index < len(frame.parts) else None
        if not isinstance(opener, Call) or opener.name != name or opener.scope is not None:
            continue  # already inside another scope
        scope = tuple(part for part in frame.parts[index + 1 :] if not isinstance(part, _Raw))
        depth = 1 + max((part.depth for part in scope if isinstance(part, Call)), default=opener.depth)
        if depth > MAX_DEPTH or len(scope) != len(frame.parts) - index - 1:
            frame.openers.clear()  # whatever is open around this is too deep as well: do not look again
            return False
        del frame.parts[index:]
        frame.parts.append(replace(opener, scope=scope, depth=depth))
        return True
    return False


def _read_call(body: Nodes, raw: str, start: int, depth: int) -> Call:
    head = body[0].lstrip() if body and isinstance(body[0], str) else ""
    match = _HEAD.match(head)
    tail = head[match.end() :] if match else ""
    if match is None or not _can_follow_name(match["name"], tail):
        return Call("", (), body, raw, start, depth)
    name = match["name"].lower()
    rest = tail.lstrip()
    if name != "//":
        rest = rest.removeprefix("::" if rest.startswith("::") else ":")
    has_args = bool(rest) or len(body) > 1 or ":" in tail
    args = _split_args((rest, *body[1:])) if has_args else ()
    if name in _LISTS and len(args) == 1:
        args = _split_list(args[0])
    return Call(name, args, body, raw, start, depth, keeps_space=bool(match["keep"]))


def _can_follow_name(name: str, tail: str) -> bool:
    """Tell a macro from `name.field`, `name | filter` and the like; `+` and `-` are for `{{time_UTC+2}}`."""
    if name == "//" or not tail:
        return True
    return (tail[0] in ":+-" or tail[0].isspace()) and not tail.lstrip().startswith(("|", "."))


def _split_args(parts: Nodes) -> tuple[Nodes, ...]:
    """Split literals at `::`; what a nested call prints is never split."""
    args: list[list[Node]] = [[]]
    for part in parts:
        if isinstance(part, Call):
            args[-1].append(part)
            continue
        first, *others = part.split("::")
        args[-1].append(first)
        args.extend([other] for other in others)
    return tuple(_strip(arg) for arg in args)


def _split_list(arg: Nodes) -> tuple[Nodes, ...]:
    items: list[list[Node]] = [[]]
    for part in arg:
        if isinstance(part, Call):
            items[-1].append(part)
            continue
        first, *others = (piece.replace("\\,", ",") for piece in _COMMA.split(part))
        items[-1].append(first)
        items.extend([other] for other in others)
    return tuple(_strip(item) for item in items)


def _strip(arg: list[Node]) -> Nodes:
    """Whitespace around an argument as written is not part of it; whitespace that a call prints is."""
    if arg and isinstance(arg[0], str):
        arg[0] = arg[0].lstrip()
    if arg and isinstance(arg[-1], str):
        arg[-1] = arg[-1].rstrip()
    return tuple(part for part in arg if part)
