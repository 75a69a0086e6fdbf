"""The OpenAI protocol, spoken by its official client, over real HTTP and both databases."""

import asyncio
import io
import json
from collections.abc import AsyncIterator
from typing import Any

import openai
import pytest
import sqlalchemy as sa
from openai import AsyncOpenAI
from openai.types.chat import ChatCompletionMessageParam

from fabula.core.actor import Actor
from fabula.core.ids import ProfileId, uuid7
from fabula.db import ReadTx, WriteTx
from fabula.features.profiles.store import rows
from fabula.features.profiles.types import Content, StoredCard
from fabula.features.usage.tables import usage_events
from fabula.plugins import ModelRejected, ModelTimeout, ModelUnreachable, TokenUsage
from fabula.plugins.errors import ModelError
from fabula.plugins.testing import End, Endless, Fail, Hold, Say, ScriptedModel, Think
from tests.server import Client

HELLO: list[ChatCompletionMessageParam] = [{"role": "user", "content": "Hello"}]


@pytest.fixture
async def ai(client: Client) -> AsyncIterator[AsyncOpenAI]:
    async with AsyncOpenAI(base_url=client.address + "/v1", api_key="none", max_retries=0) as found:
        yield found


async def trace_of(client: Client, completion: str) -> dict[str, Any]:
    generation = completion.removeprefix("chatcmpl-")
    return dict(await client.call("GET", f"/v1/generations/{generation}/trace", status=200))


async def status_when_ended(client: Client, generation: str | None = None) -> str:
    """How the newest generation, or this one, ended; waits for it."""
    async with asyncio.timeout(20):
        while True:
            items = (await client.call("GET", "/v1/generations", status=200))["items"]
            found = next((g for g in items if generation in {None, g["id"]}), None)
            if found and found["status"] != "streaming":
                return str(found["status"])
            await asyncio.sleep(0.02)


async def send(client: Client, body: object, **headers: str) -> tuple[int, dict[str, Any]]:
    async with client.http.post(client.address + "/v1/chat/completions", json=body, headers=headers) as answer:
        return answer.status, dict((await answer.json())["error"])


async def test_profiles_are_models(client: Client, ai: AsyncOpenAI) -> None:
    mira, bran = await client.profile("Mira"), await client.profile("Bran")
    found = {model.id: model for model in (await ai.models.list()).data}
    assert set(found) >= {mira, bran}
    assert (found[mira].object, found[mira].owned_by, found[mira].model_dump()["name"]) == ("model", "fabula", "Mira")
    assert found[mira].created > 1_700_000_000
    assert (await ai.models.retrieve(mira)).id == mira
    assert (await ai.models.retrieve("Bran")).id == bran


async def test_a_profile_answers_with_its_card(client: Client, ai: AsyncOpenAI, model: ScriptedModel) -> None:
    model.scripts = [[Think("hm"), Say("Good "), Say("evening."), End(usage=TokenUsage(20, 4))]]
    profile = await client.profile(description="{{char}} keeps the lighthouse.")
    answer = await ai.chat.completions.create(
        model=profile,
        messages=[
            {"role": "developer", "content": "Answer {{char}} in rhyme."},
            {"role": "user", "content": [{"type": "text", "text": "Who "}, {"type": "text", "text": "are you?"}]},
            {"role": "assistant", "content": "Guess."},
            {"role": "user", "content": "A {{random::fox::fox}}?"},
        ],
    )
    assert (answer.object, answer.model) == ("chat.completion", profile)
    (choice,) = answer.choices
    assert (choice.message.role, choice.message.content, choice.finish_reason) == ("assistant", "Good evening.", "stop")
    assert choice.message.model_dump()["reasoning_content"] == "hm"
    assert answer.usage is not None
    assert (answer.usage.prompt_tokens, answer.usage.completion_tokens, answer.usage.total_tokens) == (20, 4, 24)
    (request,) = model.requests
    system, *rest = request.messages
    assert "Mira keeps the lighthouse." in system.content
    # The caller's words stand after ours, as they were given: their macros are not ours to expand.
    assert system.content.endswith("Answer {{char}} in rhyme.")
    assert [(m.role, m.content) for m in rest] == [
        ("user", "Who are you?"),
        ("assistant", "Guess."),
        ("user", "A {{random::fox::fox}}?"),
    ]


