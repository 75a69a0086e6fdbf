"""What the databases do not hold or JSON does not know, in every place of every body: refused, never a server error."""

import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import aiohttp
import pytest

from bench.things import make_things
from tests.api.requests import CHANGES, Request
from tests.conftest import Place
from tests.server import Client, Stage, running

Path = tuple[str | int, ...]
HALF, ZERO = "\ud800", "a\x00b"
DEEP = json.loads("[" * 400 + "]" * 400)
NO_TEXT = (HALF, ZERO)
NO_NUMBER = (float("nan"), float("inf"))
NO_JSON = (*NO_TEXT, *NO_NUMBER, [{"y": HALF}], [{ZERO: 1}], [NO_NUMBER[0]], DEEP)
# What has to be there for a place inside it to be reached.
AROUND: dict[str, dict[str, Any]] = {
    "/v1/chat/completions": {"messages": [{"role": "user", "content": "Hi"}]},
    "/v1/chats/{chatId}/messages": {"blocks": [{"type": "text"}]},
    "/v1/messages/{messageId}": {"blocks": [{"type": "text"}]},
}


@pytest.fixture(scope="module")
async def house(module_place: Place, stage: Stage) -> AsyncIterator[Client]:
    """Jobs are enqueued and never run."""
    async with running(module_place, stage, jobs=True, role="api") as found:
        await found.fabula.jobs.ready()
        yield found


def json_bodies(document: Any) -> Iterator[tuple[str, str, Any]]:
    """Method, path and schema of each body that is JSON."""
    for path, methods in document["paths"].items():
        for method, found in methods.items():
            content = found.get("requestBody", {}).get("content", {})
            if "application/json" in content:
                yield method.upper(), path, content["application/json"]["schema"]


def bad_places(document: Any, schema: Any, at: Path = ()) -> Iterator[tuple[Path, object]]:
    """Every place of a body, each time with a value that is bad there."""
    if "$ref" in schema:
        yield from bad_places(document, document["components"]["schemas"][schema["$ref"].rpartition("/")[2]], at)
    for choice in (*schema.get("anyOf", ()), *schema.get("allOf", ())):
        yield from bad_places(document, choice, at)
    for name, inner in schema.get("properties", {}).items():
        yield from bad_places(document, inner, (*at, name))
    kind, more = schema.get("type"), schema.get("additionalProperties")
    if kind in {"string", "number", "integer"}:
        yield from ((at, value) for value in (NO_TEXT if kind == "string" else NO_NUMBER))
    elif kind == "array":
        yield from bad_places(document, schema["items"], (*at, 0))
    elif kind == "object" and more is not None:
        yield from (((*at, name), 1) for name in NO_TEXT)
        if more is True:
            yield from (((*at, "x"), value) for value in NO_JSON)
        elif more:
            yield from bad_places(document, more, (*at, "x"))


def put(body: Any, at: Path, value: object) -> Any:
    """`body` with `value` at a place, and what is missing on the way there."""
    if not at:
        return value
    step, rest = at[0], at[1:]
    if isinstance(step, int):
        return [put(body[0] if isinstance(body, list) and body else None, rest, value)]
    found = body if isinstance(body, dict) else {}
    return {**found, step: put(found.get(step), rest, value)}


async def test_a_body_that_cannot_be_kept_is_refused_wherever_it_is_bad(client: Client) -> None:
    document = client.app.openapi()
    good = {request.route: request for request in CHANGES}
    problems, tried = [], 0
    async with aiohttp.ClientSession(client.address) as http:
        things = await make_things(http)
        for method, path, schema in json_bodies(document):
            model = good.get((method, path), Request(method, path))
            around = {**(model.body or {}), **AROUND.get(path, {})}
            for at, value in bad_places(document, schema):
                bad = Request(method, model.path, put(around, at, value))
                status, answer = await bad.send(http, "", things)
                tried += 1
                if not 400 <= status < 500:
                    problems.append(f"{method} {path} {at} {value!a:.40}: {status} {answer[:200]!r}")
    assert not problems, "\n".join(problems)
    assert tried > 500  # or the places were not found


async def test_half_a_character_is_refused_with_its_place(client: Client) -> None:
    chat = f"/v1/chats/{await client.chat()}"
    bodies: list[tuple[str, str, dict[str, Any], str]] = [
        ("POST", f"{chat}/messages", {"promptText": HALF}, "promptText"),
        ("POST", f"{chat}/messages", {"promptText": "b", "blocks": [{"type": "text", "text": HALF}]}, "blocks[0].text"),
        ("PATCH", chat, {"title": HALF}, "title"),
        ("PATCH", chat, {"settings": {"vars": {"a": HALF}}}, "settings.vars.a"),
        ("PATCH", chat, {"settings": {"vars": {"a": float("nan")}}}, "settings.vars.a"),
        ("PATCH", chat, {"settings": {"authorNote": {"text": HALF}}}, "settings.authorNote.text"),
        ("POST", "/v1/personas", {"name": "P", "settings": {"a": [{"b": HALF}]}}, "settings.a"),
        ("POST", "/v1/lorebooks", {"name": "P", "extensions": {"a": [{HALF: 1}]}}, "extensions.a"),
        ("POST", "/v1/entity-profiles", {"name": "P", "spec": {"a": [{HALF: 1}]}}, "spec.a"),
    ]
    for method, path, body, place in bodies:
        refused = await client.call(method, path, json=body, status=422)
        assert [problem["path"] for problem in refused["details"]["problems"]] == [f"body.{place}"]


async def test_half_a_character_in_the_openai_protocol_is_refused_with_its_place(client: Client) -> None:
    profile = await client.profile()
    message = {"role": "user", "content": "Hi"}
    for given, place in (
        ({**message, "content": HALF}, "messages[0].content"),
        ({**message, "content": [{"type": "text", "text": HALF}]}, "messages[0].content[0].text"),
        ({**message, "name": HALF}, "messages[0].name"),
    ):
        body = {"model": profile, "messages": [given]}
        refused = await client.call("POST", "/v1/chat/completions", json=body, status=400)
        assert refused["error"]["param"] == place


async def test_an_error_that_quotes_half_a_character_can_be_sent(client: Client) -> None:
    chat = await client.chat()
    body = {"promptText": "b", "branchId": HALF}
    nowhere = await client.call("POST", f"/v1/chats/{chat}/messages", json=body, status=404)
    assert nowhere["details"] == {"id": "?"}
