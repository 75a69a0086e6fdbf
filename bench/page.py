"""What the page costs a browser: the first load, a long chat, an answer that streams into it, a large gallery.

    python -m bench.page [--messages 10000] [--profiles 20000] [--deltas 1000] [--only load,chat,stream,gallery]

A real server, the fake upstream and the system's Chromium, headless. Frames are by the clock and suffer from whatever
else the machine does; the row of an empty page says how much that is, and `busiest task` is processor time, which
others cannot take. The bars are the specification's.
"""

import argparse
import asyncio
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import aiohttp
from playwright.async_api import Browser, Page
from rich.console import Console
from rich.table import Table

from bench.lab import Lab, Result, open_lab
from bench.load import quantile
from bench.page_data import RARE, make_chat, make_gallery
from bench.page_probe import Watched, open_page, scroll, watch, weigh
from bench.processes import Process, run_fabula
from tools.browser import open_browser

FRAME_BAR = 50.0
ROWS_BAR = 200
LOAD_BAR = 350
RATE = 100
LANE = "sqlite"
_MESSAGES = "section[aria-label=Messages]"


@dataclass(frozen=True, slots=True)
class Scene:
    """What every measurement needs."""

    browser: Browser
    url: str
    chat: str
    deltas: int


def _frames(name: str, seen: Watched) -> list[Result]:
    """The three figures of a watch: frames, long tasks, and the busiest task, which decides."""
    worst = max(seen.frames, default=0.0)
    shares = "/".join(f"{quantile(seen.frames, share):.0f}" for share in (0.5, 0.99, 1.0))
    tasks = f"{len(seen.long_tasks)}, longest {max(seen.long_tasks, default=0.0):.0f} ms"
    return [
        Result(f"{name}: frame p50/p99/worst", LANE, f"{shares} ms", f"≤ {FRAME_BAR:.0f} ms", worst <= FRAME_BAR,
               f"{len(seen.frames)} frames"),
        Result(f"{name}: long tasks", LANE, tasks, "0", not seen.long_tasks),
        Result(f"{name}: busiest task, processor", LANE, f"{seen.busiest:.0f} ms", f"≤ {FRAME_BAR:.0f} ms",
               seen.busiest <= FRAME_BAR),
    ]  # fmt: skip


async def measure_nothing(scene: Scene) -> list[Result]:
    """An empty page for five seconds: what the machine itself does to frames."""
    page = await open_page(scene.browser)
    await page.goto(f"{scene.url}/favicon.svg")
    async with watch(scene.browser, page) as seen:
        await asyncio.sleep(5)
    await page.context.close()
    frames, *_ = _frames("an empty page", seen)
    return [Result(frames.row, LANE, frames.value, "-", True, frames.beside)]


async def measure_load(scene: Scene) -> list[Result]:
    page = await open_page(scene.browser)
    taken = await weigh(page, f"{scene.url}/chats/{scene.chat}", "[data-row]")
    await page.context.close()
    kb = taken.zipped / 1024
    beside = f"{taken.plain / 1024:.0f} KB as they came"
    return [Result("first load of a chat, gzip", LANE, f"{kb:.0f} KB", f"≤ {LOAD_BAR} KB", kb <= LOAD_BAR, beside)]


async def measure_chat(scene: Scene) -> list[Result]:
    """Up through a thousand messages or so, and down again."""
    page = await open_page(scene.browser)
    await page.goto(f"{scene.url}/chats/{scene.chat}")
    await page.wait_for_selector("[data-row]")
    await asyncio.sleep(1)
    async with watch(scene.browser, page) as seen:
        await scroll(page, 40_000, 4_000)
        await scroll(page, -20_000, 4_000)
    await page.context.close()
    rows = Result("message nodes at most", LANE, f"{seen.most_rows}", f"≤ {ROWS_BAR}", seen.most_rows <= ROWS_BAR)
    return [rows, *_frames("scrolling the chat", seen)]


async def measure_stream(scene: Scene) -> list[Result]:
    """An answer at 100 deltas a second: first at the end of the list, then while reading above it."""
    page = await open_page(scene.browser)
    await page.goto(f"{scene.url}/chats/{scene.chat}")
    await page.wait_for_selector("[data-row]")
    await asyncio.sleep(1)
    await page.get_by_role("textbox", name="Write to").fill("Tell me")
    await page.keyboard.press("Enter")
    await page.wait_for_selector("[aria-busy=true] [dir=auto]")
    half = scene.deltas / RATE / 2 - 0.5
    async with watch(scene.browser, page) as seen:
        await asyncio.sleep(half)
    results = [*_frames(f"streaming {RATE}/s", seen), _jump("streaming: layout shift", seen)]
    await scroll(page, 3_000, 4_000)
    await asyncio.sleep(0.3)
    async with watch(scene.browser, page) as seen:
        before = await _top_row(page)
        await asyncio.sleep(max(half - 2, 1))
        after = await _top_row(page)
    await page.context.close()
    moved = abs(before[1] - after[1]) if before[0] == after[0] else float("inf")
    kept = Result("reading above: the text moved", LANE, f"{moved:.0f} px", "0 px", moved < 1)
    return [*results, _jump("reading above: layout shift", seen), kept]


