"""Card files made in code: PNGs with any chunks, archives with any entries."""

import io
import json
import zipfile
from base64 import b64encode
from collections.abc import Mapping

from fabula.features.profiles.cards import png
from fabula.features.profiles.cards.types import CardFile, Report
from fabula.plugins import Json


def data(**fields: Json) -> dict[str, Json]:
    return {
        "name": "Mira",
        "description": "A lighthouse keeper.",
        "personality": "calm",
        "scenario": "",
        "first_mes": "The lamp is lit.",
        "mes_example": "",
        "creator_notes": "",
        "system_prompt": "",
        "post_history_instructions": "",
        "alternate_greetings": [],
        "tags": ["sea"],
        "creator": "",
        "character_version": "1",
        "extensions": {},
        **fields,
    }


def v2(**fields: Json) -> dict[str, Json]:
    return {"spec": "chara_card_v2", "spec_version": "2.0", "data": data(**fields)}


def v3(**fields: Json) -> dict[str, Json]:
    return {"spec": "chara_card_v3", "spec_version": "3.0", "data": data(group_only_greetings=[], **fields)}


def entry(**fields: Json) -> dict[str, Json]:
    return {
        "keys": ["lamp"],
        "content": "It burns oil.",
        "enabled": True,
        "insertion_order": 10,
        "extensions": {},
        **fields,
    }


def as_json(value: Json) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


def as_base64(value: Json) -> bytes:
    return b64encode(as_json(value))


def text(keyword: str, content: bytes) -> bytes:
    return png.make_chunk(b"tEXt", keyword.encode() + b"\0" + content)


def card_chunk(value: Json, keyword: str = "chara") -> bytes:
    return text(keyword, as_base64(value))


def picture(*chunks: bytes, behind_pixels: bool = False) -> bytes:
    """A PNG with `chunks` before (or behind) its pixels."""
    plain = png.placeholder()
    at = len(plain) - 12 if behind_pixels else plain.index(b"IDAT") - 4
    return plain[:at] + b"".join(chunks) + plain[at:]


def charx(card: Json, files: Mapping[str, bytes] | None = None) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("card.json", as_json(card))
        for path, content in (files or {}).items():
            file.writestr(path, content)
    return out.getvalue()


def codes(card: CardFile) -> set[str]:
    return {warning.code for warning in card.report}


def paths(report: CardFile | Report) -> set[str]:
    warnings = report.report if isinstance(report, CardFile) else report.warnings
    return {warning.path for warning in warnings}
