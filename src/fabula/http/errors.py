"""Errors become answers here: one table of kinds, and one shape but for the paths of a foreign protocol."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import Scope

from fabula.core.errors import AppError, Kind
from fabula.http.trace import trace_id

log = structlog.get_logger()

STATUS: dict[Kind, int] = {
    Kind.INVALID: 422,
    Kind.UNAUTHENTICATED: 401,
    Kind.FORBIDDEN: 403,
    Kind.NOT_FOUND: 404,
    Kind.CONFLICT: 409,
    Kind.TOO_LARGE: 413,
    Kind.UNSUPPORTED: 415,
    Kind.LIMITED: 429,
    Kind.UPSTREAM: 502,
    Kind.UNAVAILABLE: 503,
    Kind.INTERNAL: 500,
}
_HTTP_CODES = {404: "http.not_found", 405: "http.method_not_allowed", 406: "http.not_acceptable"}


# In the scope of a request: how its errors look, where that is not our own shape.
ERROR_SHAPE = "fabula.error_shape"


@dataclass(frozen=True, slots=True)
class Problem:
    """An error on its way out. `wait`: seconds after which trying again makes sense."""

    status: int
    code: str
    message: str
    details: Mapping[str, object] | None = None
    wait: float | None = None


ErrorShape = Callable[[Problem], Response]


def own_shape(problem: Problem) -> Response:
    """The error shape as JSON; values that JSON does not know are written as text."""
    body = {
        "code": problem.code,
        "message": problem.message,
        "trace_id": trace_id(),
        "details": problem.details,
    }
    # What is quoted of a request, as an id, may hold half a character, which UTF-8 cannot: `?` instead.
    return json_response(problem, json.dumps(body, ensure_ascii=False, default=str).encode(errors="replace"))


def json_response(problem: Problem, body: bytes) -> Response:
    """`body` under the problem's status, saying when to try again."""
    headers = {"retry-after": str(max(1, round(problem.wait)))} if problem.wait is not None else None
    return Response(body, problem.status, headers, "application/json")


def error_response(scope: Scope, problem: Problem) -> Response:
    """The answer to the request of `scope`, in the shape of its path."""
    shape: ErrorShape = scope.get(ERROR_SHAPE, own_shape)
    return shape(problem)


def problem_of(error: AppError) -> Problem:
    wait = error.retry_after
    if wait is None and error.kind is Kind.LIMITED:
        wait = 1.0
    return Problem(STATUS[error.kind], error.code, error.message, error.details, wait)


def _field_path(location: tuple[int | str, ...]) -> str:
    path = ""
    for part in location:
        path += f"[{part}]" if isinstance(part, int) else f".{part}" if path else part
    return path


async def _app_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, AppError)
    if error.kind is Kind.INTERNAL:
        log.error("http.internal", code=error.code, exc_info=error)
    return error_response(request.scope, problem_of(error))


async def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    problems = [{"path": _field_path(e["loc"]), "message": str(e["msg"])} for e in error.errors()]
    message = "; ".join(f"{p['path']}: {p['message']}" for p in problems[:5])
    return error_response(request.scope, Problem(422, "http.invalid", message, {"problems": problems}))


async def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if isinstance(error.__cause__, AppError):
        # FastAPI wraps what reading the body raised into a 400
        return error_response(request.scope, problem_of(error.__cause__))
    if error.status_code == 400:
        # A body that is no text, or no multipart; one that is no JSON comes here as a validation error
        problem = {"path": "body", "message": str(error.detail)}
        return error_response(request.scope, Problem(422, "http.invalid", str(error.detail), {"problems": [problem]}))
    code = _HTTP_CODES.get(error.status_code, "http.error")
    answer = error_response(request.scope, Problem(error.status_code, code, str(error.detail)))
    for name, value in (error.headers or {}).items():
        answer.headers[name] = value
    return answer


def install(app: FastAPI) -> None:
    """Every error of a route leaves through one of these; what is left, the middleware answers as `http.internal`."""
    app.add_exception_handler(AppError, _app_error)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http_error)