def _jump(name: str, seen: Watched) -> Result:
    return Result(name, LANE, f"{seen.jump:.3f}", "≤ 0.010", seen.jump <= 0.01)


async def _top_row(page: Page) -> tuple[str, float]:
    """Which message is at the top of the view, and where."""
    found: list[object] = await page.evaluate(
        f"""() => {{
          const top = document.querySelector("{_MESSAGES}").getBoundingClientRect().top;
          const row = [...document.querySelectorAll("[data-row]")].find(row => row.getBoundingClientRect().bottom > top);
          return [row.dataset.row, row.getBoundingClientRect().top];
        }}"""
    )
    return str(found[0]), float(str(found[1]))


async def measure_gallery(scene: Scene) -> list[Result]:
    page = await open_page(scene.browser)
    began = time.perf_counter()
    await page.goto(f"{scene.url}/characters")
    await page.wait_for_selector("#content li a")
    first = time.perf_counter() - began
    await asyncio.sleep(1)
    async with watch(scene.browser, page) as seen:
        await scroll(page, -40_000, 4_000)
        await scroll(page, 20_000, 4_000)
    cards = await page.locator("#content li").count()
    await page.evaluate("document.querySelector('#content').scrollTop = 0")
    field = page.get_by_role("searchbox").first
    await field.focus()
    began = time.perf_counter()
    await field.fill(RARE)
    await page.locator("#content li:first-child strong").filter(has_text=RARE).wait_for()
    found = time.perf_counter() - began
    await page.context.close()
    return [
        Result("gallery: first cards", LANE, f"{first * 1000:.0f} ms", "-", True, f"{cards} cards made at the end"),
        *_frames("scrolling the gallery", seen),
        Result("gallery: keystroke to result", LANE, f"{found * 1000:.0f} ms", "-", True, "250 ms of it wait for more"),
    ]


MEASURES = {"load": measure_load, "chat": measure_chat, "stream": measure_stream, "gallery": measure_gallery}


async def measure(server: Process, messages: int, deltas: int, wanted: list[str]) -> list[Result]:
    async with aiohttp.ClientSession(server.url) as http:
        chat = await make_chat(http, messages)
    results: list[Result] = []
    async with open_browser() as browser:
        scene = Scene(browser, server.url, chat, deltas)
        results += await measure_nothing(scene)
        for name in wanted:
            print(f"measuring {name} …", file=sys.stderr, flush=True)
            results += await MEASURES[name](scene)
    return results


@contextmanager
def _serving(lab: Lab, profiles: int, deltas: int) -> Iterator[Process]:
    with lab.folder() as data:
        asyncio.run(make_gallery(data, profiles))
        env = {"FABULA_MODEL_URL": f"{lab.upstream.url}/v1", "FABULA_MODEL_NAME": f"fake-{deltas}@{RATE}"}
        with run_fabula(data, env) as server:
            yield server


def _table(results: list[Result], caption: str) -> Table:
    table = Table(title="The page in Chromium", caption=caption)
    for heading in ("what", "value", "beside", "bar", ""):
        table.add_column(heading, justify="left" if heading == "what" else "right")
    for result in results:
        verdict = "ok" if result.passed else "[bold]below[/bold]"
        table.add_row(result.row, result.value, result.beside, result.bar, verdict)
    return table


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--messages", type=int, default=10_000)
    parser.add_argument("--profiles", type=int, default=20_000)
    parser.add_argument("--deltas", type=int, default=1_000)
    parser.add_argument("--only", default=",".join(MEASURES), help="which of load, chat, stream, gallery")
    parser.add_argument("--strict", action="store_true", help="exit with 1 if a row is below its bar")
    options = parser.parse_args()
    with open_lab(quick=True) as lab, _serving(lab, options.profiles, options.deltas) as server:
        before = os.getloadavg()[0]
        wanted = [name for name in MEASURES if name in options.only.split(",")]
        results = asyncio.run(measure(server, options.messages, options.deltas, wanted))
    caption = f"{os.cpu_count()} cores; load before {before:.1f}, after {os.getloadavg()[0]:.1f}"
    Console(width=None if sys.stdout.isatty() else 140).print(_table(results, caption))
    return int(options.strict and not all(result.passed for result in results))


if __name__ == "__main__":
    sys.exit(main())
