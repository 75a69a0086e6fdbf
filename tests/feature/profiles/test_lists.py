"""Lists of profiles: orders, filters and pages, on both databases."""

from typing import Any

import pytest
import sqlalchemy as sa

from fabula.core.actor import Actor
from fabula.core.errors import InvalidInput
from fabula.core.ids import ProfileId
from fabula.core.paging import Page, encode_cursor
from fabula.db import Database, WriteTx
from fabula.features.identity import ensure_local_owner
from fabula.features.profiles import Profile, ProfileName, Sort, Wanted, find_named, list_names, list_profiles
from fabula.features.profiles.read import list_tags
from fabula.features.profiles.store import lists, tags
from fabula.features.profiles.store import names as names_store
from fabula.features.profiles.types import Draft, TagCount
from fabula.features.profiles.write import create, delete, edit, set_favourite
from tests.watching import plan, recorded

NAMES = ("Ёлка", "anna", "Émile", "Zoë 100%", "Anna", "under_score", "日本", "Ада")


@pytest.fixture
async def actor(db: Database) -> Actor:
    return await db.system("local owner", ensure_local_owner)


async def make(db: Database, actor: Actor, name: str, *tags: str) -> ProfileId:
    return (await db.write(actor, create, Draft(name, {"name": name}, list(tags)))).id


async def names(db: Database, actor: Actor, wanted: Wanted, limit: int = 3) -> list[str]:
    """All names of a list, page by page."""
    found: list[Profile] = []
    cursor: str | None = None
    while True:
        page = await db.read(actor, list_profiles, limit, cursor, wanted)
        assert len(page.items) <= limit
        found += page.items
        cursor = page.next_cursor
        if cursor is None:
            assert len({profile.id for profile in found}) == len(found)
            return [profile.name for profile in found]


async def test_pages_follow_each_order_without_gap_or_double(db: Database, actor: Actor) -> None:
    made = [await make(db, actor, name) for name in NAMES]
    await db.write(actor, edit, made[2], Draft(None, {"name": "Émile"}, None), None)
    for limit in (1, 3, 50):
        assert await names(db, actor, Wanted(sort=Sort.CREATED), limit) == list(reversed(NAMES))
        changed = ["Émile", *(name for name in reversed(NAMES) if name != "Émile")]
        assert await names(db, actor, Wanted(sort=Sort.UPDATED), limit) == changed
        alphabetical = ["anna", "Anna", "Émile", "under_score", "Zoë 100%", "Ада", "Ёлка", "日本"]
        assert await names(db, actor, Wanted(sort=Sort.NAME), limit) == alphabetical


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("ANN", ["Anna", "anna"]),
        ("emile", ["Émile"]),
        ("елка", ["Ёлка"]),
        ("本", ["日本"]),
        ("%", ["Zoë 100%"]),
        ("r_s", ["under_score"]),
        ("n_a", []),
        ("\\", []),
        ("\x00", list(reversed(NAMES))),
        ("  zoë   100 ", ["Zoë 100%"]),
    ],
)
async def test_a_part_of_a_name_finds_it(db: Database, actor: Actor, text: str, found: list[str]) -> None:
    for name in NAMES:
        await make(db, actor, name)
    for sort in Sort:
        assert sorted(await names(db, actor, Wanted(text=text, sort=sort))) == sorted(found)
    assert await names(db, actor, Wanted(text=text)) == found


async def test_filters_meet(db: Database, actor: Actor) -> None:
    both = await make(db, actor, "Anna", "Sea", "sea", "Magic")
    await make(db, actor, "Annabel", "sea side")
    marked = await make(db, actor, "Bea", "SEA")
    for profile in (both, marked):
        await db.write(actor, set_favourite, profile, favourite=True)
    for sort in Sort:
        assert sorted(await names(db, actor, Wanted(tag="sea", sort=sort))) == ["Anna", "Bea"]
        assert await names(db, actor, Wanted(text="ann", tag="sea", sort=sort)) == ["Anna"]
        assert await names(db, actor, Wanted(text="ann", favourite=False, sort=sort)) == ["Annabel"]
        assert await names(db, actor, Wanted(text="ann", tag="sea", favourite=True, sort=sort)) == ["Anna"]
    await db.write(actor, edit, both, Draft(None, {"name": "Anna", "tags": ["fire"]}, None), None)
    await db.write(actor, delete, marked, None)
    assert await names(db, actor, Wanted(tag="sea")) == []
    assert await names(db, actor, Wanted(tag="Fire")) == ["Anna"]


async def test_tags_are_listed_as_the_newest_writes_them_with_how_many_have_them(db: Database, actor: Actor) -> None:
    assert await db.read(actor, list_tags, 50, None) == Page((), None)
    await make(db, actor, "Anna", "SEA", "Ёлка", "magic")
    await make(db, actor, "Bea", "Sea", "sea", "日本")
    gone = await make(db, actor, "Carl", "sea", "fire")
    await db.write(actor, delete, gone, None)
    found, cursor = list[TagCount](), None
    while True:
        page = await db.read(actor, list_tags, 2, cursor)
        found += page.items
        cursor = page.next_cursor
        if cursor is None:
            break
    assert [(one.tag, one.count) for one in found] == [("magic", 1), ("Sea", 2), ("Ёлка", 1), ("日本", 1)]
    for one in found:
        assert len(await names(db, actor, Wanted(tag=one.tag))) == one.count


