"""Lorebooks over real HTTP and both databases."""

import json
import uuid
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.server import Client

BOOK = {"name": "Harbour", "scanDepth": 3, "tokenBudget": 500, "extensions": {"theme": "sea"}}


async def make_book(client: Client, *entries: dict[str, Any], **fields: Any) -> str:
    made = await client.call("POST", "/v1/lorebooks", json={**BOOK, **fields}, status=201)
    for entry in entries:
        await client.call("POST", f"/v1/lorebooks/{made['id']}/entries", json=entry, status=201)
    return str(made["id"])


async def entries_of(client: Client, book: str) -> list[dict[str, Any]]:
    found = await client.call("GET", f"/v1/lorebooks/{book}/entries", status=200)
    return list(found["items"])


async def import_file(client: Client, name: str, content: bytes) -> dict[str, Any]:
    form = aiohttp.FormData()
    form.add_field("files", content, filename=name)
    answer = await client.call("POST", "/v1/lorebooks/import", data=form, status=200)
    return dict(answer["items"][0])


async def test_a_book_keeps_what_it_is_given(client: Client) -> None:
    book = await make_book(client)
    found = await client.call("GET", f"/v1/lorebooks/{book}", status=200)
    assert (found["name"], found["scanDepth"], found["tokenBudget"], found["recursive"]) == ("Harbour", 3, 500, False)
    assert (found["extensions"], found["entryCount"], found["version"]) == ({"theme": "sea"}, 0, 1)
    change = {"recursive": True, "tokenBudget": None, "extensions": {"theme": None, "tide": 2}, "version": 1}
    changed = await client.call("PATCH", f"/v1/lorebooks/{book}", json=change, status=200)
    assert (changed["recursive"], changed["tokenBudget"], changed["scanDepth"]) == (True, None, 3)
    assert (changed["extensions"], changed["version"]) == ({"tide": 2}, 2)


async def test_an_old_version_is_a_conflict_that_shows_the_current_book(client: Client) -> None:
    book = await make_book(client)
    path = f"/v1/lorebooks/{book}"
    await client.call("PATCH", path, json={"name": "Port"}, status=200)
    stale = await client.call("PATCH", path, json={"name": "Bay", "version": 1}, status=409)
    assert stale["code"] == "lore.version_conflict"
    assert stale["details"]["current"]["name"] == "Port"
    assert stale["details"]["current"] == await client.call("GET", path, status=200)
    await client.call("DELETE", path, params={"version": "1"}, status=409)
    await client.call("DELETE", path, params={"version": "2"}, status=204)
    assert (await client.call("GET", path, status=404))["code"] == "lore.book_not_found"


async def test_entries_are_listed_by_insertion_order_page_by_page(client: Client) -> None:
    book = await make_book(client, *({"keys": [f"k{n}"], "insertionOrder": 100 - n} for n in range(5)))
    path = f"/v1/lorebooks/{book}/entries"
    first = await client.call("GET", path, params={"limit": "3"}, status=200)
    rest = await client.call("GET", path, params={"limit": "3", "cursor": first["nextCursor"]}, status=200)
    assert [e["keys"][0] for e in first["items"] + rest["items"]] == ["k4", "k3", "k2", "k1", "k0"]
    assert rest["nextCursor"] is None


async def test_an_entry_is_changed_field_by_field_and_counts_as_a_change_of_the_book(client: Client) -> None:
    book = await make_book(client, {"keys": ["gull"], "content": "Gulls cry.", "position": "at_depth", "depth": 2})
    (entry,) = await entries_of(client, book)
    assert (entry["position"], entry["depth"], entry["probability"], entry["logic"]) == ("at_depth", 2, 100, "and_any")
    change = {"logic": "not_any", "secondaryKeys": ["storm"], "selective": True, "sticky": 3, "priority": None}
    path = f"/v1/lorebooks/{book}/entries/{entry['id']}"
    changed = await client.call("PATCH", path, json=change, status=200)
    assert changed == {
        **entry,
        "logic": "not_any",
        "secondaryKeys": ["storm"],
        "selective": True,
        "sticky": 3,
        "extensions": changed["extensions"],
    }
    assert (await client.call("GET", f"/v1/lorebooks/{book}", status=200))["version"] == 3
    await client.call("DELETE", path, status=204)
    assert (await client.call("GET", path, status=404))["code"] == "lore.entry_not_found"
    assert await entries_of(client, book) == []


