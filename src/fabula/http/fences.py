"""Local mode's fences: only this machine, only our names, no other page's requests. Pure decisions."""

import ipaddress
from collections.abc import Collection, Mapping

from fabula.core.errors import AppError, Kind

_LOOPBACK_NAMES = {"localhost", "127.0.0.1", "[::1]"}


class HostRefused(AppError):
    kind, code = Kind.FORBIDDEN, "http.host_refused"
    host: str

    @property
    def message(self) -> str:
        return f"this server answers on localhost only, not as {self.host!r}; open it as http://localhost"


class OriginRefused(AppError):
    kind, code = Kind.FORBIDDEN, "http.origin_refused"
    origin: str

    @property
    def message(self) -> str:
        return f"a page of {self.origin!r} may not use this server; list it in FABULA_CORS_ORIGINS to allow it"


def is_loopback(address: str) -> bool:
    """Tell whether `address`, a host name or IP literal, means this machine only."""
    if address == "localhost":
        return True
    try:
        return ipaddress.ip_address(address.strip("[]")).is_loopback
    except ValueError:
        return False


def _name(host: str) -> str:
    return host.rsplit(":", 1)[0] if not host.endswith("]") else host


def check_local(
    *, peer: str | None, method: str, path: str, headers: Mapping[bytes, bytes], allowed: Collection[str]
) -> None:
    """Raise `HostRefused` or `OriginRefused` unless the owner's own page, or a program without one, is calling.

    Stops DNS rebinding (a foreign name that resolves to us) and cross-site requests. `allowed` are configured origins.
    """
    host = headers.get(b"host", b"").decode("latin-1").lower()
    # No peer address: a Unix socket, which the file system guards.
    if _name(host) not in _LOOPBACK_NAMES or (peer is not None and not is_loopback(peer)):
        raise HostRefused(host)
    origin = headers.get(b"origin", b"").decode("latin-1").lower()
    if origin in allowed and origin:
        return
    if origin and origin not in {f"http://{host}", f"https://{host}"}:
        raise OriginRefused(origin)
    if headers.get(b"sec-fetch-site") == b"cross-site" and not _is_navigation(method, path, headers):
        raise OriginRefused(origin or "another site")


def _is_navigation(method: str, path: str, headers: Mapping[bytes, bytes]) -> bool:
    top = headers.get(b"sec-fetch-mode") == b"navigate" and headers.get(b"sec-fetch-dest") == b"document"
    return method == "GET" and top and not path.startswith("/v1")
