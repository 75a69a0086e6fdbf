"""An answer is told from the database as it was from memory, also when it is no longer there."""

import asyncio

from fabula.plugins.testing import End, Say, ScriptedModel
from tests.server import Client, Frame

AT_THE_END = {"Last-Event-ID": "0.17"}


async def twice(client: Client, frames: list[Frame], headers: dict[str, str] | None = None) -> list[list[Frame]]:
    """What followers are told of an ended answer: while it is in memory, and when it is only stored."""
    events = f"/v1/generations/{frames[0].data['generationId']}/events"
    at_first = await client.frames("GET", events, headers=headers)
    await asyncio.sleep(0.4)  # the registry keeps it 0.2 s
    return [at_first, await client.frames("GET", events, headers=headers)]


async def test_a_deleted_variant_leaves_a_stream_with_no_text(client: Client, model: ScriptedModel) -> None:
    chat = await client.chat()
    named = {"X-Operation-Id": "op-1"}
    frames = await client.say(chat, headers=named)
    told = frames[0].data
    answer = told["assistantMessageId"]
    await client.frames("POST", f"/v1/messages/{answer}/regenerate")
    await client.call("DELETE", f"/v1/messages/{answer}/variants/{told['variantId']}", status=204)
    await asyncio.sleep(0.4)  # the registry keeps it 0.2 s
    events = f"/v1/generations/{told['generationId']}/events"
    for again in (await client.frames("GET", events), await client.say(chat, headers=named)):
        assert [f.event for f in again] == ["llm.stream.meta", "llm.stream.snapshot", "llm.stream.done"]
        assert again[0] == frames[0]
        assert again[1].data == {"text": "", "reasoning": ""}
        assert again[2].data["finalText"] == ""
    resumed = await client.frames("GET", events, headers=AT_THE_END)
    assert [f.event for f in resumed] == ["llm.stream.snapshot", "llm.stream.done"]
    assert len(model.requests) == 2


async def test_a_continued_answer_begins_with_a_snapshot(client: Client, model: ScriptedModel) -> None:
    chat = await client.chat()
    await client.say(chat)
    model.scripts = [[Say(" And more."), End()]]
    frames = await client.frames("POST", f"/v1/chats/{chat}/generate", json={"mode": "continue"})
    live, stored = await twice(client, frames)
    assert live == stored
    assert [f.event for f in stored] == ["llm.stream.meta", "llm.stream.snapshot", "llm.stream.done"]
    assert stored[1].data["text"] == "Hello, traveller. And more."


async def test_an_empty_answer_continued_begins_with_a_snapshot(client: Client, model: ScriptedModel) -> None:
    chat = await client.chat()
    model.scripts = [[End()], [Say("Now."), End()]]
    await client.say(chat)
    frames = await client.frames("POST", f"/v1/chats/{chat}/generate", json={"mode": "continue"})
    live, stored = await twice(client, frames)
    assert live == stored
    assert [f.event for f in frames[:2]] == ["llm.stream.meta", "llm.stream.snapshot"]


async def test_text_changed_at_the_same_length_is_told_to_those_who_resume_at_its_end(
    client: Client, model: ScriptedModel
) -> None:
    rules = {"rules": [{"pattern": "0", "replacement": "9"}]}
    steps = [{"name": "answer", "type": "llm"}, {"name": "nine", "type": "post", "use": "regex", "params": rules}]
    pipeline = await client.call(
        "POST", "/v1/pipelines", json={"name": "Nine", "definition": {"steps": steps}}, status=201
    )
    chat = await client.chat()
    await client.call("PATCH", f"/v1/chats/{chat}", json={"settings": {"pipelineId": pipeline["id"]}}, status=200)
    model.scripts = [[Say("It is 10"), Say(" o'clock."), End()]]
    frames = await client.say(chat)
    assert [f.event for f in frames].count("llm.stream.snapshot") == 1
    live, stored = await twice(client, frames, AT_THE_END)
    assert live == stored
    assert [f.event for f in stored] == ["llm.stream.snapshot", "llm.stream.done"]
    assert stored[0].data["text"] == stored[1].data["finalText"] == "It is 19 o'clock."
