from pathlib import Path

import pytest

from fabula.core.errors import Kind
from fabula.plugins import ChatMessage, ChatModel, ChatRequest, ModelError, ModelInfo
from fabula.providers.embedded.errors import ModelNotReady, ModelNotStarted
from fabula.providers.embedded.model import EmbeddedModel, choose_threads
from fabula.providers.embedded.supervisor import pause_after
from fabula.providers.embedded.weights import WeightsFolder
from tests.unit.embedded.making import SMALL, make_gguf, pair

HELLO = ChatRequest("any", (ChatMessage("user", "Hello"),), {})


async def test_without_weights_every_call_says_how_to_get_a_model(tmp_path: Path) -> None:
    model: ChatModel = EmbeddedModel(tmp_path)
    with pytest.raises(ModelNotReady) as listed:
        await model.list_models()
    with pytest.raises(ModelError) as streamed:
        await anext(model.stream(HELLO))
    await model.close()
    for error in (listed.value, streamed.value):
        assert (error.code, error.kind, error.retryable) == ("model.not_ready", Kind.UNAVAILABLE, False)
        assert "`fabula models pull`" in error.message
        assert "FABULA_MODEL_URL" in error.message
    assert not list(tmp_path.iterdir())


async def test_listing_tells_the_context_an_answer_gets(tmp_path: Path) -> None:
    file = tmp_path / "long.gguf"
    file.write_bytes(make_gguf(pair("general.architecture", "llama"), pair("llama.context_length", 131072)))
    WeightsFolder(tmp_path).use(str(file))
    assert await EmbeddedModel(tmp_path, context_tokens=4096).list_models() == (ModelInfo("long", "long", 4096),)


async def test_weights_that_do_not_load_are_named_and_leave_no_process(tmp_path: Path) -> None:
    file = tmp_path / "hollow.gguf"
    file.write_bytes(SMALL)
    WeightsFolder(tmp_path).use(str(file))
    model = EmbeddedModel(tmp_path)
    with pytest.raises(ModelNotStarted, match=r"status 1 while loading; see .*embedded\.log"):
        await anext(model.stream(HELLO))
    await model.close()
    assert "hollow.gguf" in (tmp_path / "logs" / "embedded.log").read_text()


async def test_closed_model_starts_nothing(tmp_path: Path) -> None:
    file = tmp_path / "tiny.gguf"
    file.write_bytes(SMALL)
    WeightsFolder(tmp_path).use(str(file))
    model = EmbeddedModel(tmp_path)
    await model.close()
    with pytest.raises(ModelNotStarted, match="stopping"):
        await anext(model.stream(HELLO))


@pytest.mark.parametrize(("cores", "threads"), [(1, 1), (2, 2), (3, 2), (4, 2), (8, 4), (64, 32)])
def test_threads_leave_half_of_a_large_machine(cores: int, threads: int) -> None:
    assert choose_threads(cores) == threads


def test_pauses_between_starts_grow_to_a_limit() -> None:
    assert [pause_after(failures) for failures in range(8)] == [0, 0.25, 0.5, 1, 2, 4, 8, 8]
