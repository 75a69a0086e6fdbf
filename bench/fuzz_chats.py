"""Throw mutated chat files at the codec: whatever the bytes, it reads, writes and reads again what it wrote.

    python -m bench.fuzz_chats --count 100000 --seed 1

Each input is looked through, read into messages and written as lines; unedited lines must be the values that were
read, and a second round must change nothing. Every tenth input is a zip, opened and read. Prints counts by outcome,
the rate, the slowest input and the peak memory; exits 1 if anything else escaped. An input depends only on the seed
and its number, so `--only N` repeats one.
"""

import argparse
import io
import json
import random
import resource
import sys
import tempfile
import time
import traceback
import zipfile
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from fabula.core.errors import AppError
from fabula.core.ids import BranchId, ChatId, MessageId, VariantId, uuid7
from fabula.features.conversations import Message, TextState, importing, whole
from fabula.features.transfer.chatfile import (
    ChatLines,
    dump,
    read_batches,
    read_outline,
    settings_of,
    update_header,
    write_message,
)
from fabula.features.transfer.family import families
from fabula.features.transfer.layout import read_layouts
from fabula.features.transfer.source import ZipSource
from fabula.features.transfer.types import Cast, Notes

SLOW = 1.0  # seconds; anything slower counts as a hang
_START = datetime(2020, 1, 1, tzinfo=UTC)
_CAST = Cast(None)
_ODD: tuple[Any, ...] = (None, True, 0, -1, 1e308, 10**30, "", "1", "\0\ud800", [], {}, [[]], {"message": "x"}, ["x"])
_HEADER = {
    "user_name": "unused",
    "character_name": "Mira",
    "create_date": "2024-7-12@01h31m37s",
    "chat_metadata": {
        "main_chat": "Main",
        "note_prompt": "Slowly.",
        "note_interval": 1,
        "note_depth": 4,
        "variables": {"mood": "calm", "n": 1},
        "timedWorldInfo": {"sticky": {}},
    },
}
_LINES = (
    {"name": "Mira", "is_user": False, "is_system": False, "send_date": 1674563371558, "mes": "The lamp is lit."},
    {"name": "Ann", "is_user": True, "send_date": "June 19, 2023 2:20pm", "mes": "Is it?", "extra": {"bias": ""}},
    {
        "name": "Mira",
        "mes": "灯台",
        "send_date": "2024-6-5 @14h 56m 50s 682ms",
        "swipes": ["маяк", "灯台", {"message": "phare"}],
        "swipe_id": 1,
        "swipe_info": [{"send_date": "2024-06-05T14:56:50Z", "extra": {"reasoning": "why"}}],
        "extra": {"reasoning": "so", "branches": ["B"], "tool_invocations": [{"name": "roll"}]},
    },
)


def mutate_value(rng: random.Random, value: Any, chance: float) -> Any:
    """Change a JSON value in places, keeping it JSON."""
    if rng.random() < chance:
        return rng.choice(_ODD)
    if isinstance(value, dict):
        kept = {key: mutate_value(rng, item, chance) for key, item in value.items() if rng.random() > chance}
        return kept | ({rng.choice(("mes", "swipes", "extra", "x")): rng.choice(_ODD)} if rng.random() < chance else {})
    if isinstance(value, list):
        return [mutate_value(rng, item, chance) for item in value for _ in range(rng.choice((1, 1, 1, 0, 2)))]
    return value


def mutate_bytes(rng: random.Random, data: bytes) -> bytes:
    out = bytearray(data)
    for _ in range(rng.randrange(1, 6)):
        at = rng.randrange(len(out) + 1)
        kind = rng.randrange(5)
        if kind == 0:
            del out[at : at + rng.randrange(1, 40)]
        elif kind == 1:
            out[at:at] = rng.randbytes(rng.randrange(1, 8))
        elif kind == 2:
            out[at:at] = rng.choice(
                (b"\n", b"\r\n\n", b"\xef\xbb\xbf", b"\0", b"[" * 2000, b'{"mes":', b"9" * 5000, b"NaN")
            )
        elif kind == 3 and at < len(out):
            out[at] ^= 1 << rng.randrange(8)
        else:
            out[at:at] = out[: rng.randrange(200)]
    return bytes(out)


def make_chat(rng: random.Random) -> bytes:
    chance = rng.choice((0.0, 0.02, 0.1, 0.3))
    lines = [_HEADER, *(rng.choice(_LINES) for _ in range(rng.randrange(8)))]
    text = "\n".join(json.dumps(mutate_value(rng, line, chance), ensure_ascii=rng.random() < 0.5) for line in lines)
    data = text.encode("utf-8", "surrogatepass")
    return data if rng.random() < 0.4 else mutate_bytes(rng, data)


