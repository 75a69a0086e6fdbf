"""What every route may answer beside its own, said in the document once instead of by each route."""

from collections.abc import Iterator
from typing import Any

from fastapi import FastAPI

from fabula.engine.operations import MAX_ID_LENGTH
from fabula.http.schemas import ErrorOut

_SAID = {
    403: "Asked from another machine, by another site's page, or without the right to",
    404: "Nothing here has this id; another workspace's is not told apart",
    409: "It has changed, is in use, or the operation id belongs to another request: `code` says which",
    413: "The body, or a text in it, is too large",
    415: "Not a picture of a known type",
    429: "Too many at once; `Retry-After` says when to try again",
    502: "The provider failed",
    503: "The database, or what else this needs, is away; try again",
    504: "The provider sent nothing",
}
_METHODS = frozenset({"get", "put", "post", "patch", "delete"})
_OPERATION_ID = {
    "name": "X-Operation-Id",
    "in": "header",
    "required": False,
    "description": "A repeat with the same id has one effect and one answer.",
    "schema": {"type": "string", "minLength": 1, "maxLength": MAX_ID_LENGTH, "pattern": "^[ -~]+$"},
}

Responses = dict[int | str, dict[str, Any]]


def faults(*statuses: int) -> Responses:
    """The `responses` of a route that may fail in its own ways."""
    return {status: {"model": ErrorOut, "description": _SAID[status]} for status in statuses}


def install(app: FastAPI) -> None:
    """Complete the document of `app`, whose routes are all there."""
    write = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            for path in write()["paths"].values():
                for method, operation in path.items():
                    if method in _METHODS:
                        _complete(operation, changes=method != "get")
        return write()

    app.openapi = openapi  # type: ignore[method-assign]  # FastAPI's way to change what it writes


def _complete(operation: dict[str, Any], *, changes: bool) -> None:
    """In place. Errors have one shape, but for the paths of a foreign protocol, whose bad input is a 400."""
    responses = operation["responses"]
    if "400" in responses:
        responses["422"] = responses["400"]
    content = responses["422"]["content"]
    for status in _shared(operation, changes=changes):
        responses.setdefault(str(status), {"description": _SAID[status], "content": content})
    if "400" in responses:
        del responses["422"]
    if changes:
        operation.setdefault("parameters", []).append(_OPERATION_ID)


def _shared(operation: dict[str, Any], *, changes: bool) -> Iterator[int]:
    yield 403
    has_body = "requestBody" in operation
    places = {
        parameter["in"] if parameter["in"] == "path" else parameter["name"][-2:]
        for parameter in operation.get("parameters", ())
    }
    if has_body or places & {"path", "Id"}:
        yield 404
    if changes:
        yield 409
    if has_body:
        yield 413
    yield 503
