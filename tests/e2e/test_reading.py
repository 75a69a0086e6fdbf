"""A chat as a page to read and to print, and a page that keeps still for those who asked for it."""

import asyncio
import json
import re

import aiohttp
import pytest
from playwright.async_api import Browser, Page, expect

from fabula.plugins.testing import End, Hold, Say, ScriptedModel
from tests.conftest import Place
from tests.e2e.conftest import DESKTOP
from tests.e2e.test_first_conversation import open_chat, shown, write
from tests.server import Client, running

pytestmark = [pytest.mark.browser, pytest.mark.slow]

LONG = 620
MOVING = """document.getAnimations().filter(one => {
  const {duration, iterations} = one.effect.getComputedTiming();
  return duration > 1 || iterations > 1;
}).length"""


async def import_long_chat(client: Client) -> str:
    profile = await client.profile(name="Mira")
    head = {"user_name": "unused", "character_name": "Mira", "chat_metadata": {}}
    date = "2024-06-05T14:56:50.682Z"
    lines = [
        {"name": "Ann" if nth % 2 else "Mira", "is_user": nth % 2 == 1, "send_date": date, "mes": f"Line {nth}."}
        for nth in range(LONG)
    ]
    form = aiohttp.FormData()
    form.add_field("files", "\n".join(map(json.dumps, [head, *lines])).encode(), filename="long.jsonl")
    answer = await client.call("POST", "/v1/chats/import", params={"entityProfileId": profile}, data=form, status=200)
    return str(answer["items"][0]["chatId"])


async def test_printing_a_long_chat_prints_every_message(place: Place, page: Page) -> None:
    async with running(place, ScriptedModel()) as client:
        chat = await import_long_chat(client)
        await page.goto(f"{client.address}/chats/{chat}")
        await shown(page, f"Line {LONG - 1}.")
        assert await page.locator("[data-row]").count() < 200
        await page.keyboard.press("Control+p")
        await expect(page).to_have_url(re.compile(rf"/chats/{chat}/read"))
        await expect(page.get_by_text("Line 0.", exact=True)).to_be_visible()
        await page.emulate_media(media="print")
        await expect(page.get_by_role("button", name="Print")).to_be_hidden()
        await expect(page.get_by_role("navigation", name="Main")).to_be_hidden()
        printed = await page.locator("article").inner_text()
        assert re.findall(r"Line (\d+)\.", printed) == [str(nth) for nth in range(LONG)]
        paper = await page.pdf(format="A4")
        # About 60 lines a sheet, two and more for each message: a page cut at the window would be one sheet.
        assert len(re.findall(rb"/Type\s*/Page\b", paper)) >= 12


@pytest.mark.parametrize("wish", ["reduce", "no-preference"])
async def test_nothing_moves_for_those_who_asked_for_it(place: Place, browser: Browser, wish: str) -> None:
    gate = asyncio.Event()
    async with running(place, ScriptedModel([[Say("Slowly "), Hold(gate), Say("now."), End()]])) as client:
        context = await browser.new_context(viewport=DESKTOP, reduced_motion=wish)  # type: ignore[arg-type]  # a TypedDict, a literal
        page = await context.new_page()
        await open_chat(client, page)
        await write(page, "Go")
        await shown(page, "Slowly")
        moving = await page.evaluate(MOVING)
        gate.set()
        await shown(page, "Slowly now.")
        await context.close()
    assert (moving == 0) == (wish == "reduce")
