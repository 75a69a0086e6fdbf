"""Liquid, fenced in: an allow-list of tags and filters, no files, no clock, and meters on all that can repeat."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Final, TextIO

from liquid import Environment, Mode, RenderContext, TokenStream
from liquid.ast import BlockNode, Node
from liquid.builtin import content, illegal, output
from liquid.builtin.expressions import FilteredExpression
from liquid.builtin.expressions.primitive import RangeLiteral
from liquid.builtin.filters import array, math, misc, string
from liquid.builtin.tags import (
    assign_tag,
    capture_tag,
    case_tag,
    decrement_tag,
    echo_tag,
    for_tag,
    if_tag,
    increment_tag,
    unless_tag,
)
from liquid.builtin.tags.case_tag import MultiExpressionBlockNode
from liquid.builtin.tags.for_tag import ForNode
from liquid.exceptions import FilterArgumentError, LiquidError, LiquidSyntaxError, ResourceLimitError
from liquid.expression import Expression
from liquid.parser import get_parser
from liquid.tag import Tag
from liquid.template import BoundTemplate
from liquid.token import TOKEN_EOF, TOKEN_EXPRESSION, TOKEN_TAG, Token
from liquid.undefined import Undefined

from fabula.features.prompting.fuel import MAX_ITEMS, Fuelled, Unknown
from fabula.features.prompting.lexer import MACRO_TAG, tokenize
from fabula.features.prompting.macros.expand import print_nodes
from fabula.features.prompting.macros.syntax import Nodes, parse

_MIN_BLOCK = 16
_MACRO = 64  # the work of one macro, in the units of `FUEL`
_MAX_DATE_FORMAT = 200

_TAGS: Final = (
    *(content.Literal, illegal.Illegal, if_tag.IfTag, unless_tag.UnlessTag, case_tag.CaseTag, for_tag.ForTag),
    *(for_tag.BreakTag, for_tag.ContinueTag, assign_tag.AssignTag, capture_tag.CaptureTag, echo_tag.EchoTag),
    *(increment_tag.IncrementTag, decrement_tag.DecrementTag),
)
_MATH = "at_most at_least ceil divided_by floor minus plus times modulo"
_STRING = (
    "append capitalize downcase escape lstrip prepend remove remove_first remove_last replace replace_first "
    "replace_last rstrip split squish strip strip_newlines truncate truncatewords upcase"
)
_ARRAY = "compact concat find find_index first has join last reject reverse sort sort_natural uniq where"
_RENAMED: Final = {  # filters whose functions have other names
    "abs": math.abs_,
    "default": misc.default,
    "map": array.map_,
    "round": math.round_,
    "size": misc.size,
    "slice": string.slice_,
    "sum": array.sum_,
}


def _format_date(value: object, pattern: object = "%Y-%m-%d") -> str:
    """The filter `date`, for `now` and for ISO 8601 texts; other values print as they are. It never asks the clock."""
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            return str(value)
    if not isinstance(value, datetime):
        return "" if value is None or isinstance(value, Undefined) else str(value)
    if len(str(pattern)) > _MAX_DATE_FORMAT:
        raise FilterArgumentError(f"a date format has at most {_MAX_DATE_FORMAT} characters", token=None)
    return value.strftime(str(pattern))


class _Stop(Expression):
    """The end of a range, refused when it is too far from the start: Liquid would walk it before any check."""

    __slots__ = ("_start", "_stop")

    def __init__(self, start: Expression, stop: Expression) -> None:
        super().__init__(stop.token)
        self._start, self._stop = start, stop

    def __str__(self) -> str:
        return str(self._stop)

    def evaluate(self, context: RenderContext) -> object:
        stop = self._stop.evaluate(context)
        if _whole(stop) - _whole(self._start.evaluate(context)) >= MAX_ITEMS:
            raise ResourceLimitError(f"a range has at most {MAX_ITEMS} items", token=self.token)
        return stop

    def children(self) -> list[Expression]:
        return [self._stop]


def _whole(value: object) -> int:
    """A range's edge as Liquid reads it: what is no number counts as 0."""
    try:
        return int(value) if isinstance(value, (int, float, str)) else 0
    except ValueError:
        return 0


