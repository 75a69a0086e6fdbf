"""Search over real HTTP and both databases."""

import asyncio
from typing import Any

import pytest
import sqlalchemy as sa

from fabula.core.actor import ROLE_SCOPES, Actor, ActorKind, Role
from fabula.core.ids import MessageId, ProfileId, UserId, VariantId, WorkspaceId, uuid7
from fabula.db import WriteTx
from fabula.features import conversations
from fabula.features.conversations.search import Question, search
from fabula.features.conversations.tables import message_variants
from fabula.features.identity.store import insert_owner
from fabula.features.profiles.write import duplicate
from fabula.plugins import ModelUnreachable
from fabula.plugins.testing import End, Fail, Hold, Say, ScriptedModel
from tests.server import Client

Hits = list[dict[str, Any]]


async def find(client: Client, q: str, **params: Any) -> Hits:
    """All hits of a query, page after page."""
    hits: Hits = []
    cursor: dict[str, str] = {}
    while True:
        page = await client.call("GET", "/v1/search", params={"q": q, **params, **cursor}, status=200)
        hits += page["items"]
        if page["nextCursor"] is None:
            return hits
        cursor = {"cursor": page["nextCursor"]}


async def found(client: Client, q: str, **params: Any) -> list[str]:
    return [hit["id"] for hit in await find(client, q, **params)]


async def post(client: Client, chat: str, text: str) -> str:
    body = {"promptText": text, "role": "user"}
    return str((await client.call("POST", f"/v1/chats/{chat}/messages", json=body, status=201))["id"])


def marked(hit: dict[str, Any]) -> list[str]:
    """What a client that counts in UTF-16 units would highlight."""
    units = hit["excerpt"].encode("utf-16-le")
    return [units[2 * start : 2 * end].decode("utf-16-le") for start, end in hit["ranges"]]


async def test_messages_chats_and_profiles_are_found_newest_first(client: Client) -> None:
    profile = await client.profile("Zephyrine", description="Keeps the lighthouse.", tags=["harbour"])
    made = await client.call("POST", f"/v1/entity-profiles/{profile}/chats", status=201)
    chat, branch = made["id"], made["activeBranchId"]
    message = await post(client, chat, "Is the lighthouse lit? 🕯️ I see no Lighthouses.")
    on_message, on_title, on_profile = await find(client, "lighthouse")
    assert [hit["type"] for hit in (on_message, on_title, on_profile)] == ["message", "chat", "profile"]
    place = {"chatId": chat, "branchId": branch}
    assert on_message | place | {"id": message, "messageId": message} == on_message
    assert marked(on_message) == ["lighthouse", "Lighthouses"]
    assert on_title | place | {"id": chat, "messageId": None} == on_title
    assert on_profile | {"id": profile, "chatId": None, "branchId": None, "messageId": None} == on_profile
    assert (on_profile["excerpt"], marked(on_profile)) == ("Keeps the lighthouse.", ["lighthouse"])
    assert await found(client, "lighthouse", type="profile") == [profile]
    assert await found(client, "harbours") == [profile]
    assert set(await found(client, "lighthouse", chatId=chat)) == {message, chat}
    assert await found(client, "lighthouse", chatId=chat, type="message") == [message]
    assert set(await found(client, "lighthouse", sort="relevance")) == {message, chat, profile}


async def test_pages_have_no_gap_and_no_double(client: Client) -> None:
    chat = await client.chat()
    made = [await post(client, chat, f"The {'quick ' * (nth % 3)}owl number {nth}") for nth in range(23)]
    for nth in (3, 4, 17):
        await client.call("DELETE", f"/v1/messages/{made[nth]}", status=204)
    left = [message for nth, message in enumerate(made) if nth not in {3, 4, 17}]
    for limit in (1, 4, 20, 50):
        assert await found(client, "owls", type="message", limit=limit) == left[::-1]
        ranked = await found(client, "owls", type="message", sort="relevance", limit=limit)
        assert (len(ranked), set(ranked)) == (len(left), set(left))


