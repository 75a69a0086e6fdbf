"""What keeps a definition from being saved, and where it says so."""

from typing import Any

import pytest

from fabula.features.generation.pipelines import StepKinds, built_in, read_definition
from fabula.features.generation.pipelines.definition import MAX_STEPS
from fabula.features.generation.pipelines.errors import DefinitionInvalid

KINDS = built_in()
ANSWER: dict[str, Any] = {"name": "answer", "type": "llm"}


def trim(name: str, **fields: Any) -> dict[str, Any]:
    return {"name": name, "type": "post", **fields}


def ask(**params: Any) -> dict[str, Any]:
    return {"name": "q", "type": "pre", "use": "ask", "params": {"prompt": "?", **params}}


def paths(*steps: Any, kinds: StepKinds = KINDS) -> set[str]:
    try:
        read_definition({"steps": list(steps)}, kinds)
    except DefinitionInvalid as refused:
        return {problem.path.removeprefix("definition.") for problem in refused.problems}
    return set()


def test_defaults_are_written_out() -> None:
    found = read_definition({"steps": [ANSWER, {"name": "t", "type": "post", "when": " "}]}, KINDS).to_json()
    rest: dict[str, Any] = {"params": {}, "when": None, "required": True, "enabled": True, "dependsOn": []}
    assert found == {
        "steps": [{**ANSWER, "use": "answer", **rest}, {"name": "t", "type": "post", "use": "trim", **rest}]
    }
    assert read_definition(found, KINDS).to_json() == found


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ([], {"steps"}),
        ([{"type": "llm"}], {"steps[0].name"}),
        ([{"name": "a", "type": "nonsense"}], {"steps[0].type"}),
        ([{**ANSWER, "colour": 1}], {"steps[0].colour"}),
        (["answer"], {"steps[0]"}),
        ([{**ANSWER, "name": "a\nb"}], {"steps[0].name"}),
        ([{**ANSWER, "name": "x" * 101}], {"steps[0].name"}),
        ([{**ANSWER, "required": "yes"}], {"steps[0].required"}),
        ([ANSWER, trim("answer")], {"steps[0].name", "steps[1].name"}),
        ([trim("t")], {"steps"}),
        ([ANSWER, {**ANSWER, "name": "b"}], {"steps[1].type"}),
        ([{**ANSWER, "enabled": False}], {"steps[0].enabled"}),
        ([{**ANSWER, "required": False}], {"steps[0].required"}),
        ([{**ANSWER, "when": "true"}], {"steps[0].when"}),
        ([ANSWER, trim("t", use="nonsense")], {"steps[1].use"}),
        ([ANSWER, {"name": "t", "type": "tool"}], {"steps[1].use"}),
        ([ANSWER, trim("t", dependsOn=["gone"])], {"steps[1].dependsOn[0]"}),
        ([ANSWER, trim("t", dependsOn=["answer", "t"])], {"steps[1].dependsOn[1]"}),
        ([ANSWER, trim("a", dependsOn=["b"]), trim("b", dependsOn=["a"])], {
            "steps[1].dependsOn[0]",
            "steps[2].dependsOn[0]",
        }),
        ([ANSWER, {**ask(), "dependsOn": ["answer"]}], {"steps[1].dependsOn[0]"}),
        ([ANSWER, trim("t", when="mode ==")], {"steps[1].when"}),
        ([ANSWER, trim("t", when="true %}{% if true")], {"steps[1].when"}),
        ([ANSWER, trim("t", params={"whitespace": 1})], {"steps[1].params.whitespace"}),
        ([ANSWER, ask(place="nowhere", depth=-1)], {"steps[1].params.place", "steps[1].params.depth"}),
        ([ANSWER, ask(system="{% for %}")], {"steps[1].params.system"}),
        ([ANSWER, ask(params={"model": "x"})], {"steps[1].params.params.model"}),
        ([{**ANSWER, "params": {"temperature": 9, "messages": []}}], {"steps[0].params.temperature"}),
        ([{**ANSWER, "params": {"messages": []}}], {"steps[0].params.messages"}),
        ([{**ANSWER, "params": {"temperature": None, "unknown_field": [1]}}], set()),
        ([ANSWER, *[trim(f"t{n}") for n in range(MAX_STEPS)]], {"steps"}),
        ([{**ANSWER, "params": {"x": "y" * 300_000}}], {"definition"}),
    ],
)  # fmt: skip
def test_what_cannot_run_is_named_with_its_path(steps: list[Any], expected: set[str]) -> None:
    assert paths(*steps) == expected


@pytest.mark.parametrize(
    ("when", "line", "column"),
    [
        ("mode ==", 1, 8),
        ("\n mode ==", 2, 9),
        ("a | nofilter", 1, 3),
        ("mode == 'x", 1, 9),
        ("a b c", 1, 3),
        ("{% raw %}", 1, 1),
    ],
)
def test_a_condition_that_is_no_expression_is_placed(when: str, line: int, column: int) -> None:
    with pytest.raises(DefinitionInvalid) as refused:
        read_definition({"steps": [ANSWER, trim("t", when=when)]}, KINDS)
    (problem,) = refused.value.problems
    assert (problem.line, problem.column) == (line, column)


def test_a_pattern_that_does_not_compile_is_placed() -> None:
    rules = [{"pattern": "fine"}, {"pattern": "(\nopen", "flags": "q"}]
    step = trim("r", use="regex", params={"rules": rules})
    with pytest.raises(DefinitionInvalid) as refused:
        read_definition({"steps": [ANSWER, step]}, KINDS)
    found = {p.path: (p.line, p.column) for p in refused.value.problems}
    assert found.keys() == {"definition.steps[1].params.rules[1].flags", "definition.steps[1].params.rules[1].pattern"}
    assert found["definition.steps[1].params.rules[1].pattern"] == (2, 5)


@pytest.mark.parametrize("given", [None, [], "steps", 7, {"steps": {}}, {"steps": [ANSWER], "more": 1}])
def test_what_is_no_definition_is_refused(given: Any) -> None:
    with pytest.raises(DefinitionInvalid):
        read_definition(given, KINDS)
