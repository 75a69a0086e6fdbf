"""What a browser shows to a script of its frames, its long tasks and its layout jumps, and what a trace tells beside."""

import asyncio
import gzip
import json
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from playwright.async_api import Browser, Page, Response

_PROBE = """() => {
  const found = window.probe = {frames: [], tasks: [], jump: 0, most: 0, on: false};
  let last = performance.now();
  const beat = now => {
    if (found.on) found.frames.push(now - last);
    last = now;
    requestAnimationFrame(beat);
  };
  requestAnimationFrame(beat);
  new PerformanceObserver(list => {
    if (found.on) for (const task of list.getEntries()) found.tasks.push(task.duration);
  }).observe({type: "longtask"});
  new PerformanceObserver(list => {
    if (found.on) for (const shift of list.getEntries()) if (!shift.hadRecentInput) found.jump += shift.value;
  }).observe({type: "layout-shift"});
  const count = () => { found.most = Math.max(found.most, document.querySelectorAll("[data-row]").length); };
  new MutationObserver(count).observe(document, {childList: true, subtree: true});
}"""


@dataclass(slots=True)
class Watched:
    """What happened between the beginning and the end of a watch; times in milliseconds.

    `frames` and `long_tasks` are by the clock, so they grow when others take the processor; `busiest` is the most
    that one task of the page's main thread took of the processor itself, which they cannot change.
    """

    frames: list[float] = field(default_factory=list)
    long_tasks: list[float] = field(default_factory=list)
    jump: float = 0.0
    most_rows: int = 0
    busiest: float = 0.0


@asynccontextmanager
async def watch(browser: Browser, page: Page) -> AsyncIterator[Watched]:
    """Watch the page while the body runs; the figures are there after it."""
    watched = Watched()
    with tempfile.TemporaryDirectory(prefix="fabula-trace-") as folder:
        path = Path(folder) / "trace.json"
        await page.evaluate("Object.assign(probe, {frames: [], tasks: [], jump: 0, most: 0, on: true})")
        await browser.start_tracing(
            page=page, path=path, categories=["toplevel", "disabled-by-default-devtools.timeline"]
        )
        yield watched
        await page.evaluate("probe.on = false")
        await browser.stop_tracing()
        watched.busiest = _busiest(path)
    found = await page.evaluate("probe")
    watched.frames, watched.long_tasks = found["frames"], found["tasks"]
    watched.jump, watched.most_rows = found["jump"], found["most"]


def _busiest(trace: Path) -> float:
    """The most processor time of one task of the page's main thread."""
    events = json.loads(trace.read_text("utf-8"))["traceEvents"]
    mains = {
        (e["pid"], e["tid"]) for e in events if e["name"] == "thread_name" and e["args"]["name"] == "CrRendererMain"
    }
    tasks = (e.get("tdur", 0) for e in events if e["name"].endswith("RunTask") and (e["pid"], e["tid"]) in mains)
    return max(tasks, default=0) / 1000


async def open_page(browser: Browser) -> Page:
    """A desktop page with the probe in it."""
    context = await browser.new_context(viewport={"width": 1280, "height": 800}, locale="en-GB")
    page = await context.new_page()
    await page.add_init_script(f"({_PROBE})()")
    return page


@dataclass(slots=True)
class Transfer:
    """The bodies of all answers of a page's first load but its data: as they came, and after gzip."""

    plain: int = 0
    zipped: int = 0


async def weigh(page: Page, address: str, ready: str) -> Transfer:
    """Open `address` with an empty cache and weigh what it takes until `ready` is shown."""
    answers: list[Response] = []
    page.on("response", lambda answer: answers.append(answer))  # noqa: PLW0108 - it marks what it is given
    await page.goto(address)
    await page.wait_for_selector(ready)
    await asyncio.sleep(1)  # lazy parts that the page asks for by itself
    total = Transfer()
    for answer in answers:
        if "/v1/" in answer.url or "/config" in answer.url:
            continue
        body = await answer.body()
        total.plain += len(body)
        total.zipped += len(gzip.compress(body))
    return total


async def scroll(page: Page, distance: float, speed: int) -> None:
    """Turn the wheel over the middle of the page as a finger does: `distance` pixels, up if positive."""
    session = await page.context.new_cdp_session(page)
    gesture = {"x": 700, "y": 400, "yDistance": distance, "speed": speed, "gestureSourceType": "mouse"}
    await session.send("Input.synthesizeScrollGesture", {**gesture, "preventFling": True})
    await session.detach()
