"""`fabula serve`: the server and its page."""

import gc
import resource
import signal
import socket
import sys
import webbrowser
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import structlog
import typer
import uvloop

from fabula.config import Role, Settings, load_settings
from fabula.core.errors import AppError, Kind
from fabula.plugins import FoundPlugin

log = structlog.get_logger()

GRACE_SECONDS = 5


class AddressRefused(AppError):
    kind, code = Kind.INVALID, "cli.address_refused"
    host: str

    @property
    def message(self) -> str:
        return (
            f"will not listen on {self.host!r}: anyone who reaches that address would be the owner. Accounts are not "
            "in this version; use 127.0.0.1, or put a reverse proxy with its own sign-in before it"
        )


class PortTaken(AppError):
    kind, code = Kind.CONFLICT, "cli.port_taken"
    host: str
    port: int
    reason: str

    @property
    def message(self) -> str:
        return f"cannot listen on {self.host}:{self.port} ({self.reason}); choose another port with --port"


def serve(
    role: Annotated[Role | None, typer.Option(help="What this process does.")] = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on; 0 takes a free one.")] = None,
    data: Annotated[Path | None, typer.Option(help="Data folder.")] = None,
    open_page: Annotated[bool, typer.Option("--open", help="Open the page in a browser.")] = False,
) -> None:
    """Run the server. It never downloads anything, and starts without a model or a network."""
    from fabula.telemetry.logs import configure_logs

    settings = load_settings(role=role, host=host, port=port, data=data)
    configure_logs(settings.log_level, settings.log_format)
    listener = listen(settings)
    _raise_file_limit()
    # uvicorn raises the signal again when it has shut down; by default that would be the end before all is closed.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    uvloop.run(_serve(settings, listener, open_page=open_page))


def listen(settings: Settings) -> socket.socket:
    """Bind before anything else, so that a taken port is told at once."""
    from fabula.http.fences import is_loopback

    if not is_loopback(settings.host):
        raise AddressRefused(settings.host)
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((settings.host, settings.port))
    except OSError as error:
        listener.close()
        raise PortTaken(settings.host, settings.port, error.strerror or str(error)) from error
    return listener


async def _serve(settings: Settings, listener: socket.socket, *, open_page: bool) -> None:
    from fabula.app import build_app, open_fabula
    from fabula.cli.first_start import add_example
    from fabula.cli.server import Server

    async with open_fabula(settings) as fabula:
        tell_faults(fabula.plugins)
        await add_example(fabula)
        server = Server(build_app(fabula), fabula, GRACE_SECONDS)
        host, port = listener.getsockname()[:2]
        address = f"http://{f'[{host}]' if ':' in host else host}:{port}"
        server.on_started = lambda: _announce(address, open_page=open_page)
        _calm_collector()
        await server.serve(sockets=[listener])


def tell_faults(plugins: Iterable[FoundPlugin]) -> None:
    """The server goes on without a plugin that cannot be used, but not silently."""
    for found in plugins:
        if found.fault is not None:
            log.error("plugin.unusable", message=found.fault.message, exc_info=found.fault.__cause__)


def _announce(address: str, *, open_page: bool) -> None:
    print(f"Fabula is ready: {address}", flush=True)
    if open_page:
        webbrowser.open(address)


def _calm_collector() -> None:
    """Measured: with start-up's objects frozen and rarer young collections, the worst gap of 1,000 streams halves."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)


def _raise_file_limit() -> None:
    """A stream holds two sockets; the usual soft limit of 1,024 files is a desktop's."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = min(hard, 65_536) if hard != resource.RLIM_INFINITY else 65_536
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
