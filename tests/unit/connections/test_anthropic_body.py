import pytest

from fabula.plugins import ChatMessage, ChatRequest, Json
from fabula.providers.anthropic.body import DEFAULT_MAX_TOKENS, OPENING, build_body, split_messages


def system(text: str) -> ChatMessage:
    return ChatMessage("system", text)


def user(text: str) -> ChatMessage:
    return ChatMessage("user", text)


def assistant(text: str) -> ChatMessage:
    return ChatMessage("assistant", text)


def turns(*messages: ChatMessage) -> list[tuple[Json, Json]]:
    return [(turn["role"], turn["content"]) for turn in split_messages(messages)[1]]


def body(**params: Json) -> dict[str, Json]:
    return build_body(ChatRequest("m", (user("hi"),), params))


def test_only_the_first_instructions_are_the_system_prompt() -> None:
    said, messages = split_messages([system("a"), system("b"), user("hi"), system("note")])
    assert said == "a\n\nb"
    assert messages == [{"role": "user", "content": "hi\n\nnote"}]


def test_neighbours_of_one_role_are_joined_and_roles_take_turns() -> None:
    found = turns(user("a"), user("b"), assistant("c"), assistant("d"), user("e"))
    assert found == [("user", "a\n\nb"), ("assistant", "c\n\nd"), ("user", "e")]


@pytest.mark.parametrize("messages", [(), (system("only"),), (assistant("Good evening."),)])
def test_the_user_always_begins(messages: tuple[ChatMessage, ...]) -> None:
    assert turns(*messages)[0] == ("user", OPENING)


def test_empty_messages_are_left_out_and_do_not_part_neighbours() -> None:
    assert turns(user("a"), assistant("  \n"), user("b")) == [("user", "a\n\nb")]


def test_an_answer_to_be_continued_does_not_end_in_white_space() -> None:
    assert turns(user("a"), assistant("Once upon \n"))[-1] == ("assistant", "Once upon")


def test_the_answer_is_always_bounded() -> None:
    assert body()["max_tokens"] == DEFAULT_MAX_TOKENS
    assert body(max_tokens=7)["max_tokens"] == 7
    assert body(max_completion_tokens=8)["max_tokens"] == 8


def test_what_the_protocol_does_not_have_is_left_out() -> None:
    sent = body(temperature=0.5, top_k=40, min_p=0.1, seed=1, frequency_penalty=1, dry_multiplier=0.8, grammar="x")
    assert {**sent, "messages": None} == {
        "model": "m",
        "max_tokens": DEFAULT_MAX_TOKENS,
        "temperature": 0.5,
        "top_k": 40,
        "messages": None,
        "stream": True,
    }


@pytest.mark.parametrize(("given", "sent"), [("END", ["END"]), (["a", " ", "b"], ["a", "b"]), ([" "], None)])
def test_stops_become_stop_sequences_without_blank_ones(given: Json, sent: Json) -> None:
    assert body(stop=given).get("stop_sequences") == sent


def test_a_temperature_beyond_the_protocols_range_is_its_highest_and_goes_alone() -> None:
    sent = body(temperature=1.7, top_p=0.9)
    assert (sent["temperature"], "top_p" in sent) == (1.0, False)


@pytest.mark.parametrize("off", [0, -1])
def test_a_top_k_that_means_off_is_not_sent(off: int) -> None:
    assert "top_k" not in body(top_k=off)


def test_thinking_goes_without_samplers_and_within_the_bound() -> None:
    sent = body(thinking={"type": "enabled", "budget_tokens": 2000}, temperature=0.7, top_k=5, max_tokens=1000)
    assert sent["max_tokens"] == 3000
    assert not {"temperature", "top_k"} & set(sent)


def test_disabled_thinking_leaves_the_samplers() -> None:
    assert body(thinking={"type": "disabled"}, temperature=0.7)["temperature"] == 0.7
