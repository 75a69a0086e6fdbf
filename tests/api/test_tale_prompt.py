"""What a tale's prompt is made from, over real HTTP and both databases: lore, notes, variables, and what they leave."""

import json
import re
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from fabula.features.profiles.cards import read_card
from fabula.plugins.testing import ScriptedModel
from tests.server import Client, Frame

Entry = dict[str, Any]


async def bind_book(client: Client, scope: str, scope_id: str | None, *entries: Entry, **fields: Any) -> str:
    book = (await client.call("POST", "/v1/lorebooks", json={"name": "B", **fields}, status=201))["id"]
    for entry in entries:
        await client.call("POST", f"/v1/lorebooks/{book}/entries", json=entry, status=201)
    body = {"scope": scope, "scopeId": scope_id}
    await client.call("POST", f"/v1/lorebooks/{book}/bindings", json=body, status=201)
    return str(book)


async def set_up(client: Client, chat: str, **settings: Any) -> None:
    await client.call("PATCH", f"/v1/chats/{chat}", json={"settings": settings}, status=200)


async def trace_of(client: Client, frames: list[Frame]) -> dict[str, Any]:
    found = await client.call("GET", f"/v1/generations/{frames[0].data['generationId']}/trace", status=200)
    return dict(found)


def sent(model: ScriptedModel) -> str:
    return "\n".join(f"{m.role}: {m.content}" for m in model.requests[-1].messages)


async def upload_card(client: Client, cases: Path, name: str) -> str:
    """As JSON, whatever it came as: a picture would wait for background jobs."""
    spec = read_card((cases / "cards" / name).read_bytes(), name).spec
    card = json.dumps({"spec": "chara_card_v3", "spec_version": "3.0", "data": spec})
    form = aiohttp.FormData()
    form.add_field("files", card.encode(), filename="card.json")
    item = (await client.call("POST", "/v1/entity-profiles/import", data=form, status=200))["items"][0]
    chat = await client.call("POST", f"/v1/entity-profiles/{item['entityProfileId']}/chats", status=201)
    return str(chat["id"])


async def test_books_of_four_scopes_take_part_each_once(client: Client, model: ScriptedModel) -> None:
    embedded = {"entries": [{"keys": ["sea"], "content": "Lore of the card.", "enabled": True, "insertion_order": 1}]}
    profile = await client.profile(character_book=embedded)
    chat = (await client.call("POST", f"/v1/entity-profiles/{profile}/chats", status=201))["id"]
    persona = (await client.call("POST", "/v1/personas", json={"name": "Ann", "isDefault": True}, status=201))["id"]
    other = (await client.call("POST", "/v1/personas", json={"name": "Bea"}, status=201))["id"]
    both = await bind_book(client, "global", None, {"keys": ["sea"], "content": "Lore for all."})
    await client.call("POST", f"/v1/lorebooks/{both}/bindings", json={"scope": "chat", "scopeId": chat}, status=201)
    await bind_book(client, "entity_profile", profile, {"keys": ["sea"], "content": "Lore of Mira."})
    await bind_book(client, "persona", persona, {"keys": ["sea"], "content": "Lore of {{user}}."})
    await bind_book(client, "persona", other, {"keys": ["sea"], "content": "Lore of nobody here."})
    frames = await client.say(chat, "The sea!")
    text = sent(model)
    for line in ("Lore of the card.", "Lore for all.", "Lore of Mira.", "Lore of Ann."):
        assert text.count(line) == 1
    assert "nobody" not in text
    lore = (await trace_of(client, frames))["lore"]
    assert [item["status"] for item in lore] == ["fired"] * 4
    assert all(item["matches"][0]["key"] == "sea" for item in lore)
    assert all(item["matches"][0]["ref"] == frames[0].data["userMessageId"] for item in lore)
    assert {item["bookId"] for item in lore} >= {both, profile}


async def test_each_position_has_its_place(client: Client, model: ScriptedModel) -> None:
    chat = await client.chat(
        description="Body.",
        personality="Mind.",
        scenario="Pier.",
        mes_example="<START>\n{{char}}: Ahoy.",
        post_history_instructions="Close.",
    )
    await set_up(client, chat, authorNote={"text": "Note by {{user}}.", "depth": 1, "role": "user"})
    places = ["before_char", "after_char", "examples_top", "examples_bottom", "note_top", "note_bottom"]
    entries: list[Entry] = [{"constant": True, "content": f"<{place}>", "position": place} for place in places]
    entries += [
        {"constant": True, "content": "<deep>", "position": "at_depth", "depth": 2, "role": "assistant"},
        {"constant": True, "content": "@@position after_desc\n<desc>"},
        {"constant": True, "content": "@@position personality\n<mind>"},
        {"constant": True, "content": "@@position scenario\n<scene>"},
    ]
    await bind_book(client, "chat", chat, *entries)
    await client.say(chat, "First.")
    await client.say(chat, "Second.")
    text = sent(model)
    order = [
        "<before_char>",
        "You are Mira",
        "Body.\n<desc>",
        "Mind.\n<mind>",
        "Pier.\n<scene>",
        "<after_char>",
        "<examples_top>",
        "Ahoy.",
        "<examples_bottom>",
        "Good evening.",
        "First.",
        "assistant: <deep>",
        "Hello, traveller.",
        "<note_top>",
        "user: Note by You.",
        "<note_bottom>",
        "Second.",
        "Close.",
    ]
    at = [text.index(part) for part in order]
    assert at == sorted(at), text


