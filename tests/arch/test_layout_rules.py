"""Files, names and the order."""

import pytest

from tests.arch.conftest import Found

BOTS = "src/fabula/features/bots"


@pytest.mark.parametrize(
    "place", ["src/fabula/core/utils.py", "tests/helpers/rows.py", "web/src/common/api.ts", f"{BOTS}/bot_manager.py"]
)
def test_a_name_that_says_nothing_is_found(found: Found, place: str) -> None:
    assert "name 1" in found({place: ""})


def test_each_role_in_its_file_is_not_found(found: Found) -> None:
    files = {
        "errors.py": "class BotLocked(AppError):\n    pass\n",
        "schemas.py": "class BotOut(pydantic.BaseModel):\n    pass\n",
        "http.py": "router = APIRouter()\n",
        "tables.py": "bots = sa.Table()\n",
        "publish.py": "def publish(tx):\n    return tx\n",
    }
    assert found({f"{BOTS}/{name}": text for name, text in files.items()}) == []


@pytest.mark.parametrize(
    "text",
    [
        "class BotLocked(AppError):\n    pass\n",
        "class BotOut(pydantic.BaseModel):\n    pass\n",
        "router = APIRouter()\n",
        "bots = sa.Table()\n",
    ],
)
def test_a_role_in_another_file_is_found(found: Found, text: str) -> None:
    assert found({f"{BOTS}/publish.py": text}) == ["role 1"]
    assert found({f"{BOTS}/publish.py": "", "src/fabula/engine/operations.py": text}) == []


@pytest.mark.parametrize("place", [f"{BOTS}/cards/tables.py", f"{BOTS}/cards/http.py", f"{BOTS}/cards/png/read.py"])
def test_a_slice_inside_a_slice_is_found(found: Found, place: str) -> None:
    assert found({place: ""}) == ["role 1"]


def test_a_slice_may_hold_a_plain_library_and_a_store_of_several_files(found: Found) -> None:
    library = {f"{BOTS}/cards/{name}.py": "" for name in ("__init__", "types", "errors", "png")}
    stores = {f"{BOTS}/store/{name}.py": "from sqlalchemy import select\n" for name in ("__init__", "rows")}
    assert found(library | stores) == []


@pytest.mark.parametrize("place", ["src/fabula/features/lore/__init__.py", "src/fabula/cache/__init__.py"])
def test_a_package_outside_the_order_is_found(found: Found, place: str) -> None:
    assert found({place: ""}) == ["order 1"]


def test_every_package_of_the_order_is_known(found: Found) -> None:
    names = ("app.py", "cli/__init__.py", "features/bots/__init__.py", "db/__init__.py", "core/__init__.py")
    assert found({f"src/fabula/{name}": "" for name in (*names, "__init__.py", "features/__init__.py")}) == []
