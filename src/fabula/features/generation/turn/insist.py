"""Write what must be written, however long the database is away: the text is in memory and nobody else has it."""

import asyncio
import itertools
from collections.abc import Awaitable, Callable
from typing import TypeVar

import structlog

from fabula.core.errors import AppError
from fabula.core.ids import GenerationId

T = TypeVar("T")
log = structlog.get_logger()

_PAUSES = (0.2, 0.5, 1.0, 2.0, 5.0)


async def insist(what: str, generation: GenerationId, write: Callable[[], Awaitable[T]]) -> T:
    """Try `write` until it succeeds, with growing pauses; ends early only by cancellation."""
    pauses = itertools.chain(_PAUSES, itertools.repeat(_PAUSES[-1]))
    while True:
        try:
            return await write()
        except AppError as error:
            log.warning("generation.write_failed", what=what, generation=generation, code=error.code)
            await asyncio.sleep(next(pauses))
