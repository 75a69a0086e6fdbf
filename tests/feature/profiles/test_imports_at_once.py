"""One card imported by many at the same time, on both databases."""

import asyncio
import json
from pathlib import Path

from fabula.db import Database
from fabula.engine.blobs import FileBlobs
from fabula.features.identity import ensure_local_owner
from fabula.features.profiles import ImportStatus, import_cards, parse_file


async def test_one_card_imported_many_times_at_once_becomes_one_profile(db: Database, tmp_path: Path) -> None:
    actor = await db.system("local owner", ensure_local_owner)
    card = json.dumps({"spec": "chara_card_v2", "spec_version": "2.0", "data": {"name": "Mira", "first_mes": "Hi."}})
    parsed = parse_file(FileBlobs(tmp_path / "blobs"), "mira.json", card.encode())
    done = await asyncio.gather(*(db.write(actor, import_cards, [parsed]) for _ in range(6)))
    statuses = [items[0].status for items in done]
    assert sorted(statuses) == sorted([ImportStatus.CREATED] + [ImportStatus.DUPLICATE] * 5)
    assert len({items[0].profile_id for items in done}) == 1
