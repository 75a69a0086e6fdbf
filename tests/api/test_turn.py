"""The turn contract, over real HTTP and both databases."""

import asyncio
import uuid

import pytest

from fabula.plugins import ModelGarbage, ModelRejected, ModelUnreachable, TokenUsage
from fabula.plugins.testing import End, Endless, Fail, Hold, Say, ScriptedModel, Think
from tests.server import Client, text_of


async def test_a_turn_streams_meta_deltas_and_done(client: Client) -> None:
    chat = await client.chat()
    frames = await client.say(chat)
    assert frames[0].event == "llm.stream.meta"
    assert frames[0].data["chatId"] == chat
    assert text_of(frames) == "Hello, traveller."
    assert frames[-1].event == "llm.stream.done"
    assert frames[-1].data["finalText"] == "Hello, traveller."
    assert frames[-1].data["finishReason"] == "stop"


async def test_a_settled_turn_is_in_the_page_of_messages(client: Client) -> None:
    chat = await client.chat()
    meta = (await client.say(chat, "Who are you?"))[0].data
    greeting, said, answer = await client.messages(chat)
    assert (greeting["role"], greeting["promptText"], greeting["seq"]) == ("assistant", "Good evening.", 0)
    assert (said["id"], said["promptText"], said["seq"]) == (meta["userMessageId"], "Who are you?", 1)
    assert (answer["id"], answer["promptText"], answer["state"]) == (
        meta["assistantMessageId"],
        "Hello, traveller.",
        "settled",
    )
    assert answer["generationId"] == meta["generationId"]
    assert answer["author"]["name"] == "Mira"


async def test_reasoning_is_separated_and_never_in_prompt_text(client: Client, model: ScriptedModel) -> None:
    model.scripts = [
        [Say("<thi"), Say("nk>hm"), Say("m</thi"), Say("nk>Yes."), End()],
        [Think("why"), Say("No."), End()],
    ]
    chat = await client.chat()
    frames = await client.say(chat)
    assert "".join(f.data["content"] for f in frames if f.event == "llm.stream.reasoning") == "hmm"
    assert frames[-1].data["finalText"] == "Yes."
    assert (await client.say(chat))[-1].data["finalText"] == "No."
    first, second = [m for m in await client.messages(chat) if m["role"] == "assistant"][1:]
    assert (first["promptText"], first["blocks"][0]["text"]) == ("Yes.", "hmm")
    assert (second["promptText"], second["blocks"][0]["type"]) == ("No.", "reasoning")
    assert "hmm" not in str(model.requests[1].messages)


async def test_a_client_that_leaves_changes_nothing(client: Client, model: ScriptedModel) -> None:
    gate = asyncio.Event()
    model.scripts = [[Say("one "), Hold(gate), Say("two"), End()]]
    chat = await client.chat()
    async with client.stream("POST", f"/v1/chats/{chat}/messages", json={"promptText": "Go"}) as frames:
        meta = await anext(frames)
    gate.set()
    rest = await client.frames("GET", f"/v1/generations/{meta.data['generationId']}/events")
    assert rest[0].event == "llm.stream.meta"
    assert text_of(rest) == "one two"
    assert rest[-1].event == "llm.stream.done"


async def test_resume_continues_at_the_position_from_memory_and_from_the_database(client: Client) -> None:
    chat = await client.chat()
    frames = await client.say(chat)
    events = f"/v1/generations/{frames[0].data['generationId']}/events"
    for _ in range(2):  # live at first, then only stored (the registry keeps it 0.2 s)
        resumed = await client.frames("GET", events, headers={"Last-Event-ID": "0.7"})
        assert [f.event for f in resumed] == ["llm.stream.delta", "llm.stream.done"]
        assert text_of(resumed) == "traveller."
        beyond = await client.frames("GET", events, headers={"Last-Event-ID": "0.9999"})
        assert [f.event for f in beyond] == ["llm.stream.snapshot", "llm.stream.done"]
        assert text_of(beyond) == "Hello, traveller."
        whole = await client.frames("GET", events)
        assert (whole[0].event, text_of(whole)) == ("llm.stream.meta", "Hello, traveller.")
        await asyncio.sleep(0.4)


async def test_two_followers_see_the_same_stream(client: Client, model: ScriptedModel) -> None:
    gate = asyncio.Event()
    model.scripts = [[Say("a"), Hold(gate), Say("b"), End()]]
    chat = await client.chat()
    async with client.stream("POST", f"/v1/chats/{chat}/messages", json={"promptText": "Go"}) as frames:
        meta = await anext(frames)
        other = asyncio.create_task(client.frames("GET", f"/v1/generations/{meta.data['generationId']}/events"))
        gate.set()
        first = [meta, *[frame async for frame in frames]]
    assert text_of(await other) == text_of(first) == "ab"


