"""What is installed beside the server: found, told, refused with the reason."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from fabula.features.generation.pipelines import own_plugin
from fabula.plugins import find_plugins
from tests.feature.plugins.installing import install, install_example, on_path

STEP = """
from fabula.plugins import Plugin, StepResult, StepType

class Step:
    name, type, title, seconds, params = {name!r}, StepType.TOOL, "A step", 1.0, {params}

    def check(self, params):
        return []

    async def run(self, context, params):
        return StepResult()

plugin = {plugin}
"""


def source(name: str = "free", params: str = '{"type": "object"}', plugin: str = "Plugin([Step()])") -> str:
    return STEP.format(name=name, params=params, plugin=plugin)


def fabula(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The command line in a process of its own, which sees what is installed in `folder`."""
    path = os.pathsep.join([str(folder), os.environ.get("PYTHONPATH", "")])
    command = [sys.executable, "-m", "fabula", *arguments]
    environment = os.environ | {"PYTHONPATH": path, "FABULA_DATA": str(folder / "data")}
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.slow
def test_what_comes_with_the_server_is_listed_as_the_first_plugin(tmp_path: Path) -> None:
    done = fabula(tmp_path, "plugins")
    assert done.returncode == 0, done.stderr
    (line,) = done.stdout.splitlines()
    assert line.startswith("ok    fabula ")
    assert line.endswith(": pre/set, pre/ask, rag/recall, llm/answer, post/regex, post/trim")


@pytest.mark.slow
def test_an_installed_plugin_is_listed_with_what_it_gives(tmp_path: Path) -> None:
    install_example(tmp_path)
    done = fabula(tmp_path, "plugins")
    assert (done.returncode, done.stdout.splitlines()[1:]) == (0, ["ok    fabula-dice 1.0, dice: pre/roll, tool/words"])
    assert "ok    plugins: fabula-dice 1.0\n" in fabula(tmp_path, "doctor").stdout


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("import nowhere_to_be_found", "ModuleNotFoundError: No module named 'nowhere_to_be_found'"),
        ("1 / 0", "ZeroDivisionError: division by zero"),
        ("raise SystemExit('no key is set')", "SystemExit: no key is set"),
        ("other = 1", "has no attribute 'plugin'"),
        ("plugin = 7", "its entry point names 7, not a fabula.plugins.Plugin"),
        (source(plugin="Plugin(Step())"), "its steps must be a list or a tuple"),
        (source(plugin="Plugin([Step])"), "its step Step is a class: give an instance"),
        (source(plugin="Plugin([7])"), "its step 7 has no name, type, title, seconds, params, check, run"),
        (source(name=" x"), "its step ' x': name must be printable"),
        (source(params="[]"), "its step 'free': params must be a JSON Schema of an object"),
        (source(params='{"type": "object", "default": {1}}'), "its step 'free': params must be JSON"),
        (
            source(params='{"type": "object", "properties": {"n": {"type": "float"}}}'),
            "its step 'free': params.properties.n.type is 'float', not one of object",
        ),
        (source() + "Step.run = Step.check", "its step 'free': run must be an async function"),
        (source() + "Step.seconds = 0", "its step 'free': seconds must be a number above 0"),
        (source() + "Step.type = 'tool'", "its step 'free': type must be a StepType"),
        (source(plugin="Plugin([Step(), Step()])"), "there is a tool step 'free' already, of its own"),
        (source(name="words"), "there is a tool step 'words' already, of fabula-dice 1.0"),
        (
            source(name="trim") + "Step.type = StepType.POST",
            "there is a post step 'trim' already, of fabula ",
        ),
    ],
)
def test_a_plugin_that_cannot_be_used_is_named_with_the_reason_and_what_to_do(
    tmp_path: Path, code: str, reason: str
) -> None:
    install_example(tmp_path)
    install(tmp_path, "some-stranger", "some_stranger", code, "odd = some_stranger:plugin", "2.1")
    with on_path(tmp_path):
        _, dice, stranger = find_plugins(own_plugin())
    assert (dice.fault, len(dice.plugin.steps)) == (None, 2)
    assert stranger.plugin.steps == ()
    assert stranger.fault is not None
    message = stranger.fault.message
    assert message.startswith("the plugin 'odd' of some-stranger 2.1 cannot be used: ")
    assert reason in message
    assert message.endswith("remove it with `pip uninstall some-stranger`")


@pytest.mark.slow
def test_one_that_cannot_be_used_fails_the_list_and_is_missed_by_doctor(tmp_path: Path) -> None:
    install_example(tmp_path)
    install(tmp_path, "some-stranger", "some_stranger", "1 / 0", "odd = some_stranger:plugin")
    listed, examined = fabula(tmp_path, "plugins"), fabula(tmp_path, "doctor")
    assert (listed.returncode, examined.returncode) == (1, 1)
    _, dice, stranger = listed.stdout.splitlines()
    assert dice == "ok    fabula-dice 1.0, dice: pre/roll, tool/words"
    said = "the plugin 'odd' of some-stranger 1.0 cannot be used: ZeroDivisionError: division by zero; "
    assert stranger.startswith(f"FAIL  some-stranger 1.0, odd: {said}")
    assert f"MISS  plugins: fabula-dice 1.0, some-stranger 1.0\n        {said}" in examined.stdout