async def test_reordering_names_every_entry_once(client: Client) -> None:
    book = await make_book(client, {"comment": "a"}, {"comment": "b"}, {"comment": "c"})
    ids = [e["id"] for e in await entries_of(client, book)]
    path = f"/v1/lorebooks/{book}/entries/reorder"
    await client.call("POST", path, json={"entryIds": ids[::-1]}, status=204)
    found = await entries_of(client, book)
    assert [(e["comment"], e["insertionOrder"]) for e in found] == [("c", 10), ("b", 20), ("a", 30)]
    await client.call("POST", path, json={"entryIds": ids[:2]}, status=422)
    await client.call("POST", path, json={"entryIds": [*ids[:2], ids[0]]}, status=422)


async def test_bindings_name_something_that_is_there(client: Client) -> None:
    book, chat = await make_book(client), await client.chat()
    path = f"/v1/lorebooks/{book}/bindings"
    made = await client.call("POST", path, json={"scope": "chat", "scopeId": chat}, status=201)
    again = await client.call("POST", path, json={"scope": "chat", "scopeId": chat}, status=201)
    assert again["id"] == made["id"]
    await client.call("POST", path, json={"scope": "global"}, status=201)
    found = (await client.call("GET", path, status=200))["items"]
    assert [(b["scope"], b["scopeId"]) for b in found] == [("chat", chat), ("global", None)]
    for body, status in (
        ({"scope": "chat", "scopeId": str(uuid.uuid4())}, 404),
        ({"scope": "persona", "scopeId": "nonsense"}, 404),
        ({"scope": "chat"}, 422),
        ({"scope": "global", "scopeId": chat}, 422),
        ({"scope": "galaxy", "scopeId": chat}, 422),
    ):
        await client.call("POST", path, json=body, status=status)
    await client.call("DELETE", f"{path}/{made['id']}", status=204)
    assert (await client.call("DELETE", f"{path}/{made['id']}", status=404))["code"] == "lore.binding_not_found"


@pytest.mark.parametrize("count", [1])
async def test_an_unedited_world_info_file_goes_out_as_it_came_in(client: Client, cases: Path, count: int) -> None:
    raw = (cases / "cards" / "st_worldinfo_eldoria.json").read_bytes()
    item = await import_file(client, "Eldoria.json", raw)
    assert (item["status"], item["error"]) == ("created", None)
    assert (await import_file(client, "again.json", raw))["lorebookId"] == item["lorebookId"]
    path = f"/v1/lorebooks/{item['lorebookId']}"
    assert await client.call("GET", f"{path}/export", status=200) == json.loads(raw)
    book = await client.call("GET", path, status=200)
    assert (book["name"], book["entryCount"]) == ("Eldoria", len(json.loads(raw)["entries"]))


