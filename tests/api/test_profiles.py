"""Entity profiles over real HTTP and both databases."""

import asyncio
import io
import json
import uuid
import zipfile
from base64 import b64encode
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from PIL import Image

from fabula.core.actor import ROLE_SCOPES, Actor, ActorKind, Role
from fabula.core.ids import UserId, WorkspaceId, uuid7
from fabula.db import WriteTx
from fabula.features.identity.store import insert_owner
from fabula.features.profiles.cards import read_card
from fabula.features.profiles.types import Draft
from fabula.features.profiles.write import create
from fabula.plugins.testing import ScriptedModel
from tests.conftest import Place
from tests.feature.profiles.pictures import card_png, picture
from tests.server import Client, running

PROFILES = "/v1/entity-profiles"
REFUSED = {
    "no_metadata.png": "cards.no_card",
    "st_chat_2023_minimal.jsonl": "cards.damaged",
    "st_worldinfo_eldoria.json": "cards.not_a_card",
}


@pytest.fixture
def client(worker: Client) -> Client:
    """A server whose jobs run, on PostgreSQL too."""
    return worker


def form(files: dict[str, bytes], **fields: str) -> aiohttp.MultipartWriter:
    """A body whose bytes are the same each time: an operation repeated is the very same request."""
    writer = aiohttp.MultipartWriter("form-data", boundary="fabula-test")
    for name, content in files.items():
        field = "file" if fields.get("field") == "file" else "files"
        writer.append(io.BytesIO(content)).set_content_disposition("form-data", name=field, filename=name)
    for name, value in fields.items():
        if name != "field":
            writer.append(value).set_content_disposition("form-data", name=name)
    return writer


async def load(client: Client, files: dict[str, bytes], **kwargs: Any) -> list[dict[str, Any]]:
    answer = await client.call("POST", f"{PROFILES}/import", data=form(files), status=200, **kwargs)
    return list(answer["items"])


async def load_one(client: Client, name: str, content: bytes) -> str:
    (item,) = await load(client, {name: content})
    assert item["status"] == "created", item
    return str(item["entityProfileId"])


async def fetch(client: Client, path: str, **kwargs: Any) -> tuple[int, Any, bytes]:
    async with client.http.get(client.address + path, **kwargs) as answer:
        return answer.status, answer.headers, await answer.read()


async def export(client: Client, profile: str, **params: str) -> bytes:
    status, _, content = await fetch(client, f"{PROFILES}/{profile}/export", params=params)
    assert status == 200, content
    return content


async def thumbnail(client: Client, profile: str) -> bytes:
    """The small picture, once its job has made it."""
    async with asyncio.timeout(30):
        while True:
            _, headers, content = await fetch(client, f"{PROFILES}/{profile}/avatar?size=thumb")
            if headers["content-type"] == "image/webp":
                return content
            await asyncio.sleep(0.05)


async def jobs_ended(client: Client) -> list[dict[str, Any]]:
    async with asyncio.timeout(30):
        while True:
            found = (await client.call("GET", "/v1/jobs", status=200))["items"]
            if all(job["status"] not in {"queued", "running"} for job in found):
                return list(found)
            await asyncio.sleep(0.05)


@pytest.fixture(scope="module")
def real(cases: Path) -> dict[str, dict[str, Any]]:
    """What is to be found in each real file, with its bytes."""
    facts = json.loads((cases / "cards" / "EXPECTED.json").read_text())
    return {fact["file"]: {**fact, "content": (cases / "cards" / fact["file"]).read_bytes()} for fact in facts}


async def test_real_cards_are_imported_with_their_facts_or_refused(
    client: Client, real: dict[str, dict[str, Any]]
) -> None:
    items = await load(client, {name: fact["content"] for name, fact in real.items()})
    assert [item["file"] for item in items] == list(real)
    for item in items:
        fact = real[item["file"]]
        if item["file"] in REFUSED:
            assert (item["status"], item["error"]["code"]) == ("failed", REFUSED[item["file"]])
            assert item["entityProfileId"] is None
            continue
        assert (item["status"], item["name"], item["error"]) == ("created", fact["name"], None)
        found = await client.call("GET", f"{PROFILES}/{item['entityProfileId']}", status=200)
        spec = found["spec"]
        assert (found["name"], spec["name"]) == (fact["name"], fact["name"])
        assert len(spec["first_mes"]) == fact["first_mes_len"]
        assert len(spec["description"]) == fact["description_len"]
        assert len(spec["alternate_greetings"]) == fact["alternate_greetings"]
        assert sorted(spec["extensions"]) == fact["extension_keys"]
        book = spec["character_book"]
        assert (None if book is None else len(book["entries"])) == fact["book_entries"]
        assert found["tags"] == spec["tags"]


