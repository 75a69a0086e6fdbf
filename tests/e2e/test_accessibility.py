"""axe finds nothing on any page, in both themes and both languages, on a desktop and on a phone."""

import re
from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from fabula.plugins.testing import ScriptedModel
from tests.conftest import REPO, Place
from tests.e2e.conftest import DESKTOP, PHONE
from tests.server import Client, running

pytestmark = [pytest.mark.browser, pytest.mark.slow]

WIDE = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
_RUN = """axe.run(document, {resultTypes: ["violations"]}).then(found => found.violations.map(
  rule => `${rule.id}: ${rule.nodes.map(node => node.target.join(" ")).slice(0, 3).join("; ")}`))"""


# Labels of the navigation whose text does not fit its place.
CUT = """[...document.querySelectorAll("nav a span, nav button span")].filter(label => label.checkVisibility()
  && label.scrollWidth > label.clientWidth).map(label => label.textContent)"""


def routes() -> list[str]:
    """Every route that the features of the page register, as they write it: `/chats/$chatId`."""
    manifests = (REPO / "web" / "src" / "features").glob("*/manifest.ts")
    found = {path for file in manifests for path in re.findall(r'path: "([^"]+)"', file.read_text("utf-8"))}
    assert found, "no manifest names a route"
    return sorted(found)


def unvisited(addresses: list[str]) -> list[str]:
    """The routes with a parameter that no address shows; `fill` must make something for them."""
    paths = [address.partition("?")[0] for address in addresses]
    patterns = {route: re.compile(re.sub(r"\$\w+", "[^/]+", route)) for route in routes()}
    return [route for route, pattern in patterns.items() if not any(map(pattern.fullmatch, paths))]


async def fill(client: Client) -> list[str]:
    """A workspace with one of everything; returns the addresses of its pages, every route of the registry among them."""
    chat = await client.chat(name="Mira", tags=["inn"], creator_notes="Calm.", alternate_greetings=["You again?"])
    await client.say(chat)
    profile = (await client.call("GET", f"/v1/chats/{chat}"))["entityProfileId"]
    first, *_, last = await client.messages(chat)
    await client.call("POST", f"/v1/chats/{chat}/branches", json={"forkedFromMessageId": first["id"]}, status=201)
    made = {
        "personas": {"name": "Ada", "description": "A cartographer.", "isDefault": True},
        "prompt-templates": {"name": "Plain", "templateText": "You are {{char}}.{% if x %}{% endif %}"},
        "generation-presets": {"name": "Warm", "params": {"temperature": 0.9}},
        "provider-connections": {
            "name": "Near",
            "provider": "openai_compatible",
            "baseUrl": "http://127.0.0.1:9/v1",
        },
        "lorebooks": {"name": "The North"},
    }
    ids = {kind: (await client.call("POST", f"/v1/{kind}", json=body, status=201))["id"] for kind, body in made.items()}
    entry = {"keys": ["road"], "content": "It is long.", "comment": "Road"}
    await client.call("POST", f"/v1/lorebooks/{ids['lorebooks']}/entries", json=entry, status=201)
    named = [
        "/characters?favourite=true",
        f"/characters/{profile}",
        f"/characters/{profile}/edit",
        f"/chats/{chat}",
        f"/chats/{chat}?message={last['id']}",
        f"/chats/{chat}/read",
        f"/workshop/personas?id={ids['personas']}",
        f"/workshop/templates?id={ids['prompt-templates']}",
        f"/workshop/presets?id={ids['generation-presets']}",
        f"/workshop/connections?id={ids['provider-connections']}",
        f"/workshop/lorebooks?id={ids['lorebooks']}",
        f"/runs/{last['generationId']}",
        "/no-such-page",
    ]
    addresses = [*named, *(route for route in routes() if "$" not in route)]
    assert not unvisited(addresses)
    return addresses


async def check(page: Page, axe: str) -> list[str]:
    await page.evaluate(axe)
    found: list[str] = await page.evaluate(_RUN)
    return found


# Each page in each theme, each language and each size; all eight mixtures would take twice as long to say the same.
@pytest.mark.parametrize(
    ("locale", "size", "scheme"),
    [
        ("en-GB", DESKTOP, "light"),
        ("ru-RU", DESKTOP, "dark"),
        ("en-GB", PHONE, "dark"),
        ("ru-RU", PHONE, "light"),
    ],
)
async def test_every_page_is_accessible(
    place: Place, browser: Browser, axe: str, locale: str, size: dict[str, int], scheme: Any
) -> None:
    problems: dict[str, list[str]] = {}
    async with running(place, ScriptedModel()) as client:
        addresses = await fill(client)
        context = await browser.new_context(
            viewport=size,  # type: ignore[arg-type]  # a TypedDict there
            locale=locale,
            color_scheme=scheme,
            reduced_motion="reduce",
        )
        page = await context.new_page()
        for address in addresses:
            await page.goto(client.address + address)
            await page.wait_for_selector("h1:visible")
            await page.wait_for_timeout(200)
            if found := await check(page, axe):
                problems[address] = found
            if cut := await page.evaluate(CUT):
                problems[f"{address}: cut"] = cut
            if await page.evaluate(WIDE):
                problems[f"{address}: wider than the window"] = []
        await context.close()
    assert problems == {}


async def test_what_opens_over_a_chat_is_accessible(place: Place, page: Page, axe: str) -> None:
    problems: dict[str, list[str]] = {}
    async with running(place, ScriptedModel()) as client:
        chat = next(address for address in await fill(client) if re.fullmatch(r"/chats/[^/?]+", address))
        address = client.address + chat
        for key in ("s", "b", "e", "w", "?", "Control+k"):
            await page.goto(address)
            await page.get_by_role("region", name="Messages").focus()
            await page.keyboard.press(key)
            await page.wait_for_timeout(500)
            # A dialog has its name a moment after it opens: with its title.
            await expect(page.locator("[role=dialog]:not([aria-labelledby],[aria-label])")).to_have_count(0)
            if found := await check(page, axe):
                problems[key] = found
    assert problems == {}
