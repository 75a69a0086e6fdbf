"""Connections and presets over HTTP: keys go in and never come out, versions guard, strangers find nothing."""

import asyncio
import logging
import sqlite3
from collections.abc import AsyncIterator
from typing import Any

import pytest
import sqlalchemy as sa

from fabula.core.ids import uuid7
from fabula.db import WriteTx
from fabula.db.metadata import metadata
from fabula.features.connections import BUILT_IN
from tests.conftest import Place
from tests.contract.dialects import DIALECTS, KEY
from tests.contract.scripted import Server, document, run_server
from tests.server import Client

CONNECTIONS = "/v1/provider-connections"
PRESETS = "/v1/generation-presets"
LOCAL = {"name": "Local", "provider": "openai_compatible", "baseUrl": "http://127.0.0.1:9/v1", "apiKey": KEY}


@pytest.fixture
async def upstream() -> AsyncIterator[Server]:
    async with run_server() as server:
        yield server


async def create(client: Client, **fields: Any) -> dict[str, Any]:
    found: dict[str, Any] = await client.call("POST", CONNECTIONS, json={**LOCAL, **fields}, status=201)
    return found


async def dump(client: Client) -> str:
    """Every value of every table, as text."""

    def read(tx: WriteTx) -> str:
        rows = [row for table in metadata.sorted_tables for row in tx.execute(sa.select(table))]
        return "\n".join(str(tuple(row)) for row in rows)

    return await client.fabula.db.system("dump", read)


async def audit(client: Client) -> list[tuple[str, dict[str, Any] | None, dict[str, Any] | None]]:
    log = metadata.tables["audit_log"]

    def read(tx: WriteTx) -> list[Any]:
        ours = log.c.workspace_id == client.fabula.owner.workspace
        return list(tx.execute(sa.select(log.c.action, log.c.before, log.c.after).where(ours).order_by(log.c.id)))

    return [tuple(row) for row in await client.fabula.db.system("audit", read)]


async def test_a_connection_is_created_shown_changed_and_deleted(client: Client) -> None:
    made = await create(client)
    assert (made["hasKey"], made["keyHint"], made["version"]) == (True, KEY[-4:], 1)
    assert made["timeouts"] == {"connectSeconds": 10.0, "firstSeconds": 300.0, "silenceSeconds": 120.0}
    place = f"{CONNECTIONS}/{made['id']}"
    assert await client.call("GET", place, status=200) == made
    body = {"name": "Renamed", "timeouts": {"firstSeconds": 9}, "defaultModel": "m"}
    changed = await client.call("PATCH", place, json=body, status=200)
    assert (changed["name"], changed["version"], changed["hasKey"]) == ("Renamed", 2, True)
    assert changed["timeouts"] == {"connectSeconds": 10.0, "firstSeconds": 9.0, "silenceSeconds": 120.0}
    assert await client.call("GET", place, status=200) == changed
    replaced = await client.call("PUT", place, json={k: v for k, v in LOCAL.items() if k != "apiKey"}, status=200)
    assert (replaced["name"], replaced["defaultModel"], replaced["hasKey"]) == ("Local", None, True)
    await client.call("DELETE", place, status=204)
    await client.call("GET", place, status=404)


