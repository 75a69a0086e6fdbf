"""Throw mutated card files at the codec: whatever the bytes, it answers with a card or a `CardError`.

    python -m bench.fuzz_cards --count 100000 --seed 1

Prints counts by outcome, the rate, the slowest input and the peak memory; exits 1 if anything else escaped.
Each input is read and, if it is a card, exported to every format and read again. An input depends only on the
seed and its number, so `--only N` repeats one.
"""

import argparse
import io
import json
import random
import resource
import sys
import time
import traceback
import zipfile
import zlib
from base64 import b64encode
from collections import Counter
from collections.abc import Callable

from fabula.features.profiles.cards import (
    CardError,
    CardLimits,
    CardParts,
    ExportFormat,
    content_hash,
    export_card,
    placeholder,
    png,
    read_book,
    read_card,
)
from fabula.plugins import Json

# Small, so that a lying length or a bomb shows in the peak memory.
LIMITS = CardLimits(file=2**20, json=2**18, nodes=20_000, yaml=2**16, entry=2**20, total=2**22)
SLOW = 1.0  # seconds; anything slower counts as a hang

_DATA: dict[str, Json] = {
    "name": "Mira",
    "description": "Keeper of the light — 灯台, маяк.",
    "personality": "calm",
    "first_mes": "The lamp is lit, {{user}}.",
    "alternate_greetings": ["Storm tonight.", ""],
    "tags": ["sea"],
    "creator_notes": "",
    "extensions": {"depth_prompt": {"prompt": "p", "depth": 4}, "mine": [1, 2.5, None]},
    "character_book": {
        "scan_depth": "40",
        "entries": [
            {"keys": ["lamp"], "content": "oil", "enabled": True, "insertion_order": 1, "id": 1, "position": 4},
            {"key": "a,b", "id": 1, "insertion_order": None, "position": "in_chat"},
        ],
    },
    "assets": [{"type": "icon", "uri": "embeded://a/icon.png", "name": "main", "ext": "png"}],
    "creation_date": 1719942734577,
}
_CARD: dict[str, Json] = {"spec": "chara_card_v3", "spec_version": "3.0", "data": _DATA}
_WORLD: dict[str, Json] = {
    "entries": {"0": {"uid": 0, "key": ["a"], "content": "b", "order": 1, "position": 4, "depth": 2}}
}
_YAML = b"name: Mira\ncontext: |\n  Keeper.\ngreeting: 'Hi'\ntags: [a, 1, {b: c}]\n"
_ODD: tuple[Json, ...] = (
    None,
    True,
    0,
    -1,
    1e308,
    10**30,
    "",
    "40",
    "\0\ud800",
    [],
    {},
    [[]],
    {"": None},
    ["x"],
    "a,b",
)


def in_png(rng: random.Random, card: bytes) -> bytes:
    text = rng.choice((b64encode(card), card))
    body, kind = rng.choice(
        (
            (b"\0" + text, b"tEXt"),
            (b"\0\0" + zlib.compress(text), b"zTXt"),
            (b"\0\1\0\0\0" + zlib.compress(text), b"iTXt"),
        )
    )
    chunk = png.make_chunk(kind, rng.choice((b"chara", b"ccv3")) + body)
    asset = png.make_chunk(b"tEXt", b"chara-ext-asset_:a/icon.png\0" + b64encode(placeholder()))
    plain = placeholder()
    at = plain.index(b"IDAT") - 4
    return plain[:at] + chunk + asset + plain[at:]


def in_charx(rng: random.Random, card: bytes) -> bytes:
    out = io.BytesIO()
    out.write(rng.choice((b"", b"\xff\xd8\xff\xe0stub")))
    with zipfile.ZipFile(out, "a", rng.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED))) as file:
        file.writestr("card.json", card)
        file.writestr("a/icon.png", placeholder())
    return out.getvalue()


def mutate_value(rng: random.Random, value: Json, chance: float) -> Json:
    """Change a JSON value in places, keeping it JSON."""
    if rng.random() < chance:
        return rng.choice(_ODD)
    if isinstance(value, dict):
        items = [(key, mutate_value(rng, item, chance)) for key, item in value.items() if rng.random() > chance]
        return dict(
            items
            + (
                [(rng.choice(("key", "data", "spec", "entries", "id")), rng.choice(_ODD))]
                if rng.random() < chance
                else []
            )
        )
    if isinstance(value, list):
        return [mutate_value(rng, item, chance) for item in value] * rng.choice((1, 1, 1, 2))
    return value


