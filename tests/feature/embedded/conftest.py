"""Real weights for a real child process."""

import os
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from fabula.providers.embedded.model import EmbeddedModel
from fabula.providers.embedded.weights import WeightsFolder
from tests.feature.embedded.processes import children_of

REPO = Path(__file__).parents[3]


@pytest.fixture(scope="session")
def gguf() -> Path:
    """The weights in use of the data folder that `make setup` fills."""
    if sys.platform != "linux":
        pytest.skip("the embedded model's processes are observed through /proc, which only Linux has")
    folder = WeightsFolder(Path(os.environ.get("FABULA_DATA", REPO / "data")))
    weights = folder.find_in_use()
    if weights is None:
        pytest.skip(f"no model in {folder.path}: run `fabula models pull`")
    return folder.file(weights)


@pytest.fixture
def data(tmp_path: Path, gguf: Path) -> Path:
    """A data folder that refers to the real weights."""
    WeightsFolder(tmp_path).use(str(gguf))
    return tmp_path


Born = Callable[[], set[int]]


@pytest.fixture
def born() -> Born:
    """The child processes since the test began: servers that tests share may have been there before."""
    before = children_of(os.getpid())
    return lambda: children_of(os.getpid()) - before


@pytest.fixture
async def model(data: Path) -> AsyncIterator[EmbeddedModel]:
    model = EmbeddedModel(data)
    yield model
    await model.close()
