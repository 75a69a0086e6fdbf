import pytest
from msgspec import json

from fabula.plugins import ChatMessage, ChatRequest
from fabula.providers.openai_compatible.capabilities import (
    FAMILIES,
    GENERIC,
    build_body,
    recognise_owner,
    recognise_url,
)

PARAMS = {"temperature": 0.7, "max_tokens": 5, "top_k": 40, "repetition_penalty": 1.1, "stream": False, "n": 4}
REQUEST = ChatRequest("m", (ChatMessage("user", "hi", "Ann"), ChatMessage("assistant", "hello")), PARAMS)
BY_NAME = {family.family: family for family in FAMILIES}


@pytest.mark.parametrize(
    ("url", "family"),
    [
        ("https://api.openai.com/v1", "openai"),
        ("https://openrouter.ai/api/v1", "openrouter"),
        ("http://192.168.1.5:11434/v1", "ollama"),
        ("http://localhost:1234/v1", "lmstudio"),
        ("http://localhost:8000/v1", "generic"),
        ("https://api.openai.com.evil.example/v1", "generic"),
    ],
)
def test_the_address_tells_the_family(url: str, family: str) -> None:
    assert recognise_url(url).family == family


def test_the_owner_of_a_listed_model_tells_the_family() -> None:
    assert recognise_owner("llamacpp") is BY_NAME["llama.cpp"]
    assert recognise_owner("somebody") is None


def test_openai_gets_only_what_it_knows_under_its_names() -> None:
    body = json.decode(json.encode(build_body(BY_NAME["openai"], REQUEST, stream_usage=True)))
    assert body == {
        "temperature": 0.7,
        "max_completion_tokens": 5,
        "model": "m",
        "messages": [{"role": "user", "content": "hi", "name": "Ann"}, {"role": "assistant", "content": "hello"}],
        "stream": True,
        "stream_options": {"include_usage": True},
    }


def test_an_unknown_server_gets_parameters_as_given() -> None:
    body = build_body(GENERIC, REQUEST, stream_usage=False)
    assert (body["top_k"], body["repetition_penalty"], body["max_tokens"]) == (40, 1.1, 5)
    assert "stream_options" not in body


def test_a_parameter_is_sent_under_the_familys_own_name() -> None:
    assert build_body(BY_NAME["llama.cpp"], REQUEST, stream_usage=False)["repeat_penalty"] == 1.1


def test_parameters_cannot_turn_streaming_off_or_ask_for_more_answers() -> None:
    body = build_body(GENERIC, REQUEST, stream_usage=False)
    assert body["stream"] is True
    assert "n" not in body
