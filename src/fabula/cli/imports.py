"""`fabula import`: bring things in from files."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(help="Bring characters in from files.", no_args_is_help=True)


@app.callback()
def group() -> None:
    """More kinds of import follow; a callback keeps `card` a command of its own."""


@app.command()
def card(
    files: Annotated[list[Path], typer.Argument(exists=True, dir_okay=False, help="Character cards of any format.")],
    data: Annotated[Path | None, typer.Option(help="Data folder.")] = None,
) -> None:
    """Import character cards; says of each what became of it. Exit code 1 when one failed."""
    raise typer.Exit(asyncio.run(_import_cards(files, data)))


async def _import_cards(files: list[Path], data: Path | None) -> int:
    from fabula.app import open_fabula
    from fabula.config import load_settings
    from fabula.features import profiles

    failed = 0
    async with open_fabula(load_settings(data=data)) as fabula:
        await fabula.start_jobs()
        for start in range(0, len(files), profiles.CARDS_AT_ONCE):
            batch = files[start : start + profiles.CARDS_AT_ONCE]
            parsed = await profiles.parse_files(fabula.blobs, [(path.name, path.read_bytes) for path in batch])
            items = await fabula.db.write(fabula.owner, profiles.import_cards, parsed, fabula.jobs.enqueue)
            for path, item in zip(batch, items, strict=True):
                reason = f": {item.error[1]}" if item.error else f": {item.name}"
                print(f"{item.status.value:9} {path}{reason}")
                for note in item.notes:
                    print(f"          {note.path}: {note.message}")
                failed += item.status is profiles.ImportStatus.FAILED
    return 1 if failed else 0
