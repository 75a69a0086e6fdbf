"""Where a server is, and what a request to it begins with."""

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote, unquote, urlsplit

# What may stand in a path or query as it is (RFC 3986); all else is sent percent-encoded.
_PLAIN = "/%:@!$&'()*+,;=~-._?"
_ENDS_LINE = re.compile(r"[\r\n\x00]")


class NoAddress(Exception):
    """The text is no address of a web server."""


class BadHeader(Exception):
    """A header or the path would end its line."""


@dataclass(frozen=True, slots=True)
class Address:
    """A web server, and the path on it that all requests begin with. `credentials` are those of the address itself."""

    host: str
    port: int
    is_tls: bool
    path: str
    credentials: str | None

    @property
    def authority(self) -> str:
        """What the Host header says; the port only where it is not the scheme's own."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == (443 if self.is_tls else 80) else f"{host}:{self.port}"


def parse_address(url: str) -> Address:
    """Read `http(s)://[user:password@]host[:port][/path]`; raises `NoAddress`."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
        is_tls = parts.scheme == "https"
        if not host or (not is_tls and parts.scheme != "http"):
            raise NoAddress(url)
        host = host.encode("idna").decode()  # of ASCII names too: an empty or too long part is found here
    except ValueError as error:  # a port that is no number, brackets that do not close, a name no network knows
        raise NoAddress(url) from error
    credentials = None
    if parts.username is not None:
        pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        credentials = "Basic " + base64.b64encode(pair.encode()).decode()
    path = quote(parts.path.rstrip("/"), _PLAIN)
    return Address(host, port or (443 if is_tls else 80), is_tls, path, credentials)


def write_request(address: Address, method: str, path: str, headers: Mapping[str, str], body: bytes | None) -> bytes:
    """The bytes of a whole request; raises `BadHeader`."""
    given = {"Host": address.authority, **headers}
    if address.credentials is not None:
        given.setdefault("Authorization", address.credentials)
    if body is not None:
        given["Content-Length"] = str(len(body))
    lines = [f"{method} {address.path}{quote(path, _PLAIN)} HTTP/1.1", *(f"{key}: {given[key]}" for key in given)]
    if any(map(_ENDS_LINE.search, lines)):
        raise BadHeader
    return "\r\n".join([*lines, "", ""]).encode() + (body or b"")
