"""`fabula import sillytavern`, `fabula import chat`, `fabula export chat`: whole folders and chats, in and out."""

import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fabula.core.errors import NotFound
from fabula.core.ids import ChatId, JobId, ProfileId, is_uuid

if TYPE_CHECKING:
    from fabula.app import Fabula
    from fabula.engine.jobs import Job

_LOOK_SECONDS = 0.2

exports = typer.Typer(help="Write things out as files.", no_args_is_help=True)
Data = Annotated[Path | None, typer.Option(help="Data folder.")]


@exports.callback()
def group() -> None:
    """More kinds of export follow; a callback keeps `chat` a command of its own."""


def sillytavern(
    folder: Annotated[Path, typer.Argument(exists=True, file_okay=False, help="Holds characters/ and chats/.")],
    data: Data = None,
) -> None:
    """Import a SillyTavern user's folder: characters, chats, personas, lorebooks, groups, presets.

    Says of each file what became of it; repeat it at will. Exit code 1 when something failed.
    """
    raise typer.Exit(asyncio.run(_import_folder(folder, data)))


def chat(
    files: Annotated[list[Path], typer.Argument(exists=True, dir_okay=False, help="SillyTavern chats (.jsonl).")],
    profile: Annotated[
        str | None, typer.Option(help="Id of the profile they are with; else their names decide.")
    ] = None,
    data: Data = None,
) -> None:
    """Import chat files; says of each what became of it. Exit code 1 when one failed."""
    raise typer.Exit(asyncio.run(_import_chats(files, profile, data)))


@exports.command("chat")
def export_chat(
    chat_id: Annotated[str, typer.Argument(metavar="ID", help="Id of the chat.")],
    to: Annotated[str, typer.Option("--format", help="jsonl (SillyTavern), markdown or json.")] = "jsonl",
    output: Annotated[Path | None, typer.Option(help="File to write; without it, standard output.")] = None,
    data: Data = None,
) -> None:
    """Write a chat's active branch (json: the whole chat) as a file."""
    asyncio.run(_export_chat(chat_id, to, output, data))


async def _import_folder(folder: Path, data: Path | None) -> int:
    from fabula.app import open_fabula
    from fabula.config import load_settings
    from fabula.features import transfer

    async with open_fabula(load_settings(data=data)) as fabula:
        await fabula.start_jobs()
        job = await fabula.db.write(fabula.owner, transfer.import_local, fabula.jobs.enqueue, folder)
        ended = await _follow(fabula, job)
    if not isinstance(ended.result, dict):
        error: Any = ended.error or {"message": f"the job {ended.id} ended as {ended.status.value}"}
        print(error["message"], file=sys.stderr)
        return 1
    found: Any = ended.result
    for item in found["items"]:
        _print_item(item["status"], item["file"], item["name"], item["id"], item["error"] and item["error"]["message"])
        for note in item["warnings"]:
            _print_note(note["path"], note["message"])
    print(", ".join(f"{count} {kind}" for kind, count in sorted(found["counts"].items())))
    return int(any(item["status"] == "failed" for item in found["items"]))


async def _follow(fabula: "Fabula", job: JobId) -> "Job":
    from fabula.engine.jobs import JobStatus, get_job

    shown = None
    while True:
        found = await fabula.db.read(fabula.owner, get_job, job)
        if found.progress is not None and found.progress != shown:
            shown = found.progress
            print(f"{shown.done}/{shown.total} {shown.note}", file=sys.stderr)
        if found.status not in {JobStatus.QUEUED, JobStatus.RUNNING}:
            return found
        await asyncio.sleep(_LOOK_SECONDS)


async def _import_chats(files: list[Path], profile: str | None, data: Path | None) -> int:
    from fabula.app import open_fabula
    from fabula.config import load_settings
    from fabula.features import transfer

    if profile is not None and not is_uuid(profile):
        raise NotFound(profile)
    async with open_fabula(load_settings(data=data)) as fabula:
        given = [transfer.GivenFile(str(path), lambda most, path=path: _read(path, most)) for path in files]  # type: ignore[misc]  # a default binds the loop's value
        wanted = None if profile is None else ProfileId(profile)
        items = await transfer.import_files(fabula.db, fabula.owner, wanted, given)
    for item in items:
        _print_item(item.status.value, item.file, item.name, item.id, item.error and item.error[1])
        for note in item.notes:
            _print_note(note.path, note.message)
    return int(any(item.status is transfer.ItemStatus.FAILED for item in items))


async def _export_chat(chat_id: str, to: str, output: Path | None, data: Path | None) -> None:
    from fabula.app import open_fabula
    from fabula.config import load_settings
    from fabula.features import transfer
    from fabula.features.conversations import export

    if not is_uuid(chat_id):
        raise NotFound(chat_id)
    if to not in transfer.FORMATS:
        raise typer.BadParameter(f"must be one of {', '.join(transfer.FORMATS)}", param_hint="--format")
    async with open_fabula(load_settings(data=data)) as fabula:
        found, branch = await fabula.db.read(fabula.owner, export.find_line, ChatId(chat_id), None)
        file = await asyncio.to_thread(output.open, "wb") if output else sys.stdout.buffer
        try:
            async for piece in transfer.FORMATS[to].write(fabula.db, fabula.owner, found, branch):
                file.write(piece.encode())
            file.flush()
        finally:
            if output:
                file.close()


def _read(path: Path, most: int) -> bytes:
    with path.open("rb") as file:
        return file.read(most)


def _print_item(status: str, file: str, name: str | None, found: str | None, problem: str | None) -> None:
    print(f"{status:9} {file}: {problem or name or ''}{f' ({found})' if found else ''}")


def _print_note(path: str, message: str) -> None:
    """A note of the whole file has no path."""
    print(f"          {path}: {message}" if path else f"          {message}")
