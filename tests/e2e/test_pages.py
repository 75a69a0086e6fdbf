"""The pages around the conversation: jobs, imports, runs, what the workshop runs on."""

import asyncio
from collections.abc import Mapping
from pathlib import Path

import aiohttp
import pytest
from playwright.async_api import Page, expect

from fabula.engine.jobs import JobContext
from fabula.plugins import Json
from fabula.plugins.testing import ScriptedModel
from tests.api.test_transfer import FOLDER, packed
from tests.conftest import Place
from tests.e2e.conftest import PHONE
from tests.e2e.test_first_conversation import shown
from tests.server import Client, running

pytestmark = [pytest.mark.browser, pytest.mark.slow]

IMPORT = "Bring everything from SillyTavern"
WIDE = "document.documentElement.scrollWidth > document.documentElement.clientWidth"


def lay_out(folder: Path, files: Mapping[str, bytes]) -> Path:
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return folder


async def choose(page: Page, button: str, given: Path) -> None:
    async with page.expect_file_chooser() as chooser:
        await page.get_by_role("button", name=button).click()
    await (await chooser.value).set_files(given)


async def start_import(client: Client, archive: bytes) -> str:
    form = aiohttp.FormData()
    form.add_field("files", archive, filename="data.zip")
    return str((await client.call("POST", "/v1/imports/sillytavern", data=form, status=202))["jobId"])


async def test_a_sillytavern_folder_comes_in_and_leads_to_what_came(place: Place, page: Page, tmp_path: Path) -> None:
    folder = lay_out(tmp_path / "default-user", {**FOLDER, "backups/chat_mira.jsonl": b"not wanted"})
    async with running(place, ScriptedModel(), jobs=True) as client:
        await page.goto(client.address)
        await page.get_by_role("link", name=IMPORT).click()
        await choose(page, "Choose the folder", folder)
        report = page.get_by_role("region", name="What became of each file")
        await expect(report).to_be_visible(timeout=30_000)
        await expect(report.get_by_text("bad.json").first).to_be_visible()
        await report.get_by_text("Failed 1").click()
        await expect(report.get_by_role("listitem")).to_have_count(1)
        await expect(report.get_by_text("backups")).to_have_count(0)
        await report.get_by_text("Came in", exact=False).first.click()
        await report.get_by_role("link", name="Open: Mira", exact=True).first.click()
        await expect(page.get_by_role("heading", name="Mira", exact=True)).to_be_visible()
        await page.goto(f"{client.address}/characters")
        await expect(page.get_by_role("button", name="Chat with Mira")).to_be_visible()


async def test_a_zip_brought_twice_doubles_nothing_and_says_so(place: Place, page: Page, tmp_path: Path) -> None:
    (tmp_path / "mine.zip").write_bytes(packed(FOLDER, "data/default-user/"))
    async with running(place, ScriptedModel(), jobs=True) as client:
        await page.goto(f"{client.address}/import")
        report = page.get_by_role("region", name="What became of each file")
        await choose(page, "Choose a zip of it", tmp_path / "mine.zip")
        await expect(report.get_by_text("Came in").first).to_be_visible(timeout=30_000)
        await page.get_by_role("link", name="Bring in another").click()
        await choose(page, "Choose a zip of it", tmp_path / "mine.zip")
        await expect(report.get_by_text("4 already here")).to_be_visible(timeout=30_000)
        chats = (await client.call("GET", "/v1/chats"))["items"]
        assert len(chats) == len(await created(client, "chat"))


async def created(client: Client, kind: str) -> set[str]:
    jobs = (await client.call("GET", "/v1/jobs"))["items"]
    reports = [job["result"]["items"] for job in jobs if job["name"] == "transfer.sillytavern"]
    return {item["id"] for items in reports for item in items if item["kind"] == kind and item["id"]}


async def test_a_folder_of_something_else_is_refused_before_it_is_sent(
    place: Place, page: Page, tmp_path: Path
) -> None:
    folder = lay_out(tmp_path / "holiday", {"1.png": b"sea", "settings.json": b"{}"})
    async with running(place, ScriptedModel()) as client:
        await page.goto(f"{client.address}/import")
        await choose(page, "Choose the folder", folder)
        await expect(page.get_by_role("alert")).to_contain_text("no SillyTavern data")
        assert (await client.call("GET", "/v1/jobs"))["items"] == []


