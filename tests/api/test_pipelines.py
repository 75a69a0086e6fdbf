"""Pipelines over real HTTP and both databases."""

import asyncio
import json
import uuid
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from fabula.core.actor import Actor
from fabula.db import ReadTx
from fabula.features.generation.pipelines import StepKinds
from fabula.features.usage.tables import usage_events
from fabula.plugins import ModelUnreachable, TokenUsage
from fabula.plugins.testing import End, Fail, Hold, Say, ScriptedModel, ScriptedTool
from tests.conftest import REPO
from tests.server import Client, Frame, text_of

ANSWER: dict[str, Any] = {"name": "answer", "type": "llm"}


async def make(client: Client, *steps: dict[str, Any], status: int = 201, **fields: Any) -> dict[str, Any]:
    given = list(steps) if any(s["type"] == "llm" for s in steps) else [*steps, ANSWER]
    body = {"name": "P", "definition": {"steps": given}, **fields}
    return dict(await client.call("POST", "/v1/pipelines", json=body, status=status))


async def bind(client: Client, chat: str, pipeline: str) -> None:
    await client.call("PATCH", f"/v1/chats/{chat}", json={"settings": {"pipelineId": pipeline}}, status=200)


async def piped(client: Client, *steps: dict[str, Any], **spec: Any) -> str:
    """A chat with a pipeline of these steps."""
    pipeline, chat = await make(client, *steps), await client.chat(**spec)
    await bind(client, chat, pipeline["id"])
    return chat


async def trace_of(client: Client, frames: list[Frame]) -> dict[str, Any]:
    generation = frames[0].data["generationId"]
    return dict(await client.call("GET", f"/v1/generations/{generation}/trace", status=200))


def statuses(trace: dict[str, Any]) -> dict[str, str]:
    return {step["name"]: step["status"] for step in trace["steps"]}


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not holds():
            await asyncio.sleep(0.01)


def post(use: str, name: str = "post", **fields: Any) -> dict[str, Any]:
    return {"name": name, "type": "post", "use": use, **fields}


def rule(pattern: str, replacement: str = "", **fields: Any) -> dict[str, Any]:
    return post("regex", params={"rules": [{"pattern": pattern, "replacement": replacement}]}, **fields)


async def test_a_pipeline_is_made_changed_replaced_and_gone(client: Client) -> None:
    made = await make(client)
    step: dict[str, Any] = {
        "use": "answer",
        "params": {},
        "when": None,
        "required": True,
        "enabled": True,
        "dependsOn": [],
    }
    assert made["definition"] == {"steps": [{**ANSWER, **step}]}
    assert (made["name"], made["enabled"], made["version"]) == ("P", True, 1)
    path = f"/v1/pipelines/{made['id']}"
    changed = await client.call("PATCH", path, json={"enabled": False, "version": 1}, status=200)
    assert (changed["enabled"], changed["definition"], changed["version"]) == (False, made["definition"], 2)
    put = {"name": "Q", "definition": {"steps": [ANSWER]}, "version": 2}
    replaced = await client.call("PUT", path, json=put, status=200)
    assert (replaced["name"], replaced["enabled"], replaced["version"]) == ("Q", True, 3)
    stale = await client.call("PATCH", path, json={"name": "R", "version": 2}, status=409)
    assert (stale["code"], stale["details"]["current"]) == ("pipelines.version_conflict", replaced)
    await client.call("DELETE", path, params={"version": "1"}, status=409)
    await client.call("DELETE", path, status=204)
    assert (await client.call("GET", path, status=404))["code"] == "pipelines.not_found"


async def test_the_list_is_paged_and_names_need_not_differ(client: Client) -> None:
    made = [(await make(client))["id"] for _ in range(3)]
    first = await client.call("GET", "/v1/pipelines", params={"limit": "2"}, status=200)
    rest = await client.call("GET", "/v1/pipelines", params={"cursor": first["nextCursor"]}, status=200)
    assert [p["id"] for p in first["items"] + rest["items"]] == made[::-1]
    assert rest["nextCursor"] is None


