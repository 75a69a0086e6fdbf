"""The connection a turn uses: chosen in its first transaction, then opened, ready to be asked."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from fabula.core.actor import Actor
from fabula.core.ids import WorkspaceId, is_uuid
from fabula.core.secrets import Keyring
from fabula.db import ReadTx
from fabula.features.connections import rules, store
from fabula.features.connections.defaults import Defaults
from fabula.features.connections.errors import ConnectionDisabled, ConnectionGone, NoModelListed, PresetGone
from fabula.features.connections.pool import ModelPool
from fabula.features.connections.types import (
    BUILT_IN,
    Choice,
    ConnectionFields,
    Preset,
    Provider,
    ProviderConnection,
    Wish,
)
from fabula.plugins import ChatModel, Json

_LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


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
    """Chooses connections, opens them, and remembers what a fixed one listed.

    `default` is the server's own, of its settings; `embedded` the process's one embedded model. `alone`: no other
    process writes this database.
    """

    def __init__(self, default: Connection, embedded: ChatModel, keyring: Keyring, *, alone: bool) -> None:
        self._default = default
        self._embedded = embedded
        self._known: dict[str, Connection] = {}
        self._pool = ModelPool(keyring, embedded)
        self.keyring = keyring
        self.defaults = Defaults(alone=alone)

    def default(self) -> Connection:
        return self._default

    def built_in(self) -> ProviderConnection:
        """The server's own connection as the list shows it."""
        own = self._default
        provider = Provider.EMBEDDED if own.model is self._embedded else Provider.OPENAI_COMPATIBLE
        name = "Embedded model" if provider is Provider.EMBEDDED else "Server settings"
        fields = ConnectionFields(
            name,
            provider,
            default_model=own.model_name,
            context_tokens=own.context_tokens,
            answer_tokens=own.answer_tokens,
        )
        return ProviderConnection(BUILT_IN, fields, None, None, 1, _LONG_AGO, _LONG_AGO)

    def choose(self, tx: ReadTx, actor: Actor, *settings: Mapping[str, Json]) -> Choice:
        """What a turn under `settings` (the nearest scope first) is answered with; one query, or none where nothing
        is configured. Raises `ConnectionGone`, `ConnectionDisabled` or `PresetGone`.

        Always looked up in the actor's workspace: an id of another one is as good as gone.
        """
        wish = rules.wish_of(settings)
        stored, preset = self._find(tx, actor.workspace, wish)
        own: dict[str, Json] = {"max_tokens": stored.fields.answer_tokens} if stored else self._default.params
        params = own if preset is None else rules.merge_params(own, preset.fields.params)
        if stored is None:
            model = wish.model or self._default.model_name
            return Choice(None, self._default.id, model, params, self._default.context_tokens)
        if not stored.fields.enabled:
            raise ConnectionDisabled(stored.id, stored.fields.name)
        fields = stored.fields
        return Choice(stored, stored.id, wish.model or fields.default_model, params, fields.context_tokens)

    @asynccontextmanager
    async def open(self, ws: WorkspaceId, choice: Choice) -> AsyncIterator[tuple[Connection, str]]:
        """The chosen connection, ready to be asked, and its model; raises a `ModelError`, `NoModelListed`, or what
        `ModelPool.lease` raises.
        """
        async with self.reach(ws, choice.stored) as model:
            connection = replace(self._default, model_name=choice.model, params=choice.params)
            if choice.stored is not None:
                fields = choice.stored.fields
                fixed = fields.provider is not Provider.EMBEDDED
                connection = Connection(
                    choice.stored.id,
                    model,
                    choice.model,
                    fields.context_tokens,
                    fields.answer_tokens,
                    choice.params,
                    fixed,
                )
            bound = choice.params.get("max_tokens")
            if isinstance(bound, int):
                connection = replace(connection, answer_tokens=min(bound, connection.answer_tokens))
            yield await self.prepare(connection)

    @asynccontextmanager
    async def reach(self, ws: WorkspaceId, stored: ProviderConnection | None) -> AsyncIterator[ChatModel]:
        """The client of a connection; of the server's own for None or `BUILT_IN`."""
        if stored is None or stored.id == BUILT_IN:
            yield self._default.model
            return
        async with self._pool.lease(ws, stored) as model:
            yield model

    async def prepare(self, connection: Connection) -> tuple[Connection, str]:
        """The connection within its model's own context, and that model; raises a `ModelError`, or `NoModelListed`."""
        if connection.model_name is not None:
            return connection, connection.model_name
        known = self._known.get(connection.id)
        if known is None or known.model is not connection.model:
            models = await connection.model.list_models()
            if not models:
                raise NoModelListed(connection.id)
            context = min(connection.context_tokens, models[0].context_tokens or connection.context_tokens)
            known = replace(connection, model_name=models[0].id, context_tokens=context)
            if connection.fixed:
                self._known[connection.id] = known
        found = replace(connection, model_name=known.model_name, context_tokens=known.context_tokens)
        return found, known.model_name or ""

    async def close(self) -> None:
        await self._pool.close()
        await self._default.model.close()
        if self._embedded is not self._default.model:
            await self._embedded.close()

    def _find(self, tx: ReadTx, ws: WorkspaceId, wish: Wish) -> tuple[ProviderConnection | None, Preset | None]:
        if wish.connection is not None and not is_uuid(wish.connection):
            raise ConnectionGone(wish.connection)
        if wish.preset is not None and not is_uuid(wish.preset):
            raise PresetGone(wish.preset)
        asks_nothing = wish.preset is None and wish.connection in {None, BUILT_IN}
        if asks_nothing and self.defaults.are_absent(ws):
            return None, None
        stored, preset = store.choice.find(tx, ws, wish.connection, wish.preset)
        if wish.connection is not None and stored is None and wish.connection != BUILT_IN:
            raise ConnectionGone(wish.connection)
        if wish.preset is not None and preset is None:
            raise PresetGone(wish.preset)
        if wish == Wish(model=wish.model) and stored is None and preset is None:
            self.defaults.note_absent(ws, tx.now)
        return stored, preset
