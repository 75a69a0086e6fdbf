"""`fabula secrets`: the key that seals provider keys and other secrets in the database."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from fabula.config import Settings, load_settings

app = typer.Typer(help="The key that seals stored secrets.", no_args_is_help=True)


@app.callback()
def group() -> None:
    """Keeps `rotate` a command of its own."""


@app.command()
def rotate(data: Annotated[Path | None, typer.Option(help="Data folder.")] = None) -> None:
    """Seal every stored secret again: with a new key in secret.key, or with the first of FABULA_SECRET_KEY.

    Stop the server before: it would not know the new key.
    """
    asyncio.run(_rotate(load_settings(data=data)))
    print("every stored secret is sealed with the first key")


async def _rotate(settings: Settings) -> None:
    from fabula.app import open_fabula
    from fabula.features.connections import KEY_FILE, rotate_keys

    file = settings.data / KEY_FILE if settings.secret_key is None else None
    async with open_fabula(settings) as fabula:
        await rotate_keys(fabula.db, file, fabula.connections.keyring)