async def test_what_comes_in_meanwhile_moves_no_page(client: Client) -> None:
    chat = await client.chat()
    made = [await post(client, chat, f"owl {nth}") for nth in range(6)]
    for sort in ("new", "relevance"):
        asked = {"q": "owl", "type": "message", "limit": 4, "sort": sort}
        first = await client.call("GET", "/v1/search", params=asked, status=200)
        made.append(await post(client, chat, f"an owl more, {sort}"))
        rest = await client.call("GET", "/v1/search", params={**asked, "cursor": first["nextCursor"]}, status=200)
        seen = [hit["id"] for hit in first["items"] + rest["items"]]
        assert sorted(seen)[: len(seen)] == sorted(set(seen))
        assert made[-1] not in seen


async def test_an_answer_is_found_once_it_has_settled(client: Client, model: ScriptedModel) -> None:
    gate = asyncio.Event()
    model.scripts = [[Say("A pelican "), Hold(gate), Say("flew by."), End()]]
    chat = await client.chat()
    async with client.stream("POST", f"/v1/chats/{chat}/messages", json={"promptText": "Go"}) as frames:
        meta = await anext(frames)
        await asyncio.sleep(0.4)  # some flushes
        assert await found(client, "pelican") == []
        gate.set()
        async for _ in frames:
            pass
    assert await found(client, "pelicans fly*") == [meta.data["assistantMessageId"]]


def stored_text(tx: WriteTx, variant: str) -> str:
    found = sa.select(message_variants.c.prompt_text).where(message_variants.c.id == variant)
    return str(tx.execute(found).scalar_one())


async def test_an_interrupted_answer_is_found_by_what_was_flushed(client: Client, model: ScriptedModel) -> None:
    model.scripts = [[Say("A pelican "), Hold(asyncio.Event()), End()]]
    chat = await client.chat()
    async with client.stream("POST", f"/v1/chats/{chat}/messages", json={"promptText": "Go"}) as frames:
        meta = (await anext(frames)).data
        async with asyncio.timeout(20):
            while (
                await client.fabula.db.system("test: what is flushed", stored_text, meta["variantId"]) != "A pelican "
            ):
                await asyncio.sleep(0.01)
        variant, said = VariantId(meta["variantId"]), MessageId(meta["userMessageId"])
        assert await found(client, "go", type="message") == []
        await client.fabula.db.system("test: its process died", conversations.answer.interrupt, [variant], [said])
        assert await found(client, "pelican") == [meta["assistantMessageId"]]
        assert await found(client, "go", type="message") == [said]


async def test_what_was_said_is_found_with_its_answer_as_it_was_edited_meanwhile(
    client: Client, model: ScriptedModel
) -> None:
    gate = asyncio.Event()
    model.scripts = [[Say("A heron "), Hold(gate), Say("flew by."), End()], [Fail(ModelUnreachable("x", "gone"))]]
    chat = await client.chat()
    async with client.stream("POST", f"/v1/chats/{chat}/messages", json={"promptText": "Which herons?"}) as frames:
        meta = (await anext(frames)).data
        path = f"/v1/messages/{meta['userMessageId']}"
        await client.call("PATCH", path, json={"promptText": "Which of the herons flew?"}, status=200)
        gate.set()
        async for _ in frames:
            pass
    assert await found(client, "heron*", type="message") == [meta["assistantMessageId"], meta["userMessageId"]]
    assert await found(client, "of the herons", type="message") == [meta["userMessageId"]]
    meta = (await client.say(chat, "No cormorants?"))[0].data  # which is not answered
    assert await found(client, "cormorants", type="message") == [meta["userMessageId"]]


