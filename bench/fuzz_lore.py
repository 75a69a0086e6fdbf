"""Throw mutated lorebook files at the reader and the engine: whatever the bytes, a book or a clear error, and a scan of it.

    python -m bench.fuzz_lore --count 100000 --seed 1

Each book that is read is scanned against a short chat, exported in both formats, and read again from each. Prints
counts by outcome, the rate, the slowest input and the peak memory; exits 1 if anything escaped. An input depends only
on the seed and its number, so `--only N` repeats one.
"""

import argparse
import json
import random
import sys
from datetime import UTC, datetime
from typing import Any

from bench.fuzz_chats import mutate_bytes, mutate_value, run
from fabula.features.lore.activate import activate
from fabula.features.lore.files import ExportFormat, export, readable
from fabula.features.lore.importing import ParsedBook, parse_file
from fabula.features.lore.timed import TimedState
from fabula.features.lore.types import LorebookId, ScanInput, ScanMessage, StoredBook

_ODD: tuple[Any, ...] = (
    None,
    True,
    -1,
    1e308,
    "",
    [],
    {},
    "/(a+)+$/",
    "/[/i",
    "{{roll::1d9999999}}",
    "@@depth 5\n@@position personality\nText",
    "@@@probability x\n@@probability 200\n@@activate_only_after -1",
    "@@keep_activate_after_match\n@@is_greeting 9",
    "a" * 3000,
    ["aaaa", "/a{1,99999}/", 7],
    10**20,
    "🏮\u0000",
)
_ENTRY = {
    "uid": 0,
    "key": ["lamp", "/l[aeiou]mp/i"],
    "keysecondary": ["pier"],
    "selective": True,
    "selectiveLogic": 3,
    "content": "@@depth 2\n@@role user\nThe lamp is out. {{char}} lit it with the taper.",
    "comment": "Lamp",
    "order": 10,
    "position": 4,
    "probability": 50,
    "useProbability": True,
    "group": "light, dark",
    "groupWeight": 3,
    "sticky": 2,
    "cooldown": 1,
    "delay": 1,
    "scanDepth": 4,
    "delayUntilRecursion": 1,
    "extensions": {"x": 1},
}
_PLAIN = {**_ENTRY, "uid": 1, "delay": 0, "delayUntilRecursion": 0, "selectiveLogic": 0, "probability": 100}
_V3_ENTRY = {
    "keys": ["taper"],
    "content": "A taper of wax.",
    "extensions": {"position": 1, "depth": 3, "probability": 90},
    "enabled": True,
    "insertion_order": 5,
    "use_regex": False,
    "constant": False,
    "id": "t",
}
_BOOKS: tuple[dict[str, Any], ...] = (
    {"name": "Pier", "entries": {"0": _ENTRY, "1": _PLAIN}},
    {"spec": "lorebook_v3", "data": {"name": "Wax", "scan_depth": 3, "token_budget": 9, "recursive_scanning": True,
                                     "entries": [_V3_ENTRY, {**_V3_ENTRY, "id": 2, "keys": ["/x|wax/"]}]}},
    {"entries": [_V3_ENTRY], "extensions": {}},
)  # fmt: skip
_CHAT = ScanInput(
    tuple(
        ScanMessage(str(nth), "user" if nth % 2 else "assistant", text, "Mira")
        for nth, text in enumerate(["The lamp on the pier is out.", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!", "A LAMP, wax"])
    ),
    3,
    3,
    1,
    "seed",
)
_NOW = datetime(2026, 11, 20, tzinfo=UTC)


def make_file(rng: random.Random) -> bytes:
    chance = rng.choice((0.0, 0.02, 0.1, 0.3))
    value = mutate_value(rng, rng.choice(_BOOKS), chance)
    if isinstance(value, dict) and rng.random() < 0.5:
        value = mutate_value(rng, _swap(rng, value), 0.0)
    data = json.dumps(value, ensure_ascii=rng.random() < 0.5).encode("utf-8", "surrogatepass")
    return data if rng.random() < 0.7 else mutate_bytes(rng, data)


def _swap(rng: random.Random, value: Any) -> Any:
    """Put odd values of this kind of file into some places of a JSON value."""
    if rng.random() < 0.03:
        return rng.choice(_ODD)
    if isinstance(value, dict):
        return {key: _swap(rng, item) for key, item in value.items()}
    if isinstance(value, list):
        return [_swap(rng, item) for item in value]
    return value


def try_input(seed: int, number: int) -> str:
    parsed = parse_file("book.json", make_file(random.Random(f"{seed}:{number}")))
    if parsed.error is not None:
        return f"refused {parsed.error.code}"
    book, entries = _stored(parsed)
    result = activate([readable(book, entries)], _CHAT, TimedState(), context_tokens=8192, count=len)
    for to in ExportFormat:
        again = parse_file("again.json", json.dumps(export(book, entries, to)).encode("utf-8", "surrogatepass"))
        if again.error is not None or len(again.entries) != len(entries):
            raise AssertionError(f"{to}: {len(entries)} entries went out, {len(again.entries)} came back")
    return f"book of {'no' if not entries else 'some'} entries, {'some' if result.fired else 'none'} fired"


def _stored(parsed: ParsedBook) -> tuple[StoredBook, list[Any]]:
    assert parsed.raw is not None
    entries = [entry for entry, _ in parsed.entries]
    return StoredBook(LorebookId("book"), parsed.name, parsed.raw, len(entries), 1, _NOW, _NOW), entries


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--count", type=int, default=100_000, help="how many inputs (default %(default)s)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", type=int, help="try this one input and show what escapes")
    args = parser.parse_args()
    if args.only is not None:
        print(try_input(args.seed, args.only))
        return 0
    return run(args.count, lambda number: try_input(args.seed, number))


if __name__ == "__main__":
    sys.exit(main())