async def test_nothing_but_a_generation_is_kept(client: Client, ai: AsyncOpenAI, model: ScriptedModel) -> None:
    model.scripts = [[Say("Yes."), End(usage=TokenUsage(20, 4))]]
    answer = await ai.chat.completions.create(model=await client.profile(), messages=HELLO)
    assert (await client.call("GET", "/v1/chats", status=200))["items"] == []
    trace = await trace_of(client, answer.id)
    generation = trace["generation"]
    assert (generation["chatId"], generation["messageId"], generation["variantId"]) == (None, None, None)
    assert (generation["status"], generation["finishReason"], trace["run"]["trigger"]) == ("done", "stop", "api")
    assert [(step["type"], step["status"]) for step in trace["steps"]] == [
        ("pre", "done"),
        ("llm", "done"),
        ("post", "done"),
    ]
    assert [(piece["origin"], piece["text"]) for piece in trace["prompt"]][-1] == ("message:0", "Hello")

    def counted(tx: ReadTx, actor: Actor) -> list[tuple[str, int]]:
        ours = usage_events.c.workspace_id == actor.workspace
        rows = tx.execute(sa.select(usage_events.c.meter, usage_events.c.quantity).where(ours))
        return [(row.meter, row.quantity) for row in rows]

    assert sorted(await client.fabula.db.read(client.fabula.owner, counted)) == [
        ("llm_tokens", 24),
        ("messages_processed", 1),
    ]


async def test_a_stream_has_role_deltas_finish_and_usage(client: Client, ai: AsyncOpenAI, model: ScriptedModel) -> None:
    model.scripts = [[Think("hm"), Say("Good "), Say("eve\n\nning."), End("length", TokenUsage(20, 4))]]
    stream = await ai.chat.completions.create(
        model=await client.profile(), messages=HELLO, stream=True, stream_options={"include_usage": True}
    )
    chunks = [chunk async for chunk in stream]
    assert len({chunk.id for chunk in chunks}) == 1
    assert chunks[0].choices[0].delta.role == "assistant"
    deltas = [chunk.choices[0].delta for chunk in chunks if chunk.choices]
    assert "".join(delta.content or "" for delta in deltas) == "Good eve\n\nning."
    assert "".join(delta.model_dump().get("reasoning_content") or "" for delta in deltas) == "hm"
    assert [c.choices[0].finish_reason for c in chunks if c.choices and c.choices[0].finish_reason] == ["length"]
    assert [chunk.usage for chunk in chunks[:-1]] == [None] * (len(chunks) - 1)
    assert (chunks[-1].choices, chunks[-1].usage and chunks[-1].usage.total_tokens) == ([], 24)
    assert (await trace_of(client, chunks[0].id))["generation"]["status"] == "done"


async def test_the_bytes_of_a_stream(client: Client, model: ScriptedModel) -> None:
    model.scripts = [[Say('Say "no".'), End()]]
    profile = await client.profile()
    body = {"model": profile, "messages": HELLO, "stream": True}
    headers = {"X-Operation-Id": "op-1"}
    async with client.http.post(client.address + "/v1/chat/completions", json=body, headers=headers) as answer:
        assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
        assert answer.headers["x-operation-id"] == "op-1"
        data = await answer.read()
    generation = (await client.call("GET", "/v1/generations"))["items"][0]["id"]
    created = int(generation.replace("-", "")[:12], 16) // 1000
    head = (
        f'data: {{"id":"chatcmpl-{generation}","object":"chat.completion.chunk","created":{created},'
        f'"model":"{profile}","choices":[{{"index":0,"delta":'
    )
    assert data.decode() == (
        head + '{"role":"assistant","content":""},"logprobs":null,"finish_reason":null}]}\n\n'
        + head + '{"content":"Say \\"no\\"."},"logprobs":null,"finish_reason":null}]}\n\n'
        + head + '{},"logprobs":null,"finish_reason":"stop"}]}\n\n'
        + "data: [DONE]\n\n"
    )  # fmt: skip