async def test_what_cannot_run_is_refused_with_its_place(client: Client) -> None:
    made = await make(client)
    body = {"definition": {"steps": [ANSWER, {"name": "x", "type": "post", "dependsOn": ["y"], "when": "mode =="}]}}
    refused = await client.call("PATCH", f"/v1/pipelines/{made['id']}", json=body, status=422)
    assert refused["code"] == "pipelines.definition_invalid"
    found = {p["path"]: (p["line"], p["column"]) for p in refused["details"]["problems"]}
    assert found == {"definition.steps[1].dependsOn[0]": (None, None), "definition.steps[1].when": (1, 8)}
    assert (await client.call("GET", f"/v1/pipelines/{made['id']}", status=200))["version"] == 1


async def test_the_kinds_of_steps_are_listed_with_their_parameters(client: Client) -> None:
    found = (await client.call("GET", "/v1/pipeline-step-kinds", status=200))["items"]
    assert [(k["type"], k["name"], k["isDefault"]) for k in found] == [
        ("pre", "set", True),
        ("pre", "ask", False),
        ("rag", "recall", True),
        ("llm", "answer", True),
        ("post", "regex", False),
        ("post", "trim", True),
    ]
    assert all(k["title"] and k["params"]["type"] == "object" for k in found)


async def test_the_example_can_be_saved_and_answers(client: Client, model: ScriptedModel) -> None:
    model.scripts = [[Say("“Fine.”\n\n\n\nShe smiled. And th"), End()]]
    body = json.loads((REPO / "examples" / "pipeline.json").read_text("utf-8"))
    made = await client.call("POST", "/v1/pipelines", json=body, status=201)
    chat = await client.chat()
    await bind(client, chat, made["id"])
    frames = await client.say(chat)
    assert frames[-1].data["finalText"] == '"Fine."\n\nShe smiled.'
    assert len(model.requests) == 1


async def test_a_chat_without_a_pipeline_is_answered_as_ever(client: Client, model: ScriptedModel) -> None:
    await make(client, rule("l", "L"))
    frames = await client.say(await client.chat())
    assert frames[-1].data["finalText"] == "Hello, traveller."
    trace = await trace_of(client, frames)
    assert [(s["name"], s["type"]) for s in trace["steps"]] == [
        ("prompt", "pre"),
        ("answer", "llm"),
        ("finish", "post"),
    ]


async def test_variables_reach_later_steps_and_the_prompt(client: Client, model: ScriptedModel) -> None:
    variables = [
        {"name": "mood", "value": "{% if message contains '!' %}wild{% else %}calm{% endif %}"},
        {"name": "again", "value": "{{ vars.mood | upcase }} {{ char }} {{ user }} {{ mode }} {{ trigger }}"},
    ]
    chat = await piped(
        client,
        {"name": "s", "type": "pre", "params": {"variables": variables}},
        {"name": "no", "type": "pre", "params": {"variables": variables}, "when": "vars.mood != 'wild'"},
        description="A {{getvar::mood}} one, {{getvar::again}}.",
    )
    trace = await trace_of(client, await client.say(chat, "Go!"))
    assert "A wild one, WILD Mira You reply user_message." in model.requests[-1].messages[0].content
    assert statuses(trace) == {"s": "done", "no": "skipped", "prompt": "done", "answer": "done"}
    assert trace["steps"][1]["output"] == {"reason": "condition"}


async def test_a_question_lands_in_the_prompt_at_its_place(client: Client, model: ScriptedModel) -> None:
    model.scripts = [[Say("<think>hm</think> A plan. "), End(usage=TokenUsage(7, 3))], [Say("Answer."), End()]]
    ask = {
        "prompt": "Plan for: {{ message }}",
        "system": "You plan.",
        "place": "at_depth",
        "depth": 0,
        "heading": "[Plan]",
        "params": {"temperature": 0.1, "max_tokens": 50},
    }
    chat = await piped(client, {"name": "plan", "type": "pre", "use": "ask", "params": ask})
    trace = await trace_of(client, await client.say(chat, "Attack!"))
    question, answer = model.requests
    assert [(m.role, m.content) for m in question.messages] == [("system", "You plan."), ("user", "Plan for: Attack!")]
    assert question.params == {"temperature": 0.1, "max_tokens": 50}
    assert (answer.messages[-1].role, answer.messages[-1].content) == ("system", "[Plan]\nA plan.")
    step = trace["steps"][0]
    assert (step["status"], step["output"]) == ("done", {"asked": True, "text": "A plan."})
    assert [p["origin"] for p in trace["prompt"]][-1] == "step:plan"


