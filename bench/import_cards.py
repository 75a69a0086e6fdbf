"""Import many PNG cards over HTTP, as the page does it: in batches, into an empty database.

    python -m bench.import_cards --count 1000 --lane sqlite

Prints the seconds from the first request to the last answer, and fails if a card did not arrive. The bar is ten
seconds for 1,000 cards of 500 KB.
"""

import argparse
import asyncio
import io
import json
import os
import struct
import sys
import time
import zlib
from base64 import b64encode
from pathlib import Path

import aiohttp

from bench.lab import Lab, Result, open_lab
from bench.timed import judge
from fabula.features.profiles.cards import png

SIDE = 408  # with three bytes a pixel, 500 KB
BATCH = 20
AT_ONCE = 2
BAR_SECONDS = 10.0


def write_cards(folder: Path, count: int) -> list[Path]:
    """Make `count` different cards whose weight is pixels, of noise: it does not compress, as photographs do not."""
    return [_write(folder / f"card-{nth:05}.png", nth) for nth in range(count)]


def _write(path: Path, nth: int) -> Path:
    data = {"name": f"Card {nth}", "description": "A keeper of the old light. " * 100, "first_mes": "Good evening."}
    card = {"spec": "chara_card_v3", "spec_version": "3.0", "data": data}
    header = struct.pack(">IIBBBBB", SIDE, SIDE, 8, 2, 0, 0, 0)
    rows = b"".join(b"\0" + os.urandom(3 * SIDE) for _ in range(SIDE))
    chunks = {
        b"IHDR": header,
        b"tEXt": b"ccv3\0" + b64encode(json.dumps(card).encode()),
        b"IDAT": zlib.compress(rows, 1),
        b"IEND": b"",
    }
    path.write_bytes(png.SIGNATURE + b"".join(png.make_chunk(kind, body) for kind, body in chunks.items()))
    return path


async def import_all(url: str, cards: list[Path]) -> float:
    """Import in batches, two under way at a time: while the server stores one, the next one travels. Give the seconds."""
    began = time.perf_counter()
    places = asyncio.Semaphore(AT_ONCE)
    async with aiohttp.ClientSession() as http, asyncio.TaskGroup() as tasks:
        for first in range(0, len(cards), BATCH):
            await places.acquire()
            task = tasks.create_task(_import(http, url, cards[first : first + BATCH]))
            task.add_done_callback(lambda _: places.release())
    return time.perf_counter() - began


async def _import(http: aiohttp.ClientSession, url: str, cards: list[Path]) -> None:
    form = aiohttp.FormData()
    for card in cards:
        form.add_field("files", io.BytesIO(card.read_bytes()), filename=card.name)
    async with http.post(f"{url}/v1/entity-profiles/import", data=form) as answer:
        items = (await answer.json())["items"] if answer.status == 200 else []
        if [item["status"] for item in items] != ["created"] * len(cards):
            raise RuntimeError(f"not all cards arrived: {answer.status} {(await answer.text())[:500]}")


async def measure_import(lab: Lab, lane: str, count: int) -> list[Result]:
    """Import `count` cards into a new server of `lane`."""
    with lab.folder() as folder:
        with lab.fabula(lane, "fake-10", folder / "writes.json") as server:
            cards = await asyncio.to_thread(write_cards, folder, count)
            cpu = server.cpu_seconds()
            seconds = await import_all(server.url, cards)
            cpu = server.cpu_seconds() - cpu
        writes = judge(folder / "writes.json", lane)
    bar = BAR_SECONDS * count / 1000
    name = f"import {count:,} PNG cards of 500 KB"
    beside = f"server CPU {cpu:.1f} s"
    return [Result(name, lane, f"{seconds:.1f} s", f"≤ {bar:g} s", seconds <= bar, beside), writes]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--lane", choices=("sqlite", "postgres"), default="sqlite")
    options = parser.parse_args()
    with open_lab(quick=False) as lab:
        results = asyncio.run(measure_import(lab, options.lane, options.count))
    for result in results:
        print(f"{result.row} ({result.lane}): {result.value}, bar {result.bar}, {result.beside}")
    return 0 if results[0].passed else 1


if __name__ == "__main__":
    sys.exit(main())