async def test_deltas_come_while_the_model_writes(client: Client, ai: AsyncOpenAI, model: ScriptedModel) -> None:
    gate = asyncio.Event()
    model.scripts = [[Say("one "), Hold(gate), Say("two"), End()]]
    stream = await ai.chat.completions.create(model=await client.profile(), messages=HELLO, stream=True)
    text = ""
    async for chunk in stream:
        text += chunk.choices[0].delta.content or ""
        if text == "one ":
            gate.set()
    assert text == "one two"


async def test_parameters_reach_the_model_within_the_connections_bound(
    client: Client, ai: AsyncOpenAI, model: ScriptedModel
) -> None:
    profile = await client.profile()
    await ai.chat.completions.create(
        model=profile,
        messages=HELLO,
        stop=["\n"],
        temperature=1.5,
        seed=7,
        logit_bias={"5": -10},
        response_format={"type": "json_object"},
        max_completion_tokens=50,
        tools=[],
        extra_body={"min_p": 0.1, "unknown": {"deep": [1, None]}},
    )
    await ai.chat.completions.create(model=profile, messages=HELLO, top_p=0.5)
    first, second = (request.params for request in model.requests)
    assert first == {
        "stop": ["\n"],
        "temperature": 1.5,
        "seed": 7,
        "logit_bias": {"5": -10.0},
        "response_format": {"type": "json_object"},
        "max_tokens": 50,
        "min_p": 0.1,
        "unknown": {"deep": [1, None]},
    }
    assert second == {"temperature": 0.5, "top_p": 0.5}


async def test_lore_fires_from_the_card_and_from_bound_books(
    client: Client, ai: AsyncOpenAI, model: ScriptedModel
) -> None:
    entry = {"keys": ["dragon"], "content": "Dragons sleep here.", "extensions": {}, "enabled": True}
    book = {"extensions": {}, "entries": [{**entry, "insertion_order": 1, "use_regex": False}]}
    profile = await client.profile(character_book=book)
    bound = await client.call("POST", "/v1/lorebooks", json={"name": "Sea"}, status=201)
    path = f"/v1/lorebooks/{bound['id']}"
    await client.call("POST", path + "/entries", json={"keys": ["reef"], "content": "The reef is sharp."}, status=201)
    scope = {"scope": "entity_profile", "scopeId": profile}
    await client.call("POST", path + "/bindings", json=scope, status=201)
    answer = await ai.chat.completions.create(
        model=profile, messages=[{"role": "user", "content": "A dragon on the reef"}]
    )
    prompt = str(model.requests[0].messages)
    assert "Dragons sleep here." in prompt
    assert "The reef is sharp." in prompt
    assert len((await trace_of(client, answer.id))["lore"]) == 2


async def test_a_template_of_the_profile_writes_the_system_prompt(
    client: Client, ai: AsyncOpenAI, model: ScriptedModel
) -> None:
    profile = await client.profile()
    text = "{{char}} speaks. {% for m in messages %}{{ m.content }}{% endfor %}"
    body = {"name": "T", "templateText": text, "scope": "entity_profile", "scopeId": profile}
    await client.call("POST", "/v1/prompt-templates", json=body, status=201)
    await ai.chat.completions.create(model=profile, messages=HELLO)
    assert model.requests[0].messages[0].content == "Mira speaks. Hello"


async def test_what_does_not_fit_is_trimmed_but_the_callers_instructions_stay(
    client: Client, ai: AsyncOpenAI, model: ScriptedModel
) -> None:
    long: list[ChatCompletionMessageParam] = [
        {"role": "user", "content": f"Number {n}. " + "word " * 400} for n in range(40)
    ]
    answer = await ai.chat.completions.create(
        model=await client.profile(), messages=[{"role": "system", "content": "Stay in verse."}, *long]
    )
    sent = model.requests[0].messages
    assert "Stay in verse." in sent[0].content
    assert "Number 39." in sent[-1].content
    assert "Number 0." not in str(sent)
    trimmed = (await trace_of(client, answer.id))["trimmed"]
    assert trimmed[0]["origin"] == "message:1"