async def test_an_edited_file_keeps_what_was_not_edited(client: Client, cases: Path) -> None:
    raw = json.loads((cases / "cards" / "st_worldinfo_eldoria.json").read_bytes())
    key, native = next(iter(raw["entries"].items()))
    native["madeUpField"] = {"kept": True}
    raw["madeUpRoot"] = [1, 2]
    item = await import_file(client, "Eldoria.json", json.dumps(raw).encode())
    path = f"/v1/lorebooks/{item['lorebookId']}"
    entry = next(e for e in await entries_of(client, item["lorebookId"]) if e["comment"] == native["comment"])
    await client.call("PATCH", f"{path}/entries/{entry['id']}", json={"content": "Changed."}, status=200)
    out = await client.call("GET", f"{path}/export", status=200)
    assert out["entries"][key] == {**native, "content": "Changed."}
    assert out["madeUpRoot"] == [1, 2]
    if "originalData" not in raw:
        assert {k: v for k, v in out.items() if k != "entries"} == {k: v for k, v in raw.items() if k != "entries"}
    v3 = await client.call("GET", f"{path}/export", params={"format": "v3"}, status=200)
    assert v3["spec"] == "lorebook_v3"
    assert "Changed." in [e["content"] for e in v3["data"]["entries"]]


async def test_a_v3_file_keeps_its_envelope_and_gains_an_entry(client: Client) -> None:
    entry = {
        "keys": ["sea"],
        "content": "Salt.",
        "extensions": {},
        "enabled": True,
        "insertion_order": 5,
        "use_regex": False,
    }
    raw = {"spec": "lorebook_v3", "note": "mine", "data": {"name": "Sea", "extensions": {}, "entries": [entry]}}
    item = await import_file(client, "x.json", json.dumps(raw).encode())
    path = f"/v1/lorebooks/{item['lorebookId']}"
    assert item["name"] == "Sea"
    assert await client.call("GET", f"{path}/export", params={"format": "v3"}, status=200) == raw
    await client.call("POST", f"{path}/entries", json={"keys": ["tide"], "content": "It turns."}, status=201)
    out = await client.call("GET", f"{path}/export", params={"format": "v3"}, status=200)
    assert out["note"] == "mine"
    assert out["data"]["entries"][0] == entry
    assert out["data"]["entries"][1]["keys"] == ["tide"]


async def test_a_card_is_no_lorebook_file(client: Client, cases: Path) -> None:
    item = await import_file(client, "card.json", (cases / "cards" / "v3_luna_full.json").read_bytes())
    assert (item["status"], item["lorebookId"], item["error"]["code"]) == ("failed", None, "cards.not_a_lorebook")
    broken = await import_file(client, "x.json", b"{")
    assert broken["status"] == "failed"
    assert (await client.call("GET", "/v1/lorebooks", status=200))["items"] == []


async def test_trying_out_says_what_fires_and_why(client: Client) -> None:
    book = await make_book(
        client,
        {"keys": ["gull"], "content": "Gulls cry.", "comment": "Birds"},
        {"keys": ["gull"], "secondaryKeys": ["storm"], "selective": True, "content": "They hide."},
        {"keys": ["whale"], "content": "Whales sing."},
    )
    tried = await client.call("POST", "/v1/lorebooks/test", json={"text": "A gull!", "lorebookIds": [book]}, status=200)
    fired, skipped = tried["lore"]
    assert (fired["status"], fired["entry"], fired["by"], fired["book"]) == ("fired", "Birds", "key", "Harbour")
    assert fired["matches"] == [{"key": "gull", "source": "message", "ref": "text"}]
    assert (skipped["status"], skipped["reason"]) == ("skipped", "secondary_keys")
    everywhere = await client.call("POST", "/v1/lorebooks/test", json={"text": "A gull!"}, status=200)
    assert everywhere["lore"] == tried["lore"]
    chat = await client.chat(first_mes="A whale breaches.")
    unbound = await client.call("POST", "/v1/lorebooks/test", json={"chatId": chat}, status=200)
    assert unbound["lore"] == []
    bound = {"chatId": chat, "lorebookIds": [book]}
    found = await client.call("POST", "/v1/lorebooks/test", json=bound, status=200)
    assert [item["matches"][0]["key"] for item in found["lore"]] == ["whale"]
    await client.call("POST", "/v1/lorebooks/test", json={}, status=422)
    await client.call("POST", "/v1/lorebooks/test", json={"text": "x", "lorebookIds": [chat]}, status=404)