async def test_abort_keeps_the_text_and_ends_with_aborted(client: Client, model: ScriptedModel) -> None:
    model.scripts = [[Say("half"), Hold(asyncio.Event())]]
    chat = await client.chat()
    async with client.stream("POST", f"/v1/chats/{chat}/messages", json={"promptText": "Go"}) as frames:
        meta = await anext(frames)
        while (await anext(frames)).event != "llm.stream.delta":
            pass
        found = await client.call("POST", f"/v1/generations/{meta.data['generationId']}/abort", status=202)
        assert found["status"] == "aborted"
        last = [frame async for frame in frames][-1]
    assert (last.event, last.data["finalText"]) == ("llm.stream.aborted", "half")
    answer = (await client.messages(chat))[-1]
    assert (answer["promptText"], answer["state"]) == ("half", "settled")
    assert model.open_streams == 0


async def test_an_operation_sent_three_times_makes_one_turn(client: Client) -> None:
    chat = await client.chat()
    headers = {"X-Operation-Id": str(uuid.uuid4())}
    streams = await asyncio.gather(*(client.say(chat, headers=headers) for _ in range(3)))
    assert len({frames[0].data["generationId"] for frames in streams}) == 1
    assert [text_of(frames) for frames in streams] == ["Hello, traveller."] * 3
    assert len(await client.messages(chat)) == 3
    clash = await client.call(
        "POST", f"/v1/chats/{chat}/messages", json={"promptText": "Other"}, headers=headers, status=409
    )
    assert clash["code"] == "operations.mismatch"


async def test_a_second_turn_on_a_busy_branch_is_refused(client: Client, model: ScriptedModel) -> None:
    gate = asyncio.Event()
    model.scripts = [[Say("a"), Hold(gate), End()]]
    chat = await client.chat()
    async with client.stream("POST", f"/v1/chats/{chat}/messages", json={"promptText": "Go"}) as frames:
        meta = await anext(frames)
        busy = await client.call("POST", f"/v1/chats/{chat}/generate", json={"mode": "reply"}, status=409)
        assert busy["code"] == "generation.in_progress"
        assert busy["details"]["generationId"] == meta.data["generationId"]
        gate.set()
        assert [frame async for frame in frames][-1].event == "llm.stream.done"
    assert len(await client.messages(chat)) == 3


@pytest.mark.parametrize(
    ("script", "code"),
    [
        ([Fail(ModelUnreachable("scripted", "connection refused"))], "model.unreachable"),
        ([Say("part"), Fail(ModelGarbage("scripted", "not JSON"))], "model.garbage"),
        ([Say("part")], "model.cut"),
        ([Fail(ModelRejected("scripted", 400, "no"))], "model.rejected"),
    ],
)
async def test_an_upstream_fault_is_a_frame_and_keeps_the_text(
    client: Client, model: ScriptedModel, script: list[object], code: str
) -> None:
    model.scripts = [script]  # type: ignore[list-item]  # parametrize loses the type
    chat = await client.chat()
    frames = await client.say(chat)
    assert (frames[0].event, frames[-1].event) == ("llm.stream.meta", "llm.stream.error")
    assert frames[-1].data["code"] == code
    answer = (await client.messages(chat))[-1]
    assert (answer["state"], answer["promptText"]) == ("error", text_of(frames))
    model.scripts = [[Say("fine"), End()]]
    again = await client.frames("POST", f"/v1/messages/{answer['id']}/regenerate")
    assert again[-1].data["finalText"] == "fine"


async def test_a_retryable_fault_before_the_first_delta_is_retried(client: Client, model: ScriptedModel) -> None:
    fault = Fail(ModelRejected("scripted", 500, "busy"))
    model.scripts = [[fault], [fault], [Say("at last"), End()]]
    chat = await client.chat()
    assert text_of(await client.say(chat)) == "at last"
    assert len(model.requests) == 3


async def test_an_endless_answer_can_be_stopped(client: Client, model: ScriptedModel) -> None:
    model.scripts = [[Endless("la ")]]
    chat = await client.chat()
    async with client.stream("POST", f"/v1/chats/{chat}/messages", json={"promptText": "Sing"}) as frames:
        meta = await anext(frames)
        await client.call("POST", f"/v1/generations/{meta.data['generationId']}/abort", status=202)
        last = [frame async for frame in frames][-1]
    assert last.event == "llm.stream.aborted"
    assert (await client.messages(chat))[-1]["promptText"] == last.data["finalText"]