async def test_three_answers_at_once_are_three_answers(client: Client, ai: AsyncOpenAI, model: ScriptedModel) -> None:
    model.scripts = [[Say(text), End()] for text in ("a", "b", "c")]
    profile = await client.profile()
    found = await asyncio.gather(
        *(ai.chat.completions.create(model=profile, messages=HELLO) for _ in range(3)),
    )
    assert sorted(answer.choices[0].message.content or "" for answer in found) == ["a", "b", "c"]
    assert len({answer.id for answer in found}) == 3


@pytest.mark.parametrize(
    ("change", "param"),
    [
        ({"messages": []}, "messages"),
        ({"messages": None}, "messages"),
        ({"messages": [{"role": "narrator", "content": "x"}]}, "messages[0].role"),
        ({"messages": [{"role": "user", "content": None}]}, "messages[0].content"),
        ({"messages": [{"role": "user", "content": [{"type": "image_url"}]}]}, "messages[0].content[0].type"),
        ({"messages": [{"role": "user", "content": [{"type": "text"}]}]}, "messages[0].content[0].text"),
        ({"n": 2}, "n"),
        ({"temperature": "hot"}, "temperature"),
        ({"temperature": 5.1}, "temperature"),
        ({"top_p": -1}, "top_p"),
        ({"max_tokens": 0}, "max_tokens"),
        ({"min_p": 2}, "min_p"),
        ({"prompt": "x"}, "prompt"),
        ({"tools": [{"type": "function"}]}, "tools"),
        ({"logprobs": True}, "logprobs"),
        ({"top_k": float("nan")}, "top_k"),
        ({"grammar": "a\x00b"}, "grammar"),
        ({"extra": "x" * 100_001}, None),
    ],
)
async def test_bad_input_is_a_400_that_names_its_place(
    client: Client, model: ScriptedModel, change: dict[str, object], param: str | None
) -> None:
    body = {"model": await client.profile(), "messages": HELLO, **change}
    status, error = await send(client, body)
    assert (status, error["type"], error["param"]) == (400, "invalid_request_error", param)
    assert error["message"]
    assert set(error) == {"message", "type", "param", "code"}
    assert model.requests == []
    assert (await client.call("GET", "/v1/generations"))["items"] == []


@pytest.mark.parametrize("name", ["nobody", "01a1f913-1ec3-75d9-8490-9c3dc6d01c2e", "a/b", "%"])
async def test_an_unknown_model_is_a_404(client: Client, ai: AsyncOpenAI, name: str) -> None:
    with pytest.raises(openai.NotFoundError) as caught:
        await ai.chat.completions.create(model=name, messages=HELLO)
    assert (caught.value.code, caught.value.param) == ("model_not_found", "model")
    with pytest.raises(openai.NotFoundError):
        await ai.models.retrieve(name)


async def test_a_deleted_profile_is_no_model(client: Client, ai: AsyncOpenAI) -> None:
    profile = await client.profile("Gone")
    await client.call("DELETE", f"/v1/entity-profiles/{profile}", status=204)
    for name in (profile, "Gone"):
        with pytest.raises(openai.NotFoundError):
            await ai.chat.completions.create(model=name, messages=HELLO)


async def test_a_name_must_mean_one_profile(client: Client, ai: AsyncOpenAI) -> None:
    await client.profile("Mira Longname")
    await client.profile("mira")
    await client.profile("Mira")
    await ai.chat.completions.create(model="Mira", messages=HELLO)
    await client.profile("Mira")
    with pytest.raises(openai.BadRequestError) as caught:
        await ai.chat.completions.create(model="Mira", messages=HELLO)
    assert caught.value.code == "model_ambiguous"


