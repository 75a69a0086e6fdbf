"""SillyTavern chats and folders in and out, over real HTTP and both databases."""

import asyncio
import io
import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.server import Client
from tests.unit.transfer.making import chat_file, header, said, swiped

CHATS = "/v1/chats/import"
TALE = [said(f"m{n}", user=n % 2 == 1) for n in range(6)]
NOTED = header(
    note_prompt="Slowly.", note_interval=1, note_depth=2, note_role=0, mine={"x": [1, None]}, integrity="a-b"
)


async def bring(
    client: Client, files: Mapping[str, bytes], *, status: int = 200, query: str = "", **kwargs: Any
) -> Any:
    form = aiohttp.FormData()
    for name, data in files.items():
        form.add_field("files", data, filename=name)
    return await client.call("POST", CHATS + query, data=form, status=status, **kwargs)


async def bring_one(client: Client, data: bytes, name: str = "Tale.jsonl") -> dict[str, Any]:
    (item,) = (await bring(client, {name: data}))["items"]
    return dict(item)


async def write_out(client: Client, chat: str, query: str = "") -> bytes:
    path = f"{client.address}/v1/chats/{chat}/export?format=jsonl{query}"
    async with client.http.get(path) as answer:
        assert answer.status == 200
        assert answer.headers["content-type"] == "application/jsonl; charset=utf-8"
        return await answer.read()


def values(data: bytes) -> list[str]:
    """Each line's JSON value, with the order of its keys."""
    return [json.dumps(json.loads(line)) for line in data.split(b"\n")]


async def test_a_chat_comes_in_whole_and_goes_out_as_it_came(client: Client) -> None:
    profile = await client.profile()
    lines = [*TALE, swiped(["One", "Two"], 1, title="kept", extra={"model": "m", "mine": {"a": 1}}),
             said("hidden", is_system=True), {"mes": {"message": "wrapped"}, "name": "Mira"}]  # fmt: skip
    data = chat_file(NOTED, *lines)
    item = await bring_one(client, data)
    assert (item["status"], item["name"], item["error"]) == ("created", "Tale", None)
    chat = await client.call("GET", f"/v1/chats/{item['chatId']}", status=200)
    assert (chat["entityProfileId"], chat["title"], chat["status"]) == (profile, "Tale", "active")
    assert chat["settings"] == {"authorNote": {"text": "Slowly.", "depth": 2, "role": "system"}}
    assert (chat["lastMessagePreview"], chat["lastMessageAt"]) == ("wrapped", "2024-06-05T14:56:50.682Z")
    messages = await client.messages(chat["id"], limit=100)
    assert [message["seq"] for message in messages] == list(range(9))
    assert [message["promptText"] for message in messages][5:] == ["m5", "Two", "hidden", "wrapped"]
    assert (messages[6]["variantCount"], messages[7]["hidden"]) == (2, True)
    assert messages[0]["author"] == {"kind": "entity_profile", "id": profile, "name": "Mira"}
    assert await write_out(client, chat["id"]) == data


async def test_the_chat_of_2023_goes_out_as_it_came(client: Client, cases: Path) -> None:
    data = (cases / "cards" / "st_chat_2023_minimal.jsonl").read_bytes()
    (item,) = (await bring(client, {"Aqua.jsonl": data}))["items"]
    assert (item["status"], item["error"]["code"]) == ("failed", "transfer.character_unknown")
    await client.profile("Aqua")
    item = await bring_one(client, data, "Aqua.jsonl")
    assert values(await write_out(client, item["chatId"])) == values(data.strip())


