"""Every macro we know, by its lower-case name: how many arguments it takes, and what it prints."""

from collections.abc import Callable
from dataclasses import dataclass

from fabula.features.prompting.macros import chance, clock
from fabula.features.prompting.macros.session import Session
from fabula.features.prompting.macros.variables import adder, counter, getter, setter
from fabula.features.prompting.types import VariableScope

_ANY = 1_000_000
Run = Callable[[Session, tuple[str, ...]], str | None]


@dataclass(frozen=True, slots=True)
class Macro:
    """`run` answers None when the arguments make no sense to it: the call then stays as text and is reported."""

    run: Run
    least: int = 0
    most: int = 0

    def takes(self, count: int) -> bool:
        return self.least <= count <= self.most


def _plain(read: Callable[[Session], str]) -> Macro:
    def run(session: Session, args: tuple[str, ...]) -> str:
        return read(session)

    return Macro(run)


def _field(name: str) -> Macro:
    return _plain(lambda session: session.field(name))


def _known(read: Callable[[Session], str | int | None]) -> Macro:
    """A macro of what may be unknown where the text is expanded: then it stays as text and is reported."""

    def run(session: Session, args: tuple[str, ...]) -> str | None:
        value = read(session)
        return None if value is None or value == "" else str(value)

    return Macro(run)


def _repeat(character: str) -> Macro:
    """A macro that prints `character` once, or as often as its argument says (at most 999 times)."""

    def run(session: Session, args: tuple[str, ...]) -> str | None:
        if not args:
            return character
        return character * int(args[0]) if args[0].isdecimal() and len(args[0]) <= 3 else None

    return Macro(run, 0, 1)


def _hide_key(session: Session, args: tuple[str, ...]) -> str:
    session.hidden_keys.append("::".join(args))
    return ""


def _reverse(session: Session, args: tuple[str, ...]) -> str:
    return "::".join(args)[::-1]


def _comment(session: Session, args: tuple[str, ...]) -> str:
    session.comments.append("::".join(args))
    return ""


def _tell_last_id(session: Session) -> str:
    """Nothing where nobody has said anything yet."""
    return "" if session.ctx.last.id is None else str(session.ctx.last.id)


def _names(session: Session) -> str:
    return ", ".join(session.ctx.group) or session.ctx.char.display


_DESCRIPTION = _field("description")
_EXAMPLES = _field("mes_example")
_VERSION = _plain(lambda s: s.ctx.char.version)
_INSTRUCTION = _field("post_history_instructions")
_CHAT, _GLOBAL = VariableScope.CHAT, VariableScope.GLOBAL

TABLE: dict[str, Macro] = {
    # who
    "char": _plain(lambda s: s.ctx.char.display),
    "user": _plain(lambda s: s.ctx.user.name),
    "group": _plain(_names),
    "charifnotgroup": _plain(_names),
    "persona": _field("persona"),
    # the card
    "description": _DESCRIPTION,
    "chardescription": _DESCRIPTION,
    "personality": _field("personality"),
    "scenario": _field("scenario"),
    "mesexamples": _EXAMPLES,
    "mesexamplesraw": _EXAMPLES,
    "charprompt": _field("system_prompt"),
    "charinstruction": _INSTRUCTION,
    "charjailbreak": _INSTRUCTION,
    "charversion": _VERSION,
    "char_version": _VERSION,
    # the chat
    "lastmessage": _plain(lambda s: s.ctx.last.text),
    "lastusermessage": _plain(lambda s: s.ctx.last.user_text),
    "lastcharmessage": _plain(lambda s: s.ctx.last.char_text),
    "lastmessageid": _plain(_tell_last_id),
    "firstincludedmessageid": _known(lambda s: s.ctx.last.first_included_id),
    "currentswipeid": _known(lambda s: s.ctx.last.swipe),
    "lastswipeid": _known(lambda s: s.ctx.last.swipes),
    "summary": _known(lambda s: s.ctx.summary),
    "input": _known(lambda s: s.ctx.user_input),
    "original": _plain(lambda s: s.ctx.original),
    "model": _known(lambda s: s.ctx.model),
    "maxprompt": _known(lambda s: s.ctx.max_prompt),
    "lastgenerationtype": _known(lambda s: s.ctx.generation_type),
    "outlet": Macro(lambda s, args: s.ctx.outlets.get(args[0], ""), 1, 1),
    # time
    "time": Macro(clock.tell_time, 0, 1),
    "time_utc": Macro(clock.tell_time, 1, 1),
    "date": Macro(clock.tell_date),
    "weekday": Macro(clock.tell_weekday),
    "isotime": Macro(clock.tell_iso_time),
    "isodate": Macro(clock.tell_iso_date),
    "datetimeformat": Macro(clock.format_now, 1, 1),
    "idle_duration": Macro(clock.tell_idle),
    "idleduration": Macro(clock.tell_idle),
    "timediff": Macro(clock.tell_difference, 2, 2),
    # chance (`pick` is the expander's own: it needs the place)
    "random": Macro(chance.choose, 1, _ANY),
    "roll": Macro(chance.roll, 1, 1),
    # variables
    "getvar": Macro(getter(_CHAT), 1, 1),
    "var": Macro(getter(_CHAT), 1, 2),
    "setvar": Macro(setter(_CHAT), 2, _ANY),
    "addvar": Macro(adder(_CHAT), 2, _ANY),
    "incvar": Macro(counter(_CHAT, "1"), 1, 1),
    "decvar": Macro(counter(_CHAT, "-1"), 1, 1),
    "getglobalvar": Macro(getter(_GLOBAL), 1, 1),
    "setglobalvar": Macro(setter(_GLOBAL), 2, _ANY),
    "addglobalvar": Macro(adder(_GLOBAL), 2, _ANY),
    "incglobalvar": Macro(counter(_GLOBAL, "1"), 1, 1),
    "decglobalvar": Macro(counter(_GLOBAL, "-1"), 1, 1),
    # text
    "newline": _repeat("\n"),
    "space": _repeat(" "),
    "noop": _plain(lambda _: ""),
    "reverse": Macro(_reverse, 1, _ANY),
    "hidden_key": Macro(_hide_key, 1, _ANY),
    "comment": Macro(_comment, 0, _ANY),
}
