"""Hostile templates end soon, by counted work. The bar is one second on an idle core; tests leave room for a busy one."""

import time
from contextlib import suppress

import pytest

from fabula.features.prompting import TemplateContext, render
from fabula.features.prompting.errors import ExpansionTooLarge, TemplateInvalid
from tests.unit.prompting.support import macro_context

CHAT = tuple({"role": "user", "content": "xy" * 500} for _ in range(200))
LOOP = "{% for i in (1..9999) %}"
JOINED = "{% assign x = messages | map: 'content' | join: ' ' %}"

HOSTILE = {
    "openers": "{{" * 32_000,
    "tags": "{%" * 32_000,
    "spaces": "{{ a" + " " * 60_000 + "}}",
    "spaced tag": "{% if " + " " * 60_000 + "%}",
    "raw blocks": "{% raw %}" * 7_000,
    "comments": "{% comment %}" * 5_000,
    "names": "{{a}}" * 13_000,
    "blocks": "{% if a %}{% endif %}" * 3_000,
    "brackets": "{{ " + "a[" * 490 + "}}",
    "quotes": ("{{ " + '["a' * 300 + " }}") * 60,
    "parentheses": ("{{ " + "(" * 900 + " }}") * 60,
    "long condition": "{% if " + "1 and " * 160 + "1 %}x{% endif %}",
    "huge range": "{% for i in (1..1000000000) %}x{% endfor %}",
    "range walked by an offset": "{% for i in (1..900000000) offset: 899999999 %}x{% endfor %}",
    "range in a condition": "{% if (1..900000000) contains 1.5 %}x{% endif %}",
    "range to infinity": "{% assign e = 1e999 %}{% for i in (1..e) %}{% endfor %}{{ (1..9.9) | join }}",
    "loops in loops": LOOP * 2 + "x" + "{% endfor %}" * 2,
    "loops in a row": f"{LOOP}{{{{i}}}}{{{{i}}}}{{{{i}}}}{{{{i}}}}{{% endfor %}}" * 50,
    "conditions in loops": f"{LOOP}{{% if i == 1 or char.name == 'x' and now %}}{{% endif %}}{{% endfor %}}" * 50,
    "large text searched": JOINED + f"{LOOP}{{% if x contains 'z' %}}{{% endif %}}{{% endfor %}}" * 10,
    "doubled text": "{% assign x='ab' %}" + "{% assign x = x | append: x %}" * 60,
    "squared text": JOINED + "{{ x | replace: 'x', x }}",
    "spread text": JOINED + "{{ x | replace: '', x }}",
    "split to letters": JOINED + "{% assign y = x | split: '' %}" * 100,
    "joined by a large text": JOINED + "{{ messages | join: x }}",
    "squared number": "{% assign x = 99999999 %}" + "{% assign x = x | times: x %}" * 200,
    "doubled list": "{% assign a = messages | concat: messages %}" + "{% assign a = a | concat: a %}" * 20,
    "lists written out": "{% assign x = 'a,b,c' | split: 'b,c'" + " | split: 'b,c'" * 60 + " %}{{ x | size }}",
    "many large items": JOINED + "{% assign a = x | split: '~' %}" + "{% assign a = a | concat: a %}" * 13 + "{{ a }}",
    "one list many times": "{% assign a = messages %}"
    + "{% assign a = a | concat: a %}" * 5
    + LOOP
    + "{{ a | append: a | size }}{% endfor %}",
    "list replaced by a large text": JOINED + "{{ messages | replace: 'x', x | size }}",
    "sorted again and again": LOOP + "{% assign q = messages | sort: 'content' | uniq %}{% endfor %}",
    "printed again and again": LOOP + "{{ messages }}{% endfor %}",
    "captured again and again": LOOP + "{% capture y %}{{ messages }}{% endcapture %}{% endfor %}",
    "many filters": LOOP + "{{ i | plus: 1 | times: 2 | append: 'x' | upcase | downcase }}{% endfor %}",
    "filters on lists": LOOP + "{{ messages | where: 'role','user' | map: 'content' | last }}{% endfor %}",
    "repeated when": ("{% case 1 %}{% when " + "1," * 300 + "1 %}") * 6 + "x" + "{% endcase %}" * 6,
    "dates": LOOP + "{{ now | date: '" + "%c" * 90 + "' }}{% endfor %}",
    "macros in a loop": LOOP + "{{time}}{{random::a::b}}{{datetimeformat LLLL}}{% endfor %}" ,
    "macros that double": "{{setvar::x::{{getvar::x}}{{getvar::x}}a}}" * 1_000,
    "many names assigned": "".join(f"{{% assign x{i} = {i} %}}" for i in range(2_500)),
}  # fmt: skip


@pytest.mark.parametrize("template", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_template_ends_soon(template: str) -> None:
    context = TemplateContext(macro_context(), messages=CHAT)
    started = time.thread_time()
    with suppress(TemplateInvalid, ExpansionTooLarge):
        assert len(render(template, context).text) <= 1_000_000
    assert time.thread_time() - started < 3


def test_a_long_chat_is_within_the_limits() -> None:
    template = "{% for m in messages %}{{ m.role | capitalize }}: {{ m.content | strip | truncate: 400 }}\n{% endfor %}"
    messages = tuple({"role": "user", "content": "word " * 60} for _ in range(1_000))
    text = render(template, TemplateContext(macro_context(), messages=messages)).text
    assert text.count("\n") == 1_000
