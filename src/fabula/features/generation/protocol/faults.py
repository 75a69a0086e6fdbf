"""Errors in the protocol's own shape, {error: {message, type, param, code}}, with the statuses its clients expect.

Source: OpenAI's API reference, "Error codes". The official client reads the status first and `error` second, also from
a data frame in the middle of a stream.
"""

from collections.abc import Mapping

from msgspec.json import Encoder
from starlette.responses import Response

from fabula.core.errors import Kind
from fabula.features.generation.errors import GenerationInterrupted
from fabula.features.generation.protocol.errors import AmbiguousModel, UnknownModel
from fabula.http.errors import STATUS, Problem, json_response
from fabula.plugins import Json, ModelTimeout

_encode = Encoder(enc_hook=str).encode
_TYPES = {401: "authentication_error", 403: "permission_error", 429: "rate_limit_error"}
_OF_MODEL = frozenset({UnknownModel.code, AmbiguousModel.code})
_BY_CODE = {GenerationInterrupted.code: 503, ModelTimeout.code: 504}
# What a provider refuses of the caller's own doing; its other refusals (a wrong key of ours, say) are not the caller's.
_PASSED_ON = {400: 400, 413: 413, 422: 400, 429: 429}


def shape(problem: Problem) -> Response:
    """Any error of the protocol's paths (an `ErrorShape`)."""
    mapped = Problem(_status(problem.status), problem.code, problem.message, problem.details, problem.wait)
    return json_response(mapped, body_of(mapped))


def body_of(problem: Problem) -> bytes:
    status = problem.status
    return _encode(
        {
            "error": {
                "message": problem.message,
                "type": _TYPES.get(status, "server_error" if status >= 500 else "invalid_request_error"),
                "param": _param(problem),
                "code": problem.code,
            }
        }
    )


def problem_of_answer(error: Mapping[str, Json] | None) -> Problem:
    """The fault an answer ended with, as it is stored with its generation."""
    found = error or {}
    code, message = str(found.get("code", "generation.failed")), str(found.get("message", "the answer failed here"))
    upstream, wait = found.get("upstreamStatus"), found.get("retryAfter")
    status = _BY_CODE.get(code)
    if status is None and isinstance(upstream, int):
        status = _PASSED_ON.get(upstream)
    kind = found.get("kind")
    status = status or STATUS[Kind(kind) if isinstance(kind, str) else Kind.INTERNAL]
    seconds = float(wait) if isinstance(wait, int | float) else None
    return Problem(_status(status), code, message, None, 1.0 if seconds is None and status == 429 else seconds)


def _status(ours: int) -> int:
    return 400 if ours == 422 else ours


def _param(problem: Problem) -> str | None:
    """The first bad field, by the caller's own path."""
    if problem.code in _OF_MODEL:
        return "model"
    problems = (problem.details or {}).get("problems")
    if isinstance(problems, list) and problems and isinstance(problems[0], dict):
        path = str(problems[0].get("path"))
        return path.removeprefix("body.") if path.startswith("body.") else None
    return None