async def test_every_real_card_goes_out_as_it_came_in(client: Client, real: dict[str, dict[str, Any]]) -> None:
    cards = {name: fact["content"] for name, fact in real.items() if name not in REFUSED}
    for item in await load(client, cards):
        profile, name = item["entityProfileId"], item["file"]
        own = name.rsplit(".", 1)[1]
        raw = read_card(cards[name], name).raw
        assert await export(client, profile) == cards[name]
        assert await export(client, profile, format=own, spec="original") == cards[name]
        for other in ("png", "json", "charx"):
            assert read_card(await export(client, profile, format=other), name).raw == raw
        if own == "json":
            assert json.loads(await export(client, profile, format="json")) == json.loads(cards[name])


async def test_an_edit_is_laid_over_the_imported_json(client: Client, real: dict[str, dict[str, Any]]) -> None:
    for name, fact in real.items():
        if name in REFUSED:
            continue
        profile = await load_one(client, name, fact["content"])
        path = f"{PROFILES}/{profile}"
        before = await client.call("GET", path, status=200)
        spec = {**before["spec"], "scenario": "Another place."}
        body = {"name": before["name"], "spec": spec, "tags": before["tags"], "version": before["version"]}
        after = await client.call("PUT", path, json=body, status=200)
        assert (after["spec"], after["version"]) == (spec, before["version"] + 1)
        raw: Any = read_card(fact["content"], name).raw
        for to in ("png", "json", "charx"):
            out: Any = read_card(await export(client, profile, format=to), "x").raw
            assert {key for key in out["data"] if out["data"][key] != raw["data"].get(key)} == {"scenario"}
            assert {key for key in raw if raw[key] != out[key]} <= {"data", "scenario"}
        assert json.loads(await export(client, profile, format="json", spec="v2"))["spec"] == "chara_card_v2"
        assert json.loads(await export(client, profile, format="json", spec="v3"))["spec"] == "chara_card_v3"


async def test_the_same_content_is_recognised_whatever_its_file(client: Client) -> None:
    one = json.dumps({"spec": "chara_card_v3", "data": {"name": "Ada", "first_mes": "Hi", "x": 1}}).encode()
    same = json.dumps({"data": {"x": 1, "first_mes": "Hi", "name": "Ada"}, "spec": "chara_card_v3"}, indent=3).encode()
    other = one.replace(b"Hi", b"Ho")
    items = await load(client, {"a.json": one, "b.json": same, "c.json": other})
    assert [item["status"] for item in items] == ["created", "duplicate", "created"]
    assert items[1]["entityProfileId"] == items[0]["entityProfileId"]
    (again,) = await load(client, {"renamed.json": one})
    assert (again["status"], again["entityProfileId"]) == ("duplicate", items[0]["entityProfileId"])
    await client.call("DELETE", f"{PROFILES}/{items[0]['entityProfileId']}", status=204)
    (fresh,) = await load(client, {"a.json": one})
    assert (fresh["status"], fresh["entityProfileId"] == items[0]["entityProfileId"]) == ("created", False)


async def test_the_report_of_an_import_has_its_shape(client: Client) -> None:
    odd = b'{"spec": "chara_card_v2", "spec_version": "2.0", "data": {"name": "Odd", "tags": "a, b", "mystery": 1}}'
    created, failed = await load(client, {"odd.json": odd, "no.txt": b"\x00\x01"})
    shape = {"file", "status", "entityProfileId", "name", "warnings", "error"}
    assert created.keys() == failed.keys() == shape
    assert ("unknown_field", "data.mystery") in {(w["code"], w["path"]) for w in created["warnings"]}
    assert all(warning.keys() == {"code", "path", "message"} for warning in created["warnings"])
    assert failed["error"].keys() == {"code", "message"}
    assert (failed["status"], failed["name"]) == ("failed", None)
    refused = await client.call(
        "POST", f"{PROFILES}/import", data=form({f"{n}.json": odd for n in range(101)}), status=422
    )
    assert refused["code"] == "core.invalid_input"