async def test_the_key_is_nowhere_in_clear(
    client: Client,
    shared_place: Place,
    upstream: Server,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.DEBUG)
    upstream.says(DIALECTS["openai_compatible"].refusal)  # a server that echoes the key
    shown = [await create(client, baseUrl=upstream.url)]
    where = f"{CONNECTIONS}/{shown[0]['id']}"
    headers = {"X-Operation-Id": "key-test"}
    shown.append(await client.call("PATCH", where, json={"apiKey": KEY}, headers=headers, status=200))
    shown.append(await client.call("POST", f"{where}/check", status=200))
    shown.append(await client.call("GET", f"{where}/models", status=502))
    shown.append(await client.call("PATCH", where, json={"apiKey": KEY + "\n" + KEY}, status=422))
    shown.append(await client.call("PATCH", where, json={"apiKey": [KEY]}, status=422))
    shown.append(await client.call("GET", CONNECTIONS, status=200))
    shown.append(await client.call("GET", "/config", status=200))
    assert KEY.encode() in upstream.calls[0].head  # it does reach its server
    assert KEY not in str(shown)
    assert KEY not in await dump(client)
    assert KEY not in caplog.text + "".join(capfd.readouterr())
    if shared_place.url is None:
        with sqlite3.connect(shared_place.data / "fabula.db") as conn:
            conn.execute("PRAGMA wal_checkpoint")
        assert all(KEY.encode() not in file.read_bytes() for file in shared_place.data.rglob("*") if file.is_file())


async def test_the_key_stays_with_the_server_it_was_given_for(client: Client) -> None:
    place = f"{CONNECTIONS}/{(await create(client))['id']}"
    same = await client.call("PATCH", place, json={"baseUrl": "http://127.0.0.1:9/v2"}, status=200)
    assert same["hasKey"]
    moved = await client.call("PATCH", place, json={"baseUrl": "http://127.0.0.1:10/v2"}, status=200)
    assert (moved["hasKey"], moved["keyHint"]) == (False, None)
    both = await client.call("PATCH", place, json={"baseUrl": "http://127.0.0.1:11/v2", "apiKey": KEY}, status=200)
    assert both["hasKey"]
    assert not (await client.call("PATCH", place, json={"apiKey": None}, status=200))["hasKey"]


async def test_the_servers_own_connection_comes_first_and_is_read_only(client: Client) -> None:
    rows = [(await create(client, name=name))["id"] for name in ("a", "b", "c")]
    found, cursor = [], None
    for _ in range(4):
        query = {"limit": 1} | ({"cursor": cursor} if cursor else {})
        page = await client.call("GET", CONNECTIONS, params=query, status=200)
        found += [item["id"] for item in page["items"]]
        cursor = page["nextCursor"]
    assert (found, cursor) == ([BUILT_IN, *rows], None)
    own = await client.call("GET", f"{CONNECTIONS}/{BUILT_IN}", status=200)
    assert (own["isBuiltIn"], own["hasKey"], own["baseUrl"]) == (True, False, None)
    for method in ("PATCH", "DELETE"):
        error = await client.call(method, f"{CONNECTIONS}/{BUILT_IN}", json={}, status=409)
        assert error["code"] == "connections.read_only"
    checked = await client.call("POST", f"{CONNECTIONS}/{BUILT_IN}/check", status=200)
    assert (checked["ok"], [model["id"] for model in checked["models"]]) == (True, ["scripted"])


@pytest.mark.parametrize("ident", ["settings", "embedded", "1", uuid7()])
async def test_an_id_that_names_nothing_is_not_found(client: Client, ident: str) -> None:
    for path in (f"{CONNECTIONS}/{ident}", f"{PRESETS}/{ident}"):
        await client.call("GET", path, status=404)
        await client.call("PATCH", path, json={"name": "x"}, status=404)
        await client.call("DELETE", path, status=404)
    await client.call("POST", f"{CONNECTIONS}/{ident}/check", status=404)
    await client.call("GET", f"{CONNECTIONS}/{ident}/models", status=404)