async def test_more_than_the_server_takes_is_refused_with_the_other_way(
    place: Place, page: Page, tmp_path: Path
) -> None:
    folder = lay_out(tmp_path / "st", {"characters/A.png": bytes(3_000), "chats/A/a.jsonl": b"{}"})
    async with running(place, ScriptedModel(), max_upload_bytes=2_000) as client:
        await page.goto(f"{client.address}/import")
        await choose(page, "Choose the folder", folder)
        await expect(page.get_by_role("alert")).to_contain_text("fabula import sillytavern")


async def test_a_job_is_seen_as_it_comes_and_ends_without_a_reload(place: Place, page: Page) -> None:
    async with running(place, ScriptedModel(), jobs=True) as client:
        await page.goto(f"{client.address}/jobs")
        await expect(page.get_by_text("Nothing to do")).to_be_visible()
        await start_import(client, packed(FOLDER))
        row = page.get_by_role("listitem").filter(has_text="Import from SillyTavern")
        await expect(row).to_contain_text("Done", timeout=30_000)
        await row.get_by_role("link", name="What came in").click()
        await expect(page.get_by_role("region", name="What became of each file")).to_be_visible()


class SlowJob:
    """A job that goes as far as it is let."""

    def __init__(self) -> None:
        self.gate = asyncio.Event()

    async def run(self, context: JobContext, payload: dict[str, Json]) -> Json:
        await context.progress(1, 4, "the first part")
        await self.gate.wait()
        await context.progress(4, 4, "the last part")
        return "read"

    async def start(self, client: Client) -> str:
        jobs = client.fabula.jobs
        jobs.register("test.slow", self.run)
        await jobs.ready()
        return str(await client.fabula.db.write(client.fabula.owner, jobs.enqueue, "test.slow", {}))


async def test_a_job_is_watched_live_stopped_and_tried_again(place: Place, page: Page) -> None:
    async with running(place, ScriptedModel(), jobs=True) as client:
        await page.goto(f"{client.address}/runs")
        await page.get_by_role("link", name="Jobs").click()
        await expect(page.get_by_text("Nothing to do")).to_be_visible()
        slow = SlowJob()
        job = await slow.start(client)
        row = page.get_by_role("listitem").filter(has_text="test.slow")
        await expect(row).to_contain_text("1 of 4 · the first part", timeout=20_000)
        await expect(row.get_by_role("progressbar")).to_have_attribute("aria-valuenow", "25")
        await row.get_by_role("button", name="Stop").click()
        await expect(row).to_contain_text("Stopped")
        assert (await client.call("GET", f"/v1/jobs/{job}"))["status"] == "cancelled"
        slow.gate.set()
        await row.get_by_role("button", name="Try again").click()
        await expect(row).to_contain_text("Done", timeout=20_000)


async def test_a_job_that_fails_says_why(place: Place, page: Page) -> None:
    async with running(place, ScriptedModel(), jobs=True) as client:
        await page.goto(f"{client.address}/jobs")
        await start_import(client, packed({"readme.txt": b"hello"}))
        await expect(page.get_by_text("no SillyTavern data here")).to_be_visible(timeout=30_000)
        await expect(page.get_by_role("button", name="Try again: Import from SillyTavern")).to_be_visible()


async def test_an_empty_gallery_offers_the_example(place: Place, page: Page) -> None:
    async with running(place, ScriptedModel()) as client:
        await page.goto(client.address)
        await page.get_by_role("button", name="Try the example").click()
        await shown(page, "The door opens before you can knock")
        names = [one["name"] for one in (await client.call("GET", "/v1/entity-profiles"))["items"]]
        assert names == ["Maren"]


async def test_the_palette_leads_to_the_import_and_the_jobs(place: Place, page: Page) -> None:
    async with running(place, ScriptedModel()) as client:
        await page.goto(client.address)
        for words, heading in (("sillytavern", IMPORT), ("go jobs", "Jobs")):
            await expect(page.get_by_role("heading", level=1)).to_be_visible()
            await page.keyboard.press("Control+k")
            await page.get_by_role("combobox", name="Type a command").fill(words)
            await page.keyboard.press("Enter")
            await expect(page.get_by_role("heading", name=heading, level=1)).to_be_visible()


@pytest.mark.parametrize("address", ["/import", "/jobs", "/runs"])
async def test_nothing_scrolls_sideways_on_a_phone(place: Place, page: Page, address: str) -> None:
    await page.set_viewport_size(PHONE)  # type: ignore[arg-type]  # a TypedDict there
    async with running(place, ScriptedModel(), jobs=True) as client:
        await start_import(client, packed(FOLDER))
        await client.say(await client.chat(name="Mira"))
        await page.goto(client.address + address)
        await expect(page.get_by_role("heading", level=1)).to_be_visible()
        assert not await page.evaluate(WIDE)