async def test_an_import_can_be_repeated_without_doubles(client: Client) -> None:
    await client.profile()
    data = chat_file(NOTED, *TALE)
    first = await bring_one(client, data)
    spaced = b"\r\n".join(json.dumps(json.loads(line)).encode() for line in data.split(b"\n")) + b"\n"
    again = await bring_one(client, spaced, "Other name.jsonl")
    assert (again["status"], again["chatId"]) == ("duplicate", first["chatId"])
    back = await bring_one(client, await write_out(client, first["chatId"]))
    assert (back["status"], back["chatId"]) == ("duplicate", first["chatId"])
    both = (await bring(client, {"a.jsonl": chat_file(NOTED, *TALE[:2]), "b.jsonl": chat_file(NOTED, *TALE[:2])}))[
        "items"
    ]
    assert [item["status"] for item in both] == ["created", "duplicate"]
    assert both[0]["chatId"] == both[1]["chatId"]
    assert len((await client.call("GET", "/v1/chats", status=200))["items"]) == 2


async def test_a_deleted_chat_can_be_imported_again(client: Client) -> None:
    await client.profile()
    first = await bring_one(client, chat_file(header(), *TALE))
    await client.call("DELETE", f"/v1/chats/{first['chatId']}", status=204)
    again = await bring_one(client, chat_file(header(), *TALE))
    assert (again["status"], again["chatId"] != first["chatId"]) == ("created", True)


async def test_branches_are_branches_of_their_main_chat(client: Client) -> None:
    await client.profile()
    marked = [*TALE[:2], {**TALE[2], "extra": {"branches": ["Branch"]}}, *TALE[3:]]
    files = {
        "Branch.jsonl": chat_file(header(main_chat="Main", own=1), *TALE[:3], said("else"), said("more", user=True)),
        "Inner.jsonl": chat_file(header(main_chat="Branch"), *TALE[:3], said("else"), said("deep")),
        "Point.jsonl": chat_file(header(main_chat="Main"), *TALE[:2]),
        "Main.jsonl": chat_file(NOTED, *marked),
    }
    items = (await bring(client, files))["items"]
    assert [(item["status"], item["name"]) for item in items] == [("created", "Main")] * 4
    (chat,) = {item["chatId"] for item in items}
    branches = (await client.call("GET", f"/v1/chats/{chat}/branches", status=200))["items"]
    by_title = {branch["title"]: branch for branch in branches}
    assert set(by_title) == {"main", "Branch", "Inner", "Point"}
    assert by_title["Inner"]["parentBranchId"] == by_title["Branch"]["id"]
    assert by_title["Branch"]["parentBranchId"] == by_title["main"]["id"]
    texts = [m["promptText"] for m in await client.messages(chat, branchId=by_title["Inner"]["id"])]
    assert texts == ["m0", "m1", "m2", "else", "deep"]
    for title, name in (("main", "Main"), ("Branch", "Branch"), ("Inner", "Inner"), ("Point", "Point")):
        out = await write_out(client, chat, f"&branchId={by_title[title]['id']}")
        assert out == files[f"{name}.jsonl"], title
    again = (await bring(client, files))["items"]
    assert [(item["status"], item["chatId"]) for item in again] == [("duplicate", chat)] * 4


async def test_what_is_changed_here_goes_out_changed_and_the_rest_as_it_came(client: Client) -> None:
    await client.profile()
    lines = [said("m0", extra={"keep": 1}), said("Helo", user=True, mine=[1]), swiped(["One", "Two"], 0)]
    item = await bring_one(client, chat_file(NOTED, *lines))
    _, second, third = await client.messages(item["chatId"])
    await client.call("PATCH", f"/v1/messages/{second['id']}", json={"promptText": "Hello"}, status=200)
    variants = (await client.call("GET", f"/v1/messages/{third['id']}/variants", status=200))["items"]
    await client.call("POST", f"/v1/messages/{third['id']}/variants/{variants[1]['id']}/select", status=200)
    await client.call("PATCH", f"/v1/chats/{item['chatId']}", json={"settings": {"vars": {"mood": "grim"}}}, status=200)
    await client.say(item["chatId"], "And now?")
    head, *out = [json.loads(line) for line in (await write_out(client, item["chatId"])).split(b"\n")]
    assert head["chat_metadata"]["variables"] == {"mood": "grim"}
    assert (head["chat_metadata"]["note_prompt"], head["chat_metadata"]["mine"]) == ("", {"x": [1, None]})
    assert out[0] == lines[0]
    assert (out[1]["mes"], out[1]["swipes"], out[1]["swipe_id"], out[1]["mine"]) == ("Hello", ["Helo", "Hello"], 1, [1])
    assert (out[2]["mes"], out[2]["swipe_id"], out[2]["extra"]) == ("Two", 1, {"gen_id": 1})
    assert [(line["name"], line["is_user"], line["mes"]) for line in out[3:]][1] == ("Mira", False, "Hello, traveller.")
    assert out[3]["mes"] == "And now?"


