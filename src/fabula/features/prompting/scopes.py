"""What a template or a lorebook can be bound to: an open set, to which each slice above adds what it owns."""

from collections.abc import Callable

from fabula.core.actor import Actor
from fabula.core.errors import AppError, Kind, NotFound, invalid
from fabula.db import ReadTx

GLOBAL = "global"
Check = Callable[[ReadTx, Actor, str], object]


class Scopes:
    """The registered scopes. `global` is always there and has no id."""

    def __init__(self) -> None:
        self._checks: dict[str, Check] = {}

    def register(self, scope: str, check: Check) -> None:
        """`check(tx, actor, id)` raises a not-found error when the workspace has no such thing."""
        self._checks[scope] = check

    def find(self, tx: ReadTx, actor: Actor, scope: str | None, scope_id: str) -> None:
        """Raise `NotFound` unless `scope_id` names something in `scope`, or in any where none is given."""
        for check in [check for name, check in self._checks.items() if scope in {None, name}]:
            try:
                check(tx, actor, scope_id)
            except AppError as error:
                if error.kind is not Kind.NOT_FOUND:
                    raise
            else:
                return
        raise NotFound(scope_id)

    def require(self, tx: ReadTx, actor: Actor, scope: str, scope_id: str | None, known: frozenset[str]) -> None:
        """Raise unless `scope` is registered, among `known`, and `scope_id` names something there."""
        if scope == GLOBAL:
            if scope_id is not None:
                raise invalid("body.scopeId", "the scope 'global' has no id; leave it out")
            return
        if scope not in self._checks or scope not in known:
            names = ", ".join(sorted((self._checks.keys() & known) | {GLOBAL}))
            raise invalid("body.scope", f"must be one of {names}")
        if scope_id is None:
            raise invalid("body.scopeId", f"the scope {scope!r} needs the id of what it is bound to")
        self._checks[scope](tx, actor, scope_id)
