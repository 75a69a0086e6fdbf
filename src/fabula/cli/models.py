"""`fabula models`: the weights on this machine."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from fabula.config import load_settings
from fabula.core.errors import AppError
from fabula.providers.embedded import catalogue
from fabula.providers.embedded import pull as pulling
from fabula.providers.embedded.weights import WeightsFolder

app = typer.Typer(help="Models that run on this machine: fetch, list, choose.", no_args_is_help=True)

DataFolder = Annotated[
    Path | None, typer.Option("--data", help="The data folder; FABULA_DATA, or ./data, when not given.")
]


@app.command()
def pull(
    name: Annotated[str, typer.Argument(help="Which one: " + ", ".join(pulling.SOURCES))] = pulling.DEFAULT,
    data: DataFolder = None,
) -> None:
    """Download a model and check it; a broken connection resumes, and a whole model is not fetched again."""
    folder = _folder(data)
    with _errors_told(), _progress() as progress:
        weights = pulling.pull(folder, pulling.find_source(name), progress)
    print(f"{weights.name} is ready in {folder.file(weights)}")
    if (used := folder.read().in_use) != weights.name:
        print(f"{used} stays in use; to change that: fabula models use {weights.name}")


@app.command("list")
def list_models(data: DataFolder = None) -> None:
    """Show the models that are here, and those that can be fetched."""
    with _errors_told():
        found = catalogue.survey(_folder(data))
    _print_row("name", "size", "context", "in use", "file")
    for model in found:
        context = "" if model.context_tokens is None else str(model.context_tokens)
        where = model.problem or str(model.path or f"not here; fabula models pull {model.name}")
        _print_row(model.name, _mib(model.size), context, "yes" if model.is_in_use else "no", where)


@app.command()
def use(
    model: Annotated[str, typer.Argument(help="A name from the list, or a path to any GGUF file.")],
    data: DataFolder = None,
) -> None:
    """Choose the model to run; a local GGUF file stays where it is. A running server takes it at its next answer."""
    folder = _folder(data)
    with _errors_told():
        if any(known.name == model for known in catalogue.survey(folder)):
            chosen = catalogue.use(folder, model)
        else:
            chosen = catalogue.find(folder, folder.use(model).name)
    print(f"{chosen.name} is in use: {chosen.path}")


@app.command()
def delete(model: Annotated[str, typer.Argument(help="A name from the list.")], data: DataFolder = None) -> None:
    """Delete a model's file; one outside the models folder stays and is only forgotten."""
    with _errors_told():
        catalogue.delete(_folder(data), model)
    print(f"{model} is deleted")


def _folder(data: Path | None) -> WeightsFolder:
    return WeightsFolder(load_settings(data=data).data)


def _print_row(name: str, size: str, context: str, is_used: str, file: str) -> None:
    print(f"{name:<24}  {size:>9}  {context:>7}  {is_used:<6}  {file}")


def _mib(size: int) -> str:
    return f"{size / (1 << 20):.0f} MiB"


@contextmanager
def _errors_told() -> Iterator[None]:
    """Say what went wrong without a traceback, and leave with 1."""
    try:
        yield
    except AppError as error:
        print(error.message, file=sys.stderr)
        raise typer.Exit(1) from error


@contextmanager
def _progress() -> Iterator[pulling.Progress]:
    """A bar for each stage, drawn by rich."""
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

    columns = (TextColumn("{task.description:<12}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns) as bars:
        tasks: dict[str, int] = {}

        def show(stage: str, done: int, total: int) -> None:
            if stage not in tasks:
                tasks[stage] = bars.add_task(stage, total=total)
            bars.update(bars.task_ids[tasks[stage]], completed=done, total=total)

        yield show
