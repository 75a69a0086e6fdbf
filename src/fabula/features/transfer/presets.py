"""SillyTavern's presets as ours: the samplers, by the names that OpenAI-compatible servers use.

What switches a sampler off there is left out, because a server that does not know a field may refuse it.
"""

import json
from collections.abc import Mapping

from fabula.core.actor import Actor
from fabula.core.errors import AppError, InvalidInput
from fabula.db import Database, ReadTx, WriteTx
from fabula.features import connections, identity
from fabula.features.connections import Defaults, Preset, PresetFields
from fabula.features.transfer.chatfile import read_object, title_of
from fabula.features.transfer.layout import PRESETS
from fabula.features.transfer.types import Item, ItemKind, ItemStatus, Note
from fabula.plugins import Json

NAME_CHARS = 200
_PAGE = 500
_CHAT = {
    "temperature": "temperature",
    "top_p": "top_p",
    "top_k": "top_k",
    "top_a": "top_a",
    "min_p": "min_p",
    "frequency_penalty": "frequency_penalty",
    "presence_penalty": "presence_penalty",
    "repetition_penalty": "repetition_penalty",
    "openai_max_tokens": "max_tokens",
    "reasoning_effort": "reasoning_effort",
    "verbosity": "verbosity",
    "seed": "seed",
}
_TEXT = {
    "temp": "temperature",
    "top_p": "top_p",
    "top_k": "top_k",
    "top_a": "top_a",
    "tfs": "tfs_z",
    "typical_p": "typical_p",
    "min_p": "min_p",
    "rep_pen": "repetition_penalty",
    "rep_pen_range": "repeat_last_n",
    "freq_pen": "frequency_penalty",
    "presence_pen": "presence_penalty",
    "mirostat_mode": "mirostat",
    "mirostat_tau": "mirostat_tau",
    "mirostat_eta": "mirostat_eta",
    "dry_multiplier": "dry_multiplier",
    "dry_base": "dry_base",
    "dry_allowed_length": "dry_allowed_length",
    "dry_penalty_last_n": "dry_penalty_last_n",
    "dry_sequence_breakers": "dry_sequence_breakers",
    "xtc_probability": "xtc_probability",
    "xtc_threshold": "xtc_threshold",
    "nsigma": "top_n_sigma",
    "grammar_string": "grammar",
    "genamt": "max_tokens",
    "ban_eos_token": "ignore_eos",
    "skip_special_tokens": "skip_special_tokens",
    "seed": "seed",
}
_OFF: dict[str, tuple[Json, ...]] = {
    "top_p": (1,),
    "top_k": (0,),
    "top_a": (0,),
    "tfs_z": (1,),
    "typical_p": (1,),
    "min_p": (0,),
    "repetition_penalty": (1,),
    "repeat_last_n": (0,),
    "frequency_penalty": (0,),
    "presence_penalty": (0,),
    "top_n_sigma": (0, -1),
    "grammar": ("",),
    "ignore_eos": (False,),
    "skip_special_tokens": (True,),
    "seed": (-1,),
    "reasoning_effort": ("auto",),
    "verbosity": ("auto",),
}
# Where the first of a family is off, the others mean nothing.
_FAMILIES = {"mirostat": "mirostat", "dry_multiplier": "dry_", "xtc_probability": "xtc_"}


def read_preset(folder: str, data: bytes) -> tuple[dict[str, Json], int]:
    """The samplers of a preset's file, and how many of its other fields were left out; raises `ValueError`."""
    found = read_object(data.decode("utf-8-sig"))
    names = _CHAT if folder == PRESETS[0] else _TEXT
    params: dict[str, Json] = {names[name]: _value(name, value) for name, value in found.items() if name in names}
    for first, family in _FAMILIES.items():
        if not params.get(first):
            params = {name: value for name, value in params.items() if not name.startswith(family)}
    kept: dict[str, Json] = {
        name: value for name, value in params.items() if value is not None and value not in _OFF.get(name, ())
    }
    return kept, len(found.keys() - names.keys())


async def import_preset(db: Database, actor: Actor, defaults: Defaults, file: str, folder: str, data: bytes) -> Item:
    """Store one preset; the same name with the same samplers is there already: a duplicate."""
    name = title_of(file.rpartition("/")[2].removesuffix(".json"))[:NAME_CHARS] or "Preset"
    try:
        params, left_out = read_preset(folder, data)
    except (ValueError, RecursionError) as error:
        reason = ("transfer.not_a_preset", f"not a preset: {str(error)[:200]}")
        return Item(file, ItemKind.PRESET, ItemStatus.FAILED, None, name, (), reason)
    notes = [Note("left_out", "", f"{left_out} fields that are no samplers were left out")] if left_out else []
    try:
        status, preset = await db.write(actor, _store, defaults, name, params, notes)
    except AppError as error:
        return Item(file, ItemKind.PRESET, ItemStatus.FAILED, None, name, tuple(notes), (error.code, error.message))
    return Item(file, ItemKind.PRESET, status, preset.id, name, tuple(notes))


def _store(
    tx: WriteTx, actor: Actor, defaults: Defaults, name: str, params: dict[str, Json], notes: list[Note]
) -> tuple[ItemStatus, Preset]:
    identity.hold_workspace(tx, actor)  # before looking: of two imports at once, the second must find the first's
    same = _find(tx, actor, name, params)
    if same is not None:
        return ItemStatus.DUPLICATE, same
    try:
        return ItemStatus.CREATED, connections.create_preset(tx, actor, defaults, PresetFields(name, params))
    except InvalidInput as error:
        bad = {problem.path.rpartition(".")[2]: problem.message for problem in error.problems}
        fitting = {key: value for key, value in params.items() if key not in bad}
        if len(fitting) == len(params):
            raise
        notes += [Note("bad_value", key, f"left out: it {message}") for key, message in bad.items()]
        return _store(tx, actor, defaults, name, fitting, notes)


def _find(tx: ReadTx, actor: Actor, name: str, params: Mapping[str, Json]) -> Preset | None:
    cursor: str | None = None
    while True:
        page = connections.list_presets(tx, actor, _PAGE, cursor)
        for preset in page.items:
            if preset.fields.name == name and preset.fields.params == params:
                return preset
        cursor = page.next_cursor
        if cursor is None:
            return None


def _value(name: str, value: Json) -> Json:
    if name != "dry_sequence_breakers" or not isinstance(value, str):
        return value
    try:
        breakers: Json = json.loads(value)
    except ValueError:
        return None
    return breakers
