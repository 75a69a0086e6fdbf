"""The main road without a mouse: the focus is always somewhere, always seen, and `?` says what the keys do."""

import asyncio
from pathlib import Path

import pytest
from playwright.async_api import Locator, Page, Route, expect

from fabula.plugins.testing import End, Say, ScriptedModel, Wait
from tests.conftest import REPO, Place
from tests.e2e.test_first_conversation import shown
from tests.server import running

pytestmark = [pytest.mark.browser, pytest.mark.slow]

# What has the focus, and what is wrong with it: nothing has it, it is not shown, or nothing marks it.
FOCUS = """() => {
  const held = document.activeElement;
  const name = `${held.tagName} ${held.getAttribute("aria-label") ?? held.textContent.slice(0, 40)}`;
  if (held === document.body) return [name, "nothing has the focus"];
  const {top, bottom, left, right} = held.getBoundingClientRect();
  if (!held.checkVisibility() || bottom <= 0 || right <= 0 || top >= innerHeight || left >= innerWidth)
    return [name, "it cannot be seen"];
  const marked = element => {
    const style = getComputedStyle(element);
    return (style.outlineStyle !== "none" && style.outlineWidth !== "0px") || style.boxShadow !== "none";
  };
  const field = held.matches("input, textarea, select");
  const marks = [held, ...(field ? [held.parentElement, held.closest("form > *")] : [])].filter(Boolean);
  const border = field && getComputedStyle(held).borderColor;
  const isRoom = held.matches("main, [role=dialog]");
  return [name, marks.some(marked) || (field && border !== "rgba(0, 0, 0, 0)") || isRoom ? "" : "nothing marks it"];
}"""


class Keys:
    """Someone with a keyboard only, who looks where the focus is after each press."""

    def __init__(self, page: Page) -> None:
        self.page = page

    async def press(self, *keys: str) -> None:
        for key in keys:
            await self.page.keyboard.press(key)
            await self.look(key)

    async def look(self, after: str) -> None:
        """Fail unless the focus is somewhere and marked; what follows a press may take a moment."""
        name, fault = "", "not looked"
        for _ in range(200):
            name, fault = await self.page.evaluate(FOCUS)
            if not fault:
                return
            await self.page.wait_for_timeout(50)
        pytest.fail(f"after {after!r}: {fault} ({name!r})")

    async def go_to(self, wanted: Locator, key: str = "Tab", most: int = 60) -> None:
        await expect(wanted).to_be_visible()
        for _ in range(most):
            if await wanted.evaluate("element => element === document.activeElement"):
                return
            await self.press(key)
        pytest.fail(f"{key} does not reach {wanted}")

    async def type(self, text: str) -> None:
        await self.page.keyboard.type(text)
        await self.look(text)


async def test_from_an_empty_install_to_why_this_answer_and_back(place: Place, page: Page) -> None:
    model = ScriptedModel([
        [Say("The lamp is lit."), End()],
        [Say("Half a"), Wait(60)],
        [Say("The soup is hot."), End()],
        [Say("On the other road."), End()],
    ])  # fmt: skip
    keys = Keys(page)
    async with running(place, model, jobs=True) as client:
        await page.goto(client.address)
        await import_card(keys, REPO / "examples" / "maren.json")
        await write_first_message(keys)
        await make_variants(keys)
        await edit_last_message(keys)
        await fork_and_travel_back(keys)
        await ask_why(keys)
        await keys.press("Control+k")
        await expect(page.get_by_role("combobox", name="Type a command")).to_be_focused()
        await keys.type("go characters")
        await keys.press("Enter")
        await expect(page.get_by_role("heading", name="Characters", level=1)).to_be_visible()
        await keys.look("going back")


async def write_first_message(keys: Keys) -> None:
    page = keys.page
    await keys.go_to(page.get_by_role("button", name="Chat with Maren"))
    await keys.press("Enter")
    await expect(page.get_by_role("textbox", name="Write to")).to_be_focused()
    await keys.type("Good evening")
    await keys.press("Enter")
    await shown(page, "The lamp is lit.")
    await settled(page)


async def make_variants(keys: Keys) -> None:
    """A second one, stopped in the middle; a third; back to the first."""
    await keys.press("ArrowRight")
    await shown(keys.page, "Half a")
    await keys.press("Escape")
    await settled(keys.page)
    await keys.press("ArrowRight")
    await shown(keys.page, "The soup is hot.")
    await settled(keys.page)
    await keys.press("ArrowLeft")
    await shown(keys.page, "Half a")
    await keys.press("ArrowLeft")
    await shown(keys.page, "The lamp is lit.")


async def edit_last_message(keys: Keys) -> None:
    page = keys.page
    await keys.press("Escape")
    await expect(page.get_by_role("region", name="Messages")).to_be_focused()
    await keys.press("e")
    await expect(page.get_by_role("textbox", name="The message")).to_be_focused()
    await keys.press("Control+A")
    await keys.type("The lamp is lit again.")
    await keys.press("Control+Enter")
    await shown(page, "The lamp is lit again.")
    await expect(page.get_by_role("button", name="Edit", exact=True).last).to_be_focused()


