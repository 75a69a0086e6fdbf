"""Macros of variables. Values are texts; arithmetic happens where both sides are numbers, as cards expect."""

import json
import math
from collections.abc import Callable

from fabula.features.prompting.macros.session import Session
from fabula.features.prompting.types import VariableScope

_MAX_DIGITS = 300
Handler = Callable[[Session, tuple[str, ...]], str | None]


def _number(text: str) -> float | int | None:
    text = text.strip() or "0"
    if len(text) > _MAX_DIGITS:
        return None
    try:
        return int(text)
    except ValueError:
        pass  # not a whole number; perhaps a fraction
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _sum(left: str, right: str) -> str:
    """Add numbers; join texts."""
    a, b = _number(left), _number(right)
    if a is None or b is None:
        return left + right
    if isinstance(a, int) and isinstance(b, int):
        return str(a + b)
    total = float(a) + float(b)
    return str(int(total)) if total.is_integer() and abs(total) < 1e15 else repr(total)


def getter(scope: VariableScope) -> Handler:
    """`get…var::name` and `var::name::index`, where the value is a JSON list or object."""

    def get(session: Session, args: tuple[str, ...]) -> str | None:
        value = session.read(scope, args[0])
        return value if len(args) == 1 else _item(value, args[1])

    return get


def setter(scope: VariableScope) -> Handler:
    def put(session: Session, args: tuple[str, ...]) -> str | None:
        session.write(scope, args[0], "::".join(args[1:]))
        return ""

    return put


def adder(scope: VariableScope) -> Handler:
    def add(session: Session, args: tuple[str, ...]) -> str | None:
        session.write(scope, args[0], _sum(session.read(scope, args[0]), "::".join(args[1:])))
        return ""

    return add


def counter(scope: VariableScope, step: str) -> Handler:
    """`inc…var` and `dec…var`, which print the new value."""

    def count(session: Session, args: tuple[str, ...]) -> str | None:
        session.write(scope, args[0], _sum(session.read(scope, args[0]), step))
        return session.read(scope, args[0])

    return count


def _item(value: str, index: str) -> str:
    try:
        whole = json.loads(value)
        item = whole[int(index)] if isinstance(whole, list) else whole[index]
    except (ValueError, TypeError, LookupError, RecursionError):
        return ""  # no such item: an empty value, as for an absent variable
    return item if isinstance(item, str) else json.dumps(item, ensure_ascii=False)
