"""The commands: a folder and files in, a chat out."""

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from fabula.cli import app
from fabula.core.errors import NotFound
from tests.unit.transfer.making import chat_file, header, said

CHAT = chat_file(header(mine=[1]), said("a"), said("b", user=True))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    files = {"characters/Mira.json": b'{"name": "Mira", "first_mes": "Hi"}', "chats/Mira/Main.jsonl": CHAT}
    for name, data in files.items():
        (tmp_path / "in" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "in" / name).write_bytes(data)
    return tmp_path / "in"


@pytest.mark.slow
def test_a_folder_comes_in_and_its_chat_goes_out_as_it_came(folder: Path, tmp_path: Path) -> None:
    data, run = str(tmp_path / "data"), CliRunner().invoke
    first = run(app, ["import", "sillytavern", str(folder), "--data", data])
    assert first.exit_code == 0, first.output
    chat = re.search(r"created   chats/Mira/Main\.jsonl: Main \(([0-9a-f-]{36})\)", first.output)
    assert chat is not None, first.output
    out = tmp_path / "out.jsonl"
    written = run(app, ["export", "chat", chat[1], "--output", str(out), "--data", data])
    assert (written.exit_code, out.read_bytes()) == (0, CHAT), written.output
    printed = run(app, ["export", "chat", chat[1], "--data", data])
    assert CHAT.decode() in printed.output
    unknown = run(app, ["export", "chat", "nonsense", "--data", data])
    assert (unknown.exit_code, isinstance(unknown.exception, NotFound)) == (1, True)
    again = run(app, ["import", "chat", str(folder / "chats/Mira/Main.jsonl"), "--data", data])
    assert (again.exit_code, "duplicate" in again.output) == (0, True), again.output
    other = folder / "other.jsonl"
    other.write_bytes(chat_file(header(), said("x", name="Nobody")))
    refused = run(app, ["import", "chat", str(other), "--data", data])
    assert (refused.exit_code, "no profile named 'Nobody'" in refused.output) == (1, True)
    job = run(app, ["import", "sillytavern", str(folder), "--data", data])
    assert "1 chat.duplicate, 1 profile.duplicate" in job.output
