"""What a long chat costs beside a short one: its last page, appending to it, and a branch from its middle.

    python -m bench.chat_sizes [--lane sqlite|postgres] [--messages 100000] [--rounds 300]

Over HTTP, on one server; the two chats take turns, so that whatever else the machine does falls on both. Messages are
made by SQL. The bars are the specification's.
"""

import argparse
import asyncio
import json
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import sqlalchemy as sa
import uvloop
from rich.console import Console
from rich.table import Table

from bench.chats import line
from bench.lab import Lab, open_lab
from bench.load import quantile
from bench.processes import OTHER_CORE, Process, pin, run_fabula
from fabula.core.ids import uuid7
from fabula.features.conversations.tables import chat_branches, chat_messages, chats, message_variants

SHORT = 100
_BATCH = 5_000
_SPEC = {"name": "Bench", "description": "Answers with numbers.", "first_mes": "Hello."}


@dataclass(frozen=True, slots=True)
class Figures:
    """Milliseconds of one kind of request, in each chat."""

    what: str
    long: list[float]
    short: list[float]
    bar: float
    ratio_bar: float | None


class Client:
    """One connection that asks one thing at a time."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def ask(self, method: str, path: str, body: object = None) -> tuple[dict[str, object], float]:
        """The JSON answer, and how many milliseconds it took to come whole."""
        data = b"" if body is None else json.dumps(body).encode()
        head = f"{method} {path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"
        began = time.perf_counter()
        self._writer.write(f"{head}content-length: {len(data)}\r\n\r\n".encode() + data)
        status, size = await self._head()
        text = await self._chunks() if size is None else await self._reader.readexactly(size)
        spent = (time.perf_counter() - began) * 1000
        if status >= 300:
            raise RuntimeError(f"{method} {path}: {status} {text[:300]!r}")
        return dict(json.loads(text)), spent

    async def _head(self) -> tuple[int, int | None]:
        """The status, and the size of what follows; none if it comes in chunks."""
        lines = (await self._reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower().split("\r\n")
        size = next((field for field in lines if field.startswith("content-length:")), None)
        return int(lines[0].split()[1]), None if size is None else int(size.partition(":")[2])

    async def _chunks(self) -> bytes:
        text = bytearray()
        while size := int(await self._reader.readuntil(b"\r\n"), 16):
            text += (await self._reader.readexactly(size + 2))[:-2]
        await self._reader.readexactly(2)
        return bytes(text)


def fill(engine: sa.Engine, chat: str, count: int) -> str:
    """Give a chat that has its greeting `count` messages in all; the id of the one in the middle."""
    now, middle = datetime.now(UTC), ""
    with engine.begin() as conn:
        found = conn.execute(sa.select(chats.c.workspace_id, chats.c.active_branch_id).where(chats.c.id == chat)).one()
        for begin in range(1, count, _BATCH):
            rows, variants = [], []
            for seq in range(begin, min(begin + _BATCH, count)):
                ids = {"id": uuid7(), "workspace_id": found.workspace_id, "created_at": now, "updated_at": now}
                text = {"prompt_text": line(seq), "state": "settled"}
                chosen = uuid7()
                place = {"chat_id": chat, "branch_id": found.active_branch_id, "seq": seq}
                shape = {"role": "user", "author_json": {"kind": "user", "id": None, "name": "You"}}
                flags = {"format": "markdown", "hidden": False, "version": 1, "selected_variant_id": chosen}
                rows.append({**ids, **text, **place, **shape, **flags})
                variants.append(
                    {**ids, **text, "id": chosen, "message_id": ids["id"], "kind": "import", "reasoning": ""}
                )
                middle = str(ids["id"]) if seq == count // 2 else middle
            conn.execute(sa.insert(chat_messages), rows)
            conn.execute(sa.insert(message_variants), variants)
        last = sa.update(chat_branches).where(chat_branches.c.id == found.active_branch_id).values(last_seq=count - 1)
        conn.execute(last)
    return middle


async def _connect(server: Process) -> Client:
    return Client(*await asyncio.open_connection("127.0.0.1", server.port))


async def measure(server: Process, engine: sa.Engine, messages: int, rounds: int) -> list[Figures]:
    """Fill two chats, then ask them in turn."""
    client = await _connect(server)
    profile, _ = await client.ask("POST", "/v1/entity-profiles", {"name": "Bench", "spec": _SPEC})
    made: dict[int, str] = {}
    for size in (SHORT, messages):
        answer, _ = await client.ask("POST", f"/v1/entity-profiles/{profile['id']}/chats", {})
        made[size] = str(answer["id"])
    middles = {size: await asyncio.to_thread(fill, engine, chat, size) for size, chat in made.items()}
    client = await _connect(server)  # the server closes a connection that was silent for as long as that took

    def page(size: int) -> tuple[str, str, object]:
        return "GET", f"/v1/chats/{made[size]}/messages", None

    def append(size: int) -> tuple[str, str, object]:
        return "POST", f"/v1/chats/{made[size]}/messages", {"promptText": line(1)}

    def fork(size: int) -> tuple[str, str, object]:
        return "POST", f"/v1/chats/{made[size]}/branches", {"forkedFromMessageId": middles[size]}

    kinds: list[tuple[str, Callable[[int], tuple[str, str, object]], float, float | None]] = [
        ("last page of 50", page, 8.0, 1.5),
        ("append a message", append, 8.0, 1.5),
        ("fork in the middle", fork, 10.0, None),
    ]
    found = []
    for what, request, bar, ratio_bar in kinds:
        times: dict[int, list[float]] = {SHORT: [], messages: []}
        for turn in range(rounds + 20):
            for size, spent in times.items():
                _, milliseconds = await client.ask(*request(size))
                if turn >= 20:  # the first ones warm caches and connections
                    spent.append(milliseconds)
        found.append(Figures(what, times[messages], times[SHORT], bar, ratio_bar))
    return found


def report(figures: list[Figures], lane: str, messages: int) -> tuple[Table, bool]:
    table = Table(title=f"A chat of {messages:,} messages beside one of {SHORT}, {lane}")
    for heading in ("what", "long p50 / p99", "short p50 / p99", "ratio", "bar", ""):
        table.add_column(heading, justify="left" if heading == "what" else "right")
    passed = True
    for row in figures:
        long, short = quantile(row.long, 0.5), quantile(row.short, 0.5)
        ratio = long / short
        good = long <= row.bar and (row.ratio_bar is None or ratio <= row.ratio_bar)
        bar = f"≤ {row.bar:.0f} ms" + (f", ≤ {row.ratio_bar} x" if row.ratio_bar else "")
        shown = [f"{p50:.2f} / {quantile(times, 0.99):.2f} ms" for p50, times in ((long, row.long), (short, row.short))]
        table.add_row(row.what, *shown, f"{ratio:.2f} x", bar, "ok" if good else "[bold]below[/bold]")
        passed = passed and good
    return table, passed


async def run(lab: Lab, lane: str, messages: int, rounds: int) -> list[Figures]:
    """Both chats on an empty database of `lane`."""
    with lab.folder() as data:
        env = {"FABULA_MODEL_URL": f"{lab.upstream.url}/v1", "FABULA_MODEL_NAME": "fake-10", **lab.database(lane, data)}
        with run_fabula(data, env) as server:
            engine = _engine(data, env.get("FABULA_DATABASE_URL"))
            try:
                return await measure(server, engine, messages, rounds)
            finally:
                engine.dispose()


def _engine(data: Path, url: str | None) -> sa.Engine:
    if url is None:
        return sa.create_engine(f"sqlite:///{data / 'fabula.db'}")
    return sa.create_engine(sa.make_url(url).set(drivername="postgresql+psycopg"))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lane", choices=("sqlite", "postgres"), default="sqlite")
    parser.add_argument("--messages", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=300)
    parser.add_argument("--strict", action="store_true", help="exit with 1 if a row is below its bar")
    options = parser.parse_args()
    pin(OTHER_CORE)
    with open_lab(quick=True) as lab:
        figures = uvloop.run(run(lab, options.lane, options.messages, options.rounds))
    table, passed = report(figures, options.lane, options.messages)
    Console(width=None if sys.stdout.isatty() else 140).print(table)
    return int(options.strict and not passed)


if __name__ == "__main__":
    sys.exit(main())
