"""What a caller gets from the embedded model, with real weights."""

import asyncio
import time
import urllib.error
import urllib.request
from contextlib import aclosing
from pathlib import Path

import pytest

from fabula.plugins import ChatMessage, ChatRequest, ModelError, ModelRejected, TokenUsage
from fabula.providers.embedded.model import EmbeddedModel
from fabula.providers.embedded.weights import WeightsFolder
from tests.feature.embedded.conftest import Born
from tests.feature.embedded.processes import eventually

pytestmark = pytest.mark.slow


def ask(text: str, tokens: int = 24) -> ChatRequest:
    return ChatRequest("any", (ChatMessage("user", text),), {"max_tokens": tokens, "seed": 7})


async def answer(model: EmbeddedModel, request: ChatRequest) -> tuple[str, str | None, TokenUsage | None]:
    text, finish, usage = "", None, None
    async with aclosing(model.stream(request)) as batches:
        async for batch in batches:
            text += batch.content
            finish = batch.finish_reason or finish
            usage = batch.usage or usage
    return text, finish, usage


async def test_nothing_runs_before_the_first_answer(model: EmbeddedModel, born: Born) -> None:
    (info,) = await model.list_models()
    assert info.context_tokens == 4096
    assert not born()
    await answer(model, ask("Hello"))
    assert len(born()) == 1


async def test_answer_is_sane(model: EmbeddedModel) -> None:
    # The likeliest word each time: what it says is then a matter of the model and its template, not of luck.
    greedy = ChatRequest("any", (ChatMessage("user", "What is the capital of France?"),), {"temperature": 0})
    text, finish, usage = await answer(model, greedy)
    assert "Paris" in text
    assert finish == "stop"
    assert "<|im_" not in text
    assert usage is not None
    assert usage.completion_tokens > 1


async def test_two_answers_are_written_at_once(model: EmbeddedModel, born: Born) -> None:
    async def follow(name: str) -> tuple[float, float]:
        batches = model.stream(ask(f"Tell a story about a {name}.", 40))
        times = [time.monotonic() async for batch in batches if batch.content]
        return times[0], times[-1]

    fox, crow = await asyncio.gather(follow("fox"), follow("crow"))
    assert max(fox[0], crow[0]) < min(fox[1], crow[1]), "one began when the other had ended"
    assert len(born()) == 1


async def test_too_long_a_prompt_is_rejected_and_the_next_call_works(model: EmbeddedModel) -> None:
    with pytest.raises(ModelRejected) as caught:
        await answer(model, ask("word " * 5000))
    assert caught.value.status == 400
    assert "exceeds the available context size (4096 tokens)" in caught.value.message
    assert not caught.value.retryable
    assert (await answer(model, ask("Hello")))[0]


async def test_abandoned_answer_stops_being_written(data: Path) -> None:
    model = EmbeddedModel(data, parallel=1)
    endless = ChatRequest("any", (ChatMessage("user", "Count."),), {"max_tokens": 3500, "ignore_eos": True})
    async with aclosing(model.stream(endless)) as batches:
        await anext(batches)
    # The one place is free again: else this would wait for thousands of tokens, half a minute or more.
    began = time.monotonic()
    await answer(model, ask("Hello", 4))
    await model.close()
    assert time.monotonic() - began < 15


async def test_another_local_user_without_the_key_is_refused(model: EmbeddedModel) -> None:
    await answer(model, ask("Hello", 2))
    assert model._supervisor._keeper is not None
    url = model._supervisor._keeper.ready.result().base_url

    def intrude() -> int:
        request = urllib.request.Request(f"{url}/chat/completions", b'{"messages":[]}')
        with pytest.raises(urllib.error.HTTPError) as caught:
            urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request)
        caught.value.close()
        return caught.value.code

    assert await asyncio.to_thread(intrude) == 401


async def test_log_holds_no_prompt(model: EmbeddedModel, data: Path) -> None:
    await answer(model, ask("xylophone-secret"))
    with pytest.raises(ModelError):
        await answer(model, ask("xylophone-secret " * 3000))
    log = data / "logs" / "embedded.log"
    assert await asyncio.to_thread(eventually, lambda: "exceeds the available context size" in log.read_text())
    assert "xylophone" not in log.read_text()


async def test_idle_model_is_put_away_and_comes_back(data: Path, born: Born) -> None:
    model = EmbeddedModel(data, idle_seconds=0.2)
    await answer(model, ask("Hello", 2))
    assert await asyncio.to_thread(eventually, lambda: not born())
    assert (await answer(model, ask("Hello", 2)))[2] is not None
    await model.close()


async def test_weights_chosen_meanwhile_serve_the_next_answer(
    model: EmbeddedModel, data: Path, gguf: Path, born: Born
) -> None:
    await answer(model, ask("Hello", 2))
    (old,) = born()
    other = data / "other.gguf"
    other.symlink_to(gguf)
    WeightsFolder(data).use(str(other))
    await answer(model, ask("Hello", 2))
    assert await asyncio.to_thread(eventually, lambda: len(born()) == 1)
    (new,) = born()
    assert new != old
    assert b"other.gguf" in Path(f"/proc/{new}/cmdline").read_bytes()


async def test_its_own_tokenizer_counts_once_it_runs(model: EmbeddedModel) -> None:
    texts = ["Hello there, world!", "Привет, мир! 🦊", ""]
    assert await model.count_tokens("any", texts) is None
    read = [usage.prompt_tokens for text in texts if (usage := (await answer(model, ask(text, 1)))[2])]
    counts = await model.count_tokens("any", texts)
    # Beside the text each prompt has the same: what the chat template writes.
    assert counts == [tokens - read[2] for tokens in read]
    assert (len(read), counts[2]) == (3, 0)
