"""How a request becomes an actor, and the routes of its workspace."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from fabula.core.actor import Actor
from fabula.features.identity import workspace
from fabula.features.identity.schemas import WorkspaceOut, WorkspacePatchIn
from fabula.features.identity.workspace import CheckSettings, WorkspaceChange
from fabula.http.deps import ActorResolver, CallerDep


def local_resolver(owner: Actor) -> ActorResolver:
    """Local mode: whoever passed the fences is the owner."""

    async def resolve(request: Request) -> Actor:
        return owner

    return resolve


def routes(check: CheckSettings) -> APIRouter:
    """`check` refuses settings that bind what is not there: the same as for a chat's."""
    router = APIRouter(prefix="/v1/workspace", tags=["workspace"])

    @router.get("", summary="Get the workspace and what it binds for all its chats")
    async def get_workspace(call: CallerDep) -> WorkspaceOut:
        return WorkspaceOut.of(await call.read(workspace.get_workspace))

    @router.patch("", response_model=WorkspaceOut, summary="Change the workspace's name or settings")
    async def change_workspace(call: CallerDep, body: WorkspacePatchIn) -> Response:
        wanted = WorkspaceChange(body.name, None if body.settings is None else body.settings.stored())
        return await call.write(WorkspaceOut.of, 200, workspace.change_workspace, check, body.version, wanted)

    return router
