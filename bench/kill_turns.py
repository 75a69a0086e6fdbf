"""Kill -9 at random instants while chats stream; then look for anything lost, doubled, broken or left hanging.

    python -m bench.kill_turns --count 50 --seed 1 --lane both

Chats talk to a real server: turns, stored messages, regenerations, continuations, aborts, all with operation ids. The
server is killed and started again on the same data. Then every acknowledged message must be there, every invariant
hold, no answer stay `streaming`, an interrupted answer keep what its client had heard but for the last flush
interval, the client that resumes be told and end with the stored text, and each request, sent again with its
operation id, have had one effect. Exits with 1 on any violation.
"""

import asyncio
import random
import sys
import time
from collections import Counter
from pathlib import Path

import aiohttp

from bench.company import FLUSH_SECONDS, Company, Report
from bench.invariants import Stored, count_streaming, open_engine, read_stored
from bench.lanes import make_parser, on_each_lane
from bench.processes import run_fabula
from bench.streams import ABORTED, DONE, ERROR, Heard, RefusedRequest, resume
from bench.turn_load import Load, Turn, make_chats, settle_again

CHATS = 12
LONGEST_LIVES = (0.5, 1.5, 4.0)  # seconds under load; the last is long enough to show text that is never flushed
# Deltas of each answer, at their pace: short, across several flushes, long. One model a life of the server.
MODELS = {"fake-12": 12, "fake-60@40": 60, "fake-400@100": 400, "fake-3000@1000": 3_000, "fake-20000@2000": 20_000}
BEAT_SECONDS, LEASE_SECONDS = 0.5, 2.0
SLACK_SECONDS = 0.5  # a flush under load, and what was on its way to the client
_STATUS = {DONE: "done", ABORTED: "aborted"}


