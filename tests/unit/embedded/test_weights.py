from pathlib import Path

import pytest

from fabula.providers.embedded.errors import ManifestBroken, PullRunning, WeightsBroken, WeightsUnknown
from fabula.providers.embedded.weights import LOCAL, Manifest, Weights, WeightsFolder
from tests.unit.embedded.making import SMALL


@pytest.fixture
def folder(tmp_path: Path) -> WeightsFolder:
    return WeightsFolder(tmp_path / "data")


@pytest.fixture
def local(tmp_path: Path) -> Path:
    file = tmp_path / "elsewhere" / "mine.gguf"
    file.parent.mkdir()
    file.write_bytes(SMALL)
    return file


def test_without_a_folder_there_is_nothing(folder: WeightsFolder) -> None:
    assert folder.read() == Manifest()
    assert folder.find_in_use() is None
    assert not folder.path.exists()


def test_local_file_is_used_where_it_lies(folder: WeightsFolder, local: Path) -> None:
    weights = folder.use(str(local))
    assert weights == Weights("mine", "Tiny", str(local), len(SMALL), None, LOCAL, 512)
    assert folder.find_in_use() == weights
    assert folder.file(weights) == local
    assert not list(folder.path.glob("*.gguf"))


def test_relative_path_still_means_the_same_file_elsewhere(
    folder: WeightsFolder, local: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(local.parent)
    folder.use("mine.gguf")
    monkeypatch.chdir(local.parent.parent)
    found = folder.find_in_use()
    assert found is not None
    assert folder.file(found) == local


def test_same_file_again_is_the_same_model(folder: WeightsFolder, local: Path) -> None:
    folder.use(str(local))
    folder.use(str(local))
    assert [weights.name for weights in folder.read().models] == ["mine"]


def test_another_file_of_the_same_name_gets_its_own(folder: WeightsFolder, local: Path) -> None:
    twin = local.parent / "twin" / "mine.gguf"
    twin.parent.mkdir()
    twin.write_bytes(SMALL)
    folder.use(str(local))
    assert folder.use(str(twin)).name == "mine-2"
    assert folder.use("mine").path == str(local)
    assert folder.read().in_use == "mine"


def test_weights_whose_file_is_gone_are_not_used(folder: WeightsFolder, local: Path) -> None:
    folder.use(str(local))
    local.unlink()
    assert folder.find_in_use() is None
    with pytest.raises(WeightsUnknown):
        folder.use("mine")


def test_new_weights_do_not_take_the_place_of_those_in_use(folder: WeightsFolder, local: Path) -> None:
    used = folder.use(str(local))
    folder.put(Weights("other", "Other", "other.gguf", 1, "00", "package", 512))
    assert folder.find_in_use() == used


def test_what_is_no_model_changes_nothing(folder: WeightsFolder, local: Path, tmp_path: Path) -> None:
    used = folder.use(str(local))
    wrong = tmp_path / "wrong.gguf"
    wrong.write_bytes(b"not a model")
    with pytest.raises(WeightsBroken):
        folder.use(str(wrong))
    with pytest.raises(WeightsUnknown):
        folder.use("nobody")
    assert folder.read() == Manifest((used,), "mine")


def test_manifest_that_cannot_be_read_is_named(folder: WeightsFolder) -> None:
    folder.path.mkdir(parents=True)
    (folder.path / "manifest.json").write_text('{"models": [{"name": 1}]}')
    with pytest.raises(ManifestBroken, match="fabula models pull"):
        folder.read()


def test_two_commands_do_not_change_the_folder_at_once(folder: WeightsFolder, local: Path) -> None:
    with folder.locked(), pytest.raises(PullRunning):
        WeightsFolder(folder.path.parent).use(str(local))
    assert folder.use(str(local)).name == "mine"
