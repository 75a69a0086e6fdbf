"""Kill -9 at random instants while conversations change in every way; then look for anything lost, doubled or broken.

    python -m bench.kill_all --count 200 --seed 1 --lane both

Beside the turns of `bench.kill_turns` and all it checks, workers post, answer, edit, select, hide, delete and restore
messages, fork inside chats and into new ones, activate, delete and restore branches and chats, and import chats and
cards. After each kill, what was acknowledged must be there as it was told, the deed under way must, sent again, have
happened once, an earlier one sent again must answer as before, and no import may be half there. Exits with 1 on any
violation.
"""

import asyncio
import random
import sys
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp
import sqlalchemy as sa

from bench.cast import Chat, Line
from bench.company import Report
from bench.deeds import Worker
from bench.invariants import find_violations, open_engine
from bench.kill_turns import torment
from bench.lanes import make_parser, on_each_lane
from bench.processes import run_fabula
from bench.things import Maker

WORKERS = 6
_PAGE = 500
_UNFINISHED = sa.text("SELECT count(*) FROM chats WHERE status = 'importing'")
_AGE = sa.text("UPDATE chats SET updated_at = :long_ago WHERE status = 'importing'")


class Crowd:
    """Workers, and what they say of the server after it died."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._workers: list[Worker] = []
        self.deeds: Counter[str] = Counter()
        self.repeated = 0

    async def begin(self, http: aiohttp.ClientSession) -> None:
        """Give each worker a chat."""
        maker = Maker(http)
        profile = (await maker.make("/v1/entity-profiles", {"name": "Mira", "spec": {"name": "Mira"}}))["id"]
        for _ in range(WORKERS):
            self._workers.append(Worker(self._chance, await self._make_chat(http, profile)))

    async def _make_chat(self, http: aiohttp.ClientSession, profile: str) -> Chat:
        made = await Maker(http).make(f"/v1/entity-profiles/{profile}/chats", {})
        main = Line(made["activeBranchId"])
        return Chat(made["id"], profile, [main], main)

    async def run(self, http: aiohttp.ClientSession) -> None:
        """Work till the server is gone; raises `RuntimeError` if it refuses anything."""
        working = (worker.work(http, self.deeds) for worker in self._workers)
        ends = await asyncio.gather(*working, return_exceptions=True)
        strange = [end for end in ends if not isinstance(end, (aiohttp.ClientError, OSError))]
        if strange:
            raise RuntimeError("a worker ended while the server lived") from strange[0]

    async def examine(self, http: aiohttp.ClientSession) -> list[str]:
        """Send again what was under way, and some of what was done; then compare all that was told."""
        found = await asyncio.gather(*(self._look(http, worker) for worker in self._workers))
        return [complaint for complaints in found for complaint in complaints]

    async def _look(self, http: aiohttp.ClientSession, worker: Worker) -> list[str]:
        complaints = []
        self.repeated += worker.pending is not None
        await worker.finish(http)
        for deed, before in self._chance.sample(worker.done, min(3, len(worker.done))):
            self.repeated += 1
            status, again = await deed.ask(http)
            same = again.get("id") == before.get("id") if deed.kind == "answer" else again == before
            if status >= 300 or not same:
                complaints.append(f"{deed.kind} sent again: {status} {again}, before {before}")
        worker.done.clear()
        complaints += await _compare(http, worker)
        # Room for more of each kind: a worker makes only so many forks and long chats.
        worker.copies.clear()
        if self._chance.random() < 0.5:
            worker.chat = await self._make_chat(http, worker.chat.profile)
        return complaints


async def _compare(http: aiohttp.ClientSession, worker: Worker) -> list[str]:
    """Where the server shows something else than it has acknowledged."""
    chat, complaints = worker.chat, []
    if chat.deleted:
        async with http.get(f"/v1/chats/{chat.id}") as answer:
            return [] if answer.status == 404 else [f"chat {chat.id} was deleted and is there"]
    branches = {item["id"]: item["isActive"] for item in await _items(http, f"/v1/chats/{chat.id}/branches")}
    if branches != {line.id: line is chat.active for line in chat.lines if not line.deleted}:
        complaints.append(f"chat {chat.id} has the branches {branches}")
    for line in chat.lines:
        if line.deleted:
            continue
        shown = [(m["id"], m["promptText"], m["hidden"]) for m in await _messages(http, chat.id, line.id)]
        wanted = [(said.id, said.text, said.hidden) for said in line.shown(chat.main)]
        told = [(a, c if b is None else b, d) for (a, b, d), (_, c, _) in zip(wanted, shown, strict=False)]
        if len(shown) != len(wanted) or shown != told:
            complaints.append(f"branch {line.id} shows {shown}, not {wanted}")
    for copy, texts in worker.copies.items():
        found = [m["promptText"] for m in await _messages(http, copy, None)]
        complaints += [] if found == texts else [f"the chat {copy} is not as it was copied or imported"]
    for name, profile in worker.cards.items():
        there = [item["id"] for item in await _items(http, f"/v1/entity-profiles?q={name}")]
        if there != [profile]:
            complaints.append(f"{name} was imported as {profile}, and is there as {there}")
    worker.cards.clear()
    return complaints


async def _messages(http: aiohttp.ClientSession, chat: str, line: str | None) -> list[dict[str, object]]:
    found: list[dict[str, object]] = []
    path = f"/v1/chats/{chat}/messages?" + (f"branchId={line}" if line else "")
    while True:
        page = await _items(http, path + (f"&before={found[0]['seq']}" if found else ""))
        found = page + found
        if len(page) < _PAGE:
            return found


async def _items(http: aiohttp.ClientSession, path: str) -> list[dict[str, object]]:
    async with http.get(path + ("&" if "?" in path else "?") + f"limit={_PAGE}") as answer:
        if answer.status != 200:
            raise RuntimeError(f"GET {path}: {answer.status} {await answer.text()}")
        return list((await answer.json())["items"])


async def torment_all(data: Path, env: dict[str, str], count: int, seed: int) -> tuple[Report, Crowd]:
    """Kill the server of `data` `count` times; `env` names the database and the model's address."""
    crowd = Crowd(random.Random(seed))
    report = await torment(data, env, count, seed, crowd)
    report.violations += await finish(data, env)
    return report, crowd


