"""A real browser (the system's Chromium) on a real server with a scripted model."""

import os
import shutil
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, BrowserContext, Page, async_playwright

from fabula.http.spa import web_folder

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PHONE = {"width": 360, "height": 740}
DESKTOP = {"width": 1280, "height": 800}


def find_browser() -> str:
    given = os.environ.get("FABULA_TEST_BROWSER")
    found = given or next((path for name in _NAMES if (path := shutil.which(name))), None)
    if found is None:
        pytest.skip("no Chromium on this machine: `apt-get install chromium`, or set FABULA_TEST_BROWSER to one")
    return found


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    if not (web_folder() / "index.html").is_file():
        pytest.skip("the page is not built: run `make web`")
    async with async_playwright() as playwright:
        opened = await playwright.chromium.launch(executable_path=find_browser(), args=_FLAGS)
        yield opened
        await opened.close()


@pytest.fixture
async def context(browser: Browser) -> AsyncIterator[BrowserContext]:
    made = await browser.new_context(viewport=DESKTOP, locale="en-GB", reduced_motion="reduce")  # type: ignore[arg-type]  # a TypedDict there
    yield made
    await made.close()


@pytest.fixture
async def page(context: BrowserContext) -> AsyncIterator[Page]:
    """A page; the test fails when a script on it throws."""
    made = await context.new_page()
    thrown: list[str] = []
    made.on("pageerror", lambda error: thrown.append(str(error)))
    yield made
    assert not thrown
