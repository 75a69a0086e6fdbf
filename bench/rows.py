"""The speed rows of the specification. Each measures Fabula beside the bare pass-through, or beside the upstream itself."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence

import aiohttp

from bench.chats import Api, line
from bench.lab import DELTA, Lab, Result, check, count_lost
from bench.load import Reply, post, quantile, run_closed, run_open
from bench.processes import Process, run_fabula

Row = Callable[[Lab, str], Awaitable[list[Result]]]
_ASK = {"role": "user", "promptText": line(1)}
_POST_BARE = post("/", _ASK)
_DIRECT = b'"delta":{"content"'


async def _requests(server: Process, count: int) -> list[bytes]:
    async with aiohttp.ClientSession() as session:
        chats = await Api(session, server.url).make_chats(count)
    return [post(f"/v1/chats/{chat}/messages", _ASK) for chat in chats]


async def measure_deltas(lab: Lab, lane: str) -> list[Result]:
    """1,000 deltas a turn, 100 turns at a time; the two servers take turns on the same core."""
    width, deltas, turns = 100, 1000, 6
    rounds = 1 if lab.quick else 2
    seconds, cpu = {"ours": 0.0, "bare": 0.0}, {"ours": 0.0, "bare": 0.0}
    with lab.fabula(lane, f"fake-{deltas}") as ours, lab.bare(f"fake-{deltas}") as bare:
        prepared = {"ours": await _requests(ours, width), "bare": [_POST_BARE] * width}
        for _ in range(rounds):
            for name, server in (("bare", bare), ("ours", ours)):
                cpu[name] -= server.cpu_seconds()
                replies, spent = await run_closed(server.port, prepared[name], turns)
                cpu[name] += server.cpu_seconds()
                seconds[name] += spent
                _refuse_losses(replies)
                check(replies, deltas)
    million = width * turns * rounds * deltas / 1e6
    rate, beside = (million * 1e6 / seconds[name] for name in ("ours", "bare"))
    bar = 1.0 if lane == "sqlite" else 0.7
    ratio = rate / beside
    name = "deltas per second, 100 at a time x 1,000"
    cost, bare_cost = (cpu[name] / million for name in ("ours", "bare"))
    return [
        Result(name, lane, f"{rate:,.0f}/s", f"≥ {bar} x bare", ratio >= bar, f"bare {beside:,.0f}/s", ratio),
        # Told apart from the rate: it does not suffer from what else the machine does, or from a slow upstream.
        Result("the same: server CPU per million deltas", lane, f"{cost:.2f} s", "-", True, f"bare {bare_cost:.2f} s",
               cost / bare_cost),
    ]  # fmt: skip


async def measure_short_turns(lab: Lab, lane: str) -> list[Result]:
    """10 deltas a turn, 50 turns at a time, after 200 messages."""
    width, deltas = 50, 10
    turns = 10 if lab.quick else 40
    with lab.fabula(lane, f"fake-{deltas}") as ours, lab.bare(f"fake-{deltas}") as bare:
        ask = await _requests(ours, width)
        beside, bare_seconds = await run_closed(bare.port, [_POST_BARE] * width, turns)
        cpu = ours.cpu_seconds()
        replies, seconds = await run_closed(ours.port, ask, turns)
        cpu = ours.cpu_seconds() - cpu
    check([*beside, *replies], deltas)
    _refuse_losses(replies)
    rate, bare_rate = len(replies) / seconds, len(beside) / bare_seconds
    bar = 250 if lane == "sqlite" else 160
    name = "short turns, 50 at a time"
    beside_text = f"bare {bare_rate:,.0f}/s"
    return [
        Result(name, lane, f"{rate:,.0f}/s", f"≥ {bar}/s", rate >= bar, beside_text, rate / bare_rate),
        Result("the same: server CPU a turn", lane, f"{cpu / len(replies) * 1000:.1f} ms", "-", True),
    ]


async def measure_live_streams(lab: Lab, lane: str) -> list[Result]:
    """1,000 streams at 20 deltas a second each, started over five seconds, all live for the ten after."""
    width, deltas = (200, 160) if lab.quick else (1000, 300)
    model = f"fake-{deltas}@20"
    with lab.fabula(lane, model) as ours:
        ask = await _requests(ours, width)
        await asyncio.sleep(2)
        replies, kb, core = await _hold(ours, ask)
    with lab.bare(model) as bare:
        await asyncio.sleep(1)
        beside, bare_kb, bare_core = await _hold(bare, [_POST_BARE] * width)
    check([*replies, *beside], deltas)
    gaps = [gap * 1000 for reply in replies for gap in reply.gaps(DELTA)]
    bare_gaps = [gap * 1000 for reply in beside for gap in reply.gaps(DELTA)]
    p99, bare_p99 = quantile(gaps, 0.99), quantile(bare_gaps, 0.99)
    shares = "/".join(f"{quantile(gaps, share):.0f}" for share in (0.5, 0.99, 0.999, 1.0))
    lost = count_lost(replies)
    name = f"{width:,} live streams at 20/s"
    return [
        Result(f"{name}: gap p50/p99/p99.9/max", lane, f"{shares} ms", "p99 ≤ 110 ms", p99 <= 110,
               f"bare p99 {bare_p99:.0f} ms", p99 / bare_p99),
        Result(f"{name}: lost", lane, f"{lost}", "0", lost == 0, f"bare {count_lost(beside)}"),
        Result(f"{name}: memory over idle", lane, f"{kb:.0f} KB each", "≤ 55 KB", kb <= 55,
               f"bare {bare_kb:.0f} KB", kb / bare_kb if bare_kb > 0 else None),
        Result(f"{name}: share of the core", lane, f"{core:.0%}", "-", True, f"bare {bare_core:.0%}", core / bare_core),
    ]  # fmt: skip


async def _hold(server: Process, requests: Sequence[bytes]) -> tuple[list[Reply], float, float]:
    """Run the streams; give the replies, KB a stream over idle while all are live, and the share of the core then."""
    idle = server.rss_kb()
    samples: list[tuple[float, float, int]] = []

    async def sample() -> None:
        for _ in range(8):
            samples.append((time.monotonic(), server.cpu_seconds(), server.rss_kb()))
            await asyncio.sleep(0.5)

    watch: list[asyncio.Task[None]] = []
    replies = await run_open(server.port, requests, 200, lambda: watch.append(asyncio.create_task(sample())))
    await watch[0]
    (start, start_cpu, _), (end, end_cpu, _) = samples[0], samples[-1]
    grown = max(rss for _, _, rss in samples) - idle
    return replies, grown / len(requests), (end_cpu - start_cpu) / (end - start)


async def measure_first_delta(lab: Lab, lane: str) -> list[Result]:
    """Time to the first delta, at 20 turns a second in 200-message chats, over asking the upstream directly."""
    rate, deltas = 20, 10
    turns = 100 if lab.quick else 300
    messages = [{"role": "user", "content": line(index)} for index in range(200)]
    body = {"model": f"fake-{deltas}", "messages": messages, "stream": True}
    direct = post("/v1/chat/completions", body)
    with lab.fabula(lane, f"fake-{deltas}") as ours:
        ask = await _requests(ours, 20)
        await run_closed(ours.port, ask, 2)  # warm caches and connections, as in a server that has been up a while
        asked = [ask[index % len(ask)] for index in range(turns)]
        alone = await run_open(lab.upstream.port, [direct] * turns, rate)
        replies = await run_open(ours.port, asked, rate)
    check(replies, deltas)
    _refuse_losses(replies)
    own = [reply.first_delta(DELTA) * 1000 for reply in replies]
    base = [reply.first_delta(_DIRECT) * 1000 for reply in alone]
    results = []
    for share, bar in ((0.5, 5 if lane == "sqlite" else 7), (0.99, 20)):
        added = quantile(own, share) - quantile(base, share)
        name = f"first delta over the upstream's, p{share * 100:.0f}"
        beside = f"upstream {quantile(base, share):.1f} ms"
        results.append(Result(name, lane, f"+{added:.1f} ms", f"≤ {bar} ms", added <= bar, beside))
    return results


async def measure_start(lab: Lab, lane: str) -> list[Result]:
    """Start on an existing database with warm files, the embedded model configured; then memory at rest."""
    with lab.folder() as data:
        env = lab.database(lane, data)
        with run_fabula(data, env):
            pass
        with run_fabula(data, env) as server:
            seconds = server.seconds_to_ready
            await asyncio.sleep(3)
            idle = server.rss_kb() / 1024
    return [
        Result("start to first 200", lane, f"{seconds:.2f} s", "≤ 2 s", seconds <= 2),
        Result("idle memory", lane, f"{idle:.0f} MB", "≤ 170 MB", idle <= 170),
    ]


def _refuse_losses(replies: Sequence[Reply]) -> None:
    if lost := count_lost(replies):
        raise RuntimeError(f"{lost} of {len(replies)} streams were lost; the first: {replies[0].complaint()}")


ROWS: dict[str, Row] = {
    "deltas": measure_deltas,
    "short": measure_short_turns,
    "live": measure_live_streams,
    "first": measure_first_delta,
    "start": measure_start,
}
