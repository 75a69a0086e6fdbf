"""The command line. Each command imports what it needs when it runs, so that all of them start quickly."""

import sys

import typer

from fabula.cli import chat, db, doctor, imports, models, plugins, search, secrets, serve, transfers
from fabula.core.errors import AppError

app = typer.Typer(help="Fabula: durable, branching AI conversations on your own server.", no_args_is_help=True)
app.command("serve")(serve.serve)
app.command("doctor")(doctor.doctor)
app.command("chat")(chat.chat)
app.command("plugins")(plugins.plugins)
app.add_typer(db.app, name="db")
app.add_typer(models.app, name="models")
app.add_typer(imports.app, name="import")
imports.app.command("sillytavern")(transfers.sillytavern)
imports.app.command("chat")(transfers.chat)
app.add_typer(transfers.exports, name="export")
app.add_typer(search.app, name="search")
app.add_typer(secrets.app, name="secrets")


def main() -> None:
    """Run a command; an `AppError` becomes one sentence and exit code 1."""
    try:
        app()
    except AppError as error:
        print(f"fabula: {error.message}", file=sys.stderr)
        sys.exit(1)