def make_zip(rng: random.Random) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", rng.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED))) as archive:
        for name in rng.sample(("characters/A.json", "chats/A/x.jsonl", "x/worlds/W.json", "groups/1.json", "a"), 3):
            archive.writestr(name, make_chat(rng))
    return mutate_bytes(rng, out.getvalue())


def try_chat(data: bytes) -> str:
    outline = read_outline("x.jsonl", data)
    families([outline, outline])
    header = outline.header
    if header is not None and dump(update_header(header, settings_of(header))) != dump(header):
        raise AssertionError("an unchanged header was changed")
    before = [line for _, line in ChatLines(data, Notes()).messages()]
    after = _round(data)
    if [dump(line) for line in before] != [dump(line) for line in after]:
        raise AssertionError("an unchanged line was changed")
    if _round("\n".join(map(dump, after)).encode()) != after:
        raise AssertionError("a second round changed something")
    return f"chat of {'no' if not before else 'some'} messages, {'with' if outline.notes else 'without'} warnings"


def _round(data: bytes) -> list[dict[str, Any]]:
    return [_write(message) for batch in read_batches(data, _CAST, _START) for message in batch]


def _write(came: importing.ImportedMessage) -> dict[str, Any]:
    """A message through what the database does to it: columns of text that UTF-8 holds, columns of JSON."""
    owner = MessageId(uuid7())
    variants = [
        whole.Variant(
            VariantId(uuid7()),
            owner,
            v.kind,
            v.prompt_text.encode().decode(),
            v.reasoning.encode().decode(),
            None,
            json.loads(dump(v.meta)),
            at == came.selected,
            TextState.SETTLED,
            None,
            v.created_at,
        )
        for at, v in enumerate(came.variants)
    ]
    shown = variants[came.selected]
    message = Message(
        id=owner,
        chat_id=ChatId(uuid7()),
        branch_id=BranchId(uuid7()),
        seq=0,
        role=came.role,
        author=came.author,
        prompt_text=shown.prompt_text,
        reasoning=shown.reasoning,
        format="markdown",
        blocks=None,
        selected_variant_id=shown.id,
        variant_count=len(variants),
        state=TextState.SETTLED,
        generation_id=None,
        hidden=came.hidden,
        version=1,
        created_at=came.created_at,
    )
    return write_message(message, variants, json.loads(dump(came.meta)))


def try_zip(data: bytes, folder: Path) -> str:
    path = folder / "x.zip"
    path.write_bytes(data)
    try:
        archive = ZipSource(path)
    except AppError as error:
        return f"zip refused {error.code}"
    try:
        names = archive.names()
        layouts = read_layouts(names)
        for name in names:
            archive.read(name, 2**20)
    except AppError as error:
        return f"zip not read {error.code}"
    finally:
        archive.close()
    return f"zip with {len(layouts)} folders"


def try_input(seed: int, number: int, folder: Path) -> str:
    rng = random.Random(f"{seed}:{number}")
    return try_zip(make_zip(rng), folder) if number % 10 == 0 else try_chat(make_chat(rng))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--count", type=int, default=100_000, help="how many inputs (default %(default)s)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", type=int, help="try this one input and show what escapes")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        if args.only is not None:
            print(try_input(args.seed, args.only, Path(scratch)))
            return 0
        return run(args.count, lambda number: try_input(args.seed, number, Path(scratch)))


def run(count: int, attempt: Callable[[int], str]) -> int:
    """Try inputs 0 to `count`, print what became of them; 1 if anything escaped or took too long."""
    outcomes: Counter[str] = Counter()
    slowest, escaped = (0.0, 0), 0
    began = time.perf_counter()
    for number in range(count):
        start = time.perf_counter()
        try:
            outcomes[attempt(number)] += 1
        except Exception as error:  # noqa: BLE001 - finding these is what this command is for
            escaped += 1
            outcomes[f"ESCAPED {type(error).__name__}"] += 1
            if escaped <= 5:
                print(f"input {number}:", file=sys.stderr)
                traceback.print_exc()
        slowest = max(slowest, (time.perf_counter() - start, number))
    took = time.perf_counter() - began
    for outcome, times in outcomes.most_common():
        print(f"{times:>9,}  {outcome}")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{count:,} inputs in {took:.1f} s ({count / took:,.0f}/s), {escaped} escaped, peak {peak:.0f} MB")
    print(f"slowest {slowest[0] * 1000:.0f} ms (input {slowest[1]})")
    return 1 if escaped or slowest[0] > SLOW else 0


if __name__ == "__main__":
    sys.exit(main())
