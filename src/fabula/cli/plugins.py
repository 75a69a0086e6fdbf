"""`fabula plugins`: what is installed beside the server, and what it gives."""

import typer


def plugins() -> None:
    """List the plugins with what they give; exit code 1 when one of them cannot be used."""
    from fabula.app import installed_plugins

    found = installed_plugins()
    for one in found:
        given = ", ".join(f"{step.type.value}/{step.name}" for step in one.plugin.steps) or "nothing"
        said = given if one.fault is None else one.fault.message
        print(f"{'ok  ' if one.fault is None else 'FAIL'}  {one.distribution} {one.version}, {one.name}: {said}")
    raise typer.Exit(0 if all(one.fault is None for one in found) else 1)
