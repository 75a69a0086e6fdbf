"""Hostile texts: expanding them is linear and bounded. Times are generous; quadratic work on 100 KB takes minutes."""

import time

import pytest

from fabula.features.prompting import Variables
from fabula.features.prompting.errors import ExpansionTooLarge
from fabula.features.prompting.macros import expand
from tests.unit.prompting.support import macro_context

HOSTILE = {
    "openers": "{{" * 50_000,
    "closers": "}}" * 50_000,
    "nested": "{{" * 25_000 + "}}" * 25_000,
    "nested arguments": "{{a::" * 14_000 + "}}" * 14_000,
    "nested known": "{{reverse::" * 8_000 + "}}" * 8_000,
    "scopes never closed": "{{if a}}" * 12_000,
    "scopes in scopes": "{{if a}}" * 6_000 + "{{/if}}" * 6_000,
    "closings alone": "{{/if}}" * 14_000,
    "openers of two kinds": "{{if a}}{{setvar b}}" * 5_000 + "{{/setvar}}" * 5_000,
    "spaces": "{{" + " " * 100_000 + "}}",
    "spaced name": "{{ #" + " " * 100_000 + "if}}",
    "commas": "{{random:" + "," * 100_000 + "}}",
    "escaped commas": "{{random:" + "\\," * 50_000 + "}}",
    "digits": "{{roll:" + "1" * 100_000 + "}}{{newline::" + "9" * 5_000 + "}}{{incvar::" + "9" * 5_000 + "}}",
    "date brackets": "{{datetimeformat " + "[" * 100_000 + "}}",
    "trims": "\n{{trim}}" * 10_000,
    "escapes": "\\{\\{" * 25_000,
    "angles": "<" * 50_000 + "<user>" * 8_000,
    "colons": "{{setvar" + ":" * 100_000 + "}}",
    "deep JSON": "{{setvar::j::" + "[" * 90_000 + "}}{{var::j::0}}",
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_text_ends_soon(text: str) -> None:
    started = time.thread_time()
    result = expand(text, macro_context(), Variables())
    assert time.thread_time() - started < 3
    assert len(result.text) < 3 * len(text)


def test_too_deep_a_nest_stays_as_it_is() -> None:
    text = "{{reverse::" * 17 + "a" + "}}" * 17
    assert expand(f"{text}{{{{user}}}}", macro_context(), Variables()).text == f"{text}Bob"


@pytest.mark.parametrize(
    "text",
    [
        "{{setvar::x::{{getvar::x}}{{getvar::x}}a}}" * 3_000,
        "{{description}}" * 200,
        "{{addvar::x::{{description}}}}" * 200,
    ],
)
def test_macros_that_multiply_text_are_refused(text: str) -> None:
    context = macro_context()
    fat = type(context.char)("Alice", description="x" * 10_000)
    with pytest.raises(ExpansionTooLarge, match="1000000 characters"):
        expand(text, macro_context(char=fat), Variables())


def test_reports_at_most_a_hundred_names() -> None:
    result = expand("".join(f"{{{{no{i}}}}}" for i in range(5_000)), macro_context(), Variables())
    assert len(result.unknown) == 100
