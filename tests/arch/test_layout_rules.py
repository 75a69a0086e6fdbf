"""Files, names and the order."""

import pytest

from tests.arch.conftest import Found

BOTS = "src/fabula/features/bots"


@pytest.mark.parametrize(
    "place", ["src/fabula/core/utils.py", "tests/helpers/rows.py", "web/src/common/api.ts", f"{BOTS}/bot_manager.py"]
)
def test_a_name_that_says_nothing_is_found(found: Found, place: str) -> None:
    assert "name 1" in found({place: ""})


def test_role_files_and_use_cases_by_their_verb_are_the_files_of_a_slice(found: Found) -> None:
    files = {f"{BOTS}/{name}.py": "" for name in ("__init__", "types", "rules", "store", "schemas", "http", "jobs")}
    use_cases = {
        f"{BOTS}/publish.py": "def publish(tx):\n    return tx\n",
        f"{BOTS}/import_card.py": "async def import_card(db):\n    return db\n",
        f"{BOTS}/flusher.py": "class Flusher:\n    pass\n",
        f"{BOTS}/tales.py": "class TaleTurns:\n    pass\n",
    }
    assert found(files | use_cases) == []


def test_a_file_that_is_named_after_nothing_in_it_is_found(found: Found) -> None:
    assert found({f"{BOTS}/stuff.py": "def publish(tx):\n    return tx\n"}) == ["role 1"]


def test_a_private_name_does_not_name_the_file(found: Found) -> None:
    assert found({f"{BOTS}/publish.py": "def _publish(tx):\n    return tx\n"}) == ["role 1"]


def test_a_folder_inside_a_slice_is_found(found: Found) -> None:
    assert found({f"{BOTS}/cards/types.py": ""}) == ["role 1"]


@pytest.mark.parametrize("place", ["src/fabula/features/lore/__init__.py", "src/fabula/cache/__init__.py"])
def test_a_package_outside_the_order_is_found(found: Found, place: str) -> None:
    assert found({place: ""}) == ["order 1"]


def test_every_package_of_the_order_is_known(found: Found) -> None:
    names = ("app.py", "cli/__init__.py", "features/bots/__init__.py", "db/__init__.py", "core/__init__.py")
    assert found({f"src/fabula/{name}": "" for name in (*names, "__init__.py", "features/__init__.py")}) == []