async def test_the_list_of_models_has_every_one_once(client: Client) -> None:
    ids: list[ProfileId] = []

    def fill(tx: WriteTx, actor: Actor) -> None:
        made = {ProfileId(uuid7()): StoredCard(Content("Mira", {"name": "Mira"}, [])) for _ in range(500)}
        rows.insert_profiles(tx, actor.workspace, made)
        ids.extend(made)

    for _ in range(9):  # more than two pieces of the answer
        await client.fabula.db.write(client.fabula.owner, fill)
    listed = (await client.call("GET", "/v1/models", status=200))["data"]
    assert [model["id"] for model in listed] == ids[::-1]


async def test_what_fails_before_a_route_has_the_protocols_shape(client: Client) -> None:
    body = {"model": "Mira", "messages": HELLO}
    assert (await send(client, body, Host="evil.example")) == (
        403,
        {
            "message": "this server answers on localhost only, not as 'evil.example'; open it as http://localhost",
            "type": "permission_error",
            "param": None,
            "code": "http.host_refused",
        },
    )
    status, error = await send(client, body, Origin="https://evil.example")
    assert (status, error["code"]) == (403, "http.origin_refused")
    large = io.BytesIO(json.dumps({**body, "padding": "x" * 2_000_000}).encode())
    async with client.http.post(client.address + "/v1/chat/completions", data=large) as answer:
        error = (await answer.json())["error"]
    assert (answer.status, error["type"], error["code"]) == (413, "invalid_request_error", "http.body_too_large")
    status, error = await send(client, {**body, "messages": [{"role": "user", "content": "x" * 100_001}]})
    assert (status, error["code"]) == (413, "generation.message_too_long")
    async with client.http.put(client.address + "/v1/chat/completions") as answer:
        assert (answer.status, (await answer.json())["error"]["code"]) == (405, "http.method_not_allowed")
    async with client.http.post(client.address + "/v1/chat/completions", data=b"{") as answer:
        assert (answer.status, (await answer.json())["error"]["type"]) == (400, "invalid_request_error")


async def test_other_paths_keep_our_own_error_shape(client: Client) -> None:
    refused = await client.call("GET", "/v1/chats", headers={"Host": "evil.example"}, status=403)
    assert set(refused) == {"code", "message", "trace_id", "details"}


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    ("fault", "status", "code"),
    [
        (ModelRejected("s", 429, "slow down", 7.0), 429, "model.rejected"),
        (ModelRejected("s", 400, "no such field"), 400, "model.rejected"),
        (ModelRejected("s", 401, "wrong key"), 502, "model.rejected"),
        (ModelRejected("s", 500, "oops", 60.0), 502, "model.rejected"),
        (ModelUnreachable("s", "refused"), 502, "model.unreachable"),
        (ModelTimeout("s", 3.0), 504, "model.timeout"),
    ],
)
async def test_a_fault_before_any_text_is_a_status(
    client: Client, ai: AsyncOpenAI, model: ScriptedModel, stream: bool, fault: ModelError, status: int, code: str
) -> None:
    model.scripts = [[Fail(fault)]]
    with pytest.raises(openai.APIStatusError) as caught:
        await ai.chat.completions.create(model=await client.profile(), messages=HELLO, stream=stream)
    assert (caught.value.status_code, caught.value.code) == (status, code)
    assert caught.value.response.headers.get("retry-after") == (f"{fault.retry_after:g}" if fault.retry_after else None)


async def test_a_cut_in_the_middle_ends_the_stream_with_an_error(
    client: Client, ai: AsyncOpenAI, model: ScriptedModel
) -> None:
    model.scripts = [[Say("so "), Say("far")]]
    profile = await client.profile()
    stream = await ai.chat.completions.create(model=profile, messages=HELLO, stream=True)
    text, fault = "", None
    try:
        async for chunk in stream:
            text += chunk.choices[0].delta.content or ""
    except openai.APIError as error:
        fault = error
    assert fault is not None
    assert (text, fault.code, fault.type) == ("so far", "model.cut", "server_error")
    with pytest.raises(openai.InternalServerError):
        await ai.chat.completions.create(model=profile, messages=HELLO)


