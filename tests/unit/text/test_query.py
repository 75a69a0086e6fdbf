"""What people type: words, phrases, what must not be there, beginnings; nothing is an error."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fabula.engine.text import Term, parse
from fabula.engine.text.query import MAX_TERMS


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("Dragons castle", [Term(("dragon",)), Term(("castl",))]),
        ('"old castle" moat', [Term(("old", "castl")), Term(("moat",))]),
        ("«старый замок»", [Term(("стар", "замок"))]),
        ("moat -dragon", [Term(("moat",)), Term(("dragon",), is_excluded=True)]),
        ('-"old castle" moat', [Term(("moat",)), Term(("old", "castl"), is_excluded=True)]),
        ("dra*", [Term(("dra",), is_prefix=True)]),
        ("happy*", [Term(("happ",), is_prefix=True)]),
        ("a*", [Term(("a",))]),
        ("well-known", [Term(("well", "known"))]),
        ("日本語", [Term(("日本", "本語"))]),
        ("語", [Term(("語",), is_prefix=True)]),
        ("日本*", [Term(("日本",))]),
        ('"日本 gpt"', [Term(("日本", "本", "gpt"))]),
        ("moat moat MOATS", [Term(("moat",))]),
        ('"never closed', [Term(("never", "close"))]),
        ("-moat", []),
        ("- * \" '", []),
        ("", []),
    ],
)
def test_a_query_is_read(text: str, terms: list[Term]) -> None:
    assert list(parse(text)) == terms


def test_terms_are_bounded() -> None:
    assert len(parse(" ".join(f"w{nth}" for nth in range(1000)))) == MAX_TERMS


@given(st.text(max_size=80) | st.text('"-* a日', max_size=30))
def test_nothing_typed_is_an_error(text: str) -> None:
    terms = parse(text)
    assert all(term.tokens and all(term.tokens) for term in terms)
    assert [term.is_excluded for term in terms] == sorted(term.is_excluded for term in terms)
    assert not terms or not terms[0].is_excluded