async def test_the_answer_is_asked_for_with_the_steps_settings(client: Client, model: ScriptedModel) -> None:
    chat = await piped(client, {**ANSWER, "params": {"temperature": 1.5, "min_p": 0.1}})
    trace = await trace_of(client, await client.say(chat))
    assert model.requests[-1].params == {"temperature": 1.5, "min_p": 0.1}
    assert trace["steps"][-1]["input"]["params"] == {"temperature": 1.5, "min_p": 0.1}


async def test_a_changed_text_is_what_is_stored_and_what_resumes_get(client: Client, model: ScriptedModel) -> None:
    chat = await piped(client, rule("/(h)(ello)/gi", "J$2"), post("trim", "trim"))
    model.scripts = [[Say("Hello, "), Say("hello. "), End()]]
    frames = await client.say(chat)
    assert [f.event for f in frames if f.event != "llm.stream.delta"] == [
        "llm.stream.meta",
        "llm.stream.snapshot",
        "llm.stream.done",
    ]
    assert (text_of(frames), frames[-1].data["finalText"]) == ("Jello, Jello.", "Jello, Jello.")
    assert (await client.messages(chat))[-1]["promptText"] == "Jello, Jello."
    path = f"/v1/generations/{frames[0].data['generationId']}/events"
    middle = next(f.id for f in frames if f.event == "llm.stream.delta")
    for pause in (0.0, 0.5):  # from memory, then from the database
        await asyncio.sleep(pause)
        for headers in ({}, {"Last-Event-ID": middle}):
            again = await client.frames("GET", path, headers=headers)
            assert [f.event for f in again][-2:] == ["llm.stream.snapshot", "llm.stream.done"]
            assert text_of(again) == "Jello, Jello."


@pytest.mark.parametrize("pattern", ["(a+)+$", "(a|aa)+$", r"(?:a?){60}a{60}$", "((a{1,100}){1,100}){1,100}$"])
async def test_a_hostile_pattern_ends_in_time_and_the_server_answers_meanwhile(
    client: Client, model: ScriptedModel, pattern: str
) -> None:
    model.scripts = [[Say("a" * 5_000 + "!"), End()]]
    chat = await piped(client, rule(pattern, "$&$&", required=False))
    loop = asyncio.get_running_loop()
    began, worst = loop.time(), 0.0
    turn = asyncio.create_task(client.say(chat))
    while not turn.done():
        asked = loop.time()
        await client.call("GET", "/v1/pipelines", status=200)
        worst = max(worst, loop.time() - asked)
        await asyncio.sleep(0.02)
    assert loop.time() - began < 30  # unbounded, each of these would take years, and what was asked meanwhile too
    assert worst < 5
    frames = await turn
    assert (frames[-1].event, frames[-1].data["finalText"]) == ("llm.stream.done", "a" * 5_000 + "!")
    assert (await trace_of(client, frames))["steps"][-1]["output"] == {"code": "pipelines.pattern_timeout"}


async def test_a_required_step_that_fails_ends_the_turn_and_keeps_the_text(
    client: Client, model: ScriptedModel
) -> None:
    model.scripts = [[Say("a" * 100 + "!"), End()]]
    chat = await piped(client, rule("(a|aa)+$", name="bad"), post("trim", "never"))
    frames = await client.say(chat)
    assert (frames[-1].event, frames[-1].data["code"]) == ("llm.stream.error", "pipelines.step_failed")
    last = (await client.messages(chat))[-1]
    assert (last["promptText"], last["state"]) == ("a" * 100 + "!", "error")
    trace = await trace_of(client, frames)
    assert statuses(trace) == {"prompt": "done", "answer": "done", "bad": "error"}
    assert trace["steps"][-1]["output"] == {"code": "pipelines.pattern_timeout"}
    assert trace["run"]["status"] == "error"


