"""Routes of prompt templates."""

from typing import Annotated

from fastapi import APIRouter, Path, Query
from pydantic import AfterValidator, WithJsonSchema
from starlette.responses import Response

from fabula.features.prompting import library
from fabula.features.prompting.errors import TemplateRefused
from fabula.features.prompting.library import NewTemplate, TemplateChange
from fabula.features.prompting.preview import Previewer
from fabula.features.prompting.schemas import (
    PreviewIn,
    PreviewOut,
    TemplateChangeIn,
    TemplateIn,
    TemplateOut,
    TemplatePutIn,
)
from fabula.features.prompting.scopes import Scopes
from fabula.features.prompting.template import validate
from fabula.features.prompting.types import TemplateId
from fabula.http.deps import CallerDep
from fabula.http.params import LIMIT, Cursor, Limit, known_id, optional_id
from fabula.http.schemas import PageOut

TemplateIdPath = Annotated[
    TemplateId,
    Path(alias="templateId"),
    AfterValidator(known_id),
    WithJsonSchema({"type": "string", "format": "uuid"}),
]
ScopeQuery = Annotated[str | None, Query(max_length=32)]
ScopeIdQuery = Annotated[str | None, Query(alias="scopeId"), AfterValidator(optional_id)]


def routes(scopes: Scopes, preview: Previewer) -> APIRouter:
    router = APIRouter(prefix="/v1/prompt-templates", tags=["prompt templates"])
    _add_reading(router, scopes, preview)
    _add_writing(router, scopes)
    return router


def _add_reading(router: APIRouter, scopes: Scopes, preview: Previewer) -> None:
    @router.get("", summary="List prompt templates, the newest first")
    async def list_templates(
        call: CallerDep,
        scope: ScopeQuery = None,
        scope_id: ScopeIdQuery = None,
        limit: Limit = LIMIT,
        cursor: Cursor = None,
    ) -> PageOut[TemplateOut]:
        page = await call.read(library.list_templates, scopes, scope, scope_id, limit, cursor)
        return PageOut(items=[TemplateOut.of(t) for t in page.items], next_cursor=page.next_cursor)

    @router.post("/preview", summary="Render a template without saving anything")
    async def preview_template(call: CallerDep, body: PreviewIn) -> PreviewOut:
        if problems := validate(body.template_text):
            raise TemplateRefused(problems)
        chat = optional_id(body.chat_id)
        profile = optional_id(body.entity_profile_id)
        return PreviewOut.of(await preview(call.db, call.actor, body.template_text, chat, profile))

    @router.get("/{templateId}", summary="Get a prompt template")
    async def get_template(call: CallerDep, template: TemplateIdPath) -> TemplateOut:
        return TemplateOut.of(await call.read(library.get_template, template))


def _add_writing(router: APIRouter, scopes: Scopes) -> None:
    @router.post("", status_code=201, response_model=TemplateOut, summary="Create a prompt template")
    async def create_template(call: CallerDep, body: TemplateIn) -> Response:
        return await call.write(TemplateOut.of, 201, library.create, scopes, _new(body))

    @router.patch("/{templateId}", response_model=TemplateOut, summary="Change a prompt template")
    async def change_template(call: CallerDep, template: TemplateIdPath, body: TemplateChangeIn) -> Response:
        wanted = TemplateChange(
            body.name,
            body.template_text,
            body.scope,
            optional_id(body.scope_id),
            body.enabled,
            body.variables,
            body.version,
        )
        return await call.write(TemplateOut.of, 200, library.change, scopes, template, wanted)

    @router.put("/{templateId}", response_model=TemplateOut, summary="Replace a prompt template")
    async def replace_template(call: CallerDep, template: TemplateIdPath, body: TemplatePutIn) -> Response:
        new = _new(body)
        wanted = TemplateChange(new.name, new.text, new.scope, new.scope_id, new.enabled, new.variables, body.version)
        return await call.write(TemplateOut.of, 200, library.change, scopes, template, wanted)

    @router.delete("/{templateId}", status_code=204, summary="Delete a prompt template for good")
    async def delete_template(
        call: CallerDep, template: TemplateIdPath, version: Annotated[int | None, Query()] = None
    ) -> Response:
        return await call.write(None, 204, library.delete, template, version)


def _new(body: TemplateIn) -> NewTemplate:
    scope_id = optional_id(body.scope_id)
    return NewTemplate(body.name, body.template_text, body.scope, scope_id, body.enabled, body.variables)