async def test_edits_swipes_and_regeneration_keep_the_index_true(client: Client, model: ScriptedModel) -> None:
    model.scripts = [
        [Say("A walrus."), End()],
        [Say("A penguin."), End()],
        [Say("An otter "), Fail(ModelUnreachable("scripted", "gone"))],
    ]
    chat = await client.chat()
    meta = (await client.say(chat))[0].data
    answer = meta["assistantMessageId"]
    await client.frames("POST", f"/v1/messages/{answer}/regenerate")
    assert (await found(client, "walrus"), await found(client, "penguin")) == ([], [answer])
    variants = (await client.call("GET", f"/v1/messages/{answer}/variants", status=200))["items"]
    await client.call("POST", f"/v1/messages/{answer}/variants/{variants[0]['id']}/select", status=200)
    assert (await found(client, "walrus"), await found(client, "penguin")) == ([answer], [])
    await client.call("PATCH", f"/v1/messages/{answer}", json={"promptText": "A heron."}, status=200)
    assert (await found(client, "walrus"), await found(client, "herons")) == ([], [answer])
    edited = (await client.messages(chat))[-1]["selectedVariantId"]
    await client.call("DELETE", f"/v1/messages/{answer}/variants/{edited}", status=204)
    assert await found(client, "heron") == []


async def test_what_is_deleted_is_not_found_until_it_is_restored(client: Client) -> None:
    profile = await client.profile("Oriole", first_mes="A gannet greets you.")
    chat = (await client.call("POST", f"/v1/entity-profiles/{profile}/chats", status=201))["id"]
    greeting = (await client.messages(chat))[0]["id"]
    fork = await client.call("POST", f"/v1/chats/{chat}/branches", json={"forkedFromMessageId": greeting}, status=201)
    body = {"promptText": "A gannet on a branch", "role": "user", "branchId": fork["id"]}
    on_branch = (await client.call("POST", f"/v1/chats/{chat}/messages", json=body, status=201))["id"]
    assert await found(client, "gannet", type="message") == [on_branch, greeting]
    for path, left in (
        (f"/v1/messages/{greeting}", [on_branch]),
        (f"/v1/chats/{chat}/branches/{fork['id']}", [greeting]),
        (f"/v1/chats/{chat}", []),
    ):
        await client.call("DELETE", path, status=204)
        assert await found(client, "gannet", type="message") == left
        await client.call("POST", f"{path}/restore", status=200)
        assert await found(client, "gannet", type="message") == [on_branch, greeting]
    await client.call("DELETE", f"/v1/entity-profiles/{profile}", status=204)
    assert await found(client, "oriole", type="profile") == []
    await client.call("POST", f"/v1/entity-profiles/{profile}/restore", status=200)
    assert await found(client, "oriole", type="profile") == [profile]


async def test_a_copied_chat_is_found_by_itself(client: Client) -> None:
    chat = await client.chat()
    message = await post(client, chat, "The cormorant dives")
    copy = (await client.call("POST", f"/v1/chats/{chat}/fork", json={"messageId": message}, status=201))["id"]
    assert {hit["chatId"] for hit in await find(client, "cormorant", type="message")} == {chat, copy}
    await client.call("DELETE", f"/v1/chats/{chat}", status=204)
    assert {hit["chatId"] for hit in await find(client, "cormorant")} == {copy}


async def test_profiles_are_found_by_what_they_say_now(client: Client) -> None:
    profile = await client.profile("Tern", description="Lives on a cliff.", creator_notes="For winter evenings.")
    db, owner = client.fabula.db, client.fabula.owner
    copy = (await db.write(owner, duplicate, ProfileId(profile), client.fabula.jobs.enqueue)).id
    assert await found(client, "winter evening") == [copy, profile]
    body = {"name": "Skua", "spec": {"description": "Lives on an iceberg."}}
    await client.call("PUT", f"/v1/entity-profiles/{profile}", json=body, status=200)
    assert await found(client, "cliff") == [copy]
    assert await found(client, "skua icebergs") == [profile]


