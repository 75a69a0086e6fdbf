"""Routes, catches and silenced checks."""

import pytest

from tests.arch.conftest import Found

ROUTES = "src/fabula/features/bots/http.py"


def _route(lines: int) -> str:
    signature = "\n".join(f"    query_{n}: str," for n in range(20))
    return f'@router.get("/bots")\nasync def list_bots(\n{signature}\n):\n    """All."""\n' + "    work()\n" * lines


def test_a_route_of_more_than_fifteen_lines_is_found(found: Found) -> None:
    assert found({ROUTES: _route(15)}) == []
    assert found({ROUTES: _route(16)}) == ["route 2"]


def test_a_function_that_is_no_route_may_be_longer(found: Found) -> None:
    assert found({ROUTES: _route(16).replace("@router.get", "@cache")}) == []


@pytest.mark.parametrize("caught", ["Exception", "BaseException", "(ValueError, Exception)", ""])
def test_a_catch_of_everything_is_found(found: Found, caught: str) -> None:
    text = f"try:\n    work()\nexcept {caught}:\n    pass\n"
    assert found({"src/fabula/engine/bus.py": text}) == ["catch 3"]


@pytest.mark.parametrize(
    "catch",
    ["except ValueError:", "except Exception:  # edge: the loop outlives a bad job", "# edge: it\nexcept Exception:"],
)
def test_a_narrow_catch_and_a_marked_edge_are_not_found(found: Found, catch: str) -> None:
    assert found({"src/fabula/engine/bus.py": f"try:\n    work()\n{catch}\n    pass\n"}) == []


def test_a_handler_that_cleans_up_and_raises_again_is_not_found(found: Found) -> None:
    text = "try:\n    work()\nexcept BaseException:\n    close()\n    raise\n"
    assert found({"src/fabula/engine/bus.py": text}) == []


def test_an_edge_without_its_reason_is_found(found: Found) -> None:
    text = "try:\n    work()\nexcept Exception:  # edge:\n    pass\n"
    assert found({"src/fabula/engine/bus.py": text}) == ["catch 3"]


@pytest.mark.parametrize(
    "comment",
    [
        "# type: ignore",
        "# type: ignore[arg-type]",
        "# noqa",
        "# noqa: S608",
        "# noqa: S608, E501 -",
        "# type: ignore[arg-type]  # noqa: S608",
    ],
)
def test_a_check_silenced_without_code_and_reason_is_found(found: Found, comment: str) -> None:
    assert found({"tools/build.py": f"\nX = 1  {comment}\n"}) == ["silenced 2"]


@pytest.mark.parametrize(
    "comment",
    [
        "# type: ignore[arg-type]  # a test names it",
        "# noqa: S608 - no user text",
        "# noqa: S608, E501 # long",
        "# why",
    ],
)
def test_a_check_silenced_with_code_and_reason_is_not_found(found: Found, comment: str) -> None:
    assert found({"tools/build.py": f'X = "# noqa"  {comment}\n'}) == []
