"""The library of prompt templates: kept, checked when saved, gone for good when deleted."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from fabula.core.actor import Actor, Scope
from fabula.core.clock import iso
from fabula.core.ids import uuid7
from fabula.core.paging import Page
from fabula.db import ReadTx, WriteTx
from fabula.features import audit
from fabula.features.prompting import store
from fabula.features.prompting.errors import TemplateNotFound, TemplateRefused, TemplateVersionConflict
from fabula.features.prompting.scopes import GLOBAL, Scopes
from fabula.features.prompting.template import validate
from fabula.features.prompting.types import PromptTemplate, TemplateId
from fabula.plugins import Json

ENGINE = "liquid"
# Of the registered scopes, those whose templates the choice in `store.CHOSEN` knows.
TEMPLATE_SCOPES = frozenset({"chat", "entity_profile", GLOBAL})


@dataclass(frozen=True, slots=True)
class NewTemplate:
    name: str
    text: str
    scope: str = GLOBAL
    scope_id: str | None = None
    enabled: bool = True
    variables: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TemplateChange:
    """What to change; None leaves a field as it is. `scope` and `scope_id` change together."""

    name: str | None = None
    text: str | None = None
    scope: str | None = None
    scope_id: str | None = None
    enabled: bool | None = None
    variables: Mapping[str, str] | None = None
    version: int | None = None


def get_template(tx: ReadTx, actor: Actor, template: TemplateId) -> PromptTemplate:
    """One template; raises `TemplateNotFound`."""
    actor.require(Scope.WORKSHOP_READ)
    found = store.find_template(tx, actor.workspace, template)
    if found is None:
        raise TemplateNotFound(template)
    return found


def list_templates(
    tx: ReadTx, actor: Actor, scopes: Scopes, scope: str | None, scope_id: str | None, limit: int, cursor: str | None
) -> Page[PromptTemplate]:
    """Templates, the newest first; of one scope, or of what `scope_id` names: raises `NotFound` when it names nothing."""
    actor.require(Scope.WORKSHOP_READ)
    if scope_id is not None:
        scopes.find(tx, actor, scope, scope_id)
    return store.list_templates(tx, actor.workspace, scope, scope_id, limit, cursor)


def create(tx: WriteTx, actor: Actor, scopes: Scopes, new: NewTemplate) -> PromptTemplate:
    """Save a template; raises `TemplateRefused` with line and column when it does not parse."""
    actor.require(Scope.WORKSHOP_WRITE)
    _check(new.text)
    scopes.require(tx, actor, new.scope, new.scope_id, TEMPLATE_SCOPES)
    template = PromptTemplate(
        TemplateId(uuid7()),
        new.name,
        new.enabled,
        new.scope,
        new.scope_id,
        ENGINE,
        new.text,
        new.variables,
        1,
        tx.now,
        tx.now,
    )
    store.insert_template(tx, actor.workspace, template)
    _note(tx, actor, "created", None, template)
    return get_template(tx, actor, template.id)


def change(tx: WriteTx, actor: Actor, scopes: Scopes, template: TemplateId, wanted: TemplateChange) -> PromptTemplate:
    """Change the fields given; raises `TemplateVersionConflict` when `wanted.version` is not the stored one."""
    actor.require(Scope.WORKSHOP_WRITE)
    found = _current(tx, actor, template, wanted.version)
    changed = replace(
        found,
        name=found.name if wanted.name is None else wanted.name,
        text=found.text if wanted.text is None else wanted.text,
        enabled=found.enabled if wanted.enabled is None else wanted.enabled,
        variables=found.variables if wanted.variables is None else wanted.variables,
    )
    if wanted.scope is not None:
        scopes.require(tx, actor, wanted.scope, wanted.scope_id, TEMPLATE_SCOPES)
        changed = replace(changed, scope=wanted.scope, scope_id=wanted.scope_id)
    _check(changed.text)
    if not store.update_template(tx, actor.workspace, changed):
        raise TemplateVersionConflict(describe(get_template(tx, actor, template)))
    _note(tx, actor, "changed", found, changed)
    return get_template(tx, actor, template)


def delete(tx: WriteTx, actor: Actor, template: TemplateId, version: int | None) -> None:
    """Raises `TemplateNotFound` or `TemplateVersionConflict`."""
    actor.require(Scope.WORKSHOP_WRITE)
    found = _current(tx, actor, template, version)
    store.delete_template(tx, actor.workspace, template)
    _note(tx, actor, "deleted", found, None)


def describe(template: PromptTemplate) -> dict[str, object]:
    """The template as the API shows it."""
    return {
        "id": template.id,
        "name": template.name,
        "enabled": template.enabled,
        "scope": template.scope,
        "scopeId": template.scope_id,
        "engine": template.engine,
        "templateText": template.text,
        "variables": dict(template.variables),
        "version": template.version,
        "createdAt": iso(template.created_at),
        "updatedAt": iso(template.updated_at),
    }


def _check(text: str) -> None:
    problems = validate(text)
    if problems:
        raise TemplateRefused(problems)


def _current(tx: ReadTx, actor: Actor, template: TemplateId, version: int | None) -> PromptTemplate:
    found = get_template(tx, actor, template)
    if version is not None and version != found.version:
        raise TemplateVersionConflict(describe(found))
    return found


def _note(tx: WriteTx, actor: Actor, what: str, before: PromptTemplate | None, after: PromptTemplate | None) -> None:
    seen = after or before
    assert seen is not None
    old, new = _noted(before), _noted(after)
    audit.record(tx, actor, f"prompt_template.{what}", "prompt_template", seen.id, before=old, after=new)


def _noted(template: PromptTemplate | None) -> dict[str, Json] | None:
    return None if template is None else {"name": template.name, "text": template.text}
