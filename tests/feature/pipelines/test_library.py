"""Pipelines in both databases: kept, bound, and read without a statement more."""

from dataclasses import replace

import pytest

from fabula.core.actor import ROLE_SCOPES, Actor, Role
from fabula.core.errors import Forbidden
from fabula.core.ids import WorkspaceId, uuid7
from fabula.core.paging import encode_cursor
from fabula.db import Database, ReadTx
from fabula.features import conversations
from fabula.features.conversations import Author, Chat, ChatKind, NewChat
from fabula.features.generation import pipeline_library as library
from fabula.features.generation.pipeline_library import PipelineChange, check_binding
from fabula.features.generation.pipelines import Pipeline, built_in, read_definition
from fabula.features.generation.pipelines.errors import PipelineNotFound, PipelineVersionConflict
from fabula.features.generation.store import runs
from fabula.features.generation.tale.material import gather_from
from fabula.features.identity import ensure_local_owner
from fabula.features.lore import Shelf
from fabula.plugins import Json
from tests.watching import plan, queries, recorded

DEFINITION = read_definition({"steps": [{"name": "answer", "type": "llm"}]}, built_in())


@pytest.fixture
async def actor(db: Database) -> Actor:
    return await db.system("local owner", ensure_local_owner)


@pytest.fixture
async def pipeline(db: Database, actor: Actor) -> Pipeline:
    return await db.write(actor, library.create, "P", True, DEFINITION)


@pytest.fixture
async def chat(db: Database, actor: Actor) -> Chat:
    new = NewChat(ChatKind.TALE, None, "T", Author("assistant", None, "A"), [])
    return await db.write(actor, conversations.start, new)


async def bound(db: Database, actor: Actor, chat: Chat) -> tuple[str, bool] | None:
    """The pipeline that a turn of the chat would run, and whether it is there."""
    branch = await db.read(actor, conversations.get_branch, chat, None)
    material = await db.read(actor, gather_from, chat, branch, 0, "seed", 100, Shelf())
    found = material.told.pipeline
    return None if found is None else (found.id, found.definition is not None)


def binding(chat: Chat, pipeline: str | None) -> Chat:
    settings: dict[str, Json] = {"pipelineId": pipeline}
    return replace(chat, settings=settings)


async def test_of_two_who_change_the_same_version_one_is_told(db: Database, actor: Actor, pipeline: Pipeline) -> None:
    first = await db.write(actor, library.change, pipeline.id, PipelineChange(name="one", version=1))
    assert (first.name, first.version, dict(first.definition)) == ("one", 2, DEFINITION.to_json())
    with pytest.raises(PipelineVersionConflict) as told:
        await db.write(actor, library.change, pipeline.id, PipelineChange(name="two", version=1))
    assert told.value.current["name"] == "one"
    assert await db.read(actor, library.get_pipeline, pipeline.id) == first


async def test_another_workspace_sees_none_of_it(db: Database, actor: Actor, pipeline: Pipeline, chat: Chat) -> None:
    stranger = replace(actor, workspace=WorkspaceId(uuid7()))
    assert (await db.read(stranger, library.list_pipelines, 50, None)).items == ()
    with pytest.raises(PipelineNotFound):
        await db.read(stranger, library.get_pipeline, pipeline.id)
    with pytest.raises(PipelineNotFound):
        await db.write(stranger, library.delete, pipeline.id, None)
    with pytest.raises(PipelineNotFound):
        await db.read(stranger, check_binding, {"pipelineId": pipeline.id})


async def test_a_viewer_looks_and_changes_nothing(db: Database, actor: Actor, pipeline: Pipeline) -> None:
    viewer = replace(actor, scopes=ROLE_SCOPES[Role.VIEWER])
    assert await db.read(viewer, library.get_pipeline, pipeline.id) == pipeline
    with pytest.raises(Forbidden):
        await db.write(viewer, library.create, "Q", True, DEFINITION)
    with pytest.raises(Forbidden):
        await db.write(viewer, library.delete, pipeline.id, None)


async def test_only_a_pipeline_that_is_there_may_be_bound(db: Database, actor: Actor, pipeline: Pipeline) -> None:
    for settings in ({}, {"pipelineId": None}, {"pipelineId": pipeline.id}):
        await db.read(actor, check_binding, settings)
    for unknown in (uuid7(), "nonsense", 7):
        with pytest.raises(PipelineNotFound):
            await db.read(actor, check_binding, {"pipelineId": unknown})


async def test_a_bound_pipeline_costs_no_statement_more(
    db: Database, actor: Actor, chat: Chat, pipeline: Pipeline
) -> None:
    with recorded() as without:
        assert await bound(db, actor, chat) is None
    with recorded() as sent:
        assert await bound(db, actor, binding(chat, pipeline.id)) == (pipeline.id, True)
    assert len(queries(sent)) == len(queries(without))


async def test_an_unbound_chat_does_not_look_for_pipelines(
    db: Database, actor: Actor, chat: Chat, pipeline: Pipeline
) -> None:
    with recorded() as sent:
        await bound(db, actor, chat)
    assert sent
    assert not [text for text, _ in sent if "pipelines" in text]


async def test_a_pipeline_that_is_off_or_gone_is_still_named(
    db: Database, actor: Actor, chat: Chat, pipeline: Pipeline
) -> None:
    await db.write(actor, library.change, pipeline.id, PipelineChange(enabled=False))
    assert await bound(db, actor, binding(chat, pipeline.id)) == (pipeline.id, False)
    await db.write(actor, library.delete, pipeline.id, None)
    assert await bound(db, actor, binding(chat, pipeline.id)) == (pipeline.id, False)
    assert await bound(db, actor, binding(chat, "nonsense")) is None


@pytest.mark.parametrize("cursor", [None, encode_cursor(uuid7())])
async def test_the_runs_of_a_pipeline_are_read_from_its_own_index(
    db: Database, actor: Actor, lane: str, pipeline: Pipeline, cursor: str | None
) -> None:
    """Or a pipeline that seldom ran would cost a walk over every run of the workspace."""

    def explain(tx: ReadTx, actor: Actor) -> list[str]:
        with recorded() as sent:
            runs.list_runs(tx, actor.workspace, None, pipeline.id, 50, cursor)
        return plan(tx, sent)

    steps = await db.read(actor, explain)
    index = "ix_pipeline_runs_pipeline_id_id"
    if lane == "sqlite":
        assert steps[0].startswith(f"SEARCH pipeline_runs USING INDEX {index} (pipeline_id=?")
    else:
        assert any(f"using {index} on pipeline_runs" in step for step in steps)
    assert not [step for step in steps if "B-TREE" in step or step.startswith("SCAN") or "Sort" in step], steps
