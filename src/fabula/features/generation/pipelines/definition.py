"""Reading a definition: everything that keeps it from running is found when it is saved, with its place. Pure."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from fabula.features.generation.pipelines.errors import DefinitionInvalid
from fabula.features.generation.pipelines.kinds import DEFAULT_USE, StepKinds
from fabula.features.generation.pipelines.liquid import MAX_WHEN, check_when
from fabula.features.generation.pipelines.order import on_cycles
from fabula.features.generation.pipelines.schema import check_shape
from fabula.features.generation.pipelines.types import Definition, Problem, Step
from fabula.plugins import Json, ParamProblem, StepType

MAX_STEPS = 32
MAX_BYTES = 256 * 1024
_STEP: Final[dict[str, Json]] = {
    "type": "object",
    "required": ["name", "type"],
    "properties": {
        "name": {"type": "string", "minLength": 1, "maxLength": 100},
        "type": {"type": "string", "enum": [kind.value for kind in StepType]},
        "use": {"type": ["string", "null"], "minLength": 1, "maxLength": 100},
        "params": {"type": "object", "additionalProperties": True},
        "when": {"type": ["string", "null"], "maxLength": MAX_WHEN},
        "required": {"type": "boolean"},
        "enabled": {"type": "boolean"},
        "dependsOn": {"type": "array", "maxItems": MAX_STEPS, "items": {"type": "string"}},
    },
}
_DEFINITION: Final[Mapping[str, Json]] = {
    "type": "object",
    "required": ["steps"],
    "properties": {"steps": {"type": "array", "minItems": 1, "maxItems": MAX_STEPS, "items": _STEP}},
}
_AT = "definition"


def read_definition(given: Json, kinds: StepKinds) -> Definition:
    """The definition with its defaults; raises `DefinitionInvalid` with all that is wrong.

    Parses Liquid and patterns: with large parameters it takes a while, then call it from a thread.
    """
    if len(json.dumps(given)) > MAX_BYTES:
        raise DefinitionInvalid((Problem(_AT, f"must not be longer than {MAX_BYTES:,} bytes as JSON"),))
    _raise(_under(check_shape(_DEFINITION, given), _AT))
    assert isinstance(given, dict)
    steps = given["steps"]
    assert isinstance(steps, list)
    read = [step_of(step) for step in steps if isinstance(step, dict)]
    problems = [*_check_names(read), *_check_answer(read), *_check_dependence(read)]
    for index, step in enumerate(read):
        problems += _check_step(step, f"{_AT}.steps[{index}]", kinds)
    _raise(problems)
    return Definition(tuple(read))


def step_of(given: Mapping[str, Json]) -> Step:
    """A step of JSON that has the right shape."""
    step_type = StepType(str(given["type"]))
    params, depends_on, when = given.get("params"), given.get("dependsOn"), given.get("when")
    return Step(
        str(given["name"]),
        step_type,
        str(given.get("use") or DEFAULT_USE.get(step_type, "")),
        params if isinstance(params, dict) else {},
        when if isinstance(when, str) and when.strip() else None,
        given.get("required") is not False,
        given.get("enabled") is not False,
        tuple(str(name) for name in depends_on) if isinstance(depends_on, list) else (),
    )


def _check_names(steps: Sequence[Step]) -> Iterator[Problem]:
    times = Counter(step.name for step in steps)
    for index, step in enumerate(steps):
        path = f"{_AT}.steps[{index}].name"
        if times[step.name] > 1:
            yield Problem(path, f"{step.name!r} names more than one step")
        if not step.name.isprintable() or step.name != step.name.strip():
            yield Problem(path, "must be printable, without white space around it")


def _check_answer(steps: Sequence[Step]) -> Iterator[Problem]:
    """One step writes the answer, always: a turn without an answer is no turn."""
    answering = [(index, step) for index, step in enumerate(steps) if step.type is StepType.LLM]
    if len(answering) != 1:
        where = f"{_AT}.steps[{answering[1][0]}].type" if answering else f"{_AT}.steps"
        yield Problem(where, "exactly one step of type llm must write the answer")
        return
    index, step = answering[0]
    for name, wrong in (("enabled", not step.enabled), ("required", not step.required), ("when", step.when)):
        if wrong:
            yield Problem(f"{_AT}.steps[{index}].{name}", "the step that writes the answer always runs")
    if step.depends_on:
        yield Problem(f"{_AT}.steps[{index}].dependsOn", "the step that writes the answer always runs")


def _check_dependence(steps: Sequence[Step]) -> Iterator[Problem]:
    by_name = {step.name: step for step in steps}
    circling = {step.name for step in on_cycles(steps)}
    for index, step in enumerate(steps):
        for place, name in enumerate(step.depends_on):
            path, other = f"{_AT}.steps[{index}].dependsOn[{place}]", by_name.get(name)
            if other is None:
                yield Problem(path, f"there is no step {name!r}")
            elif other.phase > step.phase:
                yield Problem(path, f"{name!r} is of a later phase ({other.type.value} after {step.type.value})")
            elif name == step.name or (step.name in circling and name in circling):
                yield Problem(path, f"{step.name!r} would wait for itself")


def _check_step(step: Step, path: str, kinds: StepKinds) -> list[Problem]:
    problems = _under(check_when(step.when, "when") if step.when else (), path)
    kind = kinds.find(step.type, step.use)
    if kind is None:
        known = ", ".join(repr(k.name) for k in kinds.all() if k.type is step.type) or "none"
        return [*problems, Problem(f"{path}.use", f"there is no {step.type.value} step {step.use!r}; known: {known}")]
    found = list(check_shape(kind.params, dict(step.params)))
    return problems + _under(found or kind.check(step.params), f"{path}.params")


def _under(found: Sequence[ParamProblem] | Iterator[ParamProblem], path: str) -> list[Problem]:
    return [Problem(f"{path}.{p.path}" if p.path else path, p.message, p.line, p.column) for p in found]


def _raise(problems: Sequence[Problem]) -> None:
    if problems:
        raise DefinitionInvalid(tuple(problems))