@pytest.mark.parametrize("required", [True, False])
async def test_a_question_that_fails(client: Client, model: ScriptedModel, required: bool) -> None:
    model.scripts = [[Fail(ModelUnreachable("scripted", "down"))]] * 3 + [[Say("Fine."), End()]]
    step = {"name": "q", "type": "pre", "use": "ask", "params": {"prompt": "?"}, "required": required}
    after = {"name": "d", "type": "pre", "dependsOn": ["q"], "params": {"variables": [{"name": "x", "value": "1"}]}}
    chat = await piped(client, step, after)
    frames = await client.say(chat)
    trace = await trace_of(client, frames)
    if required:
        assert (frames[-1].event, frames[-1].data["code"]) == ("llm.stream.error", "pipelines.step_failed")
        assert statuses(trace) == {"q": "error", "answer": "skipped"}
    else:
        assert frames[-1].data["finalText"] == "Fine."
        assert statuses(trace) == {"q": "error", "d": "skipped", "prompt": "done", "answer": "done"}


async def test_a_turn_can_be_stopped_in_a_step_before_the_answer(client: Client, model: ScriptedModel) -> None:
    gate = asyncio.Event()
    model.scripts = [[Hold(gate), End()]]
    chat = await piped(client, {"name": "q", "type": "pre", "use": "ask", "params": {"prompt": "?"}})
    async with client.stream("POST", f"/v1/chats/{chat}/messages", json={"promptText": "Hi"}) as frames:
        meta = await anext(frames)
        await until(lambda: model.open_streams > 0)
        await client.call("POST", f"/v1/generations/{meta.data['generationId']}/abort", status=202)
        rest = [frame async for frame in frames]
    assert [f.event for f in rest] == ["llm.stream.aborted"]
    assert model.open_streams == 0
    trace = await trace_of(client, [meta])
    assert statuses(trace) == {"q": "error", "answer": "skipped"}
    assert trace["run"]["status"] == "aborted"
    gate.set()
    assert (await client.say(chat))[0].event == "llm.stream.meta"


async def test_a_turn_can_be_stopped_in_the_answer_itself(client: Client, model: ScriptedModel) -> None:
    model.scripts = [[Say("xxx"), Hold(asyncio.Event()), End()]]
    chat = await piped(client, rule("x", "y"))
    async with client.stream("POST", f"/v1/chats/{chat}/messages", json={"promptText": "Hi"}) as frames:
        meta = await anext(frames)
        await anext(frames)
        await client.call("POST", f"/v1/generations/{meta.data['generationId']}/abort", status=202)
        last = [frame async for frame in frames][-1]
    assert (last.event, last.data["finalText"]) == ("llm.stream.aborted", "xxx")


async def test_a_pipeline_runs_by_hand(client: Client, model: ScriptedModel) -> None:
    made, chat = await make(client, rule("Hello", "Bye")), await client.chat()
    headers, body = {"X-Operation-Id": "one"}, {"chatId": chat}
    path = f"/v1/pipelines/{made['id']}/run"
    run = await client.call("POST", path, json=body, headers=headers, status=202)
    assert (run["pipelineId"], run["chatId"], run["trigger"]) == (made["id"], chat, "manual")
    again = await client.call("POST", path, json=body, headers=headers, status=202)
    assert (again["id"], again["generationId"]) == (run["id"], run["generationId"])
    frames = await client.frames("GET", f"/v1/generations/{run['generationId']}/events")
    assert frames[-1].data["finalText"] == "Bye, traveller."
    assert [m["role"] for m in await client.messages(chat)] == ["assistant", "assistant"]
    assert len(model.requests) == 1
    found = await client.call("GET", f"/v1/pipeline-runs/{run['id']}", status=200)
    assert (found["status"], [s["name"] for s in found["steps"]]) == ("done", ["prompt", "answer", "post"])


