"""The one middleware, plain ASGI: trace id, fences, body limit, security headers, metrics, the last catch."""

import hashlib
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from fabula.core.errors import AppError, Kind
from fabula.http.errors import ERROR_SHAPE, ErrorShape, Problem, error_response, problem_of
from fabula.http.fences import check_local
from fabula.http.sse import STREAM, EventStream
from fabula.http.trace import new_trace
from fabula.telemetry import metrics

log = structlog.get_logger()

BODY_HASH = "fabula.body_hash"
# What the server itself still reads of a scope once the head of an answer is out.
_KEPT = frozenset({"type", "method", "path", "http_version"})
_CSP = (
    b"default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
    b"connect-src 'self'; object-src 'none'; base-uri 'self'; frame-ancestors 'self'; form-action 'self'"
)
_SECURITY = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"content-security-policy", _CSP),
)


class BodyTooLarge(AppError):
    kind, code = Kind.TOO_LARGE, "http.body_too_large"
    limit: int

    @property
    def message(self) -> str:
        return f"the request body is larger than {self.limit:,} bytes, the limit here"


@dataclass(frozen=True, slots=True)
class Limits:
    """Bytes. Uploads are the routes that take files."""

    body: int
    upload: int


class Gate:
    """Wraps the application; everything here happens once per request and nothing per chunk of an answer.

    `shapes` says, by the beginning of a path, which errors look different from ours.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        limits: Limits,
        local: bool,
        origins: Collection[str],
        shapes: Mapping[str, ErrorShape],
    ) -> None:
        self._app = app
        self._limits = limits
        self._local = local
        self._origins = frozenset(origins)
        self._shapes = tuple(shapes.items())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = _Request(scope, receive, send, self._limits)
        for path, shape in self._shapes:
            if scope["path"].startswith(path):
                scope[ERROR_SHAPE] = shape
        await self._answer(request)
        stream: EventStream | None = scope.pop(STREAM, None)
        if stream is None:
            return
        try:
            await request.send(stream.start())
        except BaseException:
            stream.source.close()
            raise
        del request  # its headers need not outlive the head of the answer
        for name in scope.keys() - _KEPT:
            del scope[name]  # nor what the framework left there
        await stream.write(receive, send)

    async def _answer(self, request: "_Request") -> None:
        """Let the application answer, or put a stream into the scope."""
        scope = request.scope
        try:
            if self._local:
                client = scope.get("client")
                check_local(
                    peer=client[0] if client else None,
                    method=scope["method"],
                    path=scope["path"],
                    headers=request.headers,
                    allowed=self._origins,
                )
            await self._app(scope, request.receive, request.send)
        except AppError as error:
            await request.fail(error)
        except Exception as error:  # edge: whatever a route let through becomes a 500 with a trace id
            log.exception("http.unhandled", path=scope["path"])
            if request.started:
                raise
            message = "something went wrong here; the trace id leads to it in the log"
            answer = error_response(scope, Problem(500, "http.internal", message))
            await answer(scope, request.receive, request.send)
            del error


class _Request:
    """One request's wrappers of `receive` and `send`."""

    def __init__(self, scope: Scope, receive: Receive, send: Send, limits: Limits) -> None:
        self.headers = dict(scope["headers"])
        self.started = False
        self.scope = scope
        self._receive = receive
        self._send = send
        self._trace = new_trace()
        self._began = time.perf_counter()
        self._read = 0
        upload = self.headers.get(b"content-type", b"").startswith(b"multipart/")
        self._limit = limits.upload if upload else limits.body
        self._operation = self.headers.get(b"x-operation-id")
        self._hash = None if self._operation is None else hashlib.sha256()
        scope[BODY_HASH] = self._hash
        length = self.headers.get(b"content-length", b"0")
        self._too_large = length.isdigit() and int(length) > self._limit
        structlog.contextvars.bind_contextvars(trace_id=self._trace)

    async def receive(self) -> Message:
        if self._too_large:
            raise BodyTooLarge(self._limit)
        message = await self._receive()
        body = message.get("body")
        if body:
            self._read += len(body)
            if self._read > self._limit:
                raise BodyTooLarge(self._limit)
            if self._hash is not None:
                self._hash.update(body)
        return message

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.started = True
            headers = list(message.get("headers", ()))
            headers += _SECURITY
            headers.append((b"x-trace-id", self._trace.encode()))
            if self._operation:
                headers.append((b"x-operation-id", self._operation))
            message["headers"] = headers
            metrics.requests.labels(self.scope["method"], f"{message['status'] // 100}xx").inc()
            metrics.request_seconds.observe(time.perf_counter() - self._began)
        await self._send(message)

    async def fail(self, error: AppError) -> None:
        if self.started:
            raise error
        await error_response(self.scope, problem_of(error))(self.scope, self._receive, self.send)