class _Metered(BlockNode):
    """A block that may run many times: each run costs its length in the source."""

    __slots__ = ("_cost",)

    def __init__(self, block: BlockNode, start: int) -> None:
        super().__init__(block.token, block.nodes)
        self.blank = block.blank
        self._cost = max(block.token.start_index - start, _MIN_BLOCK)

    def render_to_output(self, context: RenderContext, buffer: TextIO) -> int:
        assert isinstance(context, Fuelled)
        context.burn(self._cost)
        return super().render_to_output(context, buffer)


class _OutputNode(output.OutputNode):
    def render_to_output(self, context: RenderContext, buffer: TextIO) -> int:
        if isinstance(self.expression.evaluate(context), Unknown):
            return buffer.write(self.token.value)
        return super().render_to_output(context, buffer)


class _Output(output.Output):
    node_class = _OutputNode


class _MacroNode(Node):
    __slots__ = ("_nodes",)

    def __init__(self, token: Token, nodes: Nodes) -> None:
        super().__init__(token)
        self._nodes = nodes
        self.blank = False

    def render_to_output(self, context: RenderContext, buffer: TextIO) -> int:
        assert isinstance(context, Fuelled)
        context.burn(_MACRO)
        return buffer.write(print_nodes(self._nodes, context.session))


class _MacroTag(Tag):
    name = MACRO_TAG
    block = False

    def parse(self, stream: TokenStream) -> Node:
        token = stream.eat(TOKEN_TAG)
        return _MacroNode(token, parse(stream.expect(TOKEN_EXPRESSION).value, token.start_index))


def _end_of_expression(stream: TokenStream) -> Token:
    """Where the expression ends that was being read: the stream stands in its tag or output, or just behind."""
    behind = reversed(stream.tokens[: stream.pos])
    found = next((token for token in (stream.current, *behind) if token.kind == TOKEN_EXPRESSION), stream.eof)
    return Token(TOKEN_EOF, "", found.start_index + len(found.value), found.source)


class Sandbox(Environment):
    """The only Liquid environment. Strict in syntax and filters; text is text, so nothing is escaped."""

    block_nesting_limit = 20
    context_depth_limit = 24

    def __init__(self) -> None:
        super().__init__(tolerance=Mode.STRICT, strict_filters=True, autoescape=False)

    def setup_tags_and_filters(self, *, extra: bool = False) -> None:
        for tag in (*_TAGS, _Output, _MacroTag):
            self.add_tag(tag)
        for module, names in ((math, _MATH), (string, _STRING), (array, _ARRAY)):
            for name in names.split():
                self.add_filter(name, getattr(module, name))
        for name, run in _RENAMED.items():
            self.add_filter(name, run)
        self.add_filter("date", _format_date)

    def tokenizer(self) -> Callable[[str], Iterator[Token]]:
        return tokenize

    def _parse(self, source: str) -> list[Node]:
        """As the library does, but every error gets a place, also that of an expression which ends too early."""
        stream = TokenStream(self.tokenizer()(source))
        stream.eof = Token(TOKEN_EOF, "", len(source), source)
        try:
            return get_parser(self).parse(stream)
        except LiquidError as error:
            if error.token is None or error.token.start_index < 0:
                error.token = _end_of_expression(stream)
            raise

    def compile(self, source: str) -> BoundTemplate:
        """Parse, then put the meters in; raises `LiquidSyntaxError` and its kin."""
        template = self.from_string(source)
        context = RenderContext(template)
        pending = list(template.nodes)
        while pending:
            node = pending.pop()
            for expression in node.expressions():
                self._fence(expression)
            if isinstance(node, (ForNode, MultiExpressionBlockNode)):
                node.block = _Metered(node.block, node.token.start_index)
            pending.extend(node.children(context, include_partials=False))
        return template

    def _fence(self, expression: Expression) -> None:
        pending = [expression]
        while pending:
            part = pending.pop()
            pending.extend(part.children())
            if isinstance(part, RangeLiteral):
                part.stop = _Stop(part.start, part.stop)
            elif isinstance(part, FilteredExpression):
                for used in part.filters or ():
                    if used.name not in self.filters:
                        raise LiquidSyntaxError(f"there is no filter {used.name!r}", token=used.token)