async def test_a_chat_made_here_comes_back_as_it_was(client: Client) -> None:
    chat = await client.chat(alternate_greetings=["Good morning."])
    await client.say(chat, "Who are you?")
    data = await write_out(client, chat)
    head = json.loads(data.split(b"\n")[0])
    assert (head["character_name"], head["chat_metadata"]) == ("Mira", {})
    item = await bring_one(client, data)
    assert item["status"] == "created"
    keys = ("role", "promptText", "variantCount", "hidden", "seq", "createdAt")
    came, was = [
        [
            {key: message[key] for key in keys} | {"by": message["author"]["name"]}
            for message in await client.messages(one)
        ]
        for one in (item["chatId"], chat)
    ]
    assert came == was
    assert await write_out(client, item["chatId"]) == data


async def test_the_query_decides_over_the_name(client: Client) -> None:
    await client.profile()
    other = await client.profile("Other")
    (item,) = (await bring(client, {"x.jsonl": chat_file(header(), *TALE)}, query=f"?entityProfileId={other}"))["items"]
    chat = await client.call("GET", f"/v1/chats/{item['chatId']}", status=200)
    assert chat["entityProfileId"] == other
    assert (await bring_one(client, chat_file(header(), *TALE)))["status"] == "created"


@pytest.mark.parametrize("profile", ["nonsense", "01900000-0000-7000-8000-00000000abcd"])
async def test_an_unknown_profile_is_not_found(client: Client, profile: str) -> None:
    await bring(client, {"x.jsonl": chat_file(header(), *TALE)}, query=f"?entityProfileId={profile}", status=404)


async def test_bad_files_are_reported_one_by_one(client: Client) -> None:
    await client.profile()
    files = {
        "picture.png": b"\x89PNG\r\n\x1a\n" + bytes(200),
        "empty.jsonl": b"",
        "mended.jsonl": chat_file(header(), *TALE[:2]) + b"\n{broken\n" + chat_file(TALE[2]),
    }
    picture, empty, mended = (await bring(client, files))["items"]
    assert (picture["status"], picture["error"]["code"]) == ("failed", "transfer.not_a_chat")
    assert empty["error"]["code"] == "transfer.not_a_chat"
    assert mended["status"] == "created"
    assert [(note["code"], note["path"]) for note in mended["warnings"]] == [("broken_line", "line 4")]
    assert len(await client.messages(mended["chatId"])) == 3


async def test_one_operation_id_imports_once(client: Client) -> None:
    await client.profile()
    data = chat_file(header(), *TALE * 100)
    headers = {"X-Operation-Id": "import-1", "content-type": "multipart/form-data; boundary=xx"}
    body = (
        b'--xx\r\ncontent-disposition: form-data; name="files"; filename="x.jsonl"\r\n\r\n' + data + b"\r\n--xx--\r\n"
    )
    calls = [client.call("POST", CHATS, data=body, headers=headers, status=200) for _ in range(3)]
    first, *others = await asyncio.gather(*calls)
    assert first["items"][0]["status"] == "created"
    assert others == [first, first]
    assert len((await client.call("GET", "/v1/chats", status=200))["items"]) == 1


