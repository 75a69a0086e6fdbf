"""What a step made, held against the contract: a stranger's mistake is its step's fault, never the turn's. Pure."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from fabula.core.storable import storable
from fabula.features.generation.pipelines.errors import ResultInvalid
from fabula.plugins import FoundMessage, Json, PromptPiece, StepResult

_ROLES = frozenset({"system", "user", "assistant"})
_POSITIONS = frozenset({"before_char", "after_char", "at_depth"})


def read_result(given: object) -> StepResult:
    """`given` with every text storable.

    Raises `ResultInvalid`.
    """
    if not isinstance(given, StepResult):
        raise ResultInvalid(f"it is a {type(given).__name__}, not a StepResult")
    for holds, what in _demands(given):
        if not holds:
            raise ResultInvalid(what)
    return replace(
        given,
        text=None if given.text is None else storable(given.text),
        passage=None if given.passage is None else storable(given.passage),
        output=_clean_object(given.output),
        variables={storable(name): storable(value) for name, value in given.variables.items()},
        pieces=tuple(replace(piece, text=storable(piece.text)) for piece in given.pieces),
        found=tuple(replace(one, name=storable(one.name), text=storable(one.text)) for one in given.found),
        params=_clean_object(given.params),
        memory=_clean(given.memory),
    )


def _demands(result: StepResult) -> Iterator[tuple[bool, str]]:
    """One after the other: a later one may build on those before."""
    for name in ("text", "passage"):
        yield isinstance(getattr(result, name), str | None), f"{name} must be a text"
    for name in ("output", "params"):
        yield _is_object(getattr(result, name)), f"{name} must be a JSON object"
    yield _is_json(result.memory), "memory must be JSON"
    yield _is_object(result.variables), "variables must be texts by name"
    yield all(isinstance(value, str) for value in result.variables.values()), "variables must be texts by name"
    yield _are(result.pieces, _is_piece), "pieces must be PromptPieces"
    yield _are(result.found, _is_found), "found must be FoundMessages"


def _are(items: object, is_one: Callable[[object], bool]) -> bool:
    return isinstance(items, tuple | list) and all(map(is_one, items))


def _is_piece(piece: object) -> bool:
    if not isinstance(piece, PromptPiece) or piece.role not in _ROLES or piece.position not in _POSITIONS:
        return False
    return _has(piece, "text", str) and _has(piece, "depth", int) and piece.depth >= 0


def _is_found(one: object) -> bool:
    return isinstance(one, FoundMessage) and _has(one, "name", str) and _has(one, "text", str)


def _has(of: object, name: str, kind: type) -> bool:
    return isinstance(getattr(of, name), kind)


def _is_object(value: object) -> bool:
    return isinstance(value, Mapping) and all(isinstance(name, str) for name in value) and _is_json(dict(value))


def _is_json(value: object) -> bool:
    try:
        json.dumps(value, allow_nan=False)
    except (TypeError, ValueError, RecursionError):
        return False
    return True


def _clean_object(value: Mapping[str, Json]) -> dict[str, Json]:
    return {storable(str(name)): _clean(item) for name, item in value.items()}


def _clean(value: Json) -> Json:
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, list | tuple):
        return [_clean(item) for item in value]
    return _clean_object(value) if isinstance(value, dict) else value
