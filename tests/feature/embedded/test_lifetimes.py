"""No way of dying leaves an orphan, a leak or a model that does not answer."""

import asyncio
import gc
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import aclosing, contextmanager
from pathlib import Path

import pytest
import uvloop

from fabula.plugins import ChatMessage, ChatRequest, ModelCut
from fabula.providers.embedded.errors import ModelNotStarted
from fabula.providers.embedded.model import EmbeddedModel
from tests.feature.embedded.conftest import Born
from tests.feature.embedded.processes import children_of, eventually, is_running, open_files, zombies_of

pytestmark = pytest.mark.slow

HELLO = ChatRequest("any", (ChatMessage("user", "Hello"),), {"max_tokens": 4})
LONG = ChatRequest("any", (ChatMessage("user", "Count."),), {"max_tokens": 3000, "ignore_eos": True})

PARENT = """
import asyncio, sys
from pathlib import Path
from fabula.plugins import ChatMessage, ChatRequest
from fabula.providers.embedded.model import EmbeddedModel

async def main():
    model = EmbeddedModel(Path(sys.argv[1]))
    async for batch in model.stream(ChatRequest("any", (ChatMessage("user", "Count."),), {"max_tokens": 9999, "ignore_eos": True})):
        print("answering", flush=True)

if sys.argv[2] == "uvloop":
    import uvloop
    uvloop.run(main())
else:
    asyncio.run(main())
"""


async def drain(model: EmbeddedModel, request: ChatRequest = HELLO) -> int:
    count = 0
    async for batch in model.stream(request):
        count += batch.deltas
    return count


@contextmanager
def parent(data: Path, loop: str) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-c", PARENT, str(data), loop]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        try:
            yield process
        finally:
            process.kill()


@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
def test_killed_parent_in_the_middle_of_an_answer_leaves_no_child(data: Path, loop: str) -> None:
    with parent(data, loop) as process:
        assert process.stdout is not None
        assert b"answering\n" in iter(process.stdout.readline, b"")
        (child,) = children_of(process.pid)
        process.kill()
        process.wait()
        assert eventually(lambda: not is_running(child))


@pytest.mark.parametrize("delay", [0.0, 0.1, 0.3])
def test_parent_killed_while_the_child_starts_leaves_no_child(data: Path, delay: float) -> None:
    with parent(data, "asyncio") as process:
        assert eventually(lambda: children_of(process.pid))
        (child,) = children_of(process.pid)
        time.sleep(delay)
        process.kill()
        process.wait()
        assert eventually(lambda: not is_running(child))


def test_child_ends_when_its_input_closes(gguf: Path) -> None:
    command = [sys.executable, "-m", "fabula.providers.embedded.child", "--model", str(gguf)]
    environment = {**os.environ, "FABULA_EMBEDDED_KEY": "k"}
    # Held by a process that lives on, so that only the closed pipe can end it.
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stdout.readline().startswith(b'{"port": ')
        process.stdin.close()
        assert process.wait(30) == 0


@pytest.mark.parametrize("factory", [asyncio.new_event_loop, uvloop.new_event_loop], ids=["asyncio", "uvloop"])
def test_killed_child_is_replaced(data: Path, factory: Callable[[], asyncio.AbstractEventLoop], born: Born) -> None:
    async def scenario() -> None:
        model = EmbeddedModel(data)
        for _ in range(2):
            assert await drain(model)
            (child,) = born()
            os.kill(child, signal.SIGKILL)
            assert await drain(model)
            assert born().isdisjoint({child})
        await model.close()

    with asyncio.Runner(loop_factory=factory) as runner:
        runner.run(scenario())


async def test_killed_child_comes_back_without_being_asked(model: EmbeddedModel, born: Born) -> None:
    await drain(model)
    (child,) = born()
    os.kill(child, signal.SIGKILL)
    assert await asyncio.to_thread(eventually, lambda: born() - {child})


async def test_answer_cut_by_the_childs_death_is_an_error_after_what_came(model: EmbeddedModel, born: Born) -> None:
    async with aclosing(model.stream(LONG)) as batches:
        assert (await anext(batches)) is not None
        (child,) = born()
        os.kill(child, signal.SIGKILL)
        with pytest.raises(ModelCut):
            async for _ in batches:
                pass
    assert await drain(model)


async def test_close_in_the_middle_of_an_answer_ends_both(data: Path, born: Born) -> None:
    model = EmbeddedModel(data)
    async with aclosing(model.stream(LONG)) as batches:
        await anext(batches)
        await model.close()
        assert not born()
        with pytest.raises(ModelCut):
            async for _ in batches:
                pass


async def test_close_during_the_start_ends_both(data: Path, born: Born) -> None:
    model = EmbeddedModel(data)
    call = asyncio.create_task(drain(model))
    assert await asyncio.to_thread(eventually, born)
    await model.close()
    assert not born()
    with pytest.raises(ModelNotStarted):
        await call


async def test_caller_who_leaves_does_not_spoil_the_start_for_others(model: EmbeddedModel, born: Born) -> None:
    impatient, patient = asyncio.create_task(drain(model)), asyncio.create_task(drain(model))
    assert await asyncio.to_thread(eventually, born)
    impatient.cancel()
    assert await patient
    assert len(born()) == 1


async def test_child_that_does_not_listen_to_terminate_is_killed(data: Path, born: Born) -> None:
    model = EmbeddedModel(data)
    await drain(model)
    (child,) = born()
    os.kill(child, signal.SIGSTOP)
    await model.close()
    assert not is_running(child)
    assert not born()


@pytest.mark.parametrize(("factory", "cycles"), [(asyncio.new_event_loop, 5), (uvloop.new_event_loop, 20)])
def test_starts_and_stops_leak_nothing(
    data: Path, factory: Callable[[], asyncio.AbstractEventLoop], cycles: int, born: Born
) -> None:
    async def cycle() -> None:
        model = EmbeddedModel(data)
        assert await drain(model)
        await model.close()

    async def scenario() -> None:
        await cycle()  # the first opens what stays: executor threads, the loop's own descriptors
        gc.collect()
        files, tasks = open_files(), len(asyncio.all_tasks())
        for _ in range(cycles):
            await cycle()
            assert not zombies_of(os.getpid())
        gc.collect()
        assert open_files() <= files
        assert len(asyncio.all_tasks()) == tasks
        assert not born()

    with asyncio.Runner(loop_factory=factory) as runner:
        runner.run(scenario())