async def finish(data: Path, env: dict[str, str]) -> list[str]:
    """A last start, an hour later by what the database says: nothing may be left of any import that was cut off."""
    engine = open_engine(env.get("FABULA_DATABASE_URL") or data / "fabula.db")
    with engine.begin() as conn:
        left = conn.execute(_UNFINISHED).scalar_one()
        conn.execute(_AGE, {"long_ago": datetime.now(UTC) - timedelta(hours=1)})
    with run_fabula(data, env), engine.connect() as conn:
        stayed = conn.execute(_UNFINISHED).scalar_one()
        broken = find_violations(conn)
    engine.dispose()
    print(f"  {left} imports that were cut off lay there at the end, unseen; {stayed} after one more start")
    return [*broken, *([f"{stayed} chats stay importing"] if stayed else [])]


def main() -> int:
    parser = make_parser(__doc__)
    parser.add_argument("--count", type=int, default=200, help="how often to kill the server, on each lane")
    options = parser.parse_args()
    failed = False
    for place in on_each_lane(options):
        report, crowd = asyncio.run(torment_all(place.data, place.env, options.count, options.seed))
        report.show(place.lane, options.seed)
        done = ", ".join(f"{kind} {count}" for kind, count in sorted(crowd.deeds.items()))
        print(f"  {crowd.deeds.total()} deeds beside: {done}")
        print(f"  {crowd.repeated} of them sent again")
        failed |= bool(report.violations)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