async def test_another_workspaces_rows_are_not_found(client: Client) -> None:
    row = await create(client)
    preset = await client.call("POST", PRESETS, json={"name": "P"}, status=201)
    stranger = uuid7()

    def give_away(tx: WriteTx) -> None:
        times = {"created_at": tx.now, "updated_at": tx.now}
        tx.execute(sa.insert(metadata.tables["workspaces"]), {"id": stranger, "name": "Theirs", **times})
        for name in ("provider_connections", "generation_presets"):
            table = metadata.tables[name]
            ours = table.c.workspace_id == client.fabula.owner.workspace
            tx.execute(sa.update(table).where(ours).values(workspace_id=stranger))

    await client.fabula.db.system("give rows away", give_away)
    for path in (f"{CONNECTIONS}/{row['id']}", f"{PRESETS}/{preset['id']}"):
        await client.call("GET", path, status=404)
        await client.call("PATCH", path, json={"name": "mine"}, status=404)
        await client.call("DELETE", path, status=404)
    await client.call("POST", f"{CONNECTIONS}/{row['id']}/check", status=404)
    assert [item["id"] for item in (await client.call("GET", CONNECTIONS, status=200))["items"]] == [BUILT_IN]
    assert (await client.call("GET", PRESETS, status=200))["items"] == []


async def test_a_stale_version_conflicts_and_shows_the_current_object(client: Client) -> None:
    preset = await client.call("POST", PRESETS, json={"name": "Cold"}, status=201)
    for place in (f"{CONNECTIONS}/{(await create(client))['id']}", f"{PRESETS}/{preset['id']}"):
        await check_conflict(client, place)


async def check_conflict(client: Client, place: str) -> None:
    now = await client.call("PATCH", place, json={"name": "Now", "version": 1}, status=200)
    for method, how in (("PATCH", {"json": {"name": "x", "version": 1}}), ("DELETE", {"params": {"version": 1}})):
        error = await client.call(method, place, status=409, **how)
        assert error["code"] == "connections.version_conflict"
        assert error["details"]["current"] == now
    await client.call("DELETE", place, params={"version": 2}, status=204)


@pytest.mark.parametrize("what", [CONNECTIONS, PRESETS])
async def test_one_default_of_a_kind(client: Client, what: str) -> None:
    body = LOCAL if what == CONNECTIONS else {"name": "P"}
    first, second = [
        (await client.call("POST", what, json={**body, "isDefault": True}, status=201))["id"] for _ in range(2)
    ]
    assert not (await client.call("GET", f"{what}/{first}", status=200))["isDefault"]
    await client.call("PATCH", f"{what}/{first}", json={"isDefault": True}, status=200)
    shown = {item["id"]: item["isDefault"] for item in (await client.call("GET", what, status=200))["items"]}
    assert (shown[first], shown[second]) == (True, False)


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"baseUrl": "http://169.254.169.254/latest"}, "connections.address_forbidden"),
        ({"baseUrl": "http://[fd00:ec2::254]/v1"}, "connections.address_forbidden"),
        ({"baseUrl": "ftp://here"}, "core.invalid_input"),
        ({"baseUrl": None}, "core.invalid_input"),
        ({"provider": "telepathy"}, "http.invalid"),
        ({"contextTokens": 1}, "http.invalid"),
        ({"timeouts": {"connectSeconds": 0}}, "http.invalid"),
        ({"surprise": 1}, "http.invalid"),
    ],
)
async def test_a_connection_that_cannot_be_is_refused(client: Client, fields: dict[str, Any], code: str) -> None:
    error = await client.call("POST", CONNECTIONS, json={**LOCAL, **fields}, status=422)
    assert error["code"] == code