async def test_an_import_repeated_with_its_operation_id_has_one_effect(client: Client) -> None:
    card, headers = card_png("Twin"), {"X-Operation-Id": str(uuid.uuid4())}
    answers = await asyncio.gather(*(load(client, {"twin.png": card}, headers=headers) for _ in range(3)))
    assert [items[0]["status"] for items in answers] == ["created"] * 3
    assert len({items[0]["entityProfileId"] for items in answers}) == 1
    assert len((await client.call("GET", PROFILES, status=200))["items"]) == 1
    clash = await client.call("POST", f"{PROFILES}/import", data=form({"other.png": card}), headers=headers, status=409)
    assert clash["code"] == "operations.mismatch"


async def test_many_cards_of_one_request_are_told_in_their_order_and_stored_once(client: Client) -> None:
    cards = {f"{n}.json": json.dumps({"name": f"N{n % 60}", "first_mes": "Hi"}).encode() for n in range(100)}
    cards["7.json"] = b"\0"
    headers = {"X-Operation-Id": str(uuid.uuid4())}
    first, again = [await load(client, cards, headers=headers) for _ in range(2)]
    assert first == again
    assert [item["file"] for item in first] == list(cards)
    told = ["failed" if n == 7 else "created" if n < 60 or n == 67 else "duplicate" for n in range(100)]
    assert [item["status"] for item in first] == told
    assert [item["entityProfileId"] for item in first[68:]] == [item["entityProfileId"] for item in first[8:40]]
    assert {item["status"] for item in await load(client, cards)} == {"duplicate", "failed"}
    others = {f"other {n}.json": json.dumps({"name": f"O{n}"}).encode() for n in range(30)}
    await client.call("POST", f"{PROFILES}/import", data=form(others), headers=headers, status=409)
    listed = await client.call("GET", f"{PROFILES}?limit=500", status=200)
    assert len(listed["items"]) == 60


async def test_a_stale_version_is_refused_with_the_current_object(client: Client) -> None:
    path = f"{PROFILES}/{await client.profile()}"
    edited = await client.call("PUT", path, json={"spec": {"name": "Nova"}, "version": 1}, status=200)
    assert (edited["name"], edited["version"]) == ("Nova", 2)
    for conflict in (
        await client.call("PUT", path, json={"spec": {"name": "Late"}, "version": 1}, status=409),
        await client.call("DELETE", f"{path}?version=1", status=409),
        await client.call(
            "PUT", f"{path}/avatar", data=form({"a.png": picture()}, field="file", version="1"), status=409
        ),
    ):
        assert conflict["code"] == "profiles.version_conflict"
        assert conflict["details"]["current"] == edited
    unversioned = await client.call("PUT", path, json={"spec": {"name": "Last"}}, status=200)
    assert (unversioned["name"], unversioned["version"]) == ("Last", 3)
    await client.call("DELETE", f"{path}?version=3", status=204)


async def test_of_parallel_edits_of_one_version_one_wins(client: Client) -> None:
    path = f"{PROFILES}/{await client.profile()}"

    async def edit(nth: int) -> int:
        async with client.http.put(client.address + path, json={"spec": {"name": f"N{nth}"}, "version": 1}) as answer:
            return answer.status

    assert sorted(await asyncio.gather(*map(edit, range(5)))) == [200, 409, 409, 409, 409]


async def test_a_deleted_profile_is_gone_until_it_is_restored(client: Client) -> None:
    profile = await load_one(client, "mira.png", card_png("Mira", tags=["sea"]))
    path = f"{PROFILES}/{profile}"
    small = await thumbnail(client, profile)
    before = await client.call("GET", path, status=200)
    await client.call("DELETE", path, status=204)
    for gone in (path, f"{path}/avatar", f"{path}/export"):
        assert (await client.call("GET", gone, status=404))["code"] in {
            "profiles.not_found",
            "profiles.avatar_not_found",
        }
    await client.call("DELETE", path, status=404)
    assert (await client.call("GET", f"{PROFILES}?tag=sea", status=200))["items"] == []
    restored = await client.call("POST", f"{path}/restore", status=200)
    assert {**restored, "version": 1, "updatedAt": ""} == {**before, "updatedAt": ""}
    assert [p["id"] for p in (await client.call("GET", f"{PROFILES}?tag=sea", status=200))["items"]] == [profile]
    assert await thumbnail(client, profile) == small


