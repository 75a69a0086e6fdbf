"""Connections to one server, kept for the next call."""

import asyncio
import socket
import ssl
from collections.abc import Mapping

import aiohappyeyeballs

from fabula import __version__
from fabula.providers.line.address import Address, parse_address, write_request
from fabula.providers.line.connection import Connection, Cut, LineError
from fabula.providers.line.response import CODINGS, Response

_KEEP_SECONDS = 15.0
# After so long the next address of a server is tried beside the first (RFC 8305).
_NEXT_SECONDS = 0.25


class SlowConnect(LineError):
    """There was no connection within `args[0]` seconds."""


class Line:
    """Sends requests to `url` and the paths under it. Made on any thread, used on one event loop.

    `headers` go with every request. At most `most` connections are open at once; further calls wait. Redirects are
    not followed, proxies of the environment not used.
    """

    def __init__(self, url: str, headers: Mapping[str, str], connect_seconds: float, most: int) -> None:
        self._url = url
        # Guards before hosted servers refuse who does not say what it is.
        self._headers = {"User-Agent": f"fabula/{__version__}", **headers, "Accept-Encoding": CODINGS}
        self._connect_seconds = connect_seconds
        self._room = asyncio.Semaphore(most)
        self._address: Address | None = None
        self._tls: ssl.SSLContext | None = None
        self._idle: list[Connection] = []
        self._busy: set[Connection] = set()
        self._sweeper: asyncio.TimerHandle | None = None

    async def send(self, method: str, path: str, body: bytes | None = None) -> Response:
        """Return the answer once its head is here; raises `NoAddress`, `BadHeader`, a `LineError`, or the system's `OSError`."""
        if self._address is None:
            self._address = parse_address(self._url)
        request = write_request(self._address, method, path, self._headers, body)
        await self._room.acquire()
        connection = self._take()
        is_used = connection is not None
        try:
            connection = connection or await self._open(self._address)
            self._busy.add(connection)
            connection.ask(request)
            try:
                await connection.head()
            except Cut:
                if not (is_used and method == "GET"):
                    raise
                # The server gave up a connection that we kept, in the moment we used it: nothing has happened there.
                self._busy.discard(connection)
                connection = await self._open(self._address)
                self._busy.add(connection)
                connection.ask(request)
                await connection.head()
            return Response(connection, self._release)
        except BaseException:
            if connection is not None:
                self._busy.discard(connection)
                connection.close()
            self._room.release()
            raise

    def close(self) -> None:
        """Close every connection; answers that are read end with `Cut`. It may be used again."""
        if self._sweeper is not None:
            self._sweeper.cancel()
            self._sweeper = None
        for connection in [*self._idle, *self._busy]:
            connection.close()
        self._idle.clear()

    def _take(self) -> Connection | None:
        """The connection that was used last: the others may then grow old."""
        while self._idle:
            if (connection := self._idle.pop()).is_open:
                return connection
        return None

    async def _open(self, address: Address) -> Connection:
        if address.is_tls and self._tls is None:
            self._tls = await asyncio.to_thread(_make_tls)
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(self._connect_seconds):
                found = await loop.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM)
                sock = await aiohappyeyeballs.start_connection(found, happy_eyeballs_delay=_NEXT_SECONDS)
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                try:
                    _, connection = await loop.create_connection(
                        lambda: Connection(self._lose),
                        sock=sock,
                        ssl=self._tls if address.is_tls else None,
                        server_hostname=address.host if address.is_tls else None,
                    )
                except BaseException:
                    sock.close()
                    raise
        except TimeoutError as error:
            raise SlowConnect(self._connect_seconds) from error
        return connection

    def _release(self, connection: Connection) -> None:
        self._busy.discard(connection)
        self._room.release()
        if not (connection.is_complete and connection.may_serve and connection.is_open):
            connection.close()
            return
        connection.idle_since = asyncio.get_running_loop().time()
        self._idle.append(connection)
        if self._sweeper is None:
            self._sweep()

    def _lose(self, connection: Connection) -> None:
        if connection in self._idle:
            self._idle.remove(connection)

    def _sweep(self) -> None:
        """Close what nobody has used for a while, and look again."""
        loop = asyncio.get_running_loop()
        now = loop.time()
        for connection in [one for one in self._idle if now - one.idle_since >= _KEEP_SECONDS]:
            connection.close()
        self._idle = [one for one in self._idle if one.is_open]
        self._sweeper = loop.call_later(_KEEP_SECONDS, self._sweep) if self._idle else None


def _make_tls() -> ssl.SSLContext:
    """The system's authorities; takes tens of milliseconds."""
    found = ssl.create_default_context()
    found.set_alpn_protocols(["http/1.1"])
    return found
