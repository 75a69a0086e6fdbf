"""What a page shows stays while more of it is loaded, however slowly its code and words come."""

import asyncio
import re

import pytest
from playwright.async_api import Page, Route, expect

from fabula.plugins.testing import ScriptedModel
from tests.conftest import Place
from tests.e2e.test_accessibility import fill
from tests.server import running

pytestmark = [pytest.mark.browser, pytest.mark.slow]

# Titles and dialogs that were shown and then hidden, as is done while what a part of them needs is loaded.
WATCH = """
  const shown = new Set();
  window.takenAway = [];
  new MutationObserver(() => {
    for (const element of document.querySelectorAll("h1, [role=dialog]"))
      if (element.checkVisibility()) shown.add(element);
      else if (shown.delete(element)) takenAway.push(element.textContent.slice(0, 60));
  }).observe(document, {childList: true, subtree: true, attributes: true, attributeFilter: ["style"]});
"""


async def slowly(route: Route) -> None:
    await asyncio.sleep(0.06)
    await route.continue_()


async def test_no_page_is_taken_away_once_it_is_shown(place: Place, page: Page) -> None:
    await page.add_init_script(WATCH)
    await page.route("**/assets/*.js", slowly)
    taken: dict[str, list[str]] = {}
    async with running(place, ScriptedModel()) as client:
        for address in await fill(client):
            await page.goto(client.address + address)
            await page.wait_for_selector("h1:visible")
            await page.wait_for_timeout(500)
            if found := await page.evaluate("takenAway"):
                taken[address] = found
    assert taken == {}


@pytest.mark.parametrize("key", ["s", "b", "w", "?", "Control+k"])
async def test_nothing_over_a_chat_is_taken_away_once_it_is_shown(place: Place, page: Page, key: str) -> None:
    await page.add_init_script(WATCH)
    await page.route("**/assets/*.js", slowly)
    async with running(place, ScriptedModel()) as client:
        chat = next(address for address in await fill(client) if re.fullmatch(r"/chats/[^/?]+", address))
        await page.goto(client.address + chat)
        await page.get_by_role("region", name="Messages").focus()
        await expect(page.locator("[data-row]").first).to_be_visible()
        await page.keyboard.press(key)
        await expect(page.get_by_role("dialog").first).to_be_visible()
        await page.wait_for_timeout(1_000)
        assert await page.evaluate("takenAway") == []