async def fork_and_travel_back(keys: Keys) -> None:
    page = keys.page
    await keys.press("f")
    await expect(page.get_by_text("You are on a new branch")).to_be_visible()
    await expect(page.get_by_role("textbox", name="Write to")).to_be_focused()
    await keys.type("We leave")
    await keys.press("Enter")
    await shown(page, "On the other road.")
    await settled(page)
    await keys.press("Escape", "b")
    await keys.go_to(page.get_by_role("button", name="Main The lamp is lit again."))
    await keys.press("Enter")
    await expect(page.get_by_role("dialog")).to_have_count(0)
    await keys.look("travelling")
    await expect(page.get_by_role("region", name="Messages").get_by_text("On the other road.")).to_have_count(0)


async def ask_why(keys: Keys) -> None:
    """Of the variant before the edited one, which the model wrote; the focus comes back to where it was."""
    page = keys.page
    await keys.press("Escape", "ArrowLeft")
    await shown(page, "The soup is hot.")
    await keys.press("w")
    panel = page.get_by_role("dialog", name="Why this answer")
    await expect(panel.get_by_text("Good evening").first).to_be_visible()
    await keys.press("Escape")
    await expect(panel).to_have_count(0)
    await expect(page.get_by_role("region", name="Messages")).to_be_focused()


async def settled(page: Page) -> None:
    """Wait until the newest variant is shown whole and the keys mean it."""
    await expect(page.get_by_role("button", name="Send")).to_be_visible()
    await expect(page.get_by_role("button", name="Write a new variant")).to_be_enabled()


async def import_card(keys: Keys, card: Path) -> None:
    page = keys.page
    # Playwright begins to catch choosers with the first listener, and does not wait until it does.
    page.on("filechooser", lambda _: None)
    await keys.go_to(page.get_by_role("button", name="Import").first)
    async with page.expect_file_chooser() as chooser:
        await page.keyboard.press("Enter")
    await (await chooser.value).set_files(card)
    close = page.get_by_role("dialog").get_by_role("button", name="Close")
    await keys.go_to(close)
    await keys.press("Enter")
    await expect(page.get_by_role("dialog")).to_have_count(0)
    await keys.look("closing the report")


async def test_the_map_of_keys_tells_each_key_and_gives_the_focus_back(place: Place, page: Page) -> None:
    async with running(place, ScriptedModel()) as client:
        chat = await client.chat(name="Mira")
        await client.say(chat)
        await page.goto(f"{client.address}/chats/{chat}")
        await shown(page, "Hello, traveller.")
        keys = Keys(page)
        await keys.press("Escape", "?")
        await expect(page.get_by_role("dialog", name="Keyboard")).to_be_visible()
        told = await page.get_by_role("dialog", name="Keyboard").locator("dl > div").all_inner_texts()
        named = {text.splitlines()[-1].strip() for text in told}
        assert {"E", "F", "R", "W", "S", "B", "I", "?", "←", "→", "ESC"} <= {name.upper() for name in named}
        await keys.press("Escape")
        await expect(page.get_by_role("dialog")).to_have_count(0)
        await expect(page.get_by_role("region", name="Messages")).to_be_focused()


async def test_the_text_field_can_be_left_before_the_messages_are_there(place: Place, page: Page) -> None:
    async with running(place, ScriptedModel()) as client:
        chat = await client.chat(name="Mira")
        arrived = asyncio.Event()

        async def late(route: Route) -> None:
            await arrived.wait()
            await route.continue_()

        await page.route("**/messages?**", late)
        await page.goto(f"{client.address}/chats/{chat}")
        await expect(page.get_by_role("textbox", name="Write to")).to_be_focused()
        await Keys(page).press("Escape")
        messages = page.get_by_role("region", name="Messages")
        await expect(messages).to_be_focused()
        arrived.set()
        await shown(page, "Good evening.")
        await expect(messages).to_be_focused()


@pytest.mark.parametrize("key", ["s", "b", "Control+k"])
async def test_what_is_closed_gives_the_focus_back(place: Place, page: Page, key: str) -> None:
    async with running(place, ScriptedModel()) as client:
        chat = await client.chat(name="Mira")
        await page.goto(f"{client.address}/chats/{chat}")
        await shown(page, "Good evening.")
        keys = Keys(page)
        await keys.press("Escape", key)
        await expect(page.get_by_role("dialog")).to_be_visible()
        await keys.press("Escape")
        await expect(page.get_by_role("dialog")).to_have_count(0)
        await expect(page.get_by_role("region", name="Messages")).to_be_focused()


async def test_a_deleted_message_leaves_the_focus_in_the_chat_and_is_undone_by_a_key(place: Place, page: Page) -> None:
    async with running(place, ScriptedModel([[Say("Gone soon."), End()]])) as client:
        chat = await client.chat(name="Mira")
        await client.say(chat)
        await page.goto(f"{client.address}/chats/{chat}")
        await shown(page, "Gone soon.")
        keys = Keys(page)
        await keys.press("Escape")
        await keys.go_to(page.get_by_role("button", name="More", exact=True).last)
        await keys.press("Enter")
        await keys.go_to(page.get_by_role("menuitem", name="Delete"), "ArrowDown")
        await keys.press("Enter")
        messages = page.get_by_role("region", name="Messages")
        await expect(messages.get_by_text("Gone soon.")).to_have_count(0)
        await keys.look("deleting")
        assert await page.evaluate("document.querySelector('#content').contains(document.activeElement)")
        await keys.press("Control+z")
        await shown(page, "Gone soon.")
