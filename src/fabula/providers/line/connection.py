"""One connection, one answer after another on it."""

import asyncio
from collections.abc import Callable
from typing import cast

import httptools

# What waits for a reader; more is left to the socket.
_MOST_HELD = 256 * 1024
_MOST_HEAD = 64 * 1024


class LineError(Exception):
    """The connection failed, not the model's server in what it says."""


class NotHttp(LineError):
    """What came is no HTTP answer."""


class Cut(LineError):
    """The connection ended before the answer did; `args[0]` tells whether any of it had come."""


class Connection(asyncio.Protocol):
    """A connection to a server. Used on one event loop; one answer at a time.

    Of the answer that is on: `status` and `headers` (names in lower case) once `head` returned, `is_complete` when its
    body has come to its end, `may_serve` tells whether the connection can carry another one after it.
    """

    __slots__ = (
        "_awaits_close",
        "_error",
        "_has_head",
        "_head_bytes",
        "_held",
        "_is_held_up",
        "_loop",
        "_on_lost",
        "_parser",
        "_parts",
        "_transport",
        "_waiter",
        "headers",
        "idle_since",
        "is_complete",
        "is_open",
        "may_serve",
        "status",
    )
    status: int
    headers: dict[str, str]
    is_complete: bool
    may_serve: bool
    _has_head: bool
    _head_bytes: int
    _awaits_close: bool
    _error: Exception | None
    _parts: list[bytes]
    _held: int
    _is_held_up: bool

    def __init__(self, on_lost: "Callable[[Connection], None]") -> None:
        self._loop = asyncio.get_running_loop()
        self._on_lost = on_lost
        self._transport: asyncio.Transport | None = None
        self._waiter: asyncio.Future[None] | None = None
        self._parser: httptools.HttpResponseParser | None = httptools.HttpResponseParser(self)
        # As lenient as browsers are, where nothing can be smuggled: there is nobody between us and the server.
        self._parser.set_dangerous_leniencies(
            lenient_headers=True, lenient_optional_cr_before_lf=True, lenient_spaces_after_chunk_size=True
        )
        self.is_open = True
        self.idle_since = 0.0
        self._begin()

    def ask(self, request: bytes) -> None:
        """Send a whole request. The one before must have been answered."""
        self._begin()
        if self._transport is None:
            self._error = Cut(False)
        else:
            self._transport.write(request)

    async def head(self) -> None:
        """Wait for `status` and `headers`; raises a `LineError`."""
        while not self._has_head:
            if self._error is not None:
                raise self._error
            await self._wait()

    async def read(self) -> bytes:
        """All of the body that has come, waiting for something; b"" at its end. Raises a `LineError`, or what `fail`
        was given.
        """
        while not self._parts:
            if self._error is not None:
                raise self._error
            if self.is_complete:
                return b""
            await self._wait()
        data = self._parts[0] if len(self._parts) == 1 else b"".join(self._parts)
        self._parts.clear()
        self._held = 0
        if self._is_held_up:
            self._is_held_up = False
            self._listen(True)
        return data

    async def rest(self, seconds: float) -> None:
        """Leave what comes to the socket for a while, so that one read takes all of it."""
        if self.is_complete or self._error is not None or self._is_held_up:
            return
        self._listen(False)
        try:
            await asyncio.sleep(seconds)
        finally:
            if not self._is_held_up:
                self._listen(True)

    def fail(self, error: Exception) -> None:
        """Let whoever reads have this error, after what has come."""
        if self._error is None:
            self._error = error
        self._wake()

    def close(self) -> None:
        """Close it; an answer that is not whole ends with `Cut`."""
        if self._transport is not None and not self._transport.is_closing():
            if not self.is_complete:
                self.fail(Cut(self._has_head))
            self._transport.abort()
        self.is_open = False

    # What asyncio calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's are no subclass

    def data_received(self, data: bytes) -> None:
        if self._parser is None:
            return
        if self.is_complete:  # nobody has asked for it
            self.close()
            return
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            self.may_serve = False
            if not self.is_complete:
                self.fail(Cut(True) if self._has_head else NotHttp())
            self.close()
        if self._waiter is not None:
            self._wake()

    def connection_lost(self, exc: Exception | None) -> None:
        self.is_open = False
        self._transport = self._parser = None  # the parser knows our methods: without it nothing is left in a circle
        if not self.is_complete:
            if self._awaits_close and exc is None:
                self.is_complete = True
            else:
                self.fail(Cut(self._has_head))
        self._wake()
        self._on_lost(self)

    # What the parser calls.

    def on_message_begin(self) -> None:
        if self.is_complete:
            raise NotHttp

    def on_header(self, name: bytes, value: bytes) -> None:
        self._head_bytes += len(name) + len(value)
        if self._head_bytes > _MOST_HEAD:
            raise NotHttp
        self.headers[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_headers_complete(self) -> None:
        assert self._parser is not None
        self.status = self._parser.get_status_code()
        if self.status < 200:
            return  # it says that the answer is to come
        self._has_head = True
        framed = "content-length" in self.headers or "chunked" in self.headers.get("transfer-encoding", "").lower()
        self._awaits_close = not framed and self.status not in {204, 304}
        self.may_serve = self._parser.should_keep_alive() and not self._awaits_close

    def on_body(self, data: bytes) -> None:
        self._parts.append(data)
        self._held += len(data)
        if self._held > _MOST_HELD and not self._is_held_up:
            self._is_held_up = True
            self._listen(False)

    def on_message_complete(self) -> None:
        if self._has_head:
            self.is_complete = True
        else:
            self.headers = {}

    def _begin(self) -> None:
        self.status = 0
        self.headers = {}
        self.is_complete = False
        self.may_serve = False
        self._has_head = False
        self._head_bytes = 0
        self._awaits_close = False
        self._error = None
        self._parts = []
        self._held = 0
        self._is_held_up = False

    def _listen(self, now: bool) -> None:
        """Read from the socket, or do not for now."""
        if self._transport is not None and not self._transport.is_closing():
            (self._transport.resume_reading if now else self._transport.pause_reading)()

    async def _wait(self) -> None:
        self._waiter = self._loop.create_future()
        try:
            await self._waiter
        finally:
            self._waiter = None

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)
