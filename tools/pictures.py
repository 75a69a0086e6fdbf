"""Take the pictures of the guides, of our own content, with the built page and the system's Chromium.

python -m tools.pictures              docs/guides/pictures/*.webp, those that the guides show
python -m tools.pictures --all DIR    every scene on a desktop and a phone, light and dark, to be looked at
"""

import argparse
import asyncio
import io
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from playwright.async_api import Browser, Page, expect

from tests.conftest import Place
from tests.server import Client, running
from tools.browser import open_browser
from tools.scenery import Ids, furnish, make_model

GUIDES = Path(__file__).resolve().parent.parent / "docs" / "guides" / "pictures"
MOST_BYTES = 150_000
_PATIENCE = 30_000  # milliseconds
DESKTOP, PHONE = (1200, 760), (360, 740)
Scheme = Literal["light", "dark"]


@dataclass(frozen=True, slots=True)
class Scene:
    """A page, by its address with `{ids}` in it, and the key that opens what lies over it."""

    address: str
    key: str = ""


SCENES = {
    "gallery": Scene("/characters"),
    "character": Scene("/characters/{profile}"),
    "editor": Scene("/characters/{profile}/edit"),
    "chats": Scene("/chats"),
    "chat": Scene("/chats/{chat}"),
    "map": Scene("/chats/{chat}", "b"),
    "settings": Scene("/chats/{chat}", "s"),
    "why": Scene("/chats/{chat}", "w"),
    "keys": Scene("/chats/{chat}", "?"),
    "commands": Scene("/chats/{chat}", "Control+k"),
    "read": Scene("/chats/{chat}/read"),
    "personas": Scene("/workshop/personas?id={persona}"),
    "template": Scene("/workshop/templates?id={template}&chat={chat}"),
    "lore": Scene("/workshop/lorebooks?id={lorebook}"),
    "pipeline": Scene("/workshop/pipelines?id={pipeline}"),
    "presets": Scene("/workshop/presets"),
    "connection": Scene("/workshop/connections?id={connection}"),
    "models": Scene("/workshop/models"),
    "import": Scene("/import"),
    "runs": Scene("/runs"),
    "jobs": Scene("/jobs"),
}
SHOWN: dict[str, tuple[str, tuple[int, int], Scheme]] = {
    "gallery": ("gallery", DESKTOP, "light"),
    "chat": ("chat", DESKTOP, "light"),
    "chat-phone": ("chat", PHONE, "dark"),
    "map": ("map", DESKTOP, "light"),
    "why": ("why", DESKTOP, "light"),
    "template": ("template", DESKTOP, "light"),
    "lore": ("lore", DESKTOP, "light"),
    "pipeline": ("pipeline", DESKTOP, "light"),
    "import": ("import", DESKTOP, "light"),
    "connection": ("connection", DESKTOP, "light"),
}


@asynccontextmanager
async def open_page(browser: Browser, size: tuple[int, int], scheme: Scheme) -> AsyncIterator[Page]:
    context = await browser.new_context(
        viewport={"width": size[0], "height": size[1]},
        device_scale_factor=2 if size == PHONE else 1,
        locale="en-GB",
        color_scheme=scheme,
        reduced_motion="reduce",
    )
    yield await context.new_page()
    await context.close()


async def show(page: Page, server: str, scene: Scene, ids: Ids) -> None:
    """Open a scene and wait until it stands still."""
    await page.goto(server + scene.address.format_map(ids))
    await expect(page.get_by_role("heading", level=1).first).to_be_visible(timeout=_PATIENCE)
    if scene.key:
        await expect(page.get_by_role("button", name="Write a new variant")).to_be_enabled(timeout=_PATIENCE)
        await page.keyboard.press("Escape")
        await page.keyboard.press(scene.key)
        await expect(page.get_by_role("dialog")).to_be_visible(timeout=_PATIENCE)
    await page.wait_for_timeout(900)


async def take(page: Page, folder: Path, name: str) -> None:
    keep(await page.screenshot(), folder, name)


def keep(picture: bytes, folder: Path, name: str) -> None:
    """Compress a picture into the folder; raises where it is heavier than a guide should carry."""
    from PIL import Image

    out = io.BytesIO()
    Image.open(io.BytesIO(picture)).save(out, "WEBP", quality=82, method=6)
    size = len(out.getvalue())
    if size > MOST_BYTES:
        raise RuntimeError(f"{name} takes {size:,} bytes; at most {MOST_BYTES:,}")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.webp").write_bytes(out.getvalue())
    print(f"{size / 1024:6.0f} KB  {name}", flush=True)


async def take_shown(browser: Browser, client: Client) -> None:
    async with open_page(browser, DESKTOP, "light") as page:
        await page.goto(client.address)
        await expect(page.get_by_role("button", name="Try the example")).to_be_visible()
        await take(page, GUIDES, "start")
    ids = await furnish(client)
    for name, (scene, size, scheme) in SHOWN.items():
        async with open_page(browser, size, scheme) as page:
            await show(page, client.address, SCENES[scene], ids)
            await take(page, GUIDES, name)


async def take_all(browser: Browser, client: Client, folder: Path) -> None:
    ids = await furnish(client)
    schemes: tuple[Scheme, ...] = ("light", "dark")
    for size, scheme in ((size, scheme) for size in (DESKTOP, PHONE) for scheme in schemes):
        async with open_page(browser, size, scheme) as page:
            for name, scene in SCENES.items():
                await show(page, client.address, scene, ids)
                await take(page, folder, f"{name}-{size[0]}-{scheme}")


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--all", type=Path, metavar="DIR", help="every scene, into this folder")
    folder: Path | None = parser.parse_args().all
    with tempfile.TemporaryDirectory(prefix="fabula-pictures-") as data:
        async with running(Place(Path(data), None), make_model()) as client, open_browser() as browser:
            await (take_shown(browser, client) if folder is None else take_all(browser, client, folder))


if __name__ == "__main__":
    asyncio.run(main())