async def test_regenerate_adds_a_selected_variant_and_refuses_user_messages(
    client: Client, model: ScriptedModel
) -> None:
    chat = await client.chat()
    await client.say(chat)
    model.scripts = [[Say("Another."), End()]]
    _, said, answer = await client.messages(chat)
    frames = await client.frames("POST", f"/v1/messages/{answer['id']}/regenerate")
    assert frames[-1].data["finalText"] == "Another."
    variants = (await client.call("GET", f"/v1/messages/{answer['id']}/variants", status=200))["items"]
    assert [(v["promptText"], v["isSelected"]) for v in variants] == [("Hello, traveller.", False), ("Another.", True)]
    first = await client.call("POST", f"/v1/messages/{answer['id']}/variants/{variants[0]['id']}/select", status=200)
    assert (first["promptText"], first["variantCount"]) == ("Hello, traveller.", 2)
    refused = await client.call("POST", f"/v1/messages/{said['id']}/regenerate", status=422)
    assert refused["code"] == "generation.not_an_answer"


async def test_continue_starts_with_the_old_text(client: Client, model: ScriptedModel) -> None:
    chat = await client.chat()
    await client.say(chat)
    model.scripts = [[Say(" And more."), End()]]
    frames = await client.frames("POST", f"/v1/chats/{chat}/generate", json={"mode": "continue"})
    assert [f.event for f in frames[:2]] == ["llm.stream.meta", "llm.stream.snapshot"]
    assert frames[1].data["text"].startswith("Hello, traveller.")
    assert frames[-1].data["finalText"] == "Hello, traveller. And more."
    assert (await client.messages(chat))[-1]["variantCount"] == 2


async def test_impersonate_stores_no_message(client: Client, model: ScriptedModel) -> None:
    chat = await client.chat()
    model.scripts = [[Say("I bow."), End(usage=TokenUsage(10, 3))]]
    frames = await client.frames("POST", f"/v1/chats/{chat}/generate", json={"mode": "impersonate"})
    assert frames[0].data["assistantMessageId"] is None
    assert frames[-1].data == {
        "finalText": "I bow.",
        "finishReason": "stop",
        "usage": {"promptTokens": 10, "completionTokens": 3},
    }
    assert len(await client.messages(chat)) == 1
    await asyncio.sleep(0.4)
    stored = await client.frames("GET", f"/v1/generations/{frames[0].data['generationId']}/events")
    assert stored[-1].data["finalText"] == "I bow."


async def test_json_posts_store_and_generate_answers(client: Client) -> None:
    chat = await client.chat()
    body = {"promptText": "I am {{user}}."}
    said = await client.call("POST", f"/v1/chats/{chat}/messages", json=body, status=201)
    assert (said["promptText"], said["role"]) == ("I am You.", "user")
    started = await client.call("POST", f"/v1/chats/{chat}/generate", json={"mode": "reply"}, status=202)
    frames = await client.frames("GET", f"/v1/generations/{started['id']}/events")
    assert frames[-1].data["finalText"] == "Hello, traveller."
    assert [m["seq"] for m in await client.messages(chat)] == [0, 1, 2]


async def test_the_trace_explains_the_answer(client: Client, model: ScriptedModel) -> None:
    chat = await client.chat(description="{{char}} keeps the lighthouse.", system_prompt="Be brief. {{original}}")
    frames = await client.say(chat, "Is it dark?")
    trace = await client.call("GET", f"/v1/generations/{frames[0].data['generationId']}/trace", status=200)
    assert [(s["name"], s["type"], s["status"]) for s in trace["steps"]] == [
        ("prompt", "pre", "done"),
        ("answer", "llm", "done"),
        ("finish", "post", "done"),
    ]
    system = trace["prompt"][0]
    assert system["text"].startswith("Be brief. You are Mira")
    assert "Mira keeps the lighthouse." in system["text"]
    assert trace["prompt"][-1]["text"] == "Is it dark?"
    assert all(piece["tokens"] > 0 for piece in trace["prompt"])
    assert trace["generation"]["status"] == "done"
    assert [m.content for m in model.requests[0].messages][-1] == "Is it dark?"


async def test_a_stopping_server_settles_what_it_was_writing(client: Client, model: ScriptedModel) -> None:
    model.scripts = [[Say("so far"), Hold(asyncio.Event())]]
    chat = await client.chat()
    async with client.stream("POST", f"/v1/chats/{chat}/messages", json={"promptText": "Go"}) as frames:
        while (await anext(frames)).event != "llm.stream.delta":
            pass
        await client.fabula.turns.stop()
        last = [frame async for frame in frames][-1]
    assert (last.event, last.data["code"]) == ("llm.stream.error", "generation.interrupted")
    answer = (await client.messages(chat))[-1]
    assert (answer["state"], answer["promptText"]) == ("interrupted", "so far")