async def stranger_profile(client: Client) -> str:
    def make(tx: WriteTx) -> Actor:
        workspace, user = WorkspaceId(uuid7()), UserId(uuid7())
        insert_owner(tx, workspace, user, uuid7(), "Someone else")
        return Actor(workspace, ActorKind.USER, user, "Else", Role.OWNER, ROLE_SCOPES[Role.OWNER])

    actor = await client.fabula.db.system("another workspace", make)
    return (await client.fabula.db.write(actor, create, Draft("Hidden", {"name": "Hidden"}, ["secret"]))).id


async def test_a_foreign_id_is_not_found_anywhere(client: Client) -> None:
    foreign = await stranger_profile(client)
    for profile in (foreign, str(uuid.uuid4()), "no-id"):
        path = f"{PROFILES}/{profile}"
        await client.call("GET", path, status=404)
        await client.call("PUT", path, json={"spec": {}}, status=404)
        await client.call("DELETE", path, status=404)
        for action in ("restore", "duplicate"):
            await client.call("POST", f"{path}/{action}", status=404)
        await client.call("POST", f"{path}/favourite", json={"favourite": True}, status=404)
        await client.call("GET", f"{path}/export", status=404)
        await client.call("GET", f"{path}/avatar", status=404)
        await client.call("PUT", f"{path}/avatar", data=form({"a.png": picture()}, field="file"), status=404)
    for query in ("", "/tags", "?q=hidden", "?tag=secret", "?favourite=false"):
        assert (await client.call("GET", PROFILES + query, status=200))["items"] == []


async def test_bodies_over_their_limit_are_refused(place: Place, model: ScriptedModel) -> None:
    async with running(place, model, max_body_bytes=10_000, max_upload_bytes=100_000) as client:
        upload = await client.call("POST", f"{PROFILES}/import", data=form({"a.png": bytes(200_000)}))
        body = await client.call("POST", PROFILES, json={"spec": {"description": "x" * 20_000}})
        stored = (await client.call("GET", PROFILES, status=200))["items"]
    assert (upload["code"], body["code"], stored) == ("http.body_too_large", "http.body_too_large", [])


async def test_a_picture_can_be_changed_and_only_pictures_are_taken(client: Client) -> None:
    profile = await client.profile()
    path = f"{PROFILES}/{profile}/avatar"
    assert (await client.call("GET", path, status=404))["code"] == "profiles.avatar_not_found"
    for name, content in {"a.svg": b"<svg xmlns='http://www.w3.org/2000/svg'/>", "b.gif": b"GIF89a", "c": b""}.items():
        refused = await client.call("PUT", path, data=form({name: content}, field="file"), status=415)
        assert refused["code"] == "profiles.picture_unsupported"
    too_large = picture() + bytes(20_000_000)
    assert (await client.call("PUT", path, data=form({"a": too_large}, field="file"), status=413))["code"] == (
        "profiles.picture_too_large"
    )
    for kind in ("png", "jpeg", "webp"):
        content = picture(kind)
        await client.call("PUT", path, data=form({"a.svg": content}, field="file"), status=200)
        status, headers, given = await fetch(client, path)
        assert (status, given, headers["content-type"]) == (200, content, f"image/{kind}")
        assert headers["x-content-type-options"] == "nosniff"
        assert len(await thumbnail(client, profile)) > 0
    found = await client.call("GET", f"{PROFILES}/{profile}", status=200)
    assert (found["hasAvatar"], found["version"]) == (True, 4)


