"""`fabula doctor`: what is there, what is missing, what to do."""

import asyncio
import platform
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from fabula import __version__
from fabula.config import Settings, load_settings
from fabula.core.errors import AppError

_ROOM_BYTES = 500_000_000


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report; `todo` says what to do where it is not well."""

    name: str
    well: bool
    state: str
    todo: str = ""


def doctor(data: Annotated[Path | None, typer.Option(help="Data folder.")] = None) -> None:
    """Look at this installation; exit code 1 when something needed is missing."""
    settings = load_settings(data=data)
    findings = list(examine(settings))
    for finding in findings:
        print(f"{'ok  ' if finding.well else 'MISS'}  {finding.name}: {finding.state}")
        if finding.todo:
            print(f"        {finding.todo}")
    raise typer.Exit(0 if all(f.well for f in findings) else 1)


def examine(settings: Settings) -> Iterator[Finding]:
    """Each thing that the server needs, in the order it needs them."""
    yield Finding("Fabula", True, f"{__version__}, Python {platform.python_version()}")
    yield _data_folder(settings.data)
    yield _database(settings)
    yield _page()
    yield _model(settings)
    yield _plugins()


def _data_folder(folder: Path) -> Finding:
    place = folder if folder.exists() else folder.absolute().parent
    free = shutil.disk_usage(place).free
    state = f"{folder.absolute()}, {free // 1_000_000:,} MB free"
    todo = "" if free > _ROOM_BYTES else "free some space: the database and its backups need room"
    return Finding("data folder", free > _ROOM_BYTES, state, todo)


def _database(settings: Settings) -> Finding:
    from fabula.db.migrate import inspect_postgres, inspect_sqlite
    from fabula.db.opening import SQLITE_NAME
    from fabula.db.revision import HEAD

    url = settings.sql_url()
    try:
        found = asyncio.run(inspect_postgres(url)) if url else inspect_sqlite(settings.data / SQLITE_NAME)
    except AppError as error:
        return Finding("database", False, "PostgreSQL does not answer" if url else "unreadable", error.message)
    kind = "PostgreSQL" if url else "SQLite"
    if found == HEAD:
        return Finding("database", True, f"{kind}, revision {found}")
    if url is None:
        return Finding("database", True, f"SQLite, {found or 'new'}; `fabula serve` brings it to {HEAD}")
    return Finding("database", False, f"PostgreSQL, revision {found}, wanted {HEAD}", "run `fabula db migrate`")


def _page() -> Finding:
    from fabula.http.spa import web_folder

    built = (web_folder() / "index.html").is_file()
    return Finding("page", built, "built" if built else "not built", "" if built else "run `make web`")


def _model(settings: Settings) -> Finding:
    from fabula.providers.embedded.weights import WeightsFolder

    if settings.model_url is not None:
        return Finding("model", True, f"{settings.model_name or 'first listed'} at the server in FABULA_MODEL_URL")
    try:
        used = WeightsFolder(settings.data).find_in_use()
    except AppError as error:
        return Finding("model", False, "weights unreadable", error.message)
    if used is None:
        todo = "run `fabula models pull`, or set FABULA_MODEL_URL to an OpenAI-compatible server"
        return Finding("model", False, "no weights here", todo)
    return Finding("model", True, f"{used.title}, on this machine")


def _plugins() -> Finding:
    from fabula.app import installed_plugins

    installed = installed_plugins()[1:]
    faults = [found.fault.message for found in installed if found.fault is not None]
    state = ", ".join(f"{found.distribution} {found.version}" for found in installed) or "none installed"
    return Finding("plugins", not faults, state, "; ".join(faults))
