"""Mutate templates and macro texts; count what renders, what is refused, and what breaks (which must be nothing).

    python bench/fuzz_templates.py --count 100000 --seed 1

Ends with status 1 if any input raised what is not a clear error, took longer than a second of CPU, or grew beyond
the limits.
"""

import argparse
import random
import sys
import time
from collections import Counter
from datetime import UTC, datetime

from fabula.core.errors import AppError
from fabula.features.prompting import (
    DEFAULT_SYSTEM,
    MacroContext,
    Persona,
    TemplateContext,
    Variables,
    macros,
    read_character,
    render,
)
from fabula.features.prompting.builtin import BUILTIN_TEMPLATE
from fabula.plugins.contracts import Json

MAX_SECONDS = 1.0
MAX_OUTPUT = 1_100_000
SEEDS = (
    BUILTIN_TEMPLATE,
    DEFAULT_SYSTEM,
    "{% for m in messages limit: 3 %}{{ m.role }}: {{ m.content | truncate: 20 }}{% else %}-{% endfor %}",
    "{% assign x = 'a,b,c' | split: ',' %}{% for i in (1..9) reversed %}{{ x | join: i }}{% endfor %}",
    "{% case char.name %}{% when 'A', 'B' %}x{% else %}{{ char.tags | sort | reverse | first }}{% endcase %}",
    "{% capture c %}{{setvar::a::{{user}}}}{% endcapture %}{{ c | append: c | replace: 'a', 'bb' | size }}",
    "{{random::a::b}} {{pick:a,b\\,c}} {{roll 2d6+1}} {{time_UTC+3}} {{datetimeformat YYYY [x] Do}}",
    "{{if description}}{{// n }}{{else}}{{incvar::n}}{{/if}}{{setvar x}} y {{/setvar}}{{reverse:{{getvar::x}}}}",
    "{{ now | date: '%Y' }}{% raw %}{{x}}{% endraw %}{% comment %}z{% endcomment %}{%- if a.b[0]['c'] -%}{% endif %}",
    "{% assign n = 3 | times: 4 | divided_by: 5.0 | round: 2 %}{{ n }}{% increment k %}{% unless n > 2 %}{% endunless %}",
    "<USER> <BOT> \\{\\{char\\}\\} {{trim}}\n{{hidden_key:k}}{{comment: c}}{{outlet::m}}{{timeDiff::2020-01-01::2021-01-01}}",
)
TOKENS = (
    *("{{", "}}", "{%", "%}", "{{-", "-%}", "::", ":", ",", "|", "..", "(1..99999)", "[", "]", "'", '"', "\\", "\n"),
    *("{% for i in messages %}", "{% endfor %}", "{% if x %}", "{% endif %}", "{% break %}", "{% raw %}", "forloop.parentloop"),
    *("{{char}}", "{{/if}}", "{{if 1}}", "{{else}}", "{{trim}}", "<user>", "char", "messages", "999999999999", "-1", "1e999"),
    *("| sort", "| uniq", "| join: messages", "| map: 'content'", "| split: ''", "| times: 1e300", "| date: '%s'", "| slice: -9"),
    *("\x00", "\ud800", "é", "日", "😀", "\u2028", " " * 50, "a" * 200),
)  # fmt: skip


def mutate(dice: random.Random) -> str:
    """A seed text with a few insertions, deletions, repetitions and crossings."""
    text = dice.choice(SEEDS)
    for _ in range(1 + int(dice.expovariate(0.9))):  # mostly one or two: more seldom leaves anything valid
        start = dice.randint(0, len(text))
        end = min(len(text), start + dice.randint(0, 20))
        match dice.randrange(5):
            case 0:
                text = text[:start] + dice.choice(TOKENS) + text[start:]
            case 1:
                text = text[:start] + text[end:]
            case 2:
                text = text[:start] + text[start:end] * dice.randint(2, 30) + text[end:]
            case 3:
                other = dice.choice(SEEDS)
                text = text[:start] + other[dice.randint(0, len(other)) :]
            case _:
                text = text[:start] + chr(dice.randint(0, 0x2FF)) + text[end:]
    return text


def run(text: str, context: TemplateContext) -> Counter[str]:
    """Put one text through both ways."""
    outcomes: Counter[str] = Counter()
    for way in ("macros", "template"):
        started = time.thread_time()
        try:
            if way == "macros":
                produced = macros.expand(text, context.macros, context.variables).text
            else:
                produced = render(text, context).text
            outcomes[f"{way}: done" if len(produced) <= MAX_OUTPUT else "TOO LONG"] += 1
        except AppError as error:
            outcomes[f"{way}: {error.code}" if error.message else "BROKEN error without a message"] += 1
        except Exception as error:  # noqa: BLE001 - what a fuzzer is for
            outcomes[f"BROKEN {way}: {type(error).__name__}"] += 1
            print(f"{type(error).__name__} on {text!r}", file=sys.stderr)
        if time.thread_time() - started > MAX_SECONDS:
            outcomes[f"SLOW {way}"] += 1
            print(f"{time.thread_time() - started:.2f} s on {text!r}", file=sys.stderr)
    return outcomes


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    dice = random.Random(chosen.seed)
    card: dict[str, Json] = {
        "name": "A",
        "description": "D",
        "tags": ["x", "y", 3],
        "extensions": {"deep": [[1], {"a": None}]},
    }
    ctx = MacroContext(read_character(card), Persona("Bob"), datetime(2026, 1, 2, tzinfo=UTC), "seed")
    messages = tuple({"role": "user", "content": f"message {i} " * 20} for i in range(50))
    context = TemplateContext(ctx, Variables({"x": "[1,2]", "n": "4"}), messages=messages, rag=[1, "a", None])
    outcomes: Counter[str] = Counter()
    started = time.perf_counter()
    for _ in range(chosen.count):
        outcomes += run(mutate(dice), context)
    seconds = time.perf_counter() - started
    for name, number in sorted(outcomes.items()):
        print(f"{number:>9}  {name}")
    print(f"{chosen.count} inputs, both ways, in {seconds:.1f} s: {chosen.count / seconds:.0f} inputs/s")
    return int(any(name.startswith(("BROKEN", "SLOW", "TOO")) for name in outcomes))


if __name__ == "__main__":
    sys.exit(main())
