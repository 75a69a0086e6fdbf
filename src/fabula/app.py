"""The composition root: settings → database → engine → plugins → slices → ASGI. Everything is wired here, by hand."""

import sys
import uuid
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from fastapi import FastAPI

from fabula import __version__
from fabula.config import Role, Settings
from fabula.core.actor import Actor
from fabula.core.clock import utc_now
from fabula.core.ids import InstanceId
from fabula.db import Database
from fabula.db.lock import DataFolderLock
from fabula.db.opening import SQLITE_NAME, open_postgres, open_sqlite
from fabula.engine.blobs import FileBlobs
from fabula.engine.bus import Bus
from fabula.engine.instances import Instance
from fabula.engine.jobs import Jobs, migrate_jobs
from fabula.features import identity, profiles, transfer
from fabula.features.connections import PULL_MODEL, Connection, Connections, check_bindings, open_keyring
from fabula.features.connections import http as connections_http
from fabula.features.connections import jobs as connections_jobs
from fabula.features.conversations import ChatKind
from fabula.features.conversations import http as conversations_http
from fabula.features.generation import http as generation_http
from fabula.features.generation.live.flusher import Flusher
from fabula.features.generation.live.follow import Follower
from fabula.features.generation.live.generations import LiveRegistry
from fabula.features.generation.pipelines import StepKinds, own_plugin
from fabula.features.generation.protocol import ERROR_SHAPES
from fabula.features.generation.sources import TurnSources
from fabula.features.generation.tale.previews import Previews, tale_scopes
from fabula.features.generation.tale.source import Tales
from fabula.features.generation.turn.orchestrate import Orchestrator
from fabula.features.generation.turn.settle import REAP_BATCH, interrupt_orphans
from fabula.features.generation.turn.turns import Turns
from fabula.features.identity import http as identity_http
from fabula.features.lore import http as lore_http
from fabula.features.personas import http as personas_http
from fabula.features.profiles import http as profiles_http
from fabula.features.profiles import jobs as profiles_jobs
from fabula.features.prompting import http as prompting_http
from fabula.features.transfer import http as transfer_http
from fabula.features.transfer import jobs as transfer_jobs
from fabula.http import document, errors, origins, spa, system
from fabula.http import jobs as jobs_http
from fabula.http.deps import HttpContext
from fabula.http.middleware import Gate, Limits
from fabula.http.schemas import ErrorOut
from fabula.plugins import FoundPlugin, Json, find_plugins
from fabula.providers.embedded.model import CONTEXT_TOKENS, EmbeddedModel
from fabula.providers.embedded.pull import SOURCES, Source
from fabula.providers.embedded.weights import WeightsFolder
from fabula.providers.openai_compatible import OpenAICompatible, Timeouts
from fabula.upkeep import Kept, start_upkeep

EMBEDDED_ANSWER_TOKENS = 512


@dataclass(frozen=True, slots=True)
class Fabula:
    """The opened parts, for the server and for commands that work without one."""

    settings: Settings
    owner: Actor
    db: Database
    bus: Bus
    blobs: FileBlobs
    instance: InstanceId
    connections: Connections
    jobs: Jobs
    turns: Turns
    local_models: connections_http.LocalShelf
    plugins: tuple[FoundPlugin, ...]

    async def start_jobs(self) -> None:
        """Once the server listens: the job library is slow to load, and nobody waits for it."""
        url = self.settings.sql_url()
        if url is None:
            await migrate_jobs(self.db, self.settings.data / SQLITE_NAME)
        await self.jobs.start()


@asynccontextmanager
async def open_fabula(
    settings: Settings, connection: Connection | None = None, sources: Mapping[str, Source] = SOURCES
) -> AsyncIterator[Fabula]:
    """Open everything in order and close it in reverse. Raises `AppError` with what to do when it cannot.

    `connection` takes the place of the model that the settings name, `sources` of the models that can be fetched.
    """
    async with AsyncExitStack() as stack:
        instance = InstanceId(str(uuid.uuid4()))
        bus = Bus(instance)
        db = await _open_database(settings, bus, stack)
        stack.push_async_callback(db.close)
        owner = await db.system("local owner", identity.ensure_local_owner)
        connections = _open_connections(settings, connection)
        stack.push_async_callback(connections.close)
        member = _open_instance(settings, db, instance)
        where = settings.sql_url() or settings.data / SQLITE_NAME
        jobs = Jobs(db, where, instance, executes=settings.role in {Role.ALL, Role.WORKER})
        member.on_death(jobs.reap)
        plugins = installed_plugins()
        kinds = StepKinds(step for found in plugins for step in found.plugin.steps)
        turns = await _open_turns(settings, db, member, connections, kinds, stack)
        stack.push_async_callback(jobs.stop)
        kept = Kept(settings.operation_hours, settings.job_days)
        blobs = FileBlobs(settings.data / "blobs")
        await start_upkeep(db, jobs, blobs, kept, stack, alone=settings.sql_url() is None)
        jobs.register(profiles.THUMBNAIL, profiles_jobs.thumbnail_handler(db, blobs))
        shelves = transfer.Shelves(db, blobs, jobs, connections.defaults, tale_scopes())
        jobs.register(transfer.IMPORT_FOLDER, transfer_jobs.folder_handler(shelves))
        local = connections_http.LocalShelf(WeightsFolder(settings.data), sources, jobs)
        jobs.register(PULL_MODEL, connections_jobs.pull_handler(local.folder, sources))
        yield Fabula(settings, owner, db, bus, blobs, instance, connections, jobs, turns, local, plugins)