async def test_only_a_pipeline_that_is_there_and_on_runs_by_hand(client: Client) -> None:
    made, chat = await make(client, enabled=False), await client.chat()
    path = f"/v1/pipelines/{made['id']}/run"
    assert (await client.call("POST", path, json={"chatId": chat}, status=409))["code"] == "pipelines.disabled"
    for pipeline, where in ((str(uuid.uuid4()), chat), (made["id"], str(uuid.uuid4())), ("nonsense", chat)):
        await client.call("POST", f"/v1/pipelines/{pipeline}/run", json={"chatId": where}, status=404)
    assert len(await client.messages(chat)) == 1


async def test_runs_are_listed_of_a_chat_and_of_a_pipeline(client: Client) -> None:
    made = await make(client)
    chat, other = await client.chat(), await client.chat()
    await bind(client, chat, made["id"])
    first, second = await client.say(chat), await client.say(chat)
    plain = await client.say(other)

    async def listed(**params: str) -> list[str]:
        found = await client.call("GET", "/v1/pipeline-runs", params=params, status=200)
        return [run["generationId"] for run in found["items"]]

    ids = [frames[0].data["generationId"] for frames in (plain, second, first)]
    assert await listed() == ids
    assert await listed(chatId=chat) == ids[1:]
    assert await listed(pipelineId=made["id"]) == ids[1:]
    page = await client.call("GET", "/v1/pipeline-runs", params={"limit": "2"}, status=200)
    assert await listed(cursor=page["nextCursor"]) == ids[2:]
    await client.call("GET", f"/v1/pipeline-runs/{uuid.uuid4()}", status=404)


@pytest.mark.parametrize("gone", ["deleted", "disabled"])
async def test_a_bound_pipeline_that_is_gone_leaves_the_default_one_and_a_notice(client: Client, gone: str) -> None:
    made, chat = await make(client, rule("Hello", "Bye")), await client.chat()
    await bind(client, chat, made["id"])
    path = f"/v1/pipelines/{made['id']}"
    if gone == "deleted":
        await client.call("DELETE", path, status=204)
    else:
        await client.call("PATCH", path, json={"enabled": False}, status=200)
    frames = await client.say(chat)
    assert frames[-1].data["finalText"] == "Hello, traveller."
    notice = (await trace_of(client, frames))["steps"][0]["output"]["notice"]
    assert (notice["code"], notice["pipelineId"]) == ("pipelines.unavailable", made["id"])


async def test_swipes_and_continuations_go_through_the_pipeline_too(client: Client, model: ScriptedModel) -> None:
    chat = await piped(client, rule("Hello", "Bye"), post("trim", "t", when="mode == 'continue'"))
    await client.say(chat)
    message = (await client.messages(chat))[-1]["id"]
    swiped = await client.frames("POST", f"/v1/messages/{message}/regenerate")
    assert swiped[-1].data["finalText"] == "Bye, traveller."
    model.scripts = [[Say(" Hello again. "), End()]]
    more = await client.frames("POST", f"/v1/chats/{chat}/generate", json={"mode": "continue"})
    assert more[-1].data["finalText"] == "Bye, traveller. Bye again."
    said = await client.frames("POST", f"/v1/chats/{chat}/generate", json={"mode": "impersonate"})
    assert said[-1].data["finalText"] == " Bye again. "


async def test_a_continuation_keeps_what_it_goes_on_from(client: Client, model: ScriptedModel) -> None:
    chat = await piped(client, rule("cat", "cat2"))
    model.scripts = [[Say("cat cat"), End()], [Say(" cat"), End()]]
    assert (await client.say(chat))[-1].data["finalText"] == "cat2 cat2"
    more = await client.frames("POST", f"/v1/chats/{chat}/generate", json={"mode": "continue"})
    assert more[-1].data["finalText"] == "cat2 cat2 cat2"


SUMMARY = {
    "given": "left",
    "prompt": "Before: {{ previous }}\nNew:\n{{ left }}",
    "place": "after_char",
    "params": {"max_tokens": 40},
}