async def test_a_failed_import_frees_its_operation_id(client: Client) -> None:
    headers = {"X-Operation-Id": "import-2", "content-type": "multipart/form-data; boundary=xx"}
    body = (
        b'--xx\r\ncontent-disposition: form-data; name="files"; filename="x"\r\n\r\n'
        + chat_file(*TALE)
        + b"\r\n--xx--\r\n"
    )
    path = f"{CHATS}?entityProfileId=01900000-0000-7000-8000-00000000abcd"
    for _ in range(2):
        await client.call("POST", path, data=body, headers=headers, status=404)


def card(name: str, **more: Any) -> bytes:
    return json.dumps(
        {"spec": "chara_card_v2", "spec_version": "2.0", "data": {"name": name, "first_mes": "Hi", **more}}
    ).encode()


PNG = b"\x89PNG\r\n\x1a\n" + bytes(32)
SETTINGS = {
    "power_user": {
        "personas": {"ann.png": "Ann", "bob.png": "Bob"},
        "persona_descriptions": {"ann.png": {"description": "A sailor.", "position": 0, "lorebook": "Sea"}},
        "default_persona": "ann.png",
    },
    "world_info_settings": {"world_info": {"globalSelect": ["Sea"]}},
}
FOLDER: dict[str, bytes] = {
    "characters/Mira.json": card("Mira", extensions={"world": "Sea"}),
    "characters/Aqua.json": card("Aqua"),
    "characters/bad.json": b"{",
    "characters/Mira/joy.png": PNG,
    "chats/Mira/Main.jsonl": chat_file(header(persona="ann.png", world_info="Sea"), *TALE),
    "chats/Mira/Branch.jsonl": chat_file(header(main_chat="Main"), *TALE[:3], said("else")),
    "chats/Gone/Old.jsonl": chat_file(header(), said("left", name="Gone")),
    "worlds/Sea.json": json.dumps({"entries": {"0": {"uid": 0, "key": ["sea"], "content": "Deep."}}}).encode(),
    "User Avatars/ann.png": PNG,
    "User Avatars/bob.png": b"no picture",
    "groups/1700.json": json.dumps({"id": "1700", "name": "All", "members": ["Aqua.png", "Mira.png"], "chats": ["g1"]}).encode(),
    "group chats/g1.jsonl": chat_file(header(), said("hi", name="Mira"), said("ho", name="Aqua")),
    "OpenAI Settings/Calm.json": json.dumps({"temperature": 0.4, "top_k": 0, "openai_max_tokens": 300, "prompts": []}).encode(),
    "TextGen Settings/Wild.json": json.dumps({"temp": 1.5, "rep_pen": 1.1, "dry_multiplier": 0, "dry_base": 2}).encode(),
    "settings.json": json.dumps(SETTINGS).encode(),
}  # fmt: skip


def packed(files: Mapping[str, bytes], prefix: str = "") -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(prefix + name, data)
    return out.getvalue()


async def bring_folder(client: Client, archive: bytes) -> dict[str, Any]:
    form = aiohttp.FormData()
    form.add_field("files", archive, filename="data.zip")
    job = (await client.call("POST", "/v1/imports/sillytavern", data=form, status=202))["jobId"]
    async with asyncio.timeout(30):
        while True:
            found = await client.call("GET", f"/v1/jobs/{job}", status=200)
            if found["status"] not in {"queued", "running"}:
                return dict(found)
            await asyncio.sleep(0.05)


