"""The workshop and the palette: a template's error at its line, a book tried on a text, words found everywhere."""

import pytest
from playwright.async_api import Page, expect

from fabula.plugins.testing import ScriptedModel
from tests.conftest import Place
from tests.server import running

pytestmark = [pytest.mark.browser, pytest.mark.slow]


async def test_a_template_tells_its_error_at_the_line_and_previews_when_it_is_mended(place: Place, page: Page) -> None:
    async with running(place, ScriptedModel()) as client:
        await client.chat(name="Mira")
        await page.goto(f"{client.address}/workshop/templates?id=new")
        await page.get_by_label("Name").fill("Mine")
        source = page.get_by_role("textbox", name="Template")
        await source.fill("Hello\n{% if user.name %}")
        await expect(page.get_by_text("Line 2, column")).to_be_visible()
        await source.fill("You are {{char}}, of course.")
        await expect(page.get_by_role("region", name="Preview").get_by_text("You are Mira, of course.")).to_be_visible()
        await page.get_by_role("button", name="Save").click()
        await expect(page.get_by_role("heading", name="Mine")).to_be_visible()
        found = (await client.call("GET", "/v1/prompt-templates"))["items"]
        assert [one["templateText"] for one in found] == ["You are {{char}}, of course."]


async def test_a_book_is_tried_on_a_text(place: Place, page: Page) -> None:
    async with running(place, ScriptedModel()) as client:
        book = (await client.call("POST", "/v1/lorebooks", json={"name": "North"}, status=201))["id"]
        entry = {"keys": ["tower"], "content": "It leans.", "comment": "The tower"}
        await client.call("POST", f"/v1/lorebooks/{book}/entries", json=entry, status=201)
        await page.goto(f"{client.address}/workshop/lorebooks?id={book}")
        await page.get_by_role("tab", name="Try it").click()
        await page.get_by_label("A text, as someone would say it").fill("We saw the tower at dusk.")
        await page.get_by_role("button", name="See what fires").click()
        await expect(page.get_by_text("fired", exact=True)).to_be_visible()
        await expect(page.get_by_text("tower", exact=True)).to_be_visible()


async def test_the_palette_finds_a_message_and_goes_to_it(place: Place, page: Page) -> None:
    async with running(place, ScriptedModel()) as client:
        chat = await client.chat(name="Mira")
        await client.call(
            "POST", f"/v1/chats/{chat}/messages", json={"promptText": "The lighthouse burns."}, status=201
        )
        await page.goto(f"{client.address}/characters")
        await expect(page.get_by_role("heading", name="Characters")).to_be_visible()
        await page.keyboard.press("Control+k")
        await page.get_by_role("combobox", name="Type a command").fill("lighthouse")
        await page.get_by_role("option", name="lighthouse").first.click()
        await expect(page.get_by_role("region", name="Messages").get_by_text("The lighthouse burns.")).to_be_visible()


async def test_a_character_is_edited_and_keeps_what_the_page_does_not_know(place: Place, page: Page) -> None:
    async with running(place, ScriptedModel()) as client:
        profile = await client.profile(name="Mira", description="Calm.", extensions={"own": {"kept": True}})
        await page.goto(f"{client.address}/characters/{profile}/edit")
        await page.get_by_label("Description").fill("Calm, and a little tired.")
        await page.get_by_role("tab", name="Greetings").click()
        await page.get_by_role("button", name="Add a greeting").first.click()
        await page.get_by_role("textbox", name="Greeting 2").fill("You again?")
        await page.get_by_role("button", name="Save").click()
        await expect(page.get_by_text("Saved")).to_be_visible()
        spec = (await client.call("GET", f"/v1/entity-profiles/{profile}"))["spec"]
        assert spec["description"] == "Calm, and a little tired."
        assert spec["alternate_greetings"] == ["You again?"]
        assert spec["extensions"]["own"] == {"kept": True}
