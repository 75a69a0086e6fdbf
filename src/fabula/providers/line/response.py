"""An answer: its head, and its body as it comes."""

import zlib
from collections.abc import Callable, Mapping

from fabula.providers.line.connection import Connection, Cut, LineError

# Of what is packed, at most so much is unpacked for one read.
_MOST_UNPACKED = 1024 * 1024
CODINGS = "gzip"  # asked for; `deflate` is understood, but servers do not agree on what it is


class BadCoding(LineError):
    """The body is not packed as its head says."""


class Response:
    """An answer whose head has come. Whoever has it reads it to its end or not, and then releases it."""

    __slots__ = ("_connection", "_release", "_unpacker", "headers", "status")

    def __init__(self, connection: Connection, release: Callable[[Connection], None]) -> None:
        self._connection = connection
        self._release: Callable[[Connection], None] | None = release
        self.status = connection.status
        self.headers: Mapping[str, str] = connection.headers
        coding = self.headers.get("content-encoding", "").strip().lower()
        self._unpacker = None if coding in {"", "identity"} else _Unpacker(coding)

    @property
    def content_type(self) -> str | None:
        """The type alone, in lower case; None where the head names none."""
        found = self.headers.get("content-type")
        return None if found is None else found.partition(";")[0].strip().lower()

    async def read(self) -> bytes:
        """All of the body that has come, waiting for something; b"" at its end. Raises a `LineError`, or what `fail`
        was given.
        """
        if self._unpacker is None:
            return await self._connection.read()
        while True:
            if data := self._unpacker.more():
                return data
            if not (data := await self._connection.read()):
                self._unpacker.finish()
                return b""
            self._unpacker.take(data)

    async def rest(self, seconds: float) -> None:
        """See `Connection.rest`."""
        await self._connection.rest(seconds)

    def fail(self, error: Exception) -> None:
        """See `Connection.fail`."""
        self._connection.fail(error)

    def release(self) -> None:
        """Nothing more is read: the connection serves again if the body has come to its end, else it is closed."""
        if self._release is not None:
            self._release(self._connection)
            self._release = None


class _Unpacker:
    """Unpacks `gzip` and `deflate` (RFC 9110, 8.4.1) piece by piece; raises `BadCoding`."""

    def __init__(self, coding: str) -> None:
        if coding not in {"gzip", "x-gzip", "deflate"}:
            raise BadCoding(coding)
        self._packed = b""
        self._is_full = False  # the last piece was as long as one may be: there may be more inside
        self._inflate = zlib.decompressobj(wbits=zlib.MAX_WBITS | 32)  # the kind is told by its first bytes

    def take(self, data: bytes) -> None:
        self._packed += data

    def more(self) -> bytes:
        """What can be unpacked now, up to a bound."""
        if not (self._packed or self._is_full):
            return b""
        try:
            data = self._inflate.decompress(self._packed, _MOST_UNPACKED)
        except zlib.error as error:
            raise BadCoding(str(error)) from error
        self._packed = self._inflate.unconsumed_tail
        self._is_full = len(data) == _MOST_UNPACKED
        return data

    def finish(self) -> None:
        if not self._inflate.eof:
            raise Cut(True)
