"""Drop the connection at random bytes of streams and come back; then compare every text with the stored one.

    python -m bench.reconnects --count 200 --seed 1 --lane both

Streams are followed with `Last-Event-ID`, from memory, from the database after the end, and on PostgreSQL also by a
second process that only polls. A stream that is not gapless and without doubles, or not byte-equal to the stored text
and to what the upstream said, is a violation: exit code 1.
"""

import asyncio
import random
import sys
from collections import Counter
from contextlib import AsyncExitStack, ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp

from bench.invariants import find_violations, open_engine
from bench.lanes import make_parser, on_each_lane
from bench.processes import run_fabula
from bench.streams import DONE, Heard, listen, resume
from bench.turn_load import make_chats
from bench.upstream import expected_text

DELTAS, PACE = 600, 300
AT_ONCE = 20
CUTS_A_STREAM = 10
LONGEST_PIECE = 8_000  # bytes heard before a cut; a delta of four characters is a frame of about 130
AWAY = (0.0, 0.4, 3.0)  # seconds at most between two connections
KEEP_SECONDS = 0.3  # a finished answer leaves memory this soon, so that late followers meet the database


@dataclass(slots=True)
class Report:
    """Counts, and in `violations` whatever must not be."""

    streams: int = 0
    cuts: int = 0
    mid_frame: int = 0
    after_end: int = 0
    by_server: Counter[int] = field(default_factory=Counter)
    violations: list[str] = field(default_factory=list)

    def show(self, lane: str, seed: int) -> None:
        shares = " + ".join(str(count) for _, count in sorted(self.by_server.items()))
        print(
            f"{lane}, seed {seed}: {self.streams} streams, {self.cuts} disconnects and reconnects ({shares} by server)"
        )
        print(f"  {self.mid_frame} cut in the middle of a frame, {self.after_end} resumed after the answer had ended")
        print(f"  {len(self.violations)} violations", *self.violations[:50], sep="\n  ")


class Follower:
    """Follows one answer over connections that break. `servers[0]` writes it; all can tell it."""

    def __init__(self, servers: list[aiohttp.ClientSession], chance: random.Random, report: Report) -> None:
        self._servers = servers
        self._chance = chance
        self._report = report

    async def follow(self, chat: str, cuts: int) -> None:
        heard, path = Heard(), f"/v1/chats/{chat}/messages"
        # Enough for the first frame, so that the generation is known.
        await listen(self._servers[0], heard, "POST", path, body={"promptText": "Count."}, most=600 + self._piece())
        assert heard.meta is not None
        generation = heard.meta.generation_id
        for _ in range(cuts):
            self._report.cuts += 1
            self._report.mid_frame += heard.hang_up()
            await asyncio.sleep(self._chance.uniform(0.0, self._chance.choice(AWAY)))
            if heard.end is not None:
                heard.end = None  # as if the last frame had not come: it must be told again, and nothing else
                self._report.after_end += 1
            await resume(self._any(), heard, generation, self._piece())
        heard.hang_up()
        if heard.end is None:
            await resume(self._any(), heard, generation)
        self._report.streams += 1
        await self._check(heard, generation)

    def _piece(self) -> int:
        return self._chance.randint(1, LONGEST_PIECE)

    def _any(self) -> aiohttp.ClientSession:
        number = self._chance.randrange(len(self._servers))
        self._report.by_server[number] += 1
        return self._servers[number]

    async def _check(self, heard: Heard, generation: str) -> None:
        assert heard.meta is not None
        async with self._servers[0].get(f"/v1/messages/{heard.meta.assistant_message_id}/variants") as answer:
            (stored,) = (v["promptText"] for v in (await answer.json())["items"] if v["generationId"] == generation)
        late = Heard()
        await resume(self._any(), late, generation)
        wrong = [*heard.faults, *late.faults]
        if heard.end is None or heard.end.type != DONE:
            wrong.append(f"ended with {heard.end}")
        if not heard.text == late.text == stored == expected_text(DELTAS):
            wrong.append(f"{len(heard.text)} heard, {len(late.text)} heard late, {len(stored)} stored")
        if heard.snapshots or late.snapshots:
            wrong.append("a snapshot, though no text was lost")
        self._report.violations += [f"generation {generation}: {text}" for text in wrong]


async def reconnect(data: Path, env: dict[str, str], count: int, seed: int) -> Report:
    """Break `count` connections; `env` names the database and the model's address."""
    report, chance = Report(), random.Random(seed)
    url = env.get("FABULA_DATABASE_URL")
    quick = {"FABULA_MODEL_NAME": f"fake-{DELTAS}@{PACE}", "FABULA_KEEP_LIVE_SECONDS": str(KEEP_SECONDS)}
    with ExitStack() as processes:
        servers = [processes.enter_context(run_fabula(data, {**env, **quick})) for _ in range(2 if url else 1)]
        async with AsyncExitStack() as stack:
            sessions = [await stack.enter_async_context(aiohttp.ClientSession(server.url)) for server in servers]
            follower = Follower(sessions, chance, report)
            chats = await make_chats(sessions[0], AT_ONCE)
            left = count
            while left > 0:
                shares = [min(CUTS_A_STREAM, max(0, left - CUTS_A_STREAM * number)) for number in range(AT_ONCE)]
                await asyncio.gather(*(follower.follow(c, n) for c, n in zip(chats, shares, strict=True) if n))
                left -= sum(shares)
    engine = open_engine(url or data / "fabula.db")
    with engine.connect() as conn:
        report.violations += find_violations(conn)
    engine.dispose()
    return report


def main() -> int:
    parser = make_parser(__doc__)
    parser.add_argument("--count", type=int, default=200, help="disconnects on each lane")
    options = parser.parse_args()
    failed = False
    for place in on_each_lane(options):
        report = asyncio.run(reconnect(place.data, place.env, options.count, options.seed))
        report.show(place.lane, options.seed)
        failed |= bool(report.violations)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