async def test_a_note_beside_the_card_takes_its_lore_along(client: Client, model: ScriptedModel) -> None:
    chat = await client.chat()
    await set_up(client, chat, authorNote={"text": "Note.", "position": "after_char"})
    await bind_book(
        client,
        "chat",
        chat,
        {"constant": True, "content": "<under>", "position": "note_bottom"},
        {"constant": True, "content": "<over>", "position": "note_top"},
        {"constant": True, "content": "<lore>", "position": "after_char"},
    )
    await client.say(chat)
    system = model.requests[-1].messages[0].content
    at = [system.index(part) for part in ("You are Mira", "<lore>", "<over>", "Note.", "<under>")]
    assert at == sorted(at)


async def test_outlets_are_printed_by_the_card_and_by_templates(client: Client, model: ScriptedModel) -> None:
    chat = await client.chat(description="News: {{outlet::news}}")
    await bind_book(client, "chat", chat, {"keys": ["war"], "content": "War!", "position": "outlet", "outlet": "news"})
    await client.say(chat, "Peace.")
    assert "News:\n" in sent(model)
    await client.say(chat, "Is there war?")
    assert "News: War!" in sent(model)
    body = {"name": "T", "templateText": "[{{outlet::news}}]", "scope": "chat", "scopeId": chat}
    await client.call("POST", "/v1/prompt-templates", json=body, status=201)
    await client.say(chat, "And the war?")
    assert model.requests[-1].messages[0].content == "[War!]"


async def test_sticky_lore_stays_along_its_own_branch_only(client: Client, model: ScriptedModel) -> None:
    chat = await client.chat()
    entry = {"keys": ["storm"], "content": "Thunder rolls.", "sticky": 10}
    await bind_book(client, "chat", chat, entry, scanDepth=1)
    await client.say(chat, "A storm!")
    assert "Thunder rolls." in sent(model)
    frames = await client.say(chat, "And now?")
    assert "Thunder rolls." in sent(model)
    (item,) = (await trace_of(client, frames))["lore"]
    assert (item["by"], item["matches"]) == ("sticky", [])
    greeting, said, answer, *_ = await client.messages(chat)
    for fork, kept in ((greeting, False), (said, False), (answer, True)):
        body = {"forkedFromMessageId": fork["id"]}
        branch = await client.call("POST", f"/v1/chats/{chat}/branches", json=body, status=201)
        say = {"promptText": "What of it?", "branchId": branch["id"]}
        await client.frames("POST", f"/v1/chats/{chat}/messages", json=say)
        assert ("Thunder rolls." in sent(model)) is kept


async def test_a_swipe_takes_the_lore_it_woke_with_it(client: Client, model: ScriptedModel) -> None:
    chat = await client.chat()
    entry = {"keys": ["storm"], "content": "Thunder rolls.", "sticky": 10, "probability": 100}
    book = await bind_book(client, "chat", chat, entry, scanDepth=1)
    await client.say(chat, "A storm!")
    _, _, answer = await client.messages(chat)
    (stored,) = (await client.call("GET", f"/v1/lorebooks/{book}/entries", status=200))["items"]
    path = f"/v1/lorebooks/{book}/entries/{stored['id']}"
    await client.call("PATCH", path, json={"enabled": False}, status=200)
    await client.frames("POST", f"/v1/messages/{answer['id']}/regenerate")
    await client.call("PATCH", path, json={"enabled": True}, status=200)
    await client.say(chat, "And now?")
    assert "Thunder rolls." not in sent(model)
    first, second = (await client.call("GET", f"/v1/messages/{answer['id']}/variants", status=200))["items"]
    assert second["isSelected"]
    await client.call("POST", f"/v1/messages/{answer['id']}/variants/{first['id']}/select", status=200)
    await client.say(chat, "Again?")
    assert "Thunder rolls." in sent(model)


