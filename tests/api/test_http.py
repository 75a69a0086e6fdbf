"""What every route shares: fences, error shape, limits, trace ids, health, events."""

import asyncio
import io
import json

import pytest

from fabula.plugins.testing import End, Hold, Say, ScriptedModel
from tests.server import Client


async def test_health_readiness_and_metrics_answer(client: Client) -> None:
    assert await client.call("GET", "/health", status=200) == {"status": "ok"}
    assert await client.call("GET", "/ready", status=200) == {"status": "ready"}
    async with client.http.get(client.address + "/metrics") as answer:
        assert "fabula_http_requests_total" in await answer.text()


async def test_config_shows_settings_without_secrets(client: Client) -> None:
    found = await client.call("GET", "/config", status=200)
    assert found["features"]["accounts"] is False
    assert set(found["settings"]["database_url"] or "*") == {"*"}


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8484", "127.0.0.1.evil.example"])
async def test_a_foreign_host_is_refused(client: Client, host: str) -> None:
    refused = await client.call("GET", "/v1/chats", headers={"Host": host}, status=403)
    assert refused["code"] == "http.host_refused"


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "http://localhost:1"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "iframe"},
    ],
)
async def test_a_foreign_origin_is_refused(client: Client, headers: dict[str, str]) -> None:
    refused = await client.call("GET", "/v1/chats", headers=headers, status=403)
    assert refused["code"] == "http.origin_refused"


async def test_a_link_from_another_site_may_open_the_page_but_not_the_api(client: Client) -> None:
    headers = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
    async with client.http.get(client.address + "/chats", headers=headers) as answer:
        assert answer.status == 200
    await client.call("GET", "/v1/chats", headers=headers, status=403)


async def test_our_own_origin_passes(client: Client) -> None:
    await client.call("GET", "/v1/chats", headers={"Origin": client.address}, status=200)


async def test_every_answer_carries_a_trace_id_and_security_headers(client: Client) -> None:
    async with client.http.get(client.address + "/v1/nothing") as answer:
        body = await answer.json()
        assert answer.status == 404
        assert body["trace_id"] == answer.headers["X-Trace-Id"]
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "script-src 'self'" in answer.headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    "path",
    ["/v1/chats/none", "/v1/chats/00000000-0000-7000-8000-00000000ffff", "/v1/generations/x/trace", "/v1/jobs/x"],
)
async def test_a_malformed_or_unknown_id_is_not_found(client: Client, path: str) -> None:
    found = await client.call("GET", path, status=404)
    assert set(found) == {"code", "message", "trace_id", "details"}


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("path", ["/v1", "/v1/", "/v1/nothing", "/v1/chats/", "/v1/chats/x/nothing"])
async def test_a_path_that_is_not_there_is_not_found_by_any_method(client: Client, method: str, path: str) -> None:
    assert set(await client.call(method, path, status=404)) == {"code", "message", "trace_id", "details"}


async def test_another_method_of_a_path_is_told_which_it_takes(client: Client) -> None:
    async with client.http.delete(client.address + "/v1/chats") as answer:
        assert (answer.status, answer.headers["Allow"]) == (405, "GET")


@pytest.mark.parametrize(
    "path", ["/v1/prompt-templates?scopeId=", "/v1/generations?chatId=", "/v1/pipeline-runs?pipelineId="]
)
async def test_an_empty_id_is_no_id(client: Client, path: str) -> None:
    await client.call("GET", path, status=404)


async def test_bad_input_names_the_field(client: Client) -> None:
    chat = await client.chat()
    refused = await client.call(
        "POST", f"/v1/chats/{chat}/messages", json={"promptText": "", "role": "king"}, status=422
    )
    assert refused["code"] == "http.invalid"
    assert {p["path"] for p in refused["details"]["problems"]} == {"body.promptText", "body.role"}
    zero = await client.call("POST", f"/v1/chats/{chat}/messages", json={"promptText": "a\x00b"}, status=422)
    assert zero["details"]["problems"][0]["path"] == "body.promptText"


async def test_too_large_is_413(client: Client) -> None:
    chat = await client.chat()
    long = await client.call("POST", f"/v1/chats/{chat}/messages", json={"promptText": "x" * 100_001}, status=413)
    assert long["code"] == "generation.message_too_long"
    huge = await client.call("POST", f"/v1/chats/{chat}/messages", data=io.BytesIO(b"x" * 2_100_000), status=413)
    assert huge["code"] == "http.body_too_large"
    assert len(await client.messages(chat)) == 1


async def test_a_failed_operation_frees_its_id(client: Client) -> None:
    chat = await client.chat()
    headers = {"X-Operation-Id": "op-1"}
    await client.call("POST", f"/v1/chats/{chat}/messages", json={"promptText": ""}, headers=headers, status=422)
    body = {"promptText": "Better"}
    first = await client.call("POST", f"/v1/chats/{chat}/messages", json=body, headers=headers, status=201)
    again = await client.call("POST", f"/v1/chats/{chat}/messages", json=body, headers=headers, status=201)
    assert first == again
    assert len(await client.messages(chat)) == 2


async def test_workspace_events_tell_of_a_turn_and_resume(client: Client, model: ScriptedModel) -> None:
    gate = asyncio.Event()
    model.scripts = [[Say("a"), Hold(gate), End()]]
    chat = await client.chat()
    async with client.stream("GET", "/v1/events") as events:
        await client.call("POST", f"/v1/chats/{chat}/messages", json={"promptText": "Hi"}, status=201)
        added = await anext(events)
        assert (added.event, added.data["chatId"]) == ("message.added", chat)
        started = await client.call("POST", f"/v1/chats/{chat}/generate", status=202)
        seen = [await anext(events), await anext(events)]
        assert {e.event for e in seen} == {"message.added", "generation.started"}
        gate.set()
        settled = await anext(events)
        assert (settled.event, settled.data["generationId"]) == ("generation.settled", started["id"])
    async with client.stream("GET", "/v1/events", headers={"Last-Event-ID": added.id}) as events:
        assert (await anext(events)).id == min(e.id for e in seen)
    async with client.stream("GET", "/v1/events", headers={"Last-Event-ID": "another.1"}) as events:
        assert (await anext(events)).event == "workspace.resync"


async def test_the_document_served_is_the_contract(client: Client) -> None:
    from tests.conftest import REPO

    served = await client.call("GET", "/v1/openapi.json", status=200)
    assert served == json.loads((REPO / "contracts" / "openapi.json").read_text("utf-8"))
