"""Macros of chance. All of them follow from the context's seeds, so a prompt can be built again exactly."""

import random
import re

from fabula.features.prompting.macros.session import Session
from fabula.features.prompting.macros.syntax import Call

_DICE = re.compile(r"(?:(\d{0,4})d)?(\d{1,9})\s*(?:([+-])\s*(\d{1,9}))?", re.IGNORECASE)
_MAX_DICE = 1_000


def choose(session: Session, args: tuple[str, ...]) -> str:
    """`{{random}}`: one of the items, drawn anew at each place."""
    return session.dice.choice(args)


def pick(session: Session, call: Call, args: tuple[str, ...]) -> str:
    """`{{pick}}`: one of the items, the same one as long as the chat, its place and its wording stay."""
    place = f"{session.ctx.lasting_seed or session.ctx.seed}\0{call.start}\0{call.raw}"
    return random.Random(place.encode("utf-8", "surrogatepass")).choice(args)


def roll(session: Session, args: tuple[str, ...]) -> str | None:
    """`{{roll}}` by `N`, `dN`, `2d6` or `2d6+3`."""
    match = _DICE.fullmatch(args[0].strip())
    if match is None:
        return None
    count, sides = int(match[1] or 1), int(match[2])
    if not 1 <= count <= _MAX_DICE or sides < 1:
        return None
    bonus = int(match[4] or 0) * (-1 if match[3] == "-" else 1)
    return str(sum(session.dice.randint(1, sides) for _ in range(count)) + bonus)
