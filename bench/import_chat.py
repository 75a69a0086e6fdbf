"""Import one long SillyTavern chat over HTTP into an empty database, export it again and compare.

    python -m bench.import_chat --count 20000 --lane sqlite

Prints the seconds from the request to its answer, those of the export beside them, and fails if a line differs. The bar
is ten seconds for 20,000 messages.
"""

import argparse
import asyncio
import json
import sys
import time
from pathlib import Path
from typing import Any

import aiohttp

from bench.lab import Lab, Result, open_lab
from bench.timed import judge

BAR_SECONDS = 10.0
_TEXT = "The keeper of the old light looked out over the water, where nothing had moved since the storm. " * 6


def make_chat(count: int) -> bytes:
    """Half the messages are the user's; of the others every fourth has three swipes."""
    lines: list[dict[str, Any]] = [
        {"user_name": "unused", "character_name": "Mira", "chat_metadata": {"integrity": "x"}}
    ]
    lines += [_line(nth) for nth in range(count)]
    return "\n".join(json.dumps(line, ensure_ascii=False, separators=(",", ":")) for line in lines).encode()


def _line(nth: int) -> dict[str, Any]:
    is_user = nth % 2 == 0
    text = f"{nth}: {_TEXT[: 100 if is_user else 600]}"
    line: dict[str, Any] = {
        "name": "Ann" if is_user else "Mira",
        "is_user": is_user,
        "is_system": False,
        "send_date": "2024-06-05T14:56:50.682Z",
        "mes": text,
        "extra": {} if is_user else {"api": "custom", "model": "m", "token_count": 150},
    }
    if nth % 8 == 1:
        infos = [{"send_date": line["send_date"], "extra": line["extra"]}] * 3
        line |= {"swipes": [f"{text} a", text, f"{text} b"], "swipe_id": 1, "swipe_info": infos}
    return line


async def measure_import(lab: Lab, lane: str, count: int) -> list[Result]:
    """Import a chat of `count` messages into a new server of `lane`."""
    data = make_chat(count)
    with lab.folder() as folder:
        seconds, cpu, out = await _measure(lab, lane, data, folder / "writes.json")
        writes = judge(folder / "writes.json", lane)
    bar = BAR_SECONDS * count / 20_000
    beside = f"server CPU {cpu:.1f} s, export {out:.1f} s, {len(data) / 2**20:.0f} MiB"
    name = f"import {count:,} messages"
    return [Result(name, lane, f"{seconds:.1f} s", f"≤ {bar:g} s", seconds <= bar, beside), writes]


async def _measure(lab: Lab, lane: str, data: bytes, watch: Path) -> tuple[float, float, float]:
    """Seconds to import, of the server's CPU meanwhile, and to export."""
    with lab.fabula(lane, "fake-10", watch) as server:
        async with aiohttp.ClientSession(server.url) as http:
            profile = {"name": "Mira", "spec": {"name": "Mira"}}
            async with http.post("/v1/entity-profiles", json=profile) as answer:
                answer.raise_for_status()
            cpu, began = server.cpu_seconds(), time.perf_counter()
            chat = await _import(http, data)
            seconds, cpu = time.perf_counter() - began, server.cpu_seconds() - cpu
            began = time.perf_counter()
            async with http.get(f"/v1/chats/{chat}/export?format=jsonl") as answer:
                if await answer.read() != data:
                    raise RuntimeError("the chat did not come out as it went in")
            return seconds, cpu, time.perf_counter() - began


async def _import(http: aiohttp.ClientSession, data: bytes) -> str:
    form = aiohttp.FormData()
    form.add_field("files", data, filename="long.jsonl")
    async with http.post("/v1/chats/import", data=form) as answer:
        (item,) = (await answer.json())["items"] if answer.status == 200 else [{"status": await answer.text()}]
    if item["status"] != "created":
        raise RuntimeError(f"the chat did not arrive: {item}")
    return str(item["chatId"])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=20_000)
    parser.add_argument("--lane", choices=("sqlite", "postgres"), default="sqlite")
    options = parser.parse_args()
    with open_lab(quick=False) as lab:
        results = asyncio.run(measure_import(lab, options.lane, options.count))
    for result in results:
        print(f"{result.row} ({result.lane}): {result.value}, bar {result.bar}, {result.beside}")
    return 0 if results[0].passed else 1


if __name__ == "__main__":
    sys.exit(main())
