"""Data folders that are odd, come again, come twice at once, or are of several people."""

import asyncio
import json
from typing import Any

from tests.api.test_transfer import bring_folder, card, packed
from tests.server import Client
from tests.unit.transfer.making import chat_file, header, said

A9 = {"characters/A9.json": card("Mira")}


def group(**fields: Any) -> bytes:
    return json.dumps({"id": "1", "name": "Crew", "members": ["A9.png"], "chats": [], **fields}).encode()


def of_personas(personas: dict[str, str], described: dict[str, Any] | None = None) -> bytes:
    return json.dumps({"power_user": {"personas": personas, "persona_descriptions": described or {}}}).encode()


def by_file(job: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {item["file"]: item for item in job["result"]["items"]}


def codes(item: dict[str, Any]) -> list[str]:
    return [note["code"] for note in item["warnings"]]


async def all_of(client: Client, path: str) -> list[dict[str, Any]]:
    return list((await client.call("GET", f"{path}?limit=200", status=200))["items"])


async def test_half_a_character_in_a_name_is_shown_as_a_replacement(worker: Client) -> None:
    described = {"\ud800.png": {"description": "A \ud801", "\ud802": ["\ud803"]}}
    odd = json.dumps({"spec": "chara_card_v2", "data": {"name": "Mira", "first_mes": "Hi", "\ud83d": 1}}).encode()
    files = {
        **A9,
        "characters/odd.json": odd,
        "groups/1.json": group(name="Night crew \ud83d", members=["A9.png"]),
        "groups/2.json": group(name="None \ud83d", members=["\ud83d.png"]),
        "settings.json": of_personas({"\ud800.png": "An\udcffn"}, described),
        "worlds/Sea.json": json.dumps({"name": "\ud83d", "entries": {}, "\ud83d": 1}).encode(),
        "OpenAI Settings/Calm.json": json.dumps({"temperature": "\ud83d"}).encode(),
    }
    job = await bring_folder(worker, packed(files))
    assert job["status"] == "done"
    assert by_file(job)["groups/1.json"]["name"] == "Night crew \ufffd"
    await worker.call("GET", "/v1/jobs", status=200)
    (persona,) = await all_of(worker, "/v1/personas")
    assert (persona["name"], persona["description"]) == ("An\ufffdn", "A \ufffd")
    assert persona["settings"]["sillytavern"]["\ufffd"] == ["\ufffd"]
    assert by_file(job)["\ufffd.png"]["id"] == persona["id"]
    again = await bring_folder(worker, packed(files))
    assert by_file(again)["\ufffd.png"]["status"] == "duplicate"


async def test_of_two_imports_at_once_each_thing_comes_in_once(worker: Client) -> None:
    files = {
        "characters/A9.json": card("Mira"),
        "settings.json": of_personas({f"{n}.png": f"Ann {n}" for n in range(45)}),
        **{f"worlds/{n}.json": json.dumps({"name": f"W{n}", "entries": {}}).encode() for n in range(15)},
        **{f"OpenAI Settings/{n}.json": json.dumps({"temperature": n / 10}).encode() for n in range(15)},
    }
    jobs = await asyncio.gather(*(bring_folder(worker, packed(files)) for _ in range(2)))
    assert [job["status"] for job in jobs] == ["done", "done"]
    assert len(await all_of(worker, "/v1/personas")) == 45
    assert len(await all_of(worker, "/v1/lorebooks")) == 15
    assert len(await all_of(worker, "/v1/generation-presets")) == 15


async def test_each_of_two_people_keeps_their_own_persona_of_one_picture(worker: Client) -> None:
    told = header(persona="user-default.png")
    files: dict[str, bytes] = {}
    for who in ("alice", "bob"):
        described = {"user-default.png": {"description": f"I am {who}."}}
        files |= {
            f"data/{who}/characters/A9.json": card("Mira", description=who),
            f"data/{who}/chats/A9/Main.jsonl": chat_file(told, said(f"Hello {who}")),
            f"data/{who}/settings.json": of_personas({"user-default.png": who.title()}, described),
        }
    job = await bring_folder(worker, packed(files))
    found = {persona["name"]: persona for persona in await all_of(worker, "/v1/personas")}
    assert {name: one["description"] for name, one in found.items()} == {"Alice": "I am alice.", "Bob": "I am bob."}
    for who in ("alice", "bob"):
        chat = by_file(job)[f"data/{who}/chats/A9/Main.jsonl"]["id"]
        settings = (await worker.call("GET", f"/v1/chats/{chat}", status=200))["settings"]
        assert settings == {"personaId": found[who.title()]["id"]}
    renamed = {"name": "Robert"}
    await worker.call("PATCH", f"/v1/personas/{found['Bob']['id']}", json=renamed, status=200)
    again = await bring_folder(worker, packed(files))
    assert again["result"]["counts"]["persona.duplicate"] == 2


async def test_a_group_is_what_became_of_its_chats(worker: Client) -> None:
    files = {
        **A9,
        "groups/1.json": group(),
        "groups/2.json": group(chats=["bad"]),
        "groups/3.json": group(chats=["good", "bad"]),
        "group chats/bad.jsonl": b"",
        "group chats/good.jsonl": chat_file(header(), said("hi")),
    }
    for good in ("created", "duplicate"):
        found = by_file(await bring_folder(worker, packed(files)))
        statuses = [found[f"groups/{n}.json"]["status"] for n in (1, 2, 3)]
        assert statuses == ["skipped", "failed", good]
        assert codes(found["groups/1.json"]) == ["no_chats"]
        assert found["groups/2.json"]["error"]["code"] == "transfer.not_a_chat"


async def test_a_group_chat_without_a_header_has_what_its_group_says_of_it(worker: Client) -> None:
    told = {"note_prompt": "It rains.", "note_depth": 2, "variables": {"mood": "calm"}, "world_info": "Sea"}
    past = {"old": {"main_chat": "1683"}, "1683": {"note_prompt": "stale"}}
    files = {
        **A9,
        "worlds/Sea.json": b'{"entries": {}}',
        "groups/1.json": group(chats=[1683, "old"], chat_id=1683, chat_metadata=told, past_metadata=past),
        "group chats/1683.jsonl": chat_file(said("hi"), said("a", user=True)),
        "group chats/old.jsonl": chat_file(said("hi"), said("b", user=True)),
    }
    found = by_file(await bring_folder(worker, packed(files)))
    now, old = found["group chats/1683.jsonl"], found["group chats/old.jsonl"]
    assert (now["id"], codes(now), codes(old)) == (old["id"], [], [])
    chat = await worker.call("GET", f"/v1/chats/{now['id']}", status=200)
    assert chat["settings"]["authorNote"]["text"] == "It rains."
    assert chat["settings"]["vars"] == {"mood": "calm"}
    book = found["worlds/Sea.json"]["id"]
    (bound,) = (await worker.call("GET", f"/v1/lorebooks/{book}/bindings", status=200))["items"]
    assert (bound["scope"], bound["scopeId"]) == ("chat", chat["id"])
    again = by_file(await bring_folder(worker, packed(files)))
    assert again["group chats/1683.jsonl"]["status"] == again["group chats/old.jsonl"]["status"] == "duplicate"
    async with worker.http.get(f"{worker.address}/v1/chats/{chat['id']}/export?format=jsonl") as answer:
        first, *lines = (await answer.text()).split("\n")
    assert json.loads(first)["chat_metadata"] == told
    assert "\n".join(lines).encode() == files["group chats/1683.jsonl"]


async def test_a_card_that_was_used_meanwhile_is_the_same_character(worker: Client) -> None:
    def used(chat: str, fav: bool, talkative: float) -> bytes:
        told = json.loads(card("Mira", extensions={"fav": fav, "talkativeness": talkative, "world": ""}))
        state = {"chat": chat, "fav": fav, "talkativeness": talkative, "create_date": chat, "avatar": chat}
        return json.dumps({**told, **state}).encode()

    chats = {"chats/Mira/A.jsonl": chat_file(header(), said("hi"))}
    await bring_folder(worker, packed({"characters/Mira.json": used("Mira - 2024-01-01", False, 0.5), **chats}))
    again = await bring_folder(worker, packed({"characters/Mira.json": used("Mira - 2024-02-02", True, 1), **chats}))
    assert again["result"]["counts"] == {"profile.duplicate": 1, "chat.duplicate": 1}
    other = await bring_folder(worker, packed({"characters/Mira.json": card("Mira", extensions={"world": "Sea"})}))
    assert other["result"]["counts"] == {"profile.created": 1}


def world(*texts: str, **more: Any) -> bytes:
    entries = {str(n): {"uid": n, "key": [f"k{n}"], "content": text} for n, text in enumerate(texts)}
    return json.dumps({"entries": entries, **more}).encode()


def with_world(data: bytes) -> bytes:
    """A zip with one lorebook, which always takes part."""
    everywhere = {"world_info_settings": {"world_info": {"globalSelect": ["Sea"]}}}
    return packed({"worlds/Sea.json": data, "settings.json": json.dumps(everywhere).encode()})


async def entries_of(client: Client, book: str) -> dict[str, str]:
    found = await all_of(client, f"/v1/lorebooks/{book}/entries")
    return {entry["content"]: entry["id"] for entry in found}


async def test_a_lorebook_that_has_grown_is_brought_up_to_date(worker: Client) -> None:
    first = by_file(await bring_folder(worker, with_world(world("Deep.", "Salt."))))["worlds/Sea.json"]
    before = await entries_of(worker, first["id"])
    for texts in (("Deep.", "Salt!", "Blue."), ("Deeper.",)):
        again = by_file(await bring_folder(worker, with_world(world(*texts))))["worlds/Sea.json"]
        assert (again["status"], again["id"], codes(again)) == ("created", first["id"], ["updated"])
        after = await entries_of(worker, first["id"])
        assert set(after) == set(texts)
        assert after[texts[0]] == before["Deep."]
    same = by_file(await bring_folder(worker, with_world(world("Deeper."))))["worlds/Sea.json"]
    assert same["status"] == "duplicate"
    assert len(await all_of(worker, "/v1/lorebooks")) == 1
    bound = await worker.call("GET", f"/v1/lorebooks/{first['id']}/bindings", status=200)
    assert [one["scope"] for one in bound["items"]] == ["global"]


async def test_a_lorebook_that_was_changed_here_stays_as_it_is(worker: Client) -> None:
    book = by_file(await bring_folder(worker, with_world(world("Deep.", "Salt."))))["worlds/Sea.json"]["id"]
    entry = (await entries_of(worker, book))["Salt."]
    await worker.call("PATCH", f"/v1/lorebooks/{book}/entries/{entry}", json={"content": "Mine."}, status=200)
    again = by_file(await bring_folder(worker, with_world(world("Deep.", "Blue."))))["worlds/Sea.json"]
    assert (again["status"], again["id"], codes(again)) == ("skipped", book, ["edited_here"])
    assert set(await entries_of(worker, book)) == {"Deep.", "Mine."}
    assert len(await all_of(worker, "/v1/lorebooks")) == 1


async def test_lorebooks_of_one_name_that_have_nothing_in_common_stay_apart(worker: Client) -> None:
    alices, bobs = world("Deep.", "Salt."), world("Deep.", "Foam.")
    both = packed({"a/worlds/Sea.json": alices, "b/worlds/Sea.json": bobs})
    first = by_file(await bring_folder(worker, both))
    assert len({item["id"] for item in first.values()}) == 2
    grown = packed({"a/worlds/Sea.json": alices, "b/worlds/Sea.json": world("Deep.", "Foam.", "Crab.")})
    again = by_file(await bring_folder(worker, grown))
    assert {file: item["id"] for file, item in again.items()} == {file: item["id"] for file, item in first.items()}
    other = world("Wide.").replace(b"k0", b"x")
    apart = by_file(await bring_folder(worker, packed({"worlds/Sea.json": other})))
    assert (apart["worlds/Sea.json"]["status"], codes(apart["worlds/Sea.json"])) == ("created", [])
    assert len(await all_of(worker, "/v1/lorebooks")) == 3


async def test_additional_lorebooks_are_bound_to_their_character(worker: Client) -> None:
    chosen = {
        "globalSelect": ["Gone"],
        "charLore": [
            {"name": "A9", "extraBooks": ["Sea", "Lost"]},
            {"name": "Nobody", "extraBooks": ["Sea"]},
            {"name": 1},
            "odd",
        ],
    }
    settings = json.dumps({"world_info_settings": {"world_info": chosen}}).encode()
    found = by_file(
        await bring_folder(worker, packed({**A9, "worlds/Sea.json": world("Deep."), "settings.json": settings}))
    )
    bound = await worker.call("GET", f"/v1/lorebooks/{found['worlds/Sea.json']['id']}/bindings", status=200)
    mira = found["characters/A9.json"]["id"]
    assert [(one["scope"], one["scopeId"]) for one in bound["items"]] == [("entity_profile", mira)]
    told = found["settings.json"]
    assert (told["kind"], told["status"]) == ("settings", "skipped")
    assert codes(told) == ["book_missing", "book_missing", "card_missing"]


async def test_what_is_not_taken_over_is_told_by_folder(worker: Client) -> None:
    folders = ("KoboldAI Settings", "NovelAI Settings", "instruct", "context", "sysprompt", "QuickReplies")
    files = {f"{folder}/{n}.json": b"{}" for folder in folders for n in range(2)}
    files |= {"user/images/Mira/1.png": b"", "themes/.gitkeep": b"", "thumbnails/bg/1.png": b""}
    found = by_file(await bring_folder(worker, packed({**A9, **files})))
    told = {file: item for file, item in found.items() if item["kind"] == "folder"}
    assert set(told) == {f"{folder}/" for folder in (*folders, "user")}
    assert {(item["status"], *codes(item)) for item in told.values()} == {("skipped", "not_taken")}
    assert "left where they are: 2;" in told["instruct/"]["warnings"][0]["message"]


async def test_a_group_chat_that_no_group_names_is_with_who_speaks_in_it(worker: Client) -> None:
    files = {
        **A9,
        "characters/B.json": card("Aqua"),
        "groups/1.json": group(chats=["named"]),
        "group chats/named.jsonl": chat_file(header(), said("hi")),
        "group chats/left.jsonl": chat_file(header(), said("a", name="Aqua"), said("b", name="Aqua"), said("c")),
        "group chats/strange.jsonl": chat_file(header(), said("d", name="Nobody")),
        "group chats/bad.jsonl": b"",
    }
    for status in ("created", "duplicate"):
        found = by_file(await bring_folder(worker, packed(files)))
        left, strange = found["group chats/left.jsonl"], found["group chats/strange.jsonl"]
        assert (left["status"], codes(left)) == (status, ["no_group"])
        assert (strange["status"], codes(strange)) == ("skipped", ["no_group"])
        assert found["group chats/bad.jsonl"]["status"] == "failed"
        assert codes(found["group chats/named.jsonl"]) == []
        chat = await worker.call("GET", f"/v1/chats/{left['id']}", status=200)
        assert chat["entityProfileId"] == found["characters/B.json"]["id"]


async def test_a_chat_is_still_known_when_its_group_is_gone(worker: Client) -> None:
    chat = chat_file(header(), said("a", name="Aqua"), said("b", name="Aqua"), said("c"))
    files = {**A9, "characters/B.json": card("Aqua"), "group chats/g.jsonl": chat}
    first = by_file(await bring_folder(worker, packed({**files, "groups/1.json": group(chats=["g"])})))
    again = by_file(await bring_folder(worker, packed(files)))["group chats/g.jsonl"]
    assert (again["status"], again["id"]) == ("duplicate", first["group chats/g.jsonl"]["id"])