async def test_a_whole_folder_comes_in_as_a_job_and_again_without_doubles(worker: Client) -> None:
    job = await bring_folder(worker, packed(FOLDER, "data/default-user/"))
    assert job["status"] == "done", job
    assert job["progress"]["done"] == job["progress"]["total"]
    assert job["result"]["counts"] == {
        "lorebook.created": 1, "profile.created": 3, "profile.failed": 1, "preset.created": 2, "persona.created": 2,
        "chat.created": 4, "group.created": 1,
    }  # fmt: skip
    items = {item["file"].removeprefix("data/default-user/"): item for item in job["result"]["items"]}
    ids = {file: item["id"] for file, item in items.items()}
    assert [note["code"] for note in items["Gone.json"]["warnings"]] == ["card_missing"]
    assert [note["code"] for note in items["bob.png"]["warnings"]] == ["no_picture"]
    assert ids["chats/Mira/Branch.jsonl"] == ids["chats/Mira/Main.jsonl"]

    chat = await worker.call("GET", f"/v1/chats/{ids['chats/Mira/Main.jsonl']}", status=200)
    assert chat["entityProfileId"] == ids["characters/Mira.json"]
    assert chat["settings"] == {"personaId": ids["ann.png"]}
    persona = await worker.call("GET", f"/v1/personas/{ids['ann.png']}", status=200)
    assert (persona["name"], persona["description"], persona["isDefault"]) == ("Ann", "A sailor.", True)
    bound = (await worker.call("GET", f"/v1/lorebooks/{ids['worlds/Sea.json']}/bindings", status=200))["items"]
    assert sorted((one["scope"], one["scopeId"] or "") for one in bound) == sorted([
        ("global", ""), ("persona", ids["ann.png"]), ("entity_profile", ids["characters/Mira.json"]), ("chat", chat["id"]),
    ])  # fmt: skip
    group = await worker.messages(ids["group chats/g1.jsonl"])
    assert [message["author"]["id"] for message in group] == [ids["characters/Mira.json"], ids["characters/Aqua.json"]]
    presets = (await worker.call("GET", "/v1/generation-presets", status=200))["items"]
    assert {preset["name"]: preset["params"] for preset in presets} == {
        "Calm": {"temperature": 0.4, "max_tokens": 300},
        "Wild": {"temperature": 1.5, "repetition_penalty": 1.1},
    }

    again = await bring_folder(worker, packed(FOLDER))
    assert again["result"]["counts"] == {
        "lorebook.duplicate": 1, "profile.duplicate": 3, "profile.failed": 1, "preset.duplicate": 2,
        "persona.duplicate": 2, "chat.duplicate": 4, "group.duplicate": 1,
    }  # fmt: skip


async def test_lore_that_was_awake_stays_awake_as_long_as_it_would_have(worker: Client) -> None:
    spans = {"sticky": {"Sea.0": {"hash": 7, "start": 4, "end": 8, "protected": False}}, "cooldown": {}}
    main = chat_file(header(world_info="Sea", timedWorldInfo=spans), *TALE)
    job = await bring_folder(worker, packed({**FOLDER, "chats/Mira/Main.jsonl": main}))
    item = next(item for item in job["result"]["items"] if item["file"] == "chats/Mira/Main.jsonl")
    assert item["warnings"] == []
    fired = []
    for _ in range(2):
        frames = await worker.say(item["id"], "Hello")
        generation = frames[0].data["generationId"]
        trace = await worker.call("GET", f"/v1/generations/{generation}/trace", status=200)
        fired.append("Deep." in [piece["text"] for piece in trace["prompt"]])
    assert fired == [True, False]  # with seven messages before the answer, and with nine
    header_line = (await write_out(worker, item["id"])).split(b"\n")[0]
    assert json.loads(header_line)["chat_metadata"]["timedWorldInfo"] == spans


async def test_an_archive_that_is_none_is_refused_at_once(worker: Client) -> None:
    form = aiohttp.FormData()
    form.add_field("file", b"not a zip", filename="data.zip")
    answer = await worker.call("POST", "/v1/imports/sillytavern", data=form, status=422)
    assert answer["code"] == "transfer.archive_unreadable"


async def test_an_archive_without_a_data_folder_says_so(worker: Client) -> None:
    job = await bring_folder(worker, packed({"readme.txt": b"hi"}))
    assert (job["status"], job["error"]["code"]) == ("error", "transfer.nothing_found")
