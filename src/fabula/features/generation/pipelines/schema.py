"""The part of JSON Schema that describes a step's parameters, and the check against it. Pure.

Keywords: type, properties, required, items, enum, minimum, maximum, minLength, maxLength, maxItems and
additionalProperties; `title`, `description`, `default` and `format` are for the page. Objects are closed unless they
say `additionalProperties: true`. Source: JSON Schema draft 2020-12, validation vocabulary.
"""

import math
from collections.abc import Callable, Iterator, Mapping

from fabula.plugins import Json, ParamProblem

_TYPES: Mapping[str, tuple[Callable[[Json], bool], str]] = {
    "object": (lambda v: isinstance(v, dict), "an object"),
    "array": (lambda v: isinstance(v, list), "a list"),
    "string": (lambda v: isinstance(v, str), "a text"),
    "boolean": (lambda v: isinstance(v, bool), "true or false"),
    "null": (lambda v: v is None, "null"),
    "number": (lambda v: isinstance(v, int | float) and not isinstance(v, bool) and math.isfinite(v), "a number"),
    "integer": (lambda v: isinstance(v, int) and not isinstance(v, bool), "a whole number"),
}


def check_shape(schema: Mapping[str, Json], value: Json, path: str = "") -> Iterator[ParamProblem]:
    """Everything about `value` that does not fit."""
    wanted = schema.get("type")
    names = [str(name) for name in wanted] if isinstance(wanted, list) else [str(wanted)] if wanted else []
    if names and not any(_TYPES[name][0](value) for name in names):
        yield ParamProblem(path, "must be " + " or ".join(_TYPES[name][1] for name in names))
        return
    allowed = schema.get("enum")
    if isinstance(allowed, list) and value not in allowed:
        yield ParamProblem(path, "must be one of " + ", ".join(str(item) for item in allowed))
    if isinstance(value, str):
        yield from _check_size(schema, len(value), path, ("minLength", "maxLength"), "characters")
        if "\x00" in value:
            yield ParamProblem(path, "must not contain the character U+0000")
    elif isinstance(value, list):
        yield from _check_size(schema, len(value), path, ("minItems", "maxItems"), "items")
        items = schema.get("items")
        for index, item in enumerate(value if isinstance(items, dict) else ()):
            yield from check_shape(items if isinstance(items, dict) else {}, item, f"{path}[{index}]")
    elif isinstance(value, dict):
        yield from _check_object(schema, value, path)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield from _check_range(schema, value, path)


def _check_object(schema: Mapping[str, Json], value: Mapping[str, Json], path: str) -> Iterator[ParamProblem]:
    given = schema.get("properties")
    known = given if isinstance(given, dict) else {}
    required = schema.get("required")
    for name in required if isinstance(required, list) else ():
        if name not in value:
            yield ParamProblem(_join(path, str(name)), "is needed")
    for name, item in value.items():
        described = known.get(name)
        if isinstance(described, dict):
            yield from check_shape(described, item, _join(path, name))
        elif schema.get("additionalProperties") is not True:
            yield ParamProblem(_join(path, name), "is not known here")


def _check_size(
    schema: Mapping[str, Json], size: int, path: str, names: tuple[str, str], what: str
) -> Iterator[ParamProblem]:
    least, most = schema.get(names[0]), schema.get(names[1])
    if isinstance(least, int) and size < least:
        yield ParamProblem(path, f"must have at least {least} {what}")
    if isinstance(most, int) and size > most:
        yield ParamProblem(path, f"must have at most {most:,} {what}")


def _check_range(schema: Mapping[str, Json], value: float, path: str) -> Iterator[ParamProblem]:
    least, most = schema.get("minimum"), schema.get("maximum")
    if isinstance(least, int | float) and value < least:
        yield ParamProblem(path, f"must be at least {least:g}")
    if isinstance(most, int | float) and value > most:
        yield ParamProblem(path, f"must be at most {most:g}")


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
