"""A completion from its request to its answer."""

from functools import partial

from fastapi import Request
from starlette.responses import Response

from fabula.core.errors import AppError, Kind
from fabula.core.ids import GenerationId, ProfileId, is_uuid
from fabula.features.connections import Connections
from fabula.features.conversations import ChatKind
from fabula.features.generation.protocol import chunks, models
from fabula.features.generation.protocol.asked import Asked
from fabula.features.generation.protocol.begin import begin_completion
from fabula.features.generation.protocol.errors import UnknownModel
from fabula.features.generation.protocol.faults import problem_of_answer, shape
from fabula.features.generation.protocol.leave import CompletionStream, is_done_before_leaving
from fabula.features.generation.protocol.stream import ChunkSource
from fabula.features.generation.read import get_generation, get_stored
from fabula.features.generation.tale.source import Tales
from fabula.features.generation.turn.turns import Turns
from fabula.features.generation.types import GenerationStatus
from fabula.features.profiles import ProfileName
from fabula.http.deps import Caller
from fabula.http.sse import Source

_ENDED_WELL = frozenset({GenerationStatus.DONE, GenerationStatus.ABORTED})
_JSON = "application/json"
# Nobody reads it; a status of nginx's own for a client that closed the request.
_GONE = 499


class Completions:
    """Turns through the OpenAI protocol."""

    def __init__(self, turns: Turns, connections: Connections) -> None:
        tales = turns.sources.of(ChatKind.TALE)
        assert isinstance(tales, Tales)
        self._turns = turns
        self._connections = connections
        self._shelf = tales.shelf  # of lorebooks that were read already

    async def get_model(self, call: Caller, model: str) -> ProfileName:
        """Raises `UnknownModel` or `AmbiguousModel`."""
        try:
            return await call.read(models.find_model, model)
        except AppError as error:
            raise _as_unknown(error, model) from error

    async def answer(self, call: Caller, request: Request, asked: Asked) -> Response:
        """Begin, and answer whole or as a stream; an early fault as a status, a later one in the stream."""
        for given in asked.messages:
            self._turns.check_length(given.text)
        generation = await self._start(call, asked)
        frames = await self._turns.follow(call.actor, generation, None)
        leave = partial(self._leave, call, generation)
        if not asked.stream:
            return await self._whole(call, request, asked, generation, frames)
        may_change = partial(self._turns.may_change, call.actor, generation)
        source = ChunkSource(frames, chunks.Chunks(generation, asked.model, with_usage=asked.usage), may_change)
        if not await is_done_before_leaving(request, source.open()):
            source.close()
            await leave()
            return Response(status_code=_GONE)
        if source.fault is not None and not source.has_text:
            source.close()
            return await self._fail(call, generation)
        return CompletionStream(source, leave)

    async def _start(self, call: Caller, asked: Asked) -> GenerationId:
        try:
            profile = await self._find(call, asked.model)
            return await self._turns.start(
                call.actor, call.operation, begin_completion, self._connections, self._shelf, profile, asked
            )
        except AppError as error:
            raise _as_unknown(error, asked.model) from error

    async def _find(self, call: Caller, model: str) -> ProfileId:
        """An id is looked up by the beginning itself; a name takes a look at the list."""
        if is_uuid(model):
            return models.profile_id(model)
        return (await call.read(models.find_model, model)).id

    async def _whole(
        self, call: Caller, request: Request, asked: Asked, generation: GenerationId, frames: Source
    ) -> Response:
        try:
            stayed = await is_done_before_leaving(request, _drain(frames))
        finally:
            frames.close()
        if not stayed:
            await self._leave(call, generation)
            return Response(status_code=_GONE)
        found, stored = await call.read(get_stored, generation)
        if found.status not in _ENDED_WELL:
            return shape(problem_of_answer(found.error))
        return Response(chunks.whole(found, stored, asked.model), media_type=_JSON)

    async def _fail(self, call: Caller, generation: GenerationId) -> Response:
        found = await call.read(get_generation, generation)
        return shape(problem_of_answer(found.error))

    async def _leave(self, call: Caller, generation: GenerationId) -> None:
        """Nobody can ask for this answer again, unless by its operation."""
        if call.operation is None:
            await self._turns.abort(call.actor, generation)


def _as_unknown(error: AppError, model: str) -> AppError:
    """A profile that is not there, or another workspace's, is a model that is not there."""
    return UnknownModel(model) if error.kind is Kind.NOT_FOUND else error


async def _drain(frames: Source) -> None:
    while await frames.next() is not None:
        pass