async def test_chats_are_listed_by_words_of_their_titles(client: Client) -> None:
    titles = ["The siege of Ravenna", "Ravens over the bay", "Осада Равенны"]
    chats = []
    for title in titles:
        chats.append(await client.chat())
        await client.call("PATCH", f"/v1/chats/{chats[-1]}", json={"title": title}, status=200)

    async def listed(q: str, **params: Any) -> list[str]:
        page = await client.call("GET", "/v1/chats", params={"q": q, **params}, status=200)
        return [titles[chats.index(chat["id"])] for chat in page["items"]]

    assert await listed("raven") == ["Ravens over the bay", "The siege of Ravenna"]
    assert await listed("ravenn") == ["The siege of Ravenna"]
    assert await listed("равен") == ["Осада Равенны"]
    assert await listed("RAVENS bay") == ["Ravens over the bay"]
    assert await listed("") == titles[::-1]
    assert await listed("!?") == []
    assert await listed("raven", limit=1) == ["Ravens over the bay"]
    named = await client.chat()
    await post(client, named, "Sieges are dull")
    answer = await client.call("GET", "/v1/chats", params={"q": "siege"}, status=200)
    assert [chat["id"] for chat in answer["items"]] == [named, chats[0]]


async def test_another_workspace_finds_nothing(client: Client) -> None:
    chat = await client.chat(description="An albatross.")
    await post(client, chat, "albatross")
    assert len(await find(client, "albatross")) == 3

    def make_stranger(tx: WriteTx) -> Actor:
        ws, user = WorkspaceId(uuid7()), UserId(uuid7())
        insert_owner(tx, ws, user, uuid7(), "Stranger")
        return Actor(ws, ActorKind.USER, user, "Stranger", Role.OWNER, ROLE_SCOPES[Role.OWNER])

    stranger = await client.fabula.db.system("test: another workspace", make_stranger)
    for q in ("albatross", "alba*", "albatross -nothing"):
        assert (await search(client.fabula.db, stranger, Question(q), 50, None)).items == ()


@pytest.mark.parametrize("cursor", ["x", "WyJuZXciLDEsMl0x", "WyJyZWxldmFuY2UiLDEsMF0", "WyJuZXciLC0xLDBd"])
async def test_a_foreign_cursor_is_refused(client: Client, cursor: str) -> None:
    await client.call("GET", "/v1/search", params={"q": "a", "cursor": cursor}, status=422)


async def test_an_unknown_chat_is_not_found(client: Client) -> None:
    await client.call("GET", "/v1/search", params={"q": "a", "chatId": uuid7()}, status=404)


async def test_many_deleted_hits_are_passed_over_page_by_page(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fabula.features.conversations.search.MAX_LOOKED_AT", 8)
    monkeypatch.setattr("fabula.features.conversations.search._MANY", 3)
    chats = [await client.chat() for _ in range(3)]
    kept = await post(client, chats[0], "egret")
    for nth in range(20):
        await post(client, chats[1], f"egret {nth}")
    newest = await post(client, chats[2], "egret")
    await client.call("DELETE", f"/v1/chats/{chats[1]}", status=204)
    for sort in ("new", "relevance"):
        for limit in (1, 2, 50):
            assert set(await found(client, "egret", type="message", limit=limit, sort=sort)) == {newest, kept}


async def test_an_odd_query_is_no_error(client: Client) -> None:
    await client.chat()
    for q in (
        "",
        " ",
        '"',
        "*",
        "-",
        "-x",
        "a*",
        "(",
        "AND",
        "NEAR(a b)",
        "tokens:a",
        "\x00",
        "'",
        "{}",
        "^a",
        "a" * 999,
    ):
        assert isinstance(await find(client, q), list)


async def test_the_index_made_anew_is_the_same(alone: Client) -> None:
    client = alone
    profile = await client.profile("Puffin", description="Of the puffins.")
    chat = (await client.call("POST", f"/v1/entity-profiles/{profile}/chats", status=201))["id"]
    await client.call("PATCH", f"/v1/chats/{chat}", json={"title": "Puffin tales"}, status=200)
    first = await post(client, chat, "One puffin")
    last = await post(client, chat, "Two puffins")
    await client.call("PATCH", f"/v1/messages/{first}", json={"promptText": "One lone puffin"}, status=200)
    told: list[tuple[int, str]] = []
    count = await conversations.reindex(client.fabula.db, None, lambda *so_far: told.append(so_far))
    assert (count, told[-1]) == (5, (5, last))
    assert await found(client, "puffin") == [last, first, chat, profile]
    assert await conversations.reindex(client.fabula.db, last, lambda *_: None) == 0
