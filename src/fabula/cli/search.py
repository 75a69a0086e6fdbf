"""`fabula search`: the index that search asks."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(help="The full-text index.", no_args_is_help=True)

_TELL_EACH = 10_000


@app.callback()
def group() -> None:
    """A callback keeps `reindex` a command of its own."""


@app.command()
def reindex(
    after: Annotated[str | None, typer.Option(help="Go on after this id, where an earlier run was stopped.")] = None,
    data: Annotated[Path | None, typer.Option(help="Data folder.")] = None,
) -> None:
    """Read all messages, chats and profiles into the search index anew, in small batches."""
    from fabula.core.errors import invalid
    from fabula.core.ids import is_uuid

    if after is not None and not is_uuid(after):
        raise invalid("--after", "must be an id that an earlier run told")
    asyncio.run(_reindex(after, data))


async def _reindex(after: str | None, data: Path | None) -> None:
    from fabula.app import open_fabula
    from fabula.config import load_settings
    from fabula.features import conversations

    told, last = 0, after

    def tell(count: int, reached: str) -> None:
        nonlocal told, last
        last = reached
        if count - told >= _TELL_EACH:
            told = count
            print(f"{count:,} so far")

    async with open_fabula(load_settings(data=data)) as fabula:
        try:
            count = await conversations.reindex(fabula.db, after, tell)
        except BaseException:
            if last is not None:
                print(f"stopped; to go on: fabula search reindex --after {last}")
            raise
    print(f"{count:,} messages, chats and profiles can be searched")
