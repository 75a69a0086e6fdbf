"""When modules are loaded, and through which door."""

from pathlib import Path

import pytest

from tests.arch.conftest import Found

BOTS = "src/fabula/features/bots"


def test_an_inner_import_of_ours_is_found(found: Found) -> None:
    assert found({"src/fabula/http/auth.py": "def f():\n    from fabula.core import ids\n"}) == ["inner-import 2"]


def test_an_inner_import_of_a_heavy_library_is_not_found(found: Found) -> None:
    assert found({"src/fabula/http/auth.py": "def f():\n    import numpy as np\n    from PIL import Image\n"}) == []


def test_the_command_line_loads_what_a_command_needs(found: Found) -> None:
    assert found({"src/fabula/cli/serve.py": "import typer\n\ndef f():\n    from fabula import app\n"}) == []


@pytest.mark.parametrize(
    "text", ["\nimport numpy\n", "try:\n    from PIL import Image\nexcept ImportError:\n    raise\n"]
)
def test_a_heavy_library_loaded_with_the_module_is_found(found: Found, text: str) -> None:
    assert found({f"{BOTS}/rules.py": text}) == ["lazy-import 2"]


def test_a_heavy_library_named_in_annotations_only_is_not_found(found: Found) -> None:
    text = "from typing import TYPE_CHECKING\n\nif TYPE_CHECKING:\n    import numpy\n"
    assert found({f"{BOTS}/rules.py": text}) == []


@pytest.mark.parametrize(
    "line", ["from fabula.features.lore.activate import activate", "from fabula.features.lore import store"]
)
def test_reaching_into_another_slice_is_found(found: Found, line: str) -> None:
    assert found({f"{BOTS}/rules.py": f"{line}\n"}) == ["door 1"]


def test_the_door_of_another_slice_and_the_inside_of_ones_own_are_open(found: Found) -> None:
    text = "from fabula.features import lore\nfrom fabula.features.lore import activate\n"
    own = "from fabula.features.bots import store\nfrom fabula.features.bots.store import find\n"
    root = "from fabula.features.bots.http import router\n"
    assert found({f"{BOTS}/rules.py": text + own, "src/fabula/app.py": root}) == []


def test_the_queue_is_imported_behind_its_one_module_only(found: Found) -> None:
    text = "from dbos import DBOS\n"
    assert found({"src/fabula/engine/jobs.py": text, f"{BOTS}/jobs.py": text}) == ["behind 1"]


def test_a_test_may_import_where_it_likes(found: Found, tmp_path: Path) -> None:
    text = "def test_it():\n    from fabula.features.lore import store\n    store.execute('SELECT 1')\n"
    assert found({"tests/unit/bots/test_start.py": text}) == []
