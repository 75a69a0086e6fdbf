"""`fabula chat`: talk in the terminal."""

import asyncio
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fabula.core.errors import AppError, Kind
from fabula.core.ids import GenerationId

if TYPE_CHECKING:
    from fabula.app import Fabula
    from fabula.features.profiles import Profile


class NoSuchProfile(AppError):
    kind, code = Kind.NOT_FOUND, "cli.no_such_profile"
    name: str
    known: tuple[str, ...]

    @property
    def message(self) -> str:
        names = ", ".join(repr(name) for name in self.known[:10])
        return f"there is no profile {self.name!r}; " + (f"there are {names}" if names else "import a card first")


def chat(
    profile: Annotated[str, typer.Argument(help="Name (or its beginning), or id, of a profile.")],
    data: Annotated[Path | None, typer.Option(help="Data folder.")] = None,
) -> None:
    """Start a chat with a profile and talk; Ctrl+C stops an answer, Ctrl+D ends the chat."""
    asyncio.run(_chat(profile, data))


async def _chat(name: str, data: Path | None) -> None:
    from fabula.app import open_fabula
    from fabula.config import load_settings
    from fabula.features import conversations, generation
    from fabula.telemetry.logs import configure_logs

    configure_logs("error", "auto")
    async with open_fabula(load_settings(data=data)) as fabula:
        profile = await _find_profile(fabula, name)
        found = await fabula.db.write(fabula.owner, generation.start_tale, profile.id, "")
        for message in await fabula.db.read(fabula.owner, conversations.list_messages, found.id, None, 50, None, None):
            print(f"\n{message.author.name}: {message.prompt_text}")
        while (line := await asyncio.to_thread(_ask)) is not None:
            if line.strip():
                draft = fabula.turns.draft(fabula.owner, "user", line, None)
                started = await fabula.turns.start(fabula.owner, None, generation.begin_reply, found.id, None, draft)
                print(f"\n{profile.name}: ", end="", flush=True)
                await _print_answer(fabula, started)


async def _find_profile(fabula: "Fabula", name: str) -> "Profile":
    from fabula.features import profiles

    page = await fabula.db.read(fabula.owner, profiles.list_profiles, 500, None)
    wanted = name.lower()
    for profile in page.items:
        if profile.id == wanted or profile.name.lower().startswith(wanted):
            return profile
    raise NoSuchProfile(name, tuple(profile.name for profile in page.items))


def _ask() -> str | None:
    try:
        return input("\nYou: ")
    except EOFError:
        return None


async def _print_answer(fabula: "Fabula", generation: GenerationId) -> None:
    """Print an answer as it comes; Ctrl+C stops it and keeps what there is."""
    source = await fabula.turns.follow(fabula.owner, generation, None)
    try:
        while (data := await source.next()) is not None:
            for line in data.decode().splitlines():
                if line.startswith("data: "):
                    _print_frame(json.loads(line[6:]))
    except asyncio.CancelledError:
        await fabula.turns.abort(fabula.owner, generation)
        task = asyncio.current_task()
        if task is not None:
            task.uncancel()
        print(" [stopped]")
    finally:
        source.close()


def _print_frame(frame: dict[str, object]) -> None:
    data = frame["data"]
    assert isinstance(data, dict)
    if frame["type"] == "llm.stream.delta":
        print(data["content"], end="", flush=True)
    elif frame["type"] == "llm.stream.error":
        print(f"\n[{data['message']}]", file=sys.stderr)
    elif frame["type"] == "llm.stream.done":
        print()