async def test_a_picture_is_sent_once_until_it_changes(client: Client) -> None:
    profile = await load_one(client, "a.png", card_png("Ada"))
    path = f"{PROFILES}/{profile}/avatar"
    await thumbnail(client, profile)
    tags = []
    for size in ("full", "thumb"):
        _, headers, content = await fetch(client, f"{path}?size={size}")
        assert (headers["cache-control"], len(content) > 0) == ("private, no-cache", True)
        status, _, again = await fetch(client, f"{path}?size={size}", headers={"If-None-Match": headers["etag"]})
        assert (status, again) == (304, b"")
        tags.append(headers["etag"])
    await client.call("PUT", path, data=form({"b.png": picture(colour="blue")}, field="file"), status=200)
    status, _, _ = await fetch(client, path, headers={"If-None-Match": ", ".join(tags)})
    assert (status, len(set(tags))) == (200, 2)


async def test_a_picture_that_cannot_be_decoded_ends_its_job_and_nothing_else(client: Client) -> None:
    broken = await load_one(client, "broken.png", card_png("Broken", damaged=True))
    (job,) = await jobs_ended(client)
    assert (job["name"], job["status"]) == ("profiles.thumbnail", "error")
    assert job["error"]["code"] == "profiles.thumbnails_failed"
    assert list(job["error"]["details"]["reasons"]) == [broken]
    status, headers, content = await fetch(client, f"{PROFILES}/{broken}/avatar?size=thumb")
    assert (status, headers["content-type"], content) == (200, "image/png", card_png("Broken", damaged=True))
    assert (await client.call("GET", f"{PROFILES}/{broken}", status=200))["version"] == 1


async def test_one_import_is_one_job_for_all_its_pictures(client: Client) -> None:
    items = await load(client, {f"{n}.png": card_png(f"N{n}") for n in range(5)})
    for item in items:
        await thumbnail(client, item["entityProfileId"])
    (job,) = await jobs_ended(client)
    assert (job["status"], job["result"]) == ("done", {"made": 5})


