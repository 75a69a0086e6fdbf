"""The newcomer's road through the page: drop a card, press Chat, write, watch, leave and come back."""

import asyncio
import base64
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from fabula.plugins.testing import End, Hold, Say, ScriptedModel, Wait
from tests.conftest import Place
from tests.e2e.conftest import PHONE
from tests.server import Client, running

pytestmark = [pytest.mark.browser, pytest.mark.slow]

_DROP = """async ([name, data]) => {
  const bytes = Uint8Array.from(atob(data), c => c.charCodeAt(0));
  const files = new DataTransfer();
  files.items.add(new File([bytes], name, {type: "image/png"}));
  for (const type of ["dragenter", "dragover", "drop"])
    document.querySelector("h1").dispatchEvent(new DragEvent(type, {dataTransfer: files, bubbles: true, cancelable: true}));
}"""


async def shown(page: Page, text: str, timeout: float = 20_000) -> None:
    """Wait until the chat shows `text` (screen readers are told it a second time, outside the list)."""
    found = page.get_by_role("region", name="Messages").get_by_text(text)
    await expect(found.first).to_be_visible(timeout=timeout)


async def drop(page: Page, card: Path) -> None:
    await page.evaluate(_DROP, [card.name, base64.b64encode(card.read_bytes()).decode()])


async def write(page: Page, text: str) -> None:
    box = page.get_by_role("textbox", name="Write to")
    await box.fill(text)
    await box.press("Enter")


async def open_chat(client: Client, page: Page) -> str:
    chat = await client.chat(name="Mira")
    await page.goto(f"{client.address}/chats/{chat}")
    await shown(page, "Good evening.")
    return chat


async def test_drop_a_card_press_chat_write_and_watch(place: Place, page: Page, cases: Path) -> None:
    gate = asyncio.Event()
    model = ScriptedModel([[Say("The forest "), Hold(gate), Say("is quiet."), End()]])
    async with running(place, model, jobs=True) as client:
        await page.goto(client.address)
        await expect(page.get_by_text("Nobody is here yet")).to_be_visible()
        await drop(page, cases / "cards" / "v2_st_seraphina_with_book.png")
        await page.get_by_role("dialog").get_by_role("button", name="Close").click()
        await page.get_by_role("button", name="Chat with Seraphina").click()
        await shown(page, "You wake with a start")
        await write(page, "Where am I?")
        await shown(page, "The forest")
        await expect(page.get_by_role("button", name="Stop writing")).to_be_visible()
        gate.set()
        await shown(page, "The forest is quiet.")
        await expect(page.get_by_role("button", name="Send")).to_be_visible()


async def test_a_reload_in_the_middle_goes_on_where_it_was(place: Place, page: Page) -> None:
    gate = asyncio.Event()
    async with running(place, ScriptedModel([[Say("Once upon "), Hold(gate), Say("a time."), End()]])) as client:
        await open_chat(client, page)
        await write(page, "A story, please")
        await shown(page, "Once upon")
        await page.reload()
        await shown(page, "Once upon")
        gate.set()
        await shown(page, "Once upon a time.")


async def test_two_tabs_see_the_same_stream(place: Place, page: Page) -> None:
    gate = asyncio.Event()
    async with running(place, ScriptedModel([[Say("Both "), Hold(gate), Say("see this."), End()]])) as client:
        chat = await open_chat(client, page)
        other = await page.context.new_page()
        await other.goto(f"{client.address}/chats/{chat}")
        await shown(other, "Good evening.")
        await write(page, "Look")
        await shown(other, "Both")
        gate.set()
        await shown(other, "Both see this.")
        await shown(page, "Both see this.")


async def test_stop_keeps_what_was_written(place: Place, page: Page) -> None:
    async with running(place, ScriptedModel([[Say("Half a sent"), Wait(60)]])) as client:
        chat = await open_chat(client, page)
        await write(page, "Go on")
        await shown(page, "Half a sent")
        await page.get_by_role("button", name="Stop writing").click()
        await expect(page.get_by_role("button", name="Send")).to_be_visible()
        await shown(page, "Half a sent")
        assert (await client.messages(chat))[-1]["state"] == "settled"


async def test_an_upstream_fault_offers_to_try_again(place: Place, page: Page) -> None:
    model = ScriptedModel([[Say("I was going to")], [Say("I was going to tell you."), End()]])
    async with running(place, model) as client:
        await open_chat(client, page)
        await write(page, "Tell me")
        await expect(page.get_by_role("alert")).to_be_visible()
        await page.get_by_role("button", name="Try again").click()
        await shown(page, "I was going to tell you.")


async def test_the_page_survives_a_server_that_comes_back(place: Place, page: Page) -> None:
    model = ScriptedModel([[Say("Before the storm"), Wait(60)]])
    async with running(place, model) as client:
        await open_chat(client, page)
        port = int(client.address.rsplit(":", 1)[1])
        await write(page, "Go")
        await shown(page, "Before the storm")
    async with running(place, ScriptedModel(), port=port):
        await shown(page, "The server stopped while this was being written", 20_000)
        await shown(page, "Before the storm")


async def test_the_gallery_recovers_with_the_server_and_shows_what_came_meanwhile(place: Place, page: Page) -> None:
    async with running(place, ScriptedModel()) as client:
        await client.profile(name="Mira")
        await page.goto(client.address)
        await expect(page.get_by_role("button", name="Chat with Mira")).to_be_visible()
        port = int(client.address.rsplit(":", 1)[1])
    await expect(page.get_by_text("Connecting to the server again")).to_be_visible(timeout=20_000)
    async with running(place, ScriptedModel()) as client:
        await client.profile(name="Anselm")
    async with running(place, ScriptedModel(), port=port):
        await expect(page.get_by_role("button", name="Chat with Anselm")).to_be_visible(timeout=20_000)
        await expect(page.get_by_text("Connecting to the server again")).to_have_count(0)
        await page.get_by_role("button", name="Chat with Mira").click()
        await shown(page, "Good evening.")


async def test_a_phone_shows_everything_without_sideways_scrolling(place: Place, page: Page) -> None:
    await page.set_viewport_size(PHONE)  # type: ignore[arg-type]  # a TypedDict there
    async with running(place, ScriptedModel()) as client:
        await open_chat(client, page)
        await write(page, "Hello from a phone")
        await shown(page, "Hello, traveller.")
        wide = await page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
        assert not wide
        await page.goto(client.address)
        await expect(page.get_by_text("Mira")).to_be_visible()
        assert not await page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")


async def test_the_whole_road_works_by_keyboard(place: Place, page: Page) -> None:
    async with running(place, ScriptedModel()) as client:
        await client.profile(name="Mira")
        await page.goto(client.address)
        button = page.get_by_role("button", name="Chat with Mira")
        await expect(button).to_be_visible()
        for _ in range(40):
            await page.keyboard.press("Tab")
            if await button.evaluate("e => e === document.activeElement"):
                break
        await page.keyboard.press("Enter")
        box = page.get_by_role("textbox", name="Write to")
        await expect(box).to_be_focused()
        await page.keyboard.type("By hand")
        await page.keyboard.press("Enter")
        await shown(page, "Hello, traveller.")