async def test_a_pinned_variant_brings_its_own_effects(client: Client, model: ScriptedModel) -> None:
    chat = await client.chat(
        first_mes="{{setvar::mood::calm}}Calm.",
        alternate_greetings=["{{setvar::mood::wild}}Wild."],
        description="Mood: {{getvar::mood}}.",
    )
    (greeting,) = await client.messages(chat)
    assert greeting["promptText"] == "Calm."
    calm, wild = (await client.call("GET", f"/v1/messages/{greeting['id']}/variants", status=200))["items"]
    await client.say(chat)
    assert "Mood: calm." in sent(model)
    body = {"forkedFromMessageId": greeting["id"], "forkedFromVariantId": wild["id"]}
    branch = await client.call("POST", f"/v1/chats/{chat}/branches", json=body, status=201)
    say = {"promptText": "How is it?", "branchId": branch["id"]}
    await client.frames("POST", f"/v1/chats/{chat}/messages", json=say)
    assert "Mood: wild." in sent(model)
    await client.call("POST", f"/v1/messages/{greeting['id']}/variants/{wild['id']}/select", status=200)
    await client.call("POST", f"/v1/messages/{greeting['id']}/variants/{calm['id']}/select", status=200)
    await client.say(chat)
    assert "Mood: calm." in sent(model)


async def test_variables_are_set_by_messages_card_and_lore_and_follow_edits(
    client: Client, model: ScriptedModel
) -> None:
    chat = await client.chat(description="{{incvar::turns}} turns, {{getvar::hp}} hp, {{getvar::seen}} seen.")
    await bind_book(client, "chat", chat, {"keys": ["ghost"], "content": "Boo{{setvar::seen::ghost}}."}, scanDepth=1)
    await set_up(client, chat, vars={"hp": 7, "turns": 10})
    await client.say(chat, "Hello.")
    assert "11 turns, 7 hp,  seen." in sent(model)
    await client.say(chat, "{{setvar::hp::3}}Ouch, a ghost!")
    assert "12 turns, 3 hp," in sent(model)
    assert model.requests[-1].messages[-1].content == "Ouch, a ghost!"
    await client.say(chat, "HP is {{getvar::hp}}.")
    assert "13 turns, 3 hp, ghost seen." in sent(model)
    assert model.requests[-1].messages[-1].content == "HP is 3."
    ouch, answer = (await client.messages(chat))[3:5]
    await client.call("PATCH", f"/v1/messages/{ouch['id']}", json={"promptText": "{{setvar::hp::5}}Meh."}, status=200)
    await client.call("PATCH", f"/v1/messages/{answer['id']}", json={"promptText": "Edited."}, status=200)
    await client.say(chat, "And?")
    assert "14 turns, 5 hp, ghost seen." in sent(model)


async def test_a_fork_into_a_new_chat_takes_the_variables_along(client: Client, model: ScriptedModel) -> None:
    chat = await client.chat(description="{{getvar::hp}} hp.")
    await client.say(chat, "{{setvar::hp::3}}Ouch.")
    copy = await client.call("POST", f"/v1/chats/{chat}/fork", status=201)
    await client.say(chat, "{{setvar::hp::1}}Worse.")
    await client.say(copy["id"], "And here?")
    assert "3 hp." in sent(model)


async def test_what_does_not_fit_is_said(client: Client, model: ScriptedModel) -> None:
    chat = await client.chat()
    entries = [{"keys": ["sea"], "content": "salt " * 40, "insertionOrder": n, "comment": f"e{n}"} for n in (1, 2, 3)]
    book = await bind_book(client, "chat", chat, *entries, tokenBudget=100)
    trace = await trace_of(client, await client.say(chat, "The sea"))
    assert [(i["entry"], i["status"], i.get("reason")) for i in trace["lore"]] == [
        ("e2", "fired", None),
        ("e3", "fired", None),
        ("e1", "skipped", "budget"),
    ]
    (cut,) = [item for item in trace["trimmed"] if item["reason"] == "lore_budget"]
    assert cut["origin"].startswith(f"lore:{book}.")
    assert sent(model).count("salt " * 40) == 2
    pieces = [piece["origin"] for piece in trace["prompt"] if piece["origin"].startswith("lore:")]
    assert len(pieces) == 2


async def test_decorators_ask_where_the_branch_stands(client: Client, model: ScriptedModel) -> None:
    chat = await client.chat(first_mes="One.", alternate_greetings=["Two."])
    await bind_book(
        client,
        "chat",
        chat,
        {"constant": True, "content": "@@is_greeting 1\nSecond opening."},
        {"constant": True, "content": "@@activate_only_after 2\nLate."},
    )
    await client.say(chat)
    assert "Second opening." not in sent(model)
    assert "Late." not in sent(model)
    greeting = (await client.messages(chat))[0]
    second = (await client.call("GET", f"/v1/messages/{greeting['id']}/variants", status=200))["items"][1]
    await client.call("POST", f"/v1/messages/{greeting['id']}/variants/{second['id']}/select", status=200)
    await client.say(chat)
    assert "Second opening." in sent(model)
    assert "Late." in sent(model)