async def _open_database(settings: Settings, bus: Bus, stack: AsyncExitStack) -> Database:
    settings.data.mkdir(parents=True, exist_ok=True)
    url = settings.sql_url()
    if url is not None:
        return await open_postgres(url, settings.db_pool_size, utc_now, bus.publish)
    lock = DataFolderLock(settings.data)
    stack.callback(lock.release)
    # The writer thread must get the interpreter soon when the loop is busy streaming.
    sys.setswitchinterval(0.001)
    return await open_sqlite(settings.data, utc_now, bus.publish)


def _open_instance(settings: Settings, db: Database, instance: InstanceId) -> Instance:
    return Instance(
        db,
        instance,
        settings.role.value,
        alone=settings.sql_url() is None,
        beat_seconds=settings.heartbeat_seconds,
        lease_seconds=settings.lease_seconds,
    )


async def _open_turns(
    settings: Settings,
    db: Database,
    member: Instance,
    connections: Connections,
    kinds: StepKinds,
    stack: AsyncExitStack,
) -> Turns:
    instance = member.id

    async def reap() -> None:
        while await db.system("reaper: generations", interrupt_orphans) == REAP_BATCH:
            pass

    member.on_death(reap)
    await member.start()
    stack.push_async_callback(member.stop)
    sources = TurnSources(kinds)
    sources.register(ChatKind.TALE, Tales())
    registry = LiveRegistry(settings.keep_live_seconds)
    flusher = Flusher(db, registry, instance, settings.flush_seconds, peers=settings.sql_url() is not None)
    orchestrator = Orchestrator(db, connections, sources, registry, instance)
    flusher.start()
    stack.push_async_callback(flusher.stop)
    stack.push_async_callback(orchestrator.stop)
    follower = Follower(db, registry, settings.flush_seconds, settings.max_streams)
    return Turns(db, orchestrator, follower, sources, settings.max_message_bytes)


def installed_plugins() -> tuple[FoundPlugin, ...]:
    """What comes with the server, then what is installed beside it.

    The server runs without those that have a fault: a step that is missing fails its run and says so.
    """
    return find_plugins(own_plugin())


def _open_connections(settings: Settings, connection: Connection | None) -> Connections:
    # One for the process, whoever asks for it; nothing is started before the first call.
    embedded = EmbeddedModel(settings.data, threads=settings.embedded_threads, parallel=settings.embedded_parallel)
    keyring = open_keyring(settings.data, settings.secret_key.get_secret_value() if settings.secret_key else None)
    own = connection or default_connection(settings, embedded)
    return Connections(own, embedded, keyring, alone=settings.sql_url() is None)


def default_connection(settings: Settings, embedded: EmbeddedModel) -> Connection:
    """The model that the settings name: an OpenAI-compatible server, or the embedded one."""
    if settings.model_url is None:
        params: dict[str, Json] = {"max_tokens": EMBEDDED_ANSWER_TOKENS}
        return Connection("embedded", embedded, None, CONTEXT_TOKENS, EMBEDDED_ANSWER_TOKENS, params, fixed=False)
    timeouts = Timeouts(settings.model_connect_seconds, settings.model_first_seconds, settings.model_silence_seconds)
    key = settings.model_key.get_secret_value() if settings.model_key else None
    model = OpenAICompatible("settings", settings.model_url, key, timeouts)
    answer = settings.model_answer_tokens
    params = {"max_tokens": answer}
    return Connection("settings", model, settings.model_name, settings.model_context_tokens, answer, params)


def build_app(fabula: Fabula) -> FastAPI:
    """The ASGI application over the opened parts."""
    settings = fabula.settings
    app = FastAPI(
        title="Fabula",
        version=__version__,
        description="Durable, branching conversations that the server owns.",
        generate_unique_id_function=lambda route: route.name,
        responses={422: {"model": ErrorOut, "description": "Bad input, with the field's path"}},
        openapi_url="/v1/openapi.json",
        docs_url=None,
        redoc_url=None,
    )
    app.state.http = HttpContext(fabula.db, fabula.instance, identity_http.local_resolver(fabula.owner))
    errors.install(app)
    # First, for routes are tried in order and these are the hot ones.
    app.include_router(generation_http.routes(fabula.turns))
    app.include_router(generation_http.protocol_routes(fabula.turns, fabula.connections))
    features = {"accounts": False, "embeddedModel": settings.model_url is None}
    app.include_router(system.routes(fabula.db, fabula.bus, __version__, lambda: features, settings.redacted()))
    app.include_router(identity_http.routes(check_bindings))
    app.include_router(profiles_http.routes(fabula.blobs, fabula.jobs))
    app.include_router(connections_http.routes(fabula.connections, fabula.local_models))
    app.include_router(transfer_http.routes(fabula.blobs, fabula.jobs))
    app.include_router(conversations_http.routes(transfer.FORMATS))
    _add_workshop(app, fabula)
    app.include_router(jobs_http.routes(fabula.jobs))
    spa.install(app, spa.web_folder())
    document.install(app)
    limits = Limits(settings.max_body_bytes, settings.max_upload_bytes)
    app.add_middleware(Gate, limits=limits, local=True, origins=settings.cors_origins, shapes=ERROR_SHAPES)
    origins.share(app, settings.cors_origins)
    return app


def _add_workshop(app: FastAPI, fabula: Fabula) -> None:
    """What tales are told with: personas, templates, lorebooks."""
    tales, scopes = fabula.turns.sources.of(ChatKind.TALE), tale_scopes()
    assert isinstance(tales, Tales)
    previews = Previews(tales, fabula.connections)
    app.include_router(personas_http.routes(fabula.blobs))
    app.include_router(prompting_http.routes(scopes, previews.template))
    app.include_router(lore_http.routes(scopes, previews.lore))
