"""The pages around the conversation: jobs, imports, runs, what the workshop runs on."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from playwright.async_api import Browser, Page, expect

from fabula.engine.jobs import JobContext
from fabula.plugins import Json
from fabula.plugins.testing import ScriptedModel
from tests.api.test_transfer import FOLDER, packed
from tests.conftest import Place
from tests.e2e.conftest import DESKTOP, PHONE
from tests.e2e.test_accessibility import check
from tests.e2e.test_first_conversation import shown
from tests.server import Client, running
from tests.unit.embedded.making import SMALL, make_source, take_packages_from

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


def step(name: str, use: str, kind: str = "post", **rest: Any) -> dict[str, Any]:
    return {"name": name, "type": kind, "use": use, **rest}


async def pipeline(client: Client, *steps: dict[str, Any], name: str = "Mine") -> str:
    body = {"name": name, "definition": {"steps": [step("answer", "answer", "llm"), *steps]}}
    return str((await client.call("POST", "/v1/pipelines", json=body, status=201))["id"])


async def steps_of(client: Client, found: str) -> list[dict[str, Any]]:
    return list((await client.call("GET", f"/v1/pipelines/{found}", status=200))["definition"]["steps"])


async def save(page: Page) -> None:
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_text("Saved", exact=True)).to_be_visible()


async def test_a_pipeline_is_built_step_by_step(place: Place, page: Page) -> None:
    async with running(place, ScriptedModel()) as client:
        await page.goto(f"{client.address}/workshop/pipelines?id=new")
        await page.get_by_label("Name").fill("Tidy")
        await page.get_by_role("button", name="Add a step: Before the prompt").click()
        await page.get_by_role("menuitem", name="Set variables").click()
        await page.get_by_role("button", name="Add: Variables").click()
        variable = page.get_by_role("group", name="Variables 1")
        await variable.get_by_label("Name").fill("mood")
        await variable.get_by_label("Value").fill("calm")
        await page.get_by_role("button", name="Add a step: After the answer").click()
        await page.get_by_role("menuitem", name="Trim the answer").click()
        await page.get_by_label("A last sentence that is cut off").check(force=True)
        await page.get_by_label("Only if", exact=True).fill("mode != 'impersonate'")
        await page.get_by_text("set", exact=True).last.click()
        await page.get_by_role("switch", name="Switch on: trim").uncheck(force=True)
        await save(page)
        await expect(page.get_by_role("heading", name="Tidy")).to_be_visible()
        (found,) = (await client.call("GET", "/v1/pipelines"))["items"]
        first, answer, last = found["definition"]["steps"]
        assert first["params"] == {"variables": [{"name": "mood", "value": "calm"}]}
        assert (answer["use"], answer["required"]) == ("answer", True)
        assert last == {
            "name": "trim", "type": "post", "use": "trim", "params": {"incompleteSentence": True},
            "when": "mode != 'impersonate'", "required": False, "enabled": False, "dependsOn": ["set"],
        }  # fmt: skip


async def test_steps_are_moved_by_keys_and_by_dragging(place: Place, page: Page) -> None:
    async with running(place, ScriptedModel()) as client:
        found = await pipeline(client, step("one", "trim"), step("two", "trim"), step("three", "trim"))
        await page.goto(f"{client.address}/workshop/pipelines?id={found}")
        handle = page.get_by_role("button", name="Move: three")
        await handle.focus()
        await page.keyboard.press("ArrowUp")
        await page.keyboard.press("ArrowUp")
        await expect(handle).to_be_focused()
        await expect(page.get_by_text("three is now 1 of 3")).to_be_attached()
        await save(page)
        assert [one["name"] for one in await steps_of(client, found)] == ["answer", "three", "one", "two"]

        await handle.scroll_into_view_if_needed()
        start, end = await handle.bounding_box(), await page.get_by_role("button", name="Move: two").bounding_box()
        assert start is not None
        assert end is not None
        await page.mouse.move(start["x"] + 10, start["y"] + 10)
        await page.mouse.down()
        await page.mouse.move(end["x"] + 10, end["y"] + end["height"], steps=8)
        await page.mouse.up()
        await page.keyboard.press("Control+s")
        await expect(page.get_by_role("button", name="Save")).to_be_disabled()
        assert [one["name"] for one in await steps_of(client, found)] == ["answer", "one", "two", "three"]


async def test_what_is_wrong_is_said_at_its_step_and_field(place: Place, page: Page) -> None:
    async with running(place, ScriptedModel()) as client:
        rules = {"rules": [{"pattern": "a", "replacement": "b"}]}
        found = await pipeline(client, step("first", "trim"), step("quotes", "regex", params=rules))
        await page.goto(f"{client.address}/workshop/pipelines?id={found}")
        await page.get_by_role("button", name="quotes Replace").click()
        await page.get_by_label("Pattern").fill("(")
        await page.get_by_role("button", name="Save").click()
        card = page.get_by_role("listitem").filter(has=page.get_by_role("button", name="quotes Replace"))
        await expect(card.get_by_role("alert")).to_contain_text("params.rules[0].pattern")
        await expect(page.get_by_label("Pattern")).to_have_attribute("aria-invalid", "true")
        await page.get_by_label("Pattern").fill("(x)")
        await save(page)
        await expect(card.get_by_role("alert")).to_have_count(0)
        assert (await steps_of(client, found))[2]["params"]["rules"][0]["pattern"] == "(x)"


async def test_parameters_can_be_written_as_json(place: Place, page: Page) -> None:
    async with running(place, ScriptedModel()) as client:
        found = await pipeline(client)
        await page.goto(f"{client.address}/workshop/pipelines?id={found}")
        await page.get_by_role("button", name="answer Write").click()
        await page.get_by_text("JSON", exact=True).click()
        await page.get_by_role("textbox", name="JSON").fill('{"temperature": 0.25, "mirostat": 2}')
        await page.get_by_role("region", name="Parameters").get_by_text("Parameters").click()
        await expect(page.get_by_label("Temperature")).to_have_value("0.25")
        await expect(page.get_by_text("mirostat")).to_be_visible()
        await save(page)
        assert (await steps_of(client, found))[0]["params"] == {"temperature": 0.25, "mirostat": 2}


async def test_a_pipeline_is_bound_by_the_workspace_and_by_a_chat(place: Place, page: Page) -> None:
    async with running(place, ScriptedModel()) as client:
        usual, own = await pipeline(client, name="Usual"), await pipeline(client, name="Own")
        chat = await client.chat(name="Mira")
        await page.goto(f"{client.address}/workshop/pipelines?id={usual}")
        await page.get_by_label("Use this one unless a chat says otherwise").check(force=True)
        await save(page)
        assert (await client.call("GET", "/v1/workspace"))["settings"]["pipelineId"] == usual
        await page.goto(f"{client.address}/chats/{chat}")
        await page.get_by_role("button", name="Settings of this chat").click()
        await expect(page.get_by_label("Pipeline").get_by_role("option").first).to_have_text("As usual (Usual)")
        async with page.expect_response(lambda answer: answer.request.method == "PATCH"):
            await page.get_by_label("Pipeline").select_option("Own")
        assert (await client.call("GET", f"/v1/chats/{chat}"))["settings"]["pipelineId"] == own


async def test_the_last_runs_lead_to_their_steps_and_why_one_was_left_out(place: Place, page: Page) -> None:
    async with running(place, ScriptedModel()) as client:
        found = await pipeline(client, step("tidy", "trim", when="mode == 'impersonate'"))
        chat = await client.chat(name="Mira")
        await client.call("PATCH", f"/v1/chats/{chat}", json={"settings": {"pipelineId": found}})
        await client.say(chat)
        await page.goto(f"{client.address}/workshop/pipelines?id={found}")
        await page.get_by_role("tab", name="Last runs").click()
        row = page.get_by_role("row").filter(has_text="a message")
        await expect(row).to_contain_text("Done")
        await row.get_by_role("link").click()
        await page.get_by_role("tab", name="Steps").click()
        left_out = page.get_by_role("listitem").filter(has_text="tidy")
        await expect(left_out).to_contain_text("Left out")
        await expect(left_out).to_contain_text("Its condition did not hold.")
        await expect(left_out).to_contain_text("mode == 'impersonate'")


async def test_a_pipeline_is_tried_on_a_chat(place: Place, page: Page) -> None:
    async with running(place, ScriptedModel()) as client:
        found = await pipeline(client)
        chat = await client.chat(name="Mira")
        await client.call("POST", f"/v1/chats/{chat}/messages", json={"promptText": "Hello"}, status=201)
        await page.goto(f"{client.address}/workshop/pipelines?id={found}")
        await page.get_by_role("tab", name="Last runs").click()
        await page.get_by_role("button", name="Answer there with it").click()
        await shown(page, "Hello, traveller.")
        (run,) = (await client.call("GET", "/v1/pipeline-runs", params={"pipelineId": found}))["items"]
        assert run["trigger"] == "manual"


async def test_runs_are_shown_of_one_chat(place: Place, page: Page) -> None:
    async with running(place, ScriptedModel()) as client:
        for text in ("The lighthouse", "The harbour"):
            await client.say(await client.chat(name="Mira"), text)
        for address in ("/runs", "/runs/pipelines"):
            await page.goto(client.address + address)
            await expect(page.get_by_role("row")).to_have_count(3)
            await page.get_by_role("combobox", name="Chat").fill("harb")
            await page.get_by_role("option", name="The harbour").click()
            await expect(page.get_by_role("row")).to_have_count(2)
            await page.reload()
            await expect(page.get_by_role("combobox", name="Chat")).to_have_value("The harbour")
            await page.get_by_role("combobox", name="Chat").click()
            await page.get_by_role("option", name="All chats").click()
            await expect(page.get_by_role("row")).to_have_count(3)


async def test_a_local_model_is_fetched_used_and_deleted(
    place: Place, page: Page, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    packages = tmp_path / "packages"
    packages.mkdir()
    take_packages_from(packages, monkeypatch)
    sources = {"tiny": make_source(packages, filler=1 << 20)}
    async with running(place, ScriptedModel(), jobs=True, sources=sources) as client:
        await page.goto(f"{client.address}/workshop/models")
        await page.get_by_role("button", name="Download").click()
        row = page.get_by_role("listitem").filter(has_text="checksum verified")
        await expect(row.get_by_text("In use")).to_be_visible(timeout=30_000)
        (model,) = (await client.call("GET", "/v1/local-models"))["items"]
        (Path(model["file"]).parent / "mine.gguf").write_bytes(SMALL)
        await page.reload()
        await page.get_by_role("button", name="Use this one").click()
        await row.get_by_role("button", name="Delete").click()
        await row.get_by_role("button", name="Delete for good?").click()
        await expect(page.get_by_role("button", name="Download")).to_be_visible()
        assert not Path(model["file"]).exists()


async def fill(client: Client) -> list[str]:
    """Something to see on every page; returns their addresses."""
    job = await start_import(client, packed(FOLDER))
    await start_import(client, packed({"readme.txt": b"hello"}))
    found = await pipeline(client, step("tidy", "trim", when="mode == 'impersonate'"))
    chat = await client.chat(name="Mira")
    await client.call("PATCH", f"/v1/chats/{chat}", json={"settings": {"pipelineId": found}})
    await client.say(chat)
    return [
        "/import",
        f"/import?job={job}",
        "/jobs",
        "/runs",
        f"/runs/pipelines?chat={chat}",
        "/workshop/models",
        "/workshop/pipelines",
        f"/workshop/pipelines?id={found}",
        "/workshop/pipelines?id=new",
    ]


@pytest.mark.parametrize(
    ("locale", "size", "scheme"), [("en-GB", DESKTOP, "light"), ("ru-RU", PHONE, "dark"), ("ru-RU", DESKTOP, "light")]
)
async def test_every_page_is_accessible_and_as_wide_as_the_window(
    place: Place, browser: Browser, axe: str, locale: str, size: Any, scheme: Any
) -> None:
    problems: dict[str, object] = {}
    async with running(place, ScriptedModel(), jobs=True) as client:
        addresses = await fill(client)
        context = await browser.new_context(viewport=size, locale=locale, color_scheme=scheme, reduced_motion="reduce")
        page = await context.new_page()
        for address in addresses:
            await page.goto(client.address + address)
            await page.wait_for_selector("h1:visible")
            await page.wait_for_timeout(300)
            if await (cards := page.locator("li button[aria-expanded=false]")).count():
                await cards.last.click()
            if found := await check(page, axe):
                problems[address] = found
            if await page.evaluate(WIDE):
                problems[f"{address}: width"] = size["width"]
        await context.close()
    assert problems == {}
