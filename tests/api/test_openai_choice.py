"""The OpenAI protocol with what the workspace and a pipeline say."""

from collections.abc import AsyncIterator

import openai
import pytest
from openai import AsyncOpenAI
from openai.types.chat import ChatCompletionMessageParam

from fabula.plugins.testing import End, Say, ScriptedModel, Think
from tests.server import Client

HELLO: list[ChatCompletionMessageParam] = [{"role": "user", "content": "Hello"}]


@pytest.fixture
async def ai(client: Client) -> AsyncIterator[AsyncOpenAI]:
    async with AsyncOpenAI(base_url=client.address + "/v1", api_key="none", max_retries=0) as found:
        yield found


async def bind_cats_to_dogs(client: Client) -> None:
    """A pipeline for all of the workspace, with a step that changes every answer."""
    change = {"rules": [{"pattern": "cat", "replacement": "dog"}]}
    steps = [
        {"name": "answer", "type": "llm"},
        {"name": "change", "type": "post", "use": "regex", "params": change},
    ]
    pipeline = await client.call(
        "POST", "/v1/pipelines", json={"name": "Dogs", "definition": {"steps": steps}}, status=201
    )
    await client.call("PATCH", "/v1/workspace", json={"settings": {"pipelineId": pipeline["id"]}}, status=200)


async def test_what_the_workspace_chose_answers_where_the_profile_chose_nothing(
    client: Client, ai: AsyncOpenAI, model: ScriptedModel
) -> None:
    profile = await client.profile()
    await client.call("PATCH", "/v1/workspace", json={"settings": {"model": "of-all"}}, status=200)
    await ai.chat.completions.create(model=profile, messages=HELLO)
    assert [request.model for request in model.requests] == ["of-all"]


async def test_a_stream_has_the_text_that_steps_after_the_answer_made(
    client: Client, ai: AsyncOpenAI, model: ScriptedModel
) -> None:
    await bind_cats_to_dogs(client)
    model.scripts = [[Think("hm"), Say("a c"), Say("at, a cat"), End()]]
    profile = await client.profile()
    stream = await ai.chat.completions.create(model=profile, messages=HELLO, stream=True)
    chunks = [chunk.choices[0] async for chunk in stream if chunk.choices]
    assert "".join(chunk.delta.content or "" for chunk in chunks) == "a dog, a dog"
    assert "".join(chunk.delta.model_dump().get("reasoning_content") or "" for chunk in chunks) == "hm"
    assert [chunk.finish_reason for chunk in chunks if chunk.finish_reason] == ["stop"]
    model.scripts = [[Say("a cat"), End()]]
    whole = await ai.chat.completions.create(model=profile, messages=HELLO)
    assert whole.choices[0].message.content == "a dog"


async def test_a_cut_stream_has_the_text_that_came(client: Client, ai: AsyncOpenAI, model: ScriptedModel) -> None:
    await bind_cats_to_dogs(client)
    model.scripts = [[Say("so "), Say("far")]]
    stream = await ai.chat.completions.create(model=await client.profile(), messages=HELLO, stream=True)
    text, code = "", None
    try:
        async for chunk in stream:
            text += chunk.choices[0].delta.content or ""
    except openai.APIError as error:
        code = error.code
    assert (text, code) == ("so far", "model.cut")