def mutate_bytes(rng: random.Random, data: bytes) -> bytes:
    """Flip, cut, insert, repeat or overwrite a few places."""
    changed = bytearray(data)
    for _ in range(rng.choice((1, 1, 2, 5, 20))):
        at = rng.randrange(len(changed) + 1)
        choice = rng.randrange(6)
        if choice == 0 and at < len(changed):
            changed[at] ^= 1 << rng.randrange(8)
        elif choice == 1:
            del changed[at : at + rng.choice((1, 4, 100))]
        elif choice == 2:
            changed[at:at] = rng.randbytes(rng.choice((1, 4, 50)))
        elif choice == 3:
            changed[at : at + 4] = rng.choice((b"\xff\xff\xff\xff", bytes(4), b"\x7f\xff\xff\xff", b"\0\0\0\1"))
        elif choice == 4:
            changed[at:at] = changed[at : at + 200]
        elif rng.random() < 0.2:
            del changed[at:]
    return bytes(changed)


def make_input(seed: int, number: int) -> tuple[bytes, str]:
    """The input of that number: JSON changed as a value, wrapped, then changed as bytes (or not)."""
    rng = random.Random(f"{seed}/{number}")
    root = rng.choice((_CARD, _CARD, _DATA, {**_DATA, **_CARD}, _WORLD))
    card = json.dumps(mutate_value(rng, root, rng.choice((0.0, 0.02, 0.2)))).encode()
    if rng.random() < 0.2:
        card = mutate_bytes(rng, card)
    wraps: tuple[tuple[Callable[[random.Random, bytes], bytes], str], ...] = (
        (in_png, "x.png"),
        (in_charx, "x.charx"),
        (lambda _, card: card, "x.json"),
        (lambda _, __: _YAML, "x.yaml"),
    )
    wrap, name = rng.choice(wraps)
    file = wrap(rng, card)
    return (mutate_bytes(rng, file) if rng.random() < 0.7 else file), name


def try_input(data: bytes, name: str) -> str:
    """Read, export and read again; the outcome's name. Anything but a `CardError` escapes."""
    outcome = "no lorebook"
    try:
        read_book(data, LIMITS)
        outcome = "lorebook"
    except CardError:
        pass
    try:
        card = read_card(data, name, LIMITS)
    except CardError as error:
        return outcome if outcome == "lorebook" else f"refused {error.code}"
    content_hash(card)
    for to in ExportFormat:
        try:
            again = export_card(CardParts(card.spec, card.raw, data, card.container), to, limits=LIMITS)
        except CardError as error:
            outcome = f"not exported {error.code}"
            continue
        read_card(again, "x")
    return outcome if outcome.startswith("not exported") else f"card ({card.container.value})"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--count", type=int, default=100_000, help="how many inputs (default %(default)s)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", type=int, help="try this one input and show what escapes")
    args = parser.parse_args()
    if args.only is not None:
        print(try_input(*make_input(args.seed, args.only)))
        return 0
    outcomes: Counter[str] = Counter()
    slowest, slowest_number = 0.0, 0
    escaped = 0
    began = time.perf_counter()
    for number in range(args.count):
        data, name = make_input(args.seed, number)
        start = time.perf_counter()
        try:
            outcomes[try_input(data, name)] += 1
        except Exception as error:  # noqa: BLE001 - finding these is what this command is for
            escaped += 1
            outcomes[f"ESCAPED {type(error).__name__}"] += 1
            if escaped <= 5:
                print(f"input {number}:", file=sys.stderr)
                traceback.print_exc()
        took = time.perf_counter() - start
        if took > slowest:
            slowest, slowest_number = took, number
    took = time.perf_counter() - began
    for outcome, count in outcomes.most_common():
        print(f"{count:>9,}  {outcome}")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{args.count:,} inputs in {took:.1f} s ({args.count / took:,.0f}/s), {escaped} escaped, peak {peak:.0f} MB")
    print(f"slowest {slowest * 1000:.0f} ms (input {slowest_number})")
    return 1 if escaped or slowest > SLOW else 0


if __name__ == "__main__":
    sys.exit(main())