async def test_tags_are_walked_in_their_order(db: Database, actor: Actor, lane: str) -> None:
    steps = await db.write(actor, explain, tags._TAGS, {"ws": actor.workspace, "take": 51, "after": "sea"})
    if lane == "sqlite":
        assert steps == [
            "SEARCH entity_profile_tags USING COVERING INDEX sqlite_autoindex_entity_profile_tags_1 (workspace_id=? AND tag_key>?)",
            "SEARCH entity_profiles USING INDEX sqlite_autoindex_entity_profiles_1 (id=?)",
        ]
    else:
        assert any("using pk_entity_profile_tags on entity_profile_tags" in step for step in steps), steps


@pytest.mark.parametrize("sort", Sort)
@pytest.mark.parametrize(
    "key",
    [
        ("created", "", "no-id"),
        ("name", "\x00\ud800", "no-id"),
        ("updated", "yesterday", "0190a5c4-0000-7000-8000-000000000000"),
        ("updated", "0001-01-01T00:00:00+23:59", "0190a5c4-0000-7000-8000-000000000000"),
        ("other", "", "0190a5c4-0000-7000-8000-000000000000"),
    ],
)
async def test_a_foreign_cursor_is_refused(db: Database, actor: Actor, sort: Sort, key: tuple[str, ...]) -> None:
    with pytest.raises(InvalidInput):
        await db.read(actor, list_profiles, 10, encode_cursor(*key), Wanted(sort=sort))


async def test_names_alone_come_in_pages_without_gap_or_double(db: Database, actor: Actor) -> None:
    made = [await make(db, actor, name) for name in NAMES]
    await db.write(actor, delete, made[3], None)
    found: list[ProfileName] = []
    while page := await db.read(actor, list_names, found[-1].id if found else None, 3):
        found += page
    assert [(one.id, one.name) for one in found] == [
        (ident, name) for ident, name in reversed(list(zip(made, NAMES, strict=True))) if ident != made[3]
    ]
    whole = await db.read(actor, list_profiles, 50, None)
    assert [one.created_at for one in found] == [profile.created_at for profile in whole.items]


async def test_a_name_is_found_by_every_letter_of_it(db: Database, actor: Actor) -> None:
    made = {name: await make(db, actor, name) for name in NAMES}
    for name, ident in made.items():
        assert [one.id for one in await db.read(actor, find_named, name)] == [ident]
    for other in ("ANNA", "Anna ", "Emile", "Ann", "", "Anna\x00", "Anna\ud800"):
        assert await db.read(actor, find_named, other) == []
    for _ in range(3):
        await make(db, actor, "Anna")
    assert len(await db.read(actor, find_named, "Anna")) == 2  # enough to know that it is not the only one
    await db.write(actor, delete, made["日本"], None)
    assert await db.read(actor, find_named, "日本") == []


@pytest.mark.parametrize("sort", Sort)
@pytest.mark.parametrize("filters", [(), ("like",), ("favourite",), ("like", "tag", "favourite")])
async def test_the_ids_of_a_page_come_from_an_index_alone(
    db: Database, actor: Actor, lane: str, sort: Sort, filters: tuple[str, ...]
) -> None:
    given = {"ws": actor.workspace, "take": 51, "like": "%a%", "tag": "sea", "favourite": True}
    steps = await db.write(actor, explain, lists._page(sort, filters, starts=True), given)
    index = {"name": "by_name", "updated": "by_change", "created": "by_age"}[sort.value]
    if lane == "sqlite":
        walk, *sorts = (step for step in steps if step.startswith("SEARCH q ") or "ORDER BY" in step)
        assert walk.startswith(f"SEARCH q USING INDEX ix_entity_profiles_{index} ")
        assert sorts in ([], ["USE TEMP B-TREE FOR ORDER BY"])  # of the one page, which comes in the order of its ids
        assert "SEARCH entity_profiles USING INDEX sqlite_autoindex_entity_profiles_1 (id=?)" in steps
    else:
        assert any(f"ix_entity_profiles_{index} on entity_profiles" in step for step in steps)


async def test_all_names_are_walked_in_their_order(db: Database, actor: Actor, lane: str) -> None:
    given = {"ws": actor.workspace, "take": 2000, "after": "0190a5c4-0000-7000-8000-000000000000"}
    steps = await db.write(actor, explain, names_store._LIST_AFTER, given)
    if lane == "sqlite":
        assert steps == ["SEARCH entity_profiles USING INDEX ix_entity_profiles_by_age (workspace_id=? AND id<?)"]
    else:
        assert any(step.startswith("->  Index Scan Backward using ix_entity_profiles_by_age") for step in steps), steps
        assert not any("Sort" in step for step in steps)


async def test_a_name_is_looked_up_in_an_index(db: Database, actor: Actor, lane: str) -> None:
    given = {"ws": actor.workspace, "take": 2, "key": "anna", "name": "Anna"}
    steps = await db.write(actor, explain, names_store._NAMED, given)
    if lane == "sqlite":
        (step,) = steps
        assert step.startswith(
            "SEARCH entity_profiles USING INDEX ix_entity_profiles_by_name (workspace_id=? AND name_key=?"
        )
    else:
        # Which of the indexes that hold the key is a matter of statistics.
        assert any(step.startswith("Index Cond") and "name_key" in step for step in steps), steps


def explain(tx: WriteTx, actor: Actor, statement: sa.Select[Any], given: dict[str, object]) -> list[str]:
    with recorded() as sent:
        tx.execute(statement, given)
    return plan(tx, sent)