class Torment:
    """One data folder through many lives of its server. `url` is None on SQLite."""

    def __init__(
        self, data: Path, env: dict[str, str], chance: random.Random, report: Report, company: Company | None
    ) -> None:
        self._data = data
        self._url = env.get("FABULA_DATABASE_URL")
        beat = {"FABULA_HEARTBEAT_SECONDS": str(BEAT_SECONDS), "FABULA_LEASE_SECONDS": str(LEASE_SECONDS)}
        self._env = {**env, **beat}
        self._chance = chance
        self._report = report
        self._engine = open_engine(self._url or data / "fabula.db")
        self._load: Load | None = None
        self._company = company
        self._killed_at = 0.0

    async def run(self, count: int) -> None:
        for life in range(count + 1):
            self._env["FABULA_MODEL_NAME"] = self._chance.choice(list(MODELS))
            with run_fabula(self._data, self._env) as server:
                ready = time.monotonic()
                async with aiohttp.ClientSession(server.url, timeout=aiohttp.ClientTimeout(total=60)) as http:
                    if self._load is None:
                        self._load = Load(await make_chats(http, CHATS), self._chance)
                        if self._company is not None:
                            await self._company.begin(http)
                    else:
                        await self._examine(self._load, http, ready)
                    if life == count:
                        break
                    running = asyncio.create_task(self._run(self._load, http))
                    await asyncio.wait([running], timeout=self._chance.uniform(0.0, self._chance.choice(LONGEST_LIVES)))
                    self._killed_at = time.monotonic()
                    server.child.kill()
                    server.child.wait()
                    self._report.kills += 1
                    await running
        self._engine.dispose()

    async def _run(self, load: Load, http: aiohttp.ClientSession) -> None:
        others = [] if self._company is None else [self._company.run(http)]
        await asyncio.gather(load.run(http), *others)

    async def _examine(self, load: Load, http: aiohttp.ClientSession, ready: float) -> None:
        """Look at what the last kill left, as its clients and as the database sees it."""
        cut = [turn for turn in load.turns if turn.heard.end is None]
        known = [(turn, len(turn.heard.text), turn.heard.snapshots) for turn in cut if turn.generation]
        for turn in cut:
            turn.heard.hang_up()
            if turn.heard.text and not turn.expects(turn.heard.text):
                self._complain([f"{turn.operation}: heard what was never said"])
        await self._until_reaped(ready)
        self._complain(self._read().broken)
        await asyncio.gather(*(resume(http, turn.heard, turn.generation) for turn, *_ in known if turn.generation))
        stored = self._read()
        for turn, length, snapshots in known:
            self._check_interrupted(turn, length, snapshots, stored)
        await asyncio.gather(*(self._repeat(http, turn) for turn in (*cut, *self._sample(load.turns))))
        for post in load.posts:
            if post.message is None or self._chance.random() < 0.2:
                before = post.message
                await post.send(http)
                self._report.repeated += 1
                self._complain([] if before in {None, post.message} else [f"{post.operation} has made two messages"])
        self._check_all(load)
        self._report.acknowledged += sum(turn.said is not None for turn in load.turns) + len(load.posts)
        self._report.turns += len(load.turns)
        load.turns.clear()
        load.posts.clear()
        if self._company is not None:
            self._complain(await self._company.examine(http))
            self._complain(self._read().broken)

    async def _until_reaped(self, ready: float) -> None:
        """SQLite: nothing streams when the server listens. PostgreSQL: within lease and beat of the kill."""
        allowed = self._killed_at + LEASE_SECONDS + BEAT_SECONDS + SLACK_SECONDS
        deadline = ready if self._url is None else max(ready, allowed)
        while True:
            asked = time.monotonic()
            with self._engine.connect() as conn:
                streaming = count_streaming(conn)
            if not streaming:
                break
            if asked > deadline:
                self._complain([f"{streaming} generations stream {asked - self._killed_at:.1f} s after the kill"])
                return
            await asyncio.sleep(0.05)
        self._report.longest_reaping = max(self._report.longest_reaping, time.monotonic() - self._killed_at)

    def _check_interrupted(self, turn: Turn, length: int, snapshots: int, stored: Stored) -> None:
        """`length` characters had been heard before the kill; now the client has resumed."""
        heard, status_text = turn.heard, stored.generations.get(turn.generation or "")
        if status_text is None or heard.end is None:
            self._complain([f"generation {turn.generation} is lost, or its stream has no end"])
            return
        status, text = status_text
        if status == "interrupted":
            self._report.interrupted += 1
            lost = heard.lost_seconds(len(text), self._killed_at)
            self._report.most_lost_seconds = max(self._report.most_lost_seconds, lost)
            self._complain([f"{lost:.2f} s of text lost"] if lost > FLUSH_SECONDS + SLACK_SECONDS else [])
            told = heard.end.type == ERROR and heard.end.data.code == "generation.interrupted"
            self._complain([] if told else [f"an interrupted answer ended with {heard.end.type}"])
            by_snapshot = heard.snapshots > snapshots
            if by_snapshot != (len(text) < length):
                self._complain([f"{length} heard, {len(text)} kept, snapshot: {by_snapshot}"])

    def _sample(self, turns: list[Turn]) -> list[Turn]:
        return [turn for turn in turns if turn.heard.end is not None and self._chance.random() < 0.1]

    async def _repeat(self, http: aiohttp.ClientSession, turn: Turn) -> None:
        """Send a request again: what was acknowledged is answered alike, what was not happens now, once."""
        self._report.repeated += 1
        try:
            again = await settle_again(http, turn)
        except RefusedRequest as refusal:
            self._complain([f"{turn.operation} sent again: {refusal}"])
            return
        self._complain(again.faults)
        if turn.generation is None:
            turn.heard = again
        elif _outcome(again) != _outcome(turn.heard):
            self._complain([f"{turn.operation} answered {_outcome(again)}, before {_outcome(turn.heard)}"])

    def _check_all(self, load: Load) -> None:
        stored = self._read()
        self._complain(stored.broken)
        texts = Counter(stored.said.values())
        for post in load.posts:
            if stored.said.get(post.message or "") != post.said or texts[post.said] != 1:
                self._complain([f"message {post.message} is there {texts[post.said]} times"])
        for turn in load.turns:
            self._check_turn(turn, stored, texts)

    def _check_turn(self, turn: Turn, stored: Stored, texts: Counter[str]) -> None:
        heard = turn.heard
        if heard.end is None or heard.meta is None:
            self._complain([f"{turn.operation} has no end"])
            return
        self._report.ends[heard.end.type] += 1
        self._complain([f"{turn.operation}: {fault}" for fault in heard.faults])
        status, text = stored.generations.get(heard.meta.generation_id, ("", ""))
        if status != _STATUS.get(heard.end.type, "interrupted"):
            self._complain([f"{heard.end.type} ({heard.end.data.code}) was heard of a generation that is {status!r}"])
        if text != heard.text or not turn.expects(text):
            self._complain([f"generation {heard.meta.generation_id}: {len(text)} stored, {len(heard.text)} heard"])
        if heard.end.type == DONE and len(text) - len(turn.prefix) not in {4 * count for count in MODELS.values()}:
            self._complain([f"generation {heard.meta.generation_id} is done with {len(text)} characters"])
        if turn.said is None:
            return
        if stored.said.get(heard.meta.user_message_id or "") != turn.said or texts[turn.said] != 1:
            self._complain([f"message {heard.meta.user_message_id} is there {texts[turn.said]} times"])

    def _read(self) -> Stored:
        with self._engine.connect() as conn:
            return read_stored(conn)

    def _complain(self, complaints: list[str]) -> None:
        self._report.violations += [f"kill {self._report.kills}: {text}" for text in complaints]


def _outcome(heard: Heard) -> tuple[str, str, str]:
    assert heard.meta is not None
    assert heard.end is not None
    return heard.meta.generation_id, heard.end.type, heard.text


async def torment(data: Path, env: dict[str, str], count: int, seed: int, company: Company | None = None) -> Report:
    """Kill the server of `data` `count` times; `env` names the database and the model's address."""
    report = Report()
    await Torment(data, env, random.Random(seed), report, company).run(count)
    return report


def main() -> int:
    parser = make_parser(__doc__)
    parser.add_argument("--count", type=int, default=50, help="how often to kill the server, on each lane")
    options = parser.parse_args()
    failed = False
    for place in on_each_lane(options):
        report = asyncio.run(torment(place.data, place.env, options.count, options.seed))
        report.show(place.lane, options.seed)
        failed |= bool(report.violations)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