async def test_a_greeting_keeps_its_number(client: Client, model: ScriptedModel) -> None:
    async def told(chat: str) -> str:
        await client.say(chat)
        return sent(model)

    book = [{"constant": True, "content": f"@@Is_Greeting {n}\nOpening {n}."} for n in range(4)]
    chat = await client.chat(first_mes=" ", alternate_greetings=["One.", "Two.", "", "Four."])
    profile = (await client.call("GET", f"/v1/chats/{chat}", status=200))["entityProfileId"]
    await bind_book(client, "entity_profile", profile, *book)
    assert "Opening 1." in await told(chat)
    path = f"/v1/messages/{(await client.messages(chat))[0]['id']}"
    one, two, _ = (await client.call("GET", f"{path}/variants", status=200))["items"]
    await client.call("POST", f"{path}/variants/{two['id']}/select", status=200)
    fork = await client.call("POST", f"/v1/chats/{chat}/fork", json={"variants": "selected"}, status=201)
    assert "Opening 2." in await told(fork["id"])
    await client.call("DELETE", f"{path}/variants/{one['id']}", status=204)
    assert "Opening 2." in await told(chat)
    await client.call("PATCH", path, json={"promptText": "Two, edited."}, status=200)
    answer = await told(chat)
    assert ("Opening 2." in answer, "Opening 0." in answer) == (True, False)


async def test_pick_stays_through_a_chat_and_random_does_not(client: Client, model: ScriptedModel) -> None:
    items = "::".join(str(n) for n in range(10_000, 20_000))
    first = f"{{{{pick::{items}}}}}"
    chat = await client.chat(description=f"P{{{{pick::{items}}}}} R{{{{random::{items}}}}}", first_mes=first)
    found: list[tuple[str, ...]] = []

    def note() -> None:
        found.append(tuple(re.findall(r"[PR](\d{5})", sent(model))))

    for text in ("One", "Two"):
        await client.say(chat, text)
        note()
    answer = (await client.messages(chat))[-1]["id"]
    await client.frames("POST", f"/v1/messages/{answer}/regenerate")
    note()
    picked, drawn = zip(*found, strict=True)
    assert len(set(picked)) == 1
    assert len(set(drawn)) == 3
    other = (await client.call("GET", f"/v1/chats/{chat}", status=200))["entityProfileId"]
    made = await client.call("POST", f"/v1/entity-profiles/{other}/chats", status=201)
    await client.say(made["id"])
    note()
    assert found[-1][0] != picked[0]
    greetings = [(await client.messages(made))[0]["promptText"] for made in (chat, made["id"])]
    assert greetings[0] != greetings[1]


async def test_the_trace_names_template_persona_and_unknown_macros(client: Client) -> None:
    chat = await client.chat()
    body = {"name": "Mine", "templateText": "Be {{char}}. {{whatsit::1}}"}
    template = await client.call("POST", "/v1/prompt-templates", json=body, status=201)
    persona = await client.call("POST", "/v1/personas", json={"name": "Ann", "isDefault": True}, status=201)
    trace = await trace_of(client, await client.say(chat))
    output = next(step["output"] for step in trace["steps"] if step["type"] == "pre")
    assert output["template"] == {"id": template["id"], "name": "Mine", "scope": "global", "version": 1}
    assert (output["personaId"], output["unknownMacros"]) == (persona["id"], ["whatsit"])


@pytest.mark.parametrize(
    ("card", "text", "key"),
    [
        ("v2_st_seraphina_with_book.png", "Tell me of Eldoria and the Shadowfangs.", "eldoria"),
        ("v3_detective_noir_decorator.json", "Where is the club? Tell me of the city and the case.", ""),
        ("v2_book_no_extensions.json", "Hello there.", ""),
        ("v3_luna_full.json", "Hello there.", ""),
    ],
)
async def test_real_cards_are_told_with_their_own_books(
    client: Client, model: ScriptedModel, cases: Path, card: str, text: str, key: str
) -> None:
    chat = await upload_card(client, cases, card)
    trace = await trace_of(client, await client.say(chat, text))
    origins = [piece["origin"] for piece in trace["prompt"]]
    assert origins.count("system") == 1
    assert trace["prompt"][[p["role"] for p in trace["prompt"]].index("user")]["text"]
    assert "{{char}}" not in sent(model)
    assert "{{user}}" not in sent(model)
    fired = [item for item in trace["lore"] if item["status"] == "fired"]
    assert len([o for o in origins if o.startswith("lore:")]) == len(
        [i for i in fired if i["tokens"] and i["position"] not in {"outlet", "after_desc", "personality", "scenario"}]
    )
    if key:
        assert any(match["key"].lower() == key for item in fired for match in item["matches"])
