"""What people do with a conversation in the page: edit, hide, delete, fork, travel, ask why."""

import pytest
from playwright.async_api import Browser, Page, expect

from fabula.plugins.testing import End, Say, ScriptedModel
from tests.conftest import Place
from tests.e2e.test_first_conversation import open_chat, shown, write
from tests.server import Client, running

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def lines(*texts: str) -> ScriptedModel:
    """A model that answers with these, one after the other."""
    return ScriptedModel([[Say(text), End()] for text in texts])


async def choose(page: Page, item: str) -> None:
    """Open the menu of the last message and press `item`."""
    await page.get_by_role("button", name="More", exact=True).last.click()
    await page.get_by_role("menuitem", name=item).click()


async def begin(client: Client, page: Page, answer: str) -> str:
    chat = await open_chat(client, page)
    await write(page, "Hello there")
    await shown(page, answer)
    await expect(page.get_by_role("button", name="Send")).to_be_visible()
    return chat


async def test_an_edit_is_a_new_variant_and_the_old_one_stays(place: Place, page: Page) -> None:
    async with running(place, lines("A grey morning.")) as client:
        chat = await begin(client, page, "A grey morning.")
        await page.get_by_role("region", name="Messages").focus()
        await page.keyboard.press("e")
        field = page.get_by_role("textbox", name="The message")
        await field.fill("A golden morning.")
        await field.press("Control+Enter")
        await expect(field).to_have_count(0)
        await shown(page, "A golden morning.")
        last = (await client.messages(chat))[-1]
        assert (last["promptText"], last["variantCount"]) == ("A golden morning.", 2)
        await page.get_by_role("button", name="Previous variant").last.click()
        await shown(page, "A grey morning.")


async def test_a_deleted_message_comes_back_by_undo(place: Place, page: Page) -> None:
    async with running(place, lines("Gone in a moment.")) as client:
        await begin(client, page, "Gone in a moment.")
        await choose(page, "Delete")
        region = page.get_by_role("region", name="Messages")
        await expect(region.get_by_text("Gone in a moment.")).to_have_count(0)
        await page.get_by_role("button", name="Undo").click()
        await shown(page, "Gone in a moment.")


async def test_a_hidden_message_is_marked_and_stays_out_of_the_prompt(place: Place, page: Page) -> None:
    model = lines("A secret.", "What secret?")
    async with running(place, model) as client:
        await begin(client, page, "A secret.")
        await choose(page, "Hide from the model")
        await shown(page, "Hidden from the model")
        await write(page, "Do you remember?")
        await shown(page, "What secret?")
        assert all("A secret." not in message.content for message in model.requests[-1].messages)


async def test_a_fork_is_travelled_by_the_map(place: Place, page: Page) -> None:
    async with running(place, lines("By the river.", "On the other bank.")) as client:
        chat = await begin(client, page, "By the river.")
        await choose(page, "Fork here: a new branch")
        await expect(page.get_by_text("You are on a new branch")).to_be_visible()
        assert page.url.endswith(f"/chats/{chat}?branch=" + await active(client, chat))
        await write(page, "We cross")
        await shown(page, "On the other bank.")
        await page.get_by_role("button", name="Map of branches").click()
        await page.get_by_role("button", name="Main By the river.").click()
        region = page.get_by_role("region", name="Messages")
        await shown(page, "By the river.")
        await expect(region.get_by_text("On the other bank.")).to_have_count(0)


async def active(client: Client, chat: str) -> str:
    return str((await client.call("GET", f"/v1/chats/{chat}"))["activeBranchId"])


async def test_why_this_answer_shows_the_prompt_by_origin(place: Place, page: Page) -> None:
    async with running(place, lines("Because.")) as client:
        await begin(client, page, "Because.")
        await choose(page, "Why this answer")
        panel = page.get_by_role("dialog", name="Why this answer")
        await expect(panel.get_by_text("Hello there")).to_be_visible()
        await expect(panel.get_by_text("System prompt").first).to_be_visible()
        await panel.get_by_role("tab", name="Steps").click()
        await expect(panel.get_by_text("answer", exact=True)).to_be_visible()
        await panel.get_by_role("tab", name="Parameters").click()
        await expect(panel.get_by_text('"temperature": 0.5')).to_be_visible()


async def test_the_model_writes_for_the_user_into_the_field(place: Place, page: Page) -> None:
    async with running(place, lines("Good day.", "I wave and smile.")) as client:
        chat = await begin(client, page, "Good day.")
        await page.get_by_role("button", name="Let the model write for me").click()
        await expect(page.get_by_role("textbox", name="Write to")).to_have_value("I wave and smile.")
        assert len(await client.messages(chat)) == 3


async def test_a_link_to_an_old_message_opens_at_it(place: Place, page: Page) -> None:
    async with running(place, ScriptedModel()) as client:
        chat = await client.chat(name="Mira")
        for number in range(100):
            body = {"promptText": f"Line {number}."}
            await client.call("POST", f"/v1/chats/{chat}/messages", json=body, status=201)
        wanted = (await client.messages(chat, before=11, limit=1))[0]
        await page.goto(f"{client.address}/chats/{chat}?message={wanted['id']}")
        await expect(page.get_by_text(wanted["promptText"], exact=True)).to_be_in_viewport(timeout=10_000)


async def test_the_settings_of_a_chat_are_saved_as_they_are_left(place: Place, page: Page) -> None:
    async with running(place, lines("Noted.")) as client:
        chat = await begin(client, page, "Noted.")
        persona = await client.call("POST", "/v1/personas", json={"name": "Ada"}, status=201)
        await page.get_by_role("button", name="Settings of this chat").click()
        await page.get_by_label("Title").fill("The long road")
        await page.get_by_label("Persona").select_option("Ada")
        await page.get_by_label("Author's note").fill("It rains.")
        await page.get_by_label("Title").focus()
        await expect(page.get_by_label("Messages from the end")).to_be_visible()
        found = await client.call("GET", f"/v1/chats/{chat}")
        assert found["title"] == "The long road"
        assert found["settings"]["personaId"] == persona["id"]
        assert found["settings"]["authorNote"]["text"] == "It rains."


@pytest.mark.parametrize(
    ("locale", "told"),
    [
        ("en-GB", "Unknown macros, left as text: {{mood}}, {{sky}}"),
        ("ru-RU", "Неизвестные макросы, оставлены текстом: {{mood}}, {{sky}}"),
    ],
)
async def test_a_message_tells_of_its_macros_under_its_text(
    place: Place, browser: Browser, locale: str, told: str
) -> None:
    context = await browser.new_context(locale=locale)
    page = await context.new_page()
    async with running(place, lines("Yes.")) as client:
        chat = await client.chat(first_mes="{{mood}} and {{sky}}{{comment: Play this slowly.}}")
        await page.goto(f"{client.address}/chats/{chat}")
        row = page.locator("[data-row]").first
        await expect(row).to_contain_text("{{mood}} and {{sky}}")
        await expect(row.get_by_text(told, exact=True)).to_be_visible()
        await expect(row.get_by_text("Play this slowly.", exact=True)).to_be_visible()
    await context.close()
