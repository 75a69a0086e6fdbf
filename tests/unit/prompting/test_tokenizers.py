"""What is asked of a model's tokenizer, and what is made of its answers."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from fabula.features.prompting.tokenizers import MAX_CHARS, Counters
from fabula.features.prompting.tokens import EstimatingCounter, TokenCounter
from fabula.plugins import ModelTimeout
from fabula.plugins.testing import ScriptedModel


@dataclass
class Letters(ScriptedModel):
    """A token a letter. `ready` False: it cannot say now."""

    ready: bool = True
    error: Exception | None = None
    asked: list[list[str]] = field(default_factory=list)
    tokenizer: str | None = "letters"

    async def count_tokens(self, model: str, texts: Sequence[str]) -> Sequence[int] | None:
        self.asked.append(list(texts))
        if self.error is not None:
            raise self.error
        return [len(text) for text in texts] if self.ready else None


def counted(counters: Counters, source: Letters, *texts: str, key: str = "m") -> TokenCounter:
    counter = counters.of(source, "m", key)
    for text in texts:
        counter.count(text)
    return counter


async def test_what_is_known_is_not_asked_again() -> None:
    source, counters = Letters(), Counters(EstimatingCounter())
    assert await counters.learn(counted(counters, source, "one", "two", "one", ""))
    again = counted(counters, source, "one", "three")
    assert again.name == "letters + estimate"
    assert await counters.learn(again)
    assert source.asked == [["two", "one"], ["three"]]
    known = counted(counters, source, "three", "two")
    assert (known.name, known.count("three"), known.count("")) == ("letters", 5, 0)
    assert not await counters.learn(known)
    assert len(source.asked) == 2


async def test_models_are_told_apart() -> None:
    source, counters = Letters(), Counters(EstimatingCounter())
    await counters.learn(counted(counters, source, "one", key="a"))
    assert counted(counters, source, "one", key="b").name == "estimate"


async def test_one_call_is_bounded_and_begins_with_what_was_said_last() -> None:
    source, counters = Letters(), Counters(EstimatingCounter())
    long = [f"{at}" * (MAX_CHARS // 3) for at in range(5)]
    assert await counters.learn(counted(counters, source, *long))
    assert source.asked == [[long[4], long[3], long[2]]]
    assert await counters.learn(counted(counters, source, *long, "x" * (MAX_CHARS + 1)))
    assert source.asked[1] == [long[1], long[0]]


async def test_a_tokenizer_that_cannot_say_now_is_asked_the_next_time() -> None:
    source, counters = Letters(ready=False), Counters(EstimatingCounter())
    counter = counted(counters, source, "one")
    assert not await counters.learn(counter)
    assert counter.name == "estimate"
    source.ready = True
    assert await counters.learn(counted(counters, source, "one"))


async def test_after_a_fault_it_rests_and_what_it_told_stays() -> None:
    source, counters = Letters(), Counters(EstimatingCounter())
    await counters.learn(counted(counters, source, "one"))
    source.error = ModelTimeout("p", 1.0)
    assert not await counters.learn(counted(counters, source, "two"))
    source.error = None
    resting = counted(counters, source, "one", "three")
    assert not await counters.learn(resting)
    assert (resting.name, resting.count("one"), len(source.asked)) == ("letters + estimate", 3, 2)


async def test_nobody_waits_longer_than_half_a_second() -> None:
    class Slow(Letters):
        async def count_tokens(self, model: str, texts: Sequence[str]) -> Sequence[int] | None:
            await asyncio.sleep(30)
            return None

    counters = Counters(EstimatingCounter())
    async with asyncio.timeout(10):
        assert not await counters.learn(counted(counters, Slow(), "one"))


async def test_half_a_character_is_asked_for_as_a_question_mark() -> None:
    source, counters = Letters(), Counters(EstimatingCounter())
    assert await counters.learn(counted(counters, source, "a\ud800"))
    assert source.asked == [["a?"]]


async def test_a_model_without_a_tokenizer_is_counted_for_as_ever() -> None:
    counters = Counters(EstimatingCounter())
    for source in (ScriptedModel(), Letters(tokenizer=None)):
        counter = counters.of(source, "m", "m")
        assert counter is counters.plain
        assert not await counters.learn(counter)