async def remember_long(client: Client, chat: str, first: int, last: int) -> None:
    """Messages long enough that a context of 8,192 tokens holds about ten."""
    for number in range(first, last):
        text = f"Chapter {number}: " + f"event{number} happened. " * 300
        await client.call("POST", f"/v1/chats/{chat}/messages", json={"promptText": text}, status=201)


async def test_a_summary_is_asked_for_once_and_again_when_more_has_left(client: Client, model: ScriptedModel) -> None:
    chat = await piped(client, {"name": "sum", "type": "pre", "use": "ask", "params": SUMMARY})
    await client.say(chat)
    assert len(model.requests) == 1, "nothing has left yet"
    await remember_long(client, chat, 0, 8)
    model.scripts = [[Say("First summary."), End()], [Say("Ok."), End()]]
    trace = await trace_of(client, await client.say(chat, "one"))
    question = model.requests[1].messages[-1].content
    assert question.startswith("Before: \nNew:\n")
    assert "Chapter 0:" in question
    assert "First summary." in model.requests[2].messages[0].content
    upto = trace["steps"][0]["output"]["upto"]
    assert upto >= 2
    model.scripts = [[Say("Ok."), End()]]
    again = await trace_of(client, await client.say(chat, "two"))
    assert again["steps"][0]["output"] == {"asked": False, "upto": upto, "text": "First summary."}
    assert "First summary." in model.requests[-1].messages[0].content
    answer = (await client.messages(chat))[-1]["id"]
    await client.frames("POST", f"/v1/messages/{answer}/regenerate")
    assert len(model.requests) == 5, "a swipe asks nothing either"
    await remember_long(client, chat, 8, 10)
    model.scripts = [[Say("Second summary."), End()], [Say("Ok."), End()]]
    await client.say(chat, "three")
    question = model.requests[5].messages[-1].content
    assert question.startswith("Before: First summary.\nNew:\n")
    assert "Chapter 0:" not in question


async def test_a_summary_belongs_to_its_branch(client: Client, model: ScriptedModel) -> None:
    chat = await piped(client, {"name": "sum", "type": "pre", "use": "ask", "params": SUMMARY})
    await remember_long(client, chat, 0, 9)
    fork = (await client.messages(chat))[-1]["id"]
    model.scripts = [[Say("Of main."), End()], [Say("Ok."), End()]]
    await client.say(chat)
    body = {"forkedFromMessageId": fork}
    branch = (await client.call("POST", f"/v1/chats/{chat}/branches", json=body, status=201))["id"]
    await client.call("POST", f"/v1/chats/{chat}/branches/{branch}/activate", status=200)
    model.scripts = [[Say("Of the fork."), End()], [Say("Ok."), End()]]
    await client.say(chat)
    assert model.requests[2].messages[-1].content.startswith("Before: \nNew:")
    assert "Of the fork." in model.requests[3].messages[0].content


async def test_what_was_said_long_ago_is_recalled_and_shown_in_the_trace(client: Client, model: ScriptedModel) -> None:
    chat = await piped(client, {"name": "mem", "type": "rag", "params": {"limit": 2}})
    secret = {"promptText": "The amber key lies under the third stair."}
    await client.call("POST", f"/v1/chats/{chat}/messages", json=secret, status=201)
    await remember_long(client, chat, 0, 14)
    frames = await client.say(chat, "Where is the amber key?")
    trace = await trace_of(client, frames)
    assert [(hit["step"], hit["text"]) for hit in trace["retrieval"]] == [("mem", secret["promptText"])]
    assert trace["retrieval"][0]["score"] > 0
    piece = next(p for p in trace["prompt"] if p["origin"] == "step:mem")
    assert piece["text"] == "[Earlier in this tale]\nYou: The amber key lies under the third stair."
    assert piece["text"] in model.requests[-1].messages[0].content
    near = await trace_of(client, await client.say(chat, "And event13, what of it?"))
    assert all("event13" not in hit["text"] for hit in near["retrieval"])