async def test_a_changed_picture_goes_out_with_the_card(client: Client) -> None:
    profile = await load_one(client, "a.png", card_png("Ada", colour="red"))
    path = f"{PROFILES}/{profile}"
    new = picture(colour="blue")
    await client.call("PUT", f"{path}/avatar", data=form({"b.png": new}, field="file"), status=200)
    out = await export(client, profile, format="png")
    assert read_card(out, "x").raw == read_card(card_png("Ada"), "x").raw
    assert out[-len(new) // 2 :] == new[-len(new) // 2 :]


@pytest.mark.parametrize("kind", ["jpeg", "webp"])
async def test_a_picture_of_another_kind_goes_out_as_png(client: Client, kind: str) -> None:
    profile = await client.profile("Ada")
    upload = form({"a": picture(kind, (40, 30), "blue")}, field="file")
    await client.call("PUT", f"{PROFILES}/{profile}/avatar", data=upload, status=200)
    for to in ("", "png", "charx"):
        card = read_card(await export(client, profile, **({"format": to} if to else {})), "x")
        assert card.avatar is not None
        assert card.avatar.media_type == "image/png"
        with Image.open(io.BytesIO(card.avatar.data)) as found:
            assert (found.size, found.convert("RGB").getpixel((20, 15))) == (
                (40, 30),
                (0, 0, 254 if kind == "jpeg" else 255),
            )
    broken = form({"a.jpg": picture("jpeg")[:200]}, field="file")
    await client.call("PUT", f"{PROFILES}/{profile}/avatar", data=broken, status=200)
    answer = await client.call("GET", f"{PROFILES}/{profile}/export", status=422)
    assert answer["code"] == "profiles.picture_unreadable"
    assert json.loads(await export(client, profile, format="json"))["data"]["name"] == "Ada"


@pytest.mark.parametrize("is_whole", [True, False])
async def test_a_png_of_a_card_with_a_jpeg_shows_it(client: Client, *, is_whole: bool) -> None:
    icon = {"type": "icon", "uri": "embeded://assets/icon/main.jpg", "name": "main", "ext": "jpg"}
    data = {"name": "Ada", "first_mes": "Hi", "assets": [icon]}
    content = picture("jpeg", (40, 30)) if is_whole else picture("jpeg", (40, 30))[:200]
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        file.writestr("card.json", json.dumps({"spec": "chara_card_v3", "spec_version": "3.0", "data": data}))
        file.writestr("assets/icon/main.jpg", content)
    profile = await load_one(client, "a.charx", out.getvalue())
    made = await export(client, profile, format="png")
    with Image.open(io.BytesIO(made)) as found:
        assert (found.size == (40, 30)) is is_whole
    assert b64encode(content) in made  # the file itself, beside the picture


@pytest.mark.parametrize(
    ("name", "plain", "encoded"),
    [
        ("Ada", "Ada.json", "Ada.json"),
        ("Мира и море", "____ _ ____.json", "%D0%9C%D0%B8%D1%80%D0%B0%20%D0%B8%20%D0%BC%D0%BE%D1%80%D0%B5.json"),
        ('../../etc/"passwd"; x=1', "etc passwd ; x=1.json", "etc%20passwd%20%3B%20x%3D1.json"),
        ("CON", "_CON.json", "_CON.json"),
        ("\u202egpj.exe\r\nx: y", "gpj.exe x y.json", "gpj.exe%20x%20y.json"),
    ],
)
async def test_a_download_has_a_safe_name(client: Client, name: str, plain: str, encoded: str) -> None:
    profile = (await client.call("POST", PROFILES, json={"spec": {"name": name}}, status=201))["id"]
    _, headers, content = await fetch(client, f"{PROFILES}/{profile}/export?format=json")
    assert headers["content-disposition"] == f"attachment; filename=\"{plain}\"; filename*=UTF-8''{encoded}"
    assert headers["content-type"] == "application/json"
    assert json.loads(content)["data"]["name"] == name


async def test_a_profile_made_here_goes_out_in_every_format(client: Client) -> None:
    profile = await client.profile("Nova", description="A star.", tags=["space"])
    for to, kind in {"png": "image/png", "json": "application/json", "charx": "application/zip"}.items():
        _, headers, content = await fetch(client, f"{PROFILES}/{profile}/export?format={to}")
        assert headers["content-type"] == kind
        card = read_card(content, f"x.{to}")
        assert (card.spec["name"], card.spec["description"], card.spec["tags"]) == ("Nova", "A star.", ["space"])


async def test_a_copy_has_everything_but_the_mark_and_lives_apart(client: Client) -> None:
    source = card_png("Ada", tags=["clever"])
    profile = await load_one(client, "a.png", source)
    path = f"{PROFILES}/{profile}"
    await client.call("POST", f"{path}/favourite", json={"favourite": True}, status=200)
    original = await client.call("GET", path, status=200)
    copy = await client.call("POST", f"{path}/duplicate", status=201)
    same = {"name", "kind", "spec", "tags", "hasAvatar"}
    assert {key: copy[key] for key in same} == {key: original[key] for key in same}
    assert (copy["id"] != profile, copy["favourite"], copy["version"]) == (True, False, 1)
    assert await export(client, copy["id"]) == source
    assert await thumbnail(client, copy["id"]) == await thumbnail(client, profile)
    await client.call("PUT", path, json={"spec": {"name": "Changed"}}, status=200)
    assert (await client.call("GET", f"{PROFILES}/{copy['id']}", status=200))["name"] == "Ada"
    assert len((await client.call("GET", f"{PROFILES}?tag=Clever", status=200))["items"]) == 1
    (again,) = await load(client, {"a.png": source})
    assert (again["status"], again["entityProfileId"]) == ("duplicate", profile)


async def test_a_mark_is_no_edit(client: Client) -> None:
    path = f"{PROFILES}/{await client.profile()}"
    before = await client.call("GET", path, status=200)
    marked = await client.call("POST", f"{path}/favourite", json={"favourite": True}, status=200)
    assert marked == {**before, "favourite": True}
    assert len((await client.call("GET", f"{PROFILES}?favourite=true", status=200))["items"]) == 1
    await client.call("POST", f"{path}/favourite", json={"favourite": False}, status=200)
    assert (await client.call("GET", f"{PROFILES}?favourite=true", status=200))["items"] == []


async def test_numbers_json_does_not_know_never_come_out(client: Client) -> None:
    body = '{"spec": {"name": "Nan", "extensions": {"x": NaN, "y": 1e999}}}'
    headers = {"content-type": "application/json"}
    async with client.http.post(client.address + PROFILES, data=body, headers=headers) as answer:
        assert answer.status in {201, 422}
        assert b"NaN" not in await answer.read()
    for profile in (await client.call("GET", PROFILES, status=200))["items"]:
        assert b"NaN" not in await export(client, profile["id"], format="json")
