"""What holds for every route of the document: an operation happens once, and another workspace's ids are not there."""

import asyncio
import json
import uuid
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
import sqlalchemy as sa

from bench.things import make_things
from fabula.core.actor import Actor
from fabula.db import ReadTx
from fabula.db.metadata import metadata
from fabula.plugins.testing import ScriptedModel
from tests.api.requests import CHANGES, ELSEWHERE, MORE_IDS, Request, Things
from tests.conftest import Place
from tests.server import Client, Stage, running, visiting

# What a query calls otherwise than a path does.
QUERIES = {"scopeId": "chatId", "entityProfileId": "profileId"}
METHODS = {"get", "put", "post", "patch", "delete"}


@pytest.fixture(scope="module")
async def house(module_place: Place, stage: Stage) -> AsyncIterator[Client]:
    """Jobs are enqueued and never run, so that what a request leaves does not change under the test."""
    async with running(module_place, stage, jobs=True, role="api") as found:
        await found.fabula.jobs.ready()
        yield found


def routes(client: Client) -> list[tuple[str, str]]:
    paths: dict[str, dict[str, Any]] = client.app.openapi()["paths"]
    return [(method.upper(), path) for path, found in paths.items() for method in found if method in METHODS]


async def make(client: Client) -> Things:
    async with aiohttp.ClientSession(client.address) as http:
        return await make_things(http)


async def test_every_changing_route_is_tried_here(house: Client) -> None:
    changing = {route for route in routes(house) if route[0] != "GET"}
    assert {request.route for request in CHANGES} | ELSEWHERE == changing


async def test_an_operation_sent_three_times_at_once_has_one_effect_and_one_answer(client: Client) -> None:
    once, thrice = await make(client), await make(client)
    problems = []
    for request in CHANGES:
        name = " ".join(request.route)
        before = await counted(client)
        status, _ = await request.send(client.http, client.address, once, str(uuid.uuid4()))
        between = await counted(client)
        same = str(uuid.uuid4())
        calls = (request.send(client.http, client.address, thrice, same) for _ in range(3))
        answers = await asyncio.gather(*calls)
        answers.append(await request.send(client.http, client.address, thrice, same))
        after = await counted(client)
        if {status, *(found for found, _ in answers)} != {status} or status >= 300:
            problems.append(f"{name}: {status}, then {answers}")
        elif len({told(body) for _, body in answers}) > 1:
            problems.append(f"{name}: answers differ: {answers}")
        if (one := change(before, between)) != (three := change(between, after)):
            problems.append(f"{name}: once {one}, three times {three}")
    assert not problems, "\n".join(problems)


def told(body: bytes) -> str:
    """An answer, but for how far what it started is by now."""
    found = json.loads(body) if body else {}
    fleeting = {"status", "finishedAt", "steps", "promptTokens", "completionTokens", "finishReason", "updatedAt"}
    fleeting |= {"latencyMs", "created"}
    return json.dumps({key: value for key, value in found.items() if key not in fleeting})


async def counted(client: Client) -> dict[str, int]:
    """The workspace's rows and versions by table, once nothing streams."""
    async with asyncio.timeout(20):
        while (await client.call("GET", "/v1/generations?status=streaming", status=200))["items"]:
            await asyncio.sleep(0.01)
    return await client.fabula.db.read(client.fabula.owner, count_rows)


def count_rows(tx: ReadTx, actor: Actor) -> dict[str, int]:
    found: dict[str, int] = {}
    for table in metadata.tables.values():
        if "workspace_id" not in table.c:
            continue
        columns = [sa.func.count()] + ([sa.func.sum(table.c.version)] if "version" in table.c else [])
        row = tx.execute(sa.select(*columns).where(table.c.workspace_id == actor.workspace)).one()
        found |= {f"{table.name}.{nth}": int(value or 0) for nth, value in enumerate(row)}
    return found


def change(before: dict[str, int], after: dict[str, int]) -> dict[str, int]:
    return {name: after[name] - before[name] for name in after if after[name] != before[name]}


def asked(client: Client, method: str, path: str) -> list[Request]:
    """Good requests to a route, one with each id that it takes."""
    if method != "GET":
        return [request for request in [*CHANGES, *MORE_IDS] if request.route == (method, path)]
    place = path.replace("{model}", "{profileId}")
    queries = [
        f"?{found['name']}={{{QUERIES.get(found['name'], found['name'])}}}"
        for found in client.app.openapi()["paths"][path]["get"].get("parameters", ())
        if found["in"] == "query" and found["name"].endswith("Id")
    ]
    needed = {"/v1/search": "&q=x"}.get(path, "")
    return [Request("GET", place), *(Request("GET", place + query + needed) for query in queries)]


async def test_another_workspaces_ids_are_found_nowhere(house: Client, stage: Stage, model: ScriptedModel) -> None:
    async with visiting(house, stage, model) as stranger:
        foreign = await make(stranger)
        theirs = await counted(stranger)
    async with visiting(house, stage, model) as client:
        own = await make(client)
        problems = []
        for method, path in routes(client):
            for request in asked(client, method, path):
                for name in request.names():
                    mixed = {**own, name: foreign[name]}
                    status, body = await request.send(client.http, client.address, mixed)
                    # A list that is not the book's own is told as one problem, whatever is wrong in it.
                    if status != (422 if request.path.endswith("/reorder") and name == "entryId" else 404):
                        problems.append(f"{method} {request.path}, foreign {name}: {status} {body[:200]!r}")
    assert not problems, "\n".join(problems)
    async with visiting(house, stage, model) as _:
        assert await house.fabula.db.read(stranger.fabula.owner, count_rows) == theirs