async def test_deleted_and_other_branches_messages_are_not_recalled(client: Client, model: ScriptedModel) -> None:
    chat = await piped(client, {"name": "mem", "type": "rag"})
    path = f"/v1/chats/{chat}/messages"
    kept = await client.call("POST", path, json={"promptText": "A cobalt door."}, status=201)
    gone = await client.call("POST", path, json={"promptText": "A cobalt window."}, status=201)
    body = {"forkedFromMessageId": kept["id"]}
    branch = (await client.call("POST", f"/v1/chats/{chat}/branches", json=body, status=201))["id"]
    other = {"promptText": "A cobalt roof.", "branchId": branch}
    await client.call("POST", path, json=other, status=201)
    await remember_long(client, chat, 0, 14)
    await client.call("DELETE", f"/v1/messages/{gone['id']}", status=204)
    trace = await trace_of(client, await client.say(chat, "cobalt"))
    assert [hit["text"] for hit in trace["retrieval"]] == ["A cobalt door."]


async def test_a_chat_with_fewer_messages_than_fit_has_nothing_to_recall(client: Client) -> None:
    chat = await piped(client, {"name": "mem", "type": "rag"})
    await client.say(chat, "amber")
    trace = await trace_of(client, await client.say(chat, "amber"))
    assert (trace["retrieval"], trace["steps"][0]["output"]) == ([], {"query": "amber", "hits": 0})


async def test_a_registered_tool_is_a_step_like_any_other(client: Client, kinds: StepKinds) -> None:
    tool = ScriptedTool()
    kinds.register(tool)
    step = {"name": "t", "type": "tool", "use": "scripted", "params": {"say": "ok"}}
    refused = await make(client, {**step, "params": {"say": "OK"}}, status=422)
    assert refused["details"]["problems"][0]["path"] == "definition.steps[0].params.say"
    after = rule("traveller", "friend", name="after", when="steps.t.text == 'ok'", dependsOn=["t"])
    chat = await piped(client, step, after)
    frames = await client.say(chat)
    assert frames[-1].data["finalText"] == "Hello, friend."
    assert tool.calls == [("Hello, traveller.", {"say": "ok"})]
    trace = await trace_of(client, frames)
    assert trace["steps"][2]["output"] == {"said": "ok", "text": "ok"}


@pytest.mark.parametrize(
    ("tool", "code"),
    [
        (ScriptedTool(error=RuntimeError("secret")), "pipelines.step_broken"),
        (ScriptedTool(error=ModelUnreachable("x", "down")), "model.unreachable"),
        (ScriptedTool(pause=5.0, seconds=0.05), "pipelines.step_timeout"),
        (ScriptedTool(error=TimeoutError()), "pipelines.step_timeout"),
    ],
)
async def test_a_tool_that_fails_is_told_and_the_answer_stays(
    client: Client, kinds: StepKinds, tool: ScriptedTool, code: str
) -> None:
    kinds.register(tool)
    chat = await piped(client, {"name": "t", "type": "tool", "use": "scripted", "required": False})
    frames = await client.say(chat)
    assert frames[-1].data["finalText"] == "Hello, traveller."
    step = (await trace_of(client, frames))["steps"][-1]
    assert (step["status"], step["output"]["code"]) == ("error", code)
    assert "secret" not in step["error"]


async def test_a_tool_can_be_stopped(client: Client, kinds: StepKinds) -> None:
    tool = ScriptedTool(pause=60.0, seconds=60.0)
    kinds.register(tool)
    chat = await piped(client, {"name": "t", "type": "tool", "use": "scripted"})
    async with client.stream("POST", f"/v1/chats/{chat}/messages", json={"promptText": "Hi"}) as frames:
        meta = await anext(frames)
        await until(lambda: bool(tool.calls))
        await client.call("POST", f"/v1/generations/{meta.data['generationId']}/abort", status=202)
        last = [frame async for frame in frames][-1]
    assert (last.event, last.data["finalText"]) == ("llm.stream.aborted", "Hello, traveller.")
    assert statuses(await trace_of(client, [meta])) == {"prompt": "done", "answer": "done", "t": "error"}


