"""A real browser (the system's Chromium) on a real server with a scripted model."""

import os
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, BrowserContext, Page, expect

from fabula.http.spa import web_folder
from tests.conftest import REPO
from tools.browser import NoBrowser, find_browser, open_browser

PHONE = {"width": 360, "height": 740}
DESKTOP = {"width": 1280, "height": 800}
# As long as a busy machine needs: speed is shown in bench/.
expect.set_options(timeout=20_000)


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    if not (web_folder() / "index.html").is_file():
        pytest.skip("the page is not built: run `make web`")
    try:
        find_browser()
    except NoBrowser as error:
        pytest.skip(str(error))
    async with open_browser() as opened:
        yield opened


@pytest.fixture
async def context(browser: Browser) -> AsyncIterator[BrowserContext]:
    made = await browser.new_context(viewport=DESKTOP, locale="en-GB", reduced_motion="reduce")  # type: ignore[arg-type]  # a TypedDict there
    yield made
    await made.close()


@pytest.fixture
async def page(context: BrowserContext) -> AsyncIterator[Page]:
    """A page; the test fails when a script on it throws."""
    made = await context.new_page()
    if slowdown := os.environ.get("FABULA_TEST_SLOWDOWN"):
        session = await context.new_cdp_session(made)
        await session.send("Emulation.setCPUThrottlingRate", {"rate": float(slowdown)})
    thrown: list[str] = []
    made.on("pageerror", lambda error: thrown.append(str(error)))
    yield made
    assert not thrown


@pytest.fixture(scope="session")
def axe() -> str:
    """The script that finds what keeps people out of a page."""
    file = REPO / "web" / "node_modules" / "axe-core" / "axe.min.js"
    if not file.is_file():
        pytest.skip("axe-core is not installed: run `make web`")
    return file.read_text()
