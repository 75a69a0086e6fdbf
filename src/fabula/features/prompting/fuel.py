"""Counted work: what one rendering of a template may cost.

python-liquid has no clock and its limits leave gaps (loops one after another, filters that multiply text). So a
rendering carries fuel: each block run in a loop, filter, look-up and write burns some, by the size of what it touches.
Counted, not timed: a template that renders once renders always. `FUEL` is set so that the worst templates we know
(`tests/unit/prompting/test_template_limits.py`) end within a second on a slow core.
"""

from collections.abc import Callable, Mapping, Sized
from io import StringIO
from typing import TextIO

from liquid import RenderContext
from liquid.exceptions import ResourceLimitError
from liquid.template import BoundTemplate
from liquid.token import Token
from liquid.undefined import Undefined

from fabula.features.prompting.macros.session import Session

FUEL = 2_000_000
MAX_OUTPUT = 1_000_000  # characters
MAX_TEXT = 1_000_000  # characters of one value
MAX_ITEMS = 10_000  # of one range or list a template makes
_MAX_BITS = 4_096  # of one number


class Fuelled(RenderContext):
    """One rendering: Liquid's context, the macro session beside it, and the fuel left."""

    def __init__(self, template: BoundTemplate, scope: Mapping[str, object], session: Session) -> None:
        super().__init__(template, globals=scope)
        self.session = session
        self.fuel = FUEL
        self.held = 0

    def burn(self, amount: int) -> None:
        """Count work; raises `ResourceLimitError`."""
        self.fuel -= amount
        if self.fuel < 0:
            raise ResourceLimitError("this template does too much work; loop over less", token=None)

    def get(self, path: list[object], *, token: Token | None, default: object = None) -> object:
        """Look up a path. A first name nobody knows is reported; the rest of a path may be absent silently."""
        value = super().get(path, token=token)
        self.burn(4 + (_measure(value) >> 6))
        if isinstance(value, Undefined) and path[0] not in self.scope:
            self.session.report(str(path[0]))
            return Unknown(value.name, token=token)
        return value

    def assign(self, key: str, val: object) -> None:
        """Keep a value. All that was ever assigned counts: names may be reused, work may not."""
        size = _measure(val)
        self.held += size
        if self.held > 4 * MAX_TEXT:
            raise ResourceLimitError("this template assigns too much", token=None)
        self.burn(1 + (size >> 4))
        self.locals[key] = val

    def filter(self, name: str, token: Token | None) -> Callable[..., object]:
        """The filter, metered: what it would make is bounded before it runs."""
        run = super().filter(name, token)

        def metered(left: object, *args: object, **options: object) -> object:
            pairs = len(left) ** 2 if name == "uniq" and isinstance(left, Sized) else 0
            self.burn(32 + pairs + sum(_weigh(value) >> 5 for value in (left, *args)))
            _refuse_growth(name, left, args)
            made = run(left, *args, **options)
            _refuse_size(made)
            return made

        return metered

    def get_buffer(self, buf: TextIO | None = None) -> StringIO:
        return Sink(self)


class Sink(StringIO):
    """Output that burns fuel and ends at `MAX_OUTPUT`."""

    def __init__(self, context: Fuelled) -> None:
        super().__init__()
        self._context = context
        self._size = 0

    def write(self, text: str, /) -> int:
        self._size += len(text)
        if self._size > MAX_OUTPUT:
            raise ResourceLimitError(f"the output is longer than {MAX_OUTPUT} characters", token=None)
        self._context.burn(6 + (len(text) >> 5))
        return super().write(text)


class Unknown(Undefined):
    """A name that is neither in the context nor assigned. Printed alone, its braces stay as text."""

    __slots__ = ()


def _measure(value: object) -> int:
    """The size that work on a value grows with."""
    if isinstance(value, int):
        return value.bit_length() >> 6
    if isinstance(value, str):
        return len(value) >> 2
    return 4 * len(value) if isinstance(value, Sized) and not isinstance(value, Undefined) else 0


def _weigh(value: object, depth: int = 4) -> int:
    """About the characters of `value` written out, with 64 for each item of a list: some filters write lists out."""
    if isinstance(value, str):
        return len(value)
    if isinstance(value, range):
        return 64 * (value.stop - value.start)
    if not isinstance(value, (list, tuple, Mapping)):
        return _measure(value)
    items = value.values() if isinstance(value, Mapping) else value
    return sum(64 + (_weigh(item, depth - 1) if depth else 0) for item in items)


def _refuse_size(value: object) -> None:
    too_large = (
        (isinstance(value, str) and len(value) > MAX_TEXT)
        or (isinstance(value, (list, tuple)) and (len(value) > MAX_ITEMS or _weigh(value) > 4 * MAX_TEXT))
        or (isinstance(value, int) and value.bit_length() > _MAX_BITS)
    )
    if too_large:
        raise ResourceLimitError("this makes a value that is too large", token=None)


def _refuse_growth(name: str, left: object, args: tuple[object, ...]) -> None:
    """Stop the filters whose result can be far larger than what goes in."""
    if name not in {"split", "replace", "join"}:
        return
    text = "" if name == "join" else str(left)
    first = str(args[0]) if args else ""
    made = 0
    if name == "split":
        made = (len(text) if not first else text.count(first)) * (MAX_TEXT // MAX_ITEMS)
    elif name == "replace" and len(args) > 1:
        made = len(text) + (text.count(first)) * len(str(args[1]))
    elif name == "join" and isinstance(left, Sized):
        made = _weigh(left) // 64 * len(first)
    if made > MAX_TEXT:
        raise ResourceLimitError(f"{name} would make a value that is too large", token=None)