async def test_a_caller_that_leaves_a_stream_stops_it(client: Client, ai: AsyncOpenAI, model: ScriptedModel) -> None:
    model.scripts = [[Endless("on and ")]]
    stream = await ai.chat.completions.create(model=await client.profile(), messages=HELLO, stream=True)
    await anext(aiter(stream))
    await stream.close()
    assert await status_when_ended(client) == "aborted"
    assert model.open_streams == 0


@pytest.mark.parametrize("stream", [False, True])
async def test_a_caller_that_leaves_before_any_text_stops_it(
    client: Client, ai: AsyncOpenAI, model: ScriptedModel, stream: bool
) -> None:
    model.scripts = [[Hold(asyncio.Event())]]
    profile = await client.profile()
    call = asyncio.create_task(ai.chat.completions.create(model=profile, messages=HELLO, stream=stream))
    async with asyncio.timeout(20):
        while not model.open_streams:
            await asyncio.sleep(0.01)
    call.cancel()
    assert await status_when_ended(client) == "aborted"
    assert model.open_streams == 0


async def test_with_an_operation_id_the_answer_goes_on_and_is_given_again(
    client: Client, ai: AsyncOpenAI, model: ScriptedModel
) -> None:
    gate = asyncio.Event()
    model.scripts = [[Say("one "), Hold(gate), Say("two"), End()]]
    named = ai.with_options(default_headers={"X-Operation-Id": "same"})
    profile = await client.profile()
    stream = await named.chat.completions.create(model=profile, messages=HELLO, stream=True)
    first = await anext(aiter(stream))
    await stream.close()
    gate.set()
    for _ in range(2):  # live at first, then only stored (the registry keeps it 0.2 s)
        again = await named.chat.completions.create(model=profile, messages=HELLO, stream=True)
        chunks = [chunk async for chunk in again]
        assert (chunks[0].id, chunks[0].created) == (first.id, first.created)
        assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks) == "one two"
        await asyncio.sleep(0.4)
    assert len(model.requests) == 1
    with pytest.raises(openai.ConflictError):
        await named.chat.completions.create(model=profile, messages=HELLO)


async def test_an_answer_that_somebody_stops_is_stopped(client: Client, ai: AsyncOpenAI, model: ScriptedModel) -> None:
    model.scripts = [[Say("so far"), Hold(asyncio.Event())]]
    stream = await ai.chat.completions.create(model=await client.profile(), messages=HELLO, stream=True)
    chunks = []
    async for chunk in stream:
        chunks.append(chunk)
        if chunk.choices[0].delta.content:
            generation = chunk.id.removeprefix("chatcmpl-")
            await client.call("POST", f"/v1/generations/{generation}/abort", status=202)
    assert chunks[-1].choices[0].finish_reason == "stop"
    assert await status_when_ended(client) == "aborted"


async def test_its_frames_can_be_followed_like_any_other_answers(client: Client, ai: AsyncOpenAI) -> None:
    answer = await ai.chat.completions.create(model=await client.profile(), messages=HELLO)
    await asyncio.sleep(0.4)  # the registry keeps it 0.2 s
    generation = answer.id.removeprefix("chatcmpl-")
    frames = await client.frames("GET", f"/v1/generations/{generation}/events")
    assert (frames[0].event, frames[0].data["chatId"]) == ("llm.stream.meta", None)
    assert frames[-1].data["finalText"] == "Hello, traveller."


async def test_a_stopping_server_says_so(client: Client, ai: AsyncOpenAI, model: ScriptedModel) -> None:
    model.scripts = [[Hold(asyncio.Event())]]
    profile = await client.profile()
    call = asyncio.create_task(ai.chat.completions.create(model=profile, messages=HELLO))
    async with asyncio.timeout(20):
        while not model.open_streams:
            await asyncio.sleep(0.01)
    await client.fabula.turns.stop()
    with pytest.raises(openai.InternalServerError) as caught:
        await call
    assert (caught.value.status_code, caught.value.code) == (503, "generation.interrupted")
