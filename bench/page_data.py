"""What the bench of the page looks at: a gallery of many profiles with pictures, and one long chat."""

import colorsys
import io
import json
from pathlib import Path

import aiohttp

from fabula.core.actor import Actor
from fabula.core.clock import utc_now
from fabula.db import WriteTx
from fabula.db.opening import open_sqlite
from fabula.engine.blobs import FileBlobs
from fabula.features import identity, profiles
from fabula.features.profiles.importing import ParsedFile
from fabula.features.profiles.types import Content, Picture, StoredCard

RARE = "Quillon"  # a name that few profiles have, to be searched for
_RARE_EVERY = 700
_BATCH = 500
_FACES = 48
_NAMES = ("Mira", "Anselm", "Tove", "Corvin", "Hale", "Iduna", "Bram", "Sable", "Perrin", "Wren")
_TAGS = ("inn", "sea", "forest", "city", "calm", "slow burn", "mystery", "letters")
_TEXT = (
    '*She sets the lamp down.* "You are late," she says, and means the opposite. The harbour is **dark**, the rain has'
)
_MORE = " not let up since noon, and somewhere below a boat knocks against the wall as if it wanted to be let in."


async def make_gallery(data: Path, count: int) -> None:
    """Store `count` profiles in a new database in `data`; the server must not be running."""
    db = await open_sqlite(data, utc_now, lambda _: None)
    blobs = FileBlobs(data / "blobs")
    faces = [_face(blobs, nth) for nth in range(_FACES)]
    try:
        actor = await db.system("local owner", identity.ensure_local_owner)
        for first in range(0, count, _BATCH):
            cards = [_card(nth, faces[nth % _FACES]) for nth in range(first, min(first + _BATCH, count))]
            await db.write(actor, _store, cards)
    finally:
        await db.close()


def _store(tx: WriteTx, actor: Actor, cards: list[StoredCard]) -> None:
    profiles.import_cards(tx, actor, [ParsedFile(card.content.name, card, (), None) for card in cards])


def _card(nth: int, face: Picture) -> StoredCard:
    name = f"{_NAMES[nth % len(_NAMES)]} {RARE if nth % _RARE_EVERY == 0 else 'of Gull Rock'} {nth}"
    tags = [_TAGS[nth % len(_TAGS)], _TAGS[(nth // 3 + 1) % len(_TAGS)]]
    spec = {"name": name, "description": _TEXT + _MORE, "creator_notes": _MORE.strip(), "first_mes": "Good evening."}
    return StoredCard(Content(name, {**spec, "tags": [*tags]}, tags), None, face)


def _face(blobs: FileBlobs, nth: int) -> Picture:
    from PIL import Image

    colour = tuple(int(255 * part) for part in colorsys.hsv_to_rgb(nth / _FACES, 0.35, 0.8))
    image = Image.effect_noise((256, 256), 60).convert("RGB")
    image = Image.blend(image, Image.new("RGB", image.size, colour), 0.6)
    out = io.BytesIO()
    image.save(out, "WEBP", quality=82)
    key = blobs.put(out.getvalue())
    return Picture(key, "image/webp", key)


async def make_chat(http: aiohttp.ClientSession, messages: int) -> str:
    """Import one chat of `messages` messages, as long and as marked up as people's are; gives its id."""
    async with http.post("/v1/entity-profiles", json={"name": "Mira", "spec": {"name": "Mira"}}) as answer:
        profile = (await answer.json())["id"]
    head = {"user_name": "unused", "character_name": "Mira", "chat_metadata": {}}
    form = aiohttp.FormData()
    content = "\n".join(json.dumps(line) for line in [head, *map(_line, range(messages))])
    form.add_field("files", content.encode(), filename="long.jsonl")
    async with http.post("/v1/chats/import", params={"entityProfileId": profile}, data=form) as answer:
        (item,) = (await answer.json())["items"] if answer.status == 200 else [{"status": await answer.text()}]
    if item["status"] != "created":
        raise RuntimeError(f"the chat did not arrive: {item}")
    return str(item["chatId"])


def _line(nth: int) -> dict[str, object]:
    is_user = nth % 2 == 0
    text = f"{nth}: {_TEXT}" if is_user else "\n\n".join([f"{nth}: {_TEXT}{_MORE}", *[_TEXT + _MORE] * (1 + nth % 4)])
    name, date = "Ann" if is_user else "Mira", "2024-06-05T14:56:50.682Z"
    return {"name": name, "is_user": is_user, "is_system": False, "send_date": date, "mes": text}
