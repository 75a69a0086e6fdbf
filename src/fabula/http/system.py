"""Routes of the server itself: is it alive, is it ready, what is it made of, and the workspace's events."""

from collections.abc import Callable, Mapping

from fastapi import APIRouter, Request
from pydantic import BaseModel
from starlette.responses import Response

from fabula.core.actor import Scope
from fabula.core.clock import iso, utc_now
from fabula.core.ids import WorkspaceId
from fabula.db import Database, ReadTx
from fabula.engine.bus import Bus, Numbered
from fabula.engine.store import database_now
from fabula.http.deps import CallerDep
from fabula.http.params import LastEventId
from fabula.http.sse import EventStream, frame
from fabula.telemetry import metrics

Features = Callable[[], Mapping[str, bool]]


class HealthOut(BaseModel):
    status: str


class ConfigOut(BaseModel):
    """Version, what is switched on here, and the settings with their secrets as stars."""

    version: str
    features: dict[str, bool]
    settings: dict[str, object]


def routes(db: Database, bus: Bus, version: str, features: Features, settings: Mapping[str, object]) -> APIRouter:
    router = APIRouter(tags=["server"])

    @router.get("/health", summary="Is the process alive?")
    async def health() -> HealthOut:
        return HealthOut(status="ok")

    @router.get("/ready", summary="Can it serve? 503 while the database is away")
    async def ready(request: Request) -> HealthOut:
        await db.system("ready", _ping)
        return HealthOut(status="ready")

    @router.get("/metrics", summary="Metrics in Prometheus' text format", response_class=Response)
    async def show_metrics() -> Response:
        return Response(metrics.render(), media_type="text/plain; version=0.0.4; charset=utf-8")

    @router.get("/config", summary="Version, features and settings, for the owner")
    async def config(call: CallerDep) -> ConfigOut:
        call.actor.require(Scope.ADMIN)
        return ConfigOut(version=version, features=dict(features()), settings=dict(settings))

    @router.get(
        "/v1/events",
        summary="Follow the workspace's changes",
        response_class=Response,
        responses={200: {"content": {"text/event-stream": {}}, "description": "Events as they happen"}},
    )
    async def events(call: CallerDep, last_id: LastEventId = None) -> Response:
        return EventStream(_BusSource(bus, call.actor.workspace, last_id))

    return router


def _ping(tx: ReadTx) -> None:
    database_now(tx)


class _BusSource:
    """The workspace's events as frames; `workspace.resync` where some can no longer be told."""

    def __init__(self, bus: Bus, workspace: WorkspaceId, last_id: str | None) -> None:
        self._bus = bus
        self._workspace = workspace
        self._subscription = bus.subscribe(workspace, last_id)

    async def next(self) -> bytes | None:
        subscription = self._subscription
        if (lost := subscription.lost) is not None:
            subscription.lost = None
            return frame(lost, "workspace.resync", iso(utc_now()), {})
        taken = await subscription.take()
        return None if taken is None else b"".join([_frame(item) for item in taken])

    def nudge(self) -> None:
        self._subscription.nudge()

    def close(self) -> None:
        self._bus.unsubscribe(self._workspace, self._subscription)


def _frame(item: Numbered) -> bytes:
    return frame(item.id, item.event.type, iso(utc_now()), item.event.data)
