"""What steps after the answer do to a text."""

import time

import pytest

from fabula.core.errors import AppError
from fabula.features.generation.pipelines.errors import PatternTimeout, StepMisused, TextTooLong
from fabula.features.generation.pipelines.replacing import Replace, _rules, replace_all
from fabula.features.generation.pipelines.trimming import cut_unfinished


def replaced(text: str, pattern: str, replacement: str = "", flags: str = "g") -> str:
    rules = _rules({"rules": [{"pattern": pattern, "replacement": replacement, "flags": flags}]})
    return replace_all(text, rules, 1.0)[0]


@pytest.mark.parametrize(
    ("pattern", "replacement", "flags", "expected"),
    [
        ("a", "", "g", "bnn B"),
        ("a", "o", "", "bonana B"),
        ("B", "x", "gi", "xanana x"),
        ("/b/gi", "x", "", "xanana x"),
        (r"/a\/?n/", "", "g", "bana B"),
        ("(a)(n)", "$2$1", "g", "bnanaa B"),
        ("(?<first>b)(?P<rest>.*)", "$<rest>-$<first>", "g", "anana B-b"),
        ("an", "[$&]", "g", "b[an][an]a B"),
        ("an", "[{{match}}]", "g", "b[an][an]a B"),
        ("b", "$$1", "g", "$1anana B"),
        ("b", "$7$<none>", "g", "$7$<none>anana B"),
        ("(x)?b", "<$1>", "g", "<>anana B"),
        ("^", "> ", "g", "> banana B"),
        ("a[^]*B", "", "g", "b"),
        (r"\u{42}", "\u00df", "", "banana \u00df"),
        (r"(?<two>an)\k<two>", "", "", "ba B"),
        (r"[(?R)]|\(?1", "x", "g", "banana B"),
    ],
)
def test_patterns_and_replacements(pattern: str, replacement: str, flags: str, expected: str) -> None:
    assert replaced("banana B", pattern, replacement, flags) == expected


def test_rules_see_what_those_before_them_made() -> None:
    rules = _rules({"rules": [{"pattern": "a", "replacement": "b"}, {"pattern": "b", "replacement": "c"}]})
    assert replace_all("ab", rules, 1.0) == ("cc", [1, 2])


@pytest.mark.parametrize("pattern", ["(a+)+$", "(a|aa)+$", r"(\w+\s?)+$", r"(?:a?){60}a{60}$"])
def test_all_rules_together_end_in_time(pattern: str) -> None:
    rules = _rules({"rules": [{"pattern": pattern}] * 20})
    began = time.process_time()
    with pytest.raises(PatternTimeout):
        replace_all("a" * 5_000 + "!", rules, 0.2)
    assert time.process_time() - began < 1.0


@pytest.mark.parametrize("pattern", ["(?R)?a", "(a(?1)?)", "(?<n>a|b(?&n))", "(?P<n>a|(?P>n)b)", "a|(?0)", "((?-1))"])
def test_a_pattern_that_calls_itself_is_refused(pattern: str) -> None:
    (problem,) = Replace().check({"rules": [{"pattern": pattern}]})
    assert problem.message == "a pattern cannot call itself or a group"


def test_a_text_does_not_grow_without_bound() -> None:
    with pytest.raises(TextTooLong):
        replaced("a" * 200_000, "a", "$&" * 100)


def test_a_stored_pattern_that_no_longer_compiles_is_a_fault_of_the_step() -> None:
    with pytest.raises(StepMisused) as raised:
        replaced("a", "(")
    assert isinstance(raised.value, AppError)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One. Two", "One."),
        ("One! “Two?” Thr", "One! “Two?”"),
        ("*She nods.* And", "*She nods.*"),
        ("No end at all", "No end at all"),
        ("Version 1.5 of", "Version 1.5 of"),
        ("Done.", "Done."),
        ("Wait... what", "Wait..."),
        ("你好。再", "你好。"),
        ("", ""),
    ],
)
def test_a_last_sentence_that_is_cut_off_goes(text: str, expected: str) -> None:
    assert cut_unfinished(text) == expected
