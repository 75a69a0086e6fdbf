"""Two servers on one PostgreSQL: what one begins the other sees, stops, and finishes when the first is dead or asleep."""

import asyncio
import signal
import time

import aiohttp
import pytest

from bench.invariants import find_violations, open_engine
from bench.streams import ABORTED, DONE, ERROR, Heard, listen, resume
from bench.turn_load import abort, make_chats
from bench.upstream import expected_text
from tests.conftest import Place
from tests.feature.reliability.conftest import BEAT_SECONDS, FLUSH_SECONDS, LEASE_SECONDS, Connect, Serve

pytestmark = [
    pytest.mark.slow,
    pytest.mark.parametrize("lane", [pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True),
]
SLACK_SECONDS = 8.0  # of a busy machine
INTERRUPTED = (ERROR, "generation.interrupted")


async def begin(http: aiohttp.ClientSession, heard: Heard) -> asyncio.Task[None]:
    """Start an answer in a chat of its own, and hear it in the background from its first delta on."""
    (chat,) = await make_chats(http, 1)
    task = asyncio.create_task(listen(http, heard, "POST", f"/v1/chats/{chat}/messages", body={"promptText": "Count."}))
    async with asyncio.timeout(30):
        while not heard.text:
            await asyncio.sleep(0.01)
    return task


def generation_of(heard: Heard) -> str:
    assert heard.meta is not None
    return heard.meta.generation_id


async def answer_of(http: aiohttp.ClientSession, heard: Heard) -> tuple[str, str]:
    """State and text of the variant that `heard` is about, as stored."""
    assert heard.meta is not None
    async with http.get(f"/v1/messages/{heard.meta.assistant_message_id}/variants") as answer:
        (found,) = (v for v in (await answer.json())["items"] if v["id"] == heard.meta.variant_id)
    return found["state"], found["promptText"]


async def until_flushed(http: aiohttp.ClientSession, heard: Heard) -> None:
    async with asyncio.timeout(20):
        while not (await answer_of(http, heard))[1]:
            await asyncio.sleep(0.02)


async def until_interrupted(http: aiohttp.ClientSession, generation: str) -> float:
    """Seconds till `http` tells that the generation is interrupted."""
    began = time.monotonic()
    async with asyncio.timeout(20):
        while True:
            async with http.get(f"/v1/generations/{generation}") as answer:
                if (await answer.json())["status"] == "interrupted":
                    return time.monotonic() - began
            await asyncio.sleep(0.02)


def violations(place: Place) -> list[str]:
    engine = open_engine(place.url or place.data / "fabula.db")
    with engine.connect() as conn:
        found = find_violations(conn)
    engine.dispose()
    return found


async def test_a_peer_interrupts_what_a_killed_process_was_writing(
    place: Place, serve: Serve, connect: Connect
) -> None:
    first, second = serve("fake-2000@200"), serve("fake-2000@200")
    heard, there = Heard(), connect(second)
    task = await begin(connect(first), heard)
    await until_flushed(there, heard)
    first.child.kill()
    took = await until_interrupted(there, generation_of(heard))
    assert took < LEASE_SECONDS + BEAT_SECONDS + SLACK_SECONDS
    await asyncio.gather(task, return_exceptions=True)
    assert heard.how_ended() == ("", "")
    heard.hang_up()
    await resume(there, heard, generation_of(heard))
    assert (heard.how_ended(), heard.faults) == (INTERRUPTED, [])
    assert await answer_of(there, heard) == ("interrupted", heard.text)
    assert heard.text
    assert violations(place) == []


async def test_a_process_that_slept_beyond_its_lease_is_fenced(place: Place, serve: Serve, connect: Connect) -> None:
    first, second = serve("fake-400@200"), serve("fake-5")
    heard, again, there = Heard(), Heard(), connect(second)
    task = await begin(connect(first), heard)
    first.child.send_signal(signal.SIGSTOP)
    try:
        await until_interrupted(there, generation_of(heard))
        before = await answer_of(there, heard)
        assert heard.meta is not None
        await listen(there, again, "POST", f"/v1/messages/{heard.meta.assistant_message_id}/regenerate")
    finally:
        first.child.send_signal(signal.SIGCONT)
    await task
    assert (heard.how_ended(), heard.faults) == (INTERRUPTED, [])
    assert await answer_of(there, heard) == before == ("interrupted", heard.text)
    assert await answer_of(there, again) == ("settled", expected_text(5))
    assert violations(place) == []


async def test_a_process_that_woke_up_serves_on(serve: Serve, connect: Connect) -> None:
    first, second = serve("fake-5"), serve("fake-5")
    first.child.send_signal(signal.SIGSTOP)
    await asyncio.sleep(LEASE_SECONDS + 3 * BEAT_SECONDS)
    first.child.send_signal(signal.SIGCONT)
    for server in (first, second):
        heard = Heard()
        await (await begin(connect(server), heard))
        assert (heard.how_ended(), heard.text) == ((DONE, ""), expected_text(5))


async def test_processes_that_slept_together_do_not_declare_each_other_dead(serve: Serve, connect: Connect) -> None:
    servers = [serve("fake-400@100"), serve("fake-400@100")]
    heard = [Heard(), Heard()]
    tasks = [await begin(connect(server), one) for server, one in zip(servers, heard, strict=True)]
    for server in servers:
        server.child.send_signal(signal.SIGSTOP)
    await asyncio.sleep(2 * LEASE_SECONDS)
    for server in servers:
        server.child.send_signal(signal.SIGCONT)
        await asyncio.sleep(BEAT_SECONDS)  # the first to wake beats while the others still look dead
    await asyncio.gather(*tasks)
    assert [(one.how_ended(), one.text) for one in heard] == [((DONE, ""), expected_text(400))] * 2
    assert [one.faults for one in heard] == [[], []]


async def test_a_peer_follows_a_live_stream(serve: Serve, connect: Connect) -> None:
    here, there = connect(serve("fake-200@100")), connect(serve("fake-200@100"))
    heard, followed = Heard(), Heard()
    task = await begin(here, heard)
    await resume(there, followed, generation_of(heard))
    await task
    assert (followed.faults, followed.snapshots, followed.text) == ([], 0, expected_text(200))
    assert (followed.how_ended(), followed.last_id) == (heard.how_ended(), heard.last_id) == ((DONE, ""), "0.800")
    assert len(followed.arrivals) > 3  # it came while it was written, and not at the end


async def test_a_peer_stops_an_answer(place: Place, serve: Serve, connect: Connect) -> None:
    here, there = connect(serve("fake-5000@100")), connect(serve("fake-5"))
    heard = Heard()
    task = await begin(here, heard)
    await abort(there, generation_of(heard))
    async with asyncio.timeout(FLUSH_SECONDS + SLACK_SECONDS):
        await task
    assert (heard.how_ended(), heard.faults) == ((ABORTED, ""), [])
    assert await answer_of(there, heard) == ("settled", heard.text)
    assert violations(place) == []


async def test_a_restarted_process_and_its_peer_agree(place: Place, serve: Serve, connect: Connect) -> None:
    first, second = serve("fake-2000@200"), serve("fake-2000@200")
    heard = Heard()
    task = await begin(connect(first), heard)
    await until_flushed(connect(second), heard)
    first.child.kill()
    await asyncio.gather(task, return_exceptions=True)
    third = serve("fake-5")
    told = []
    for server in (second, third):
        late = Heard()
        await resume(connect(server), late, generation_of(heard))
        told.append((late.text, late.how_ended(), late.faults))
    assert told[0] == told[1] == (told[0][0], INTERRUPTED, [])
    assert heard.text.startswith(told[0][0])
    assert violations(place) == []
