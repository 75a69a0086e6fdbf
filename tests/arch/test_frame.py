"""The project's outer frame: lock files, make targets, the Node that builds the page."""

import re
import subprocess
import tomllib
from pathlib import Path

import pytest

from tools.setup_web import OLDEST_NODE, node_version

REPO = Path(__file__).parents[2]
LOCKS = ("requirements.lock", "requirements-dev.lock", "requirements-node.lock")
TARGETS = {"help", "setup", "run", "test", "test-fast", "check", "bench", "web", "contracts"}


def _pins(lock: str) -> dict[str, str]:
    return dict(re.findall(r"^([\w.-]+)==([^\s;]+)", (REPO / lock).read_text("utf-8"), re.MULTILINE))


def _names(asked: list[str]) -> set[str]:
    return {re.split(r"[^\w.-]", requirement, maxsplit=1)[0].lower().replace("_", "-") for requirement in asked}


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_names_no_address_and_no_folder(lock: str) -> None:
    lines = (REPO / lock).read_text("utf-8").splitlines()
    assert [line for line in lines if "/" in line or line.startswith("-")] == []


@pytest.mark.parametrize("lock", LOCKS)
def test_every_line_of_a_lock_is_a_pin_or_a_hash(lock: str) -> None:
    lines = (REPO / lock).read_text("utf-8").splitlines()
    good = re.compile(r"[\w.-]+==[^\s;]+( ; [^\\]+)? \\|    --hash=sha256:[0-9a-f]{64}( \\)?")
    assert [line for line in lines if not good.fullmatch(line)] == []
    assert _pins(lock)


def test_tests_run_on_the_versions_the_server_runs_on() -> None:
    run, dev = _pins("requirements.lock"), _pins("requirements-dev.lock")
    assert {name: dev.get(name) for name in run} == run


def test_the_locks_hold_what_pyproject_asks_for() -> None:
    project = tomllib.loads((REPO / "pyproject.toml").read_text("utf-8"))
    asked = [*project["project"]["dependencies"], *project["build-system"]["requires"]]
    tests = project["dependency-groups"]["dev"]
    assert _names(asked) - _pins("requirements.lock").keys() == set()
    assert _names([*asked, *tests]) - _pins("requirements-dev.lock").keys() == set()


def test_make_help_explains_every_target_of_the_readme() -> None:
    said = subprocess.run(["make", "help"], cwd=REPO, capture_output=True, text=True, check=True).stdout
    explained = dict(re.findall(r"^  make (\S+)\s+(\S.*)$", said, re.MULTILINE))
    assert explained.keys() >= TARGETS


@pytest.mark.parametrize(
    ("said", "is_enough"), [("v20.19.0\n", True), ("v24.1.2", True), ("v20.18.3", False), ("v9.99", False), ("", False)]
)
def test_a_node_too_old_for_the_build_is_told_from_one_that_will_do(said: str, *, is_enough: bool) -> None:
    assert (node_version(said) >= OLDEST_NODE) is is_enough
