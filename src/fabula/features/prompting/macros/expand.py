"""Turn macros into values, exactly once: what a macro prints is never read again."""

import textwrap
from functools import lru_cache
from typing import Final

from fabula.features.prompting.macros import chance
from fabula.features.prompting.macros.session import Session
from fabula.features.prompting.macros.syntax import Call, Node, Nodes, parse
from fabula.features.prompting.macros.table import TABLE
from fabula.features.prompting.types import Expanded, MacroContext, Variables

# A card's texts are expanded at every turn; 512 of them, each of at most so many characters, stay parsed.
_REMEMBERED: Final = 16_384
_parse_again = lru_cache(maxsize=512)(parse)
_FALSE: Final = frozenset({"", "0", "false", "off", "no"})
# Macros whose arguments are not simply printed first: they need the place, the branch not taken, or the text around.
_OWN: Final = frozenset({"pick", "if", "//", "trim"})


def has_macros(text: str) -> bool:
    """Tell whether anything in `text` may be a macro; False means that expanding it changes nothing."""
    return "{{" in text or "<" in text or "\\{" in text or "\\}" in text


def expand(text: str, ctx: MacroContext, variables: Variables) -> Expanded:
    """Expand the macros of `text`; raises `ExpansionTooLarge`.

    Inner macros come first. Unknown ones stay as they are and are named in `unknown`. Nothing passed in is changed:
    variable writes come back as `changes`.
    """
    if not has_macros(text):
        return Expanded(text)
    session = Session(ctx, variables, text)
    result = print_nodes(_parse(text), session)
    return Expanded(result, session.changes, session.unknown, tuple(session.hidden_keys), tuple(session.comments))


def print_text(text: str, session: Session, original: str = "") -> str:
    """Print a text in the midst of another, or of a template; it acts on the same variables."""
    if not has_macros(text):
        return text
    with session.within(text, original):
        return print_nodes(_parse(text), session)


def _parse(text: str) -> Nodes:
    return _parse_again(text) if len(text) <= _REMEMBERED else parse(text)


def is_known(call: Call) -> bool:
    """Whether we know a macro of this name that takes this many arguments."""
    if call.name in _OWN:
        # A note takes anything, `trim` nothing, and the others need something.
        return call.name == "//" or bool(call.args) is (call.name != "trim")
    macro = TABLE.get(call.name)
    return macro is not None and macro.takes(len(call.args) + (call.scope is not None))


def print_nodes(nodes: Nodes, session: Session) -> str:
    """Print literals and calls in order; `{{trim}}` takes the line breaks around it away."""
    out: list[str] = []
    trims = False
    for node in nodes:
        if isinstance(node, Call) and node.name == "trim" and not node.args:
            _trim_end(out)
            trims = True
            continue
        text = node if isinstance(node, str) else print_call(node, session)
        if trims:
            text = text.lstrip("\r\n")
            trims = not text
        if text:
            out.append(text)
    return "".join(out)


def print_call(call: Call, session: Session) -> str:
    """Print one call."""
    if not is_known(call):
        return _leave(call, session)
    text = _run(call, session)
    if text is None:
        session.report(call.name)
        return call.raw
    session.spend(len(text))
    return text


def _run(call: Call, session: Session) -> str | None:
    if call.name == "//":
        return ""  # a note to the writer: not even its inner macros act
    if call.name == "if":
        return _branch(call, session)
    args = tuple(print_nodes(arg, session) for arg in call.args)
    if call.scope is not None:
        args = (*args, _tidy(print_nodes(call.scope, session), call))
    if call.name == "pick":
        return chance.pick(session, call, args)
    return TABLE[call.name].run(session, args)


def _leave(call: Call, session: Session) -> str:
    """An unknown macro keeps its braces; the known ones inside it are expanded."""
    first = call.body[0] if call.body else ""
    session.report(call.name or (first if isinstance(first, str) else ""))
    text = "{{" + print_nodes(call.body, session) + "}}"
    session.spend(len(text))
    if call.scope is not None:
        text += print_nodes(call.scope, session) + "{{/" + call.name + "}}"
    return text


def _branch(call: Call, session: Session) -> str | None:
    """`{{if c}}…{{else}}…{{/if}}`: only the branch taken acts. A bare macro name as condition means its value."""
    if call.scope is None and len(call.args) < 2:
        return None
    condition = print_nodes(call.args[0], session)
    wanted = not condition.startswith("!")
    condition = condition.removeprefix("!").strip()
    macro = TABLE.get(condition.lower()) if all(isinstance(node, str) for node in call.args[0]) else None
    if macro is not None and macro.takes(0):
        condition = macro.run(session, ()) or ""
    branches = _branches(call.scope) if call.scope is not None else (*call.args[1:], ())
    chosen = branches[0] if (condition.strip().lower() not in _FALSE) is wanted else branches[1]
    return _tidy(print_nodes(chosen, session), call)


def _branches(scope: Nodes) -> tuple[Nodes, Nodes]:
    for index, node in enumerate(scope):
        if _is_else(node):
            return scope[:index], scope[index + 1 :]
    return scope, ()


def _is_else(node: Node) -> bool:
    return isinstance(node, Call) and node.name == "else" and not node.args


def _tidy(text: str, call: Call) -> str:
    """Scoped text loses its indentation and outer whitespace, unless the flag `#` keeps them."""
    return text if call.keeps_space else textwrap.dedent(text).strip()


def _trim_end(out: list[str]) -> None:
    while out:
        out[-1] = out[-1].rstrip("\r\n")
        if out[-1]:
            return
        out.pop()