async def test_a_kind_that_is_no_longer_there_fails_its_step(client: Client, kinds: StepKinds) -> None:
    kinds.register(ScriptedTool())
    chat = await piped(client, {"name": "t", "type": "tool", "use": "scripted"})
    kinds._kinds.clear()
    frames = await client.say(chat)
    assert (frames[-1].event, frames[-1].data["code"]) == ("llm.stream.error", "pipelines.step_misused")


async def test_the_chat_decides_before_the_profile_and_the_profile_before_the_workspace(client: Client) -> None:
    made = {name: (await make(client, rule("Hello", name)))["id"] for name in ("chat", "profile", "workspace")}
    body = {"name": "Mira", "spec": {"first_mes": "Hi."}}
    profile = (await client.call("POST", "/v1/entity-profiles", json=body, status=201))["id"]
    chat = (await client.call("POST", f"/v1/entity-profiles/{profile}/chats", status=201))["id"]

    async def answered() -> str:
        return str((await client.say(chat))[-1].data["finalText"]).partition(",")[0]

    assert await answered() == "Hello"
    bound = {"settings": {"pipelineId": made["workspace"]}}
    await client.call("PATCH", "/v1/workspace", json=bound, status=200)
    assert await answered() == "workspace"
    bound = {"settings": {"pipelineId": made["profile"]}}
    await client.call("PUT", f"/v1/entity-profiles/{profile}", json={**body, **bound}, status=200)
    assert await answered() == "profile"
    await bind(client, chat, made["chat"])
    assert await answered() == "chat"


async def test_an_answer_through_the_openai_protocol_goes_through_the_profiles_pipeline(client: Client) -> None:
    pipeline = await make(client, rule("traveller", "{{match}}s"), {"name": "mem", "type": "rag"})
    spec, settings = {"first_mes": "Hi."}, {"pipelineId": pipeline["id"]}
    profile = {"name": "Mira", "spec": spec, "settings": settings}
    model = (await client.call("POST", "/v1/entity-profiles", json=profile, status=201))["id"]
    body = {"model": model, "messages": [{"role": "user", "content": "Hi"}]}
    found = await client.call("POST", "/v1/chat/completions", json=body, status=200)
    assert found["choices"][0]["message"]["content"] == "Hello, travellers."
    (run,) = (await client.call("GET", "/v1/pipeline-runs", status=200))["items"]
    assert (run["pipelineId"], run["trigger"], run["chatId"]) == (pipeline["id"], "api", None)
    assert [step["status"] for step in run["steps"]] == ["done"] * 4
    assert found["id"] == f"chatcmpl-{run['generationId']}"


async def test_questions_of_steps_are_counted_as_used(client: Client, model: ScriptedModel) -> None:
    used = TokenUsage(70, 30)
    model.scripts = [[Say("Plan."), End(usage=used)], [Say("Answer."), End(usage=TokenUsage(5, 5))]]
    chat = await piped(client, {"name": "q", "type": "pre", "use": "ask", "params": {"prompt": "?"}})
    frames = await client.say(chat)
    generation = frames[0].data["generationId"]
    counted = await client.fabula.db.read(client.fabula.owner, _tokens, generation)
    assert sorted(counted) == [10, 100]


def _tokens(tx: ReadTx, actor: Actor, generation: str) -> list[int]:
    e = usage_events
    of = (e.c.workspace_id == actor.workspace) & (e.c.generation_id == generation) & (e.c.meter == "llm_tokens")
    return [row.quantity for row in tx.execute(sa.select(e.c.quantity).where(of))]


async def test_only_a_pipeline_that_is_there_can_be_bound(client: Client) -> None:
    chat, nobody = await client.chat(), {"settings": {"pipelineId": str(uuid.uuid4())}}
    for path in (f"/v1/chats/{chat}", "/v1/workspace"):
        refused = await client.call("PATCH", path, json=nobody, status=404)
        assert refused["code"] == "pipelines.not_found"
    profile = await client.call("POST", "/v1/entity-profiles", json={"spec": {"name": "A"}, **nobody}, status=404)
    assert profile["code"] == "pipelines.not_found"