async def test_a_name_that_leads_to_a_metadata_service_is_refused_when_called(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def lookup(*_: object, **__: object) -> list[Any]:
        return [(2, 1, 6, "", ("169.254.169.254", 0))]

    row = await create(client, baseUrl="http://metadata.invalid/v1")
    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", lookup)
    error = await client.call("GET", f"{CONNECTIONS}/{row['id']}/models", status=422)
    assert error["code"] == "connections.address_forbidden"


@pytest.mark.parametrize("provider", sorted(DIALECTS))
async def test_a_check_says_what_a_server_offers_or_what_is_wrong(
    client: Client, upstream: Server, provider: str
) -> None:
    upstream.says(DIALECTS[provider].models)
    row = await create(client, provider=provider, baseUrl=upstream.url)
    checked = await client.call("POST", f"{CONNECTIONS}/{row['id']}/check", status=200)
    assert (checked["ok"], checked["error"]) == (True, None)
    assert [model["name"] for model in checked["models"]] == ["a", "Bee"]
    assert 0 < checked["latencyMs"] < 5000
    listed = await client.call("GET", f"{CONNECTIONS}/{row['id']}/models", status=200)
    assert listed == {"items": checked["models"], "nextCursor": None}
    upstream.says(document({"error": {"message": "bad key"}}, "401 Unauthorized"))
    checked = await client.call("POST", f"{CONNECTIONS}/{row['id']}/check", status=200)
    assert (checked["ok"], checked["models"], checked["error"]["code"]) == (False, [], "model.rejected")
    assert "bad key" in checked["error"]["message"]


async def test_a_preset_keeps_every_field_and_names_the_bad_ones(client: Client) -> None:
    params = {"temperature": 0.8, "dry_multiplier": 0.8, "logit_bias": {"15043": -5}, "tomorrow": {"deep": [1, None]}}
    made = await client.call("POST", PRESETS, json={"name": "Mine", "params": params}, status=201)
    assert made["params"] == params
    place = f"{PRESETS}/{made['id']}"
    changed = await client.call("PATCH", place, json={"params": {"top_k": 7}, "version": 1}, status=200)
    assert (changed["name"], changed["params"], changed["version"]) == ("Mine", {"top_k": 7}, 2)
    assert await client.call("GET", place, status=200) == changed
    error = await client.call("PUT", place, json={"name": "x", "params": {"top_p": 2, "model": "m"}}, status=422)
    assert [p["path"] for p in error["details"]["problems"]] == ["body.params.top_p", "body.params.model"]
    raw = '{"name": "x", "params": {"temperature": NaN}}'
    await client.call("PATCH", place, data=raw, headers={"content-type": "application/json"}, status=422)
    assert (await client.call("GET", place, status=200))["version"] == 2


async def test_every_change_is_audited_without_the_key(client: Client) -> None:
    place = f"{CONNECTIONS}/{(await create(client))['id']}"
    await client.call("PATCH", place, json={"name": "B", "apiKey": KEY + "2"}, status=200)
    await client.call("PATCH", place, json={"contextTokens": 1, "name": "never"}, status=422)
    await client.call("DELETE", place, status=204)
    preset = await client.call("POST", PRESETS, json={"name": "P", "params": {"top_k": 1}}, status=201)
    await client.call("PATCH", f"{PRESETS}/{preset['id']}", json={"params": {"top_k": 2}}, status=200)
    await client.call("DELETE", f"{PRESETS}/{preset['id']}", status=204)
    found = await audit(client)
    assert [action for action, _, _ in found] == [
        "connection.created", "connection.changed", "connection.deleted",
        "preset.created", "preset.changed", "preset.deleted",
    ]  # fmt: skip
    _, before, after = found[1]
    assert before is not None
    assert after is not None
    assert (before["name"], after["name"], after["keyChanged"]) == ("Local", "B", True)
    assert KEY not in str(found)
    assert [(b and b["params"], a and a["params"]) for _, b, a in found[3:]] == [
        (None, {"top_k": 1}), ({"top_k": 1}, {"top_k": 2}), ({"top_k": 2}, None),
    ]  # fmt: skip


async def test_a_repeated_operation_creates_once(client: Client) -> None:
    headers = {"X-Operation-Id": "once"}
    twice = [await client.call("POST", CONNECTIONS, json=LOCAL, headers=headers, status=201) for _ in range(2)]
    assert twice[0] == twice[1]
    assert len((await client.call("GET", CONNECTIONS, status=200))["items"]) == 2


@pytest.mark.parametrize("path", [CONNECTIONS, PRESETS])
async def test_a_cursor_of_another_list_is_refused(client: Client, path: str) -> None:
    for cursor in ("nonsense", "WyJ4Il0", "WzFd"):
        await client.call("GET", path, params={"cursor": cursor}, status=422)
