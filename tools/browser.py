"""The system's Chromium, for browser tests, the bench of the page and the pictures of the guides."""

import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from playwright.async_api import Browser, async_playwright

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


class NoBrowser(Exception):
    """There is no Chromium on this machine; the message says how to have one."""


def find_browser() -> str:
    """The program that `FABULA_TEST_BROWSER` names, else the first that the path has; raises `NoBrowser`."""
    given = os.environ.get("FABULA_TEST_BROWSER")
    found = given or next((path for name in _NAMES if (path := shutil.which(name))), None)
    if found is None:
        raise NoBrowser("no Chromium on this machine: `apt-get install chromium`, or set FABULA_TEST_BROWSER to one")
    return found


@asynccontextmanager
async def open_browser(*flags: str) -> AsyncIterator[Browser]:
    """A headless browser of its own profile; raises `NoBrowser`."""
    program = find_browser()
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=program, args=[*_FLAGS, *flags])
        yield browser
        await browser.close()
