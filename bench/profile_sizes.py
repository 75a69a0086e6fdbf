"""Twenty thousand profiles: the first page of their lists and of a search, and all of them as models, over HTTP.

    python -m bench.profile_sizes [--lane sqlite|postgres] [--profiles 20000] [--rounds 200]

Profiles are made by the use case that makes them, in batches. The bar of a first page is the specification's, 30 ms;
that of the models, which the protocol lists without pages, is ours.
"""

import argparse
import asyncio
import random
import sys
from pathlib import Path

import uvloop
from rich.console import Console
from rich.table import Table

from bench.chat_sizes import Client
from bench.lab import Lab, open_lab
from bench.load import quantile
from bench.processes import OTHER_CORE, pin, run_fabula
from bench.search_rows import make_word
from fabula.core.actor import Actor
from fabula.core.clock import utc_now
from fabula.db import WriteTx
from fabula.db.opening import open_postgres, open_sqlite
from fabula.features.identity import ensure_local_owner
from fabula.features.profiles.cards import DEFAULT_LIMITS, Report, normalise_data
from fabula.features.profiles.types import Draft
from fabula.features.profiles.write import create, set_favourite
from fabula.plugins import Json

BAR_MS = 30.0
ALL_BAR_MS = 300.0
_BATCH = 100
_WORDS = 2_000
_RARE = "Onlyhere"
QUESTIONS = {
    "list, the newest first": "/v1/entity-profiles?limit=50",
    "list by name": "/v1/entity-profiles?limit=50&sort=name",
    "list, a part of many names": f"/v1/entity-profiles?limit=50&q={make_word(0)}",
    "list, a part of one name": f"/v1/entity-profiles?limit=50&q={_RARE}",
    "list, a part of no name": "/v1/entity-profiles?limit=50&q=nobodyiscalledthis",
    "list, a tag": f"/v1/entity-profiles?limit=50&tag={make_word(1)}",
    "list, favourites": "/v1/entity-profiles?limit=50&favourite=true",
    "list, tagged favourites by name": f"/v1/entity-profiles?limit=50&sort=name&favourite=true&tag={make_word(0)}",
    "search, a frequent word": f"/v1/search?type=profile&q={make_word(0)}",
    "search, a rare word": f"/v1/search?type=profile&q={_RARE}",
}
_ALL = {"all as models": "/v1/models"}


def _drafts(count: int) -> list[Draft]:
    chance = random.Random(20_261_120)
    words = [make_word(rank) for rank in range(_WORDS)]
    weights = [1 / (rank + 1) for rank in range(_WORDS)]
    drafts = []
    for nth in range(count):
        drawn = chance.choices(words, weights, k=120)
        name = _RARE if nth == count // 2 else " ".join(drawn[:2]).title()
        spec: dict[str, Json] = {"name": name, "description": " ".join(drawn[2:]), "first_mes": "Good evening."}
        drafts.append(Draft(name, normalise_data(spec, DEFAULT_LIMITS, Report()), drawn[:3], None))
    return drafts


def _fill(tx: WriteTx, actor: Actor, drafts: list[Draft]) -> None:
    made = [create(tx, actor, draft) for draft in drafts]
    set_favourite(tx, actor, made[0].id, favourite=True)


async def fill(data: Path, url: str | None, count: int) -> None:
    """Make `count` profiles of the local owner."""
    if url is None:
        db = await open_sqlite(data, utc_now, lambda _: None)
    else:
        db = await open_postgres(url, 2, utc_now, lambda _: None)
    try:
        actor = await db.system("local owner", ensure_local_owner)
        drafts = _drafts(count)
        for first in range(0, count, _BATCH):
            await db.write(actor, _fill, drafts[first : first + _BATCH])
    finally:
        await db.close()


async def ask(port: int, questions: dict[str, str], rounds: int) -> dict[str, list[float]]:
    """Milliseconds of each question; all take turns."""
    client = Client(*await asyncio.open_connection("127.0.0.1", port))
    times: dict[str, list[float]] = {name: [] for name in questions}
    for turn in range(rounds + 5):
        for name, path in questions.items():
            _, spent = await client.ask("GET", path)
            if turn >= 5:  # the first ones warm caches
                times[name].append(spent)
    return times


async def run(lab: Lab, lane: str, profiles: int, rounds: int) -> tuple[dict[str, list[float]], dict[str, list[float]]]:
    """Milliseconds of each first page, and of everything at once, in a new database of `lane`."""
    with lab.folder() as data:
        env = {"FABULA_MODEL_URL": f"{lab.upstream.url}/v1", "FABULA_MODEL_NAME": "fake-10", **lab.database(lane, data)}
        await fill(data, env.get("FABULA_DATABASE_URL"), profiles)
        with run_fabula(data, env) as server:
            return await ask(server.port, QUESTIONS, rounds), await ask(server.port, _ALL, rounds // 10)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lane", choices=("sqlite", "postgres"), default="sqlite")
    parser.add_argument("--profiles", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--strict", action="store_true", help="exit with 1 if a row is below its bar")
    options = parser.parse_args()
    pin(OTHER_CORE)
    with open_lab(quick=True) as lab:
        pages, whole = uvloop.run(run(lab, options.lane, options.profiles, options.rounds))
    table = Table(title=f"{options.profiles:,} profiles, {options.lane}")
    for heading in ("first page of", "p50 / p99", "bar", ""):
        table.add_column(heading, justify="left" if heading == "first page of" else "right")
    passed = True
    for times, bar in ((pages, BAR_MS), (whole, ALL_BAR_MS)):
        for name, spent in times.items():
            p50 = quantile(spent, 0.5)
            good, shown = p50 <= bar, f"{p50:.1f} / {quantile(spent, 0.99):.1f} ms"
            table.add_row(name, shown, f"≤ {bar:.0f} ms", "ok" if good else "[bold]below[/bold]")
            passed = passed and good
    Console(width=None if sys.stdout.isatty() else 140).print(table)
    return int(options.strict and not passed)


if __name__ == "__main__":
    sys.exit(main())
