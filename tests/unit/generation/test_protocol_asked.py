"""What a completion asks for."""

import pytest

from fabula.core.errors import InvalidInput
from fabula.features.conversations import MessageRole
from fabula.features.generation.protocol.asked import Given, read
from fabula.features.generation.protocol.begin import split
from fabula.features.generation.schemas import CompletionIn


def asked(**fields: object) -> CompletionIn:
    body = {"model": "m", "messages": [{"role": "user", "content": "Hi"}], **fields}
    return CompletionIn.model_validate(body)


def test_only_sampler_fields_become_parameters() -> None:
    found = read(
        asked(
            stream=True, stream_options={"include_usage": True}, n=1, tool_choice="none", top_k=5, stop=None, tools=[]
        )
    )
    assert (found.params, found.stream, found.usage) == ({"top_k": 5}, True, True)


def test_roles_are_those_a_prompt_can_hold() -> None:
    messages = [
        {"role": "developer", "content": "d"},
        {"role": "assistant", "content": None, "tool_calls": [{"id": "1"}]},
        {"role": "tool", "content": "t", "tool_call_id": "1"},
    ]
    found = read(asked(messages=messages)).messages
    assert [(given.role, given.text) for given in found] == [
        (MessageRole.SYSTEM, "d"),
        (MessageRole.ASSISTANT, ""),
        (MessageRole.USER, "t"),
    ]


@pytest.mark.parametrize("value", ["\ud800", {"a\x00": 1}, [float("inf")], {"deep": [{"er": "\udfff"}]}])
def test_what_no_database_holds_is_refused(value: object) -> None:
    with pytest.raises(InvalidInput) as caught:
        read(asked(extra=value))
    assert caught.value.problems[0].path == "body.extra"


def test_instructions_before_the_first_message_are_pinned_in_their_order() -> None:
    roles = (MessageRole.SYSTEM, MessageRole.SYSTEM, MessageRole.USER, MessageRole.SYSTEM)
    pinned, said = split([Given(place, role, str(place), "") for place, role in enumerate(roles)])
    assert [insert.text for insert in sorted(pinned, key=lambda insert: insert.order)] == ["0", "1"]
    assert [given.place for given in said] == [2, 3]


def test_instructions_alone_are_a_prompt() -> None:
    pinned, said = split([Given(0, MessageRole.SYSTEM, "only", "")])
    assert (len(pinned), said) == (1, [])
