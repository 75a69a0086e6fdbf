"""The connection a turn uses, ready to be asked."""

from dataclasses import dataclass, replace

from fabula.features.connections.errors import NoModelListed
from fabula.plugins import ChatModel, Json


@dataclass(frozen=True, slots=True)
class Connection:
    """A provider and how to ask it. `model_name` None: the first model that it lists. Sizes in tokens.

    `fixed` False: what it lists may change while we run, so it is asked each time.
    """

    id: str
    model: ChatModel
    model_name: str | None
    context_tokens: int
    answer_tokens: int
    params: dict[str, Json]
    fixed: bool = True


class Connections:
    """Chooses connections, and remembers what a fixed one listed."""

    def __init__(self, default: Connection) -> None:
        self._default = default
        self._known: dict[str, Connection] = {}

    def default(self) -> Connection:
        return self._default

    async def prepare(self, connection: Connection) -> tuple[Connection, str]:
        """The connection within its model's own context, and that model; raises a `ModelError`, or `NoModelListed`."""
        if connection.model_name is not None:
            return connection, connection.model_name
        known = self._known.get(connection.id)
        if known is not None and known.model_name is not None:
            return known, known.model_name
        models = await connection.model.list_models()
        if not models:
            raise NoModelListed(connection.id)
        context = min(connection.context_tokens, models[0].context_tokens or connection.context_tokens)
        found = replace(connection, model_name=models[0].id, context_tokens=context)
        if connection.fixed:
            self._known[connection.id] = found
        return found, models[0].id

    async def close(self) -> None:
        await self._default.model.close()
