"""The order of steps."""

from hypothesis import given
from hypothesis import strategies as st

from fabula.features.generation.pipelines import Step, in_order
from fabula.features.generation.pipelines.order import on_cycles
from fabula.plugins import StepType


@st.composite
def steps(draw: st.DrawFn) -> list[Step]:
    """Steps of any types whose dependences, also on unknown names and in circles, are drawn freely."""
    names = [f"s{n}" for n in range(draw(st.integers(0, 8)))]
    return [
        Step(
            name,
            draw(st.sampled_from(StepType)),
            "x",
            {},
            depends_on=tuple(draw(st.lists(st.sampled_from([*names, "gone"]), max_size=3))),
        )
        for name in names
    ]


@given(steps())
def test_every_step_comes_after_those_it_depends_on(listed: list[Step]) -> None:
    known, seen = {step.name for step in listed}, set[str]()
    for step in in_order(listed):
        assert {name for name in step.depends_on if name in known} <= seen
        seen.add(step.name)


@given(steps())
def test_a_step_runs_once_or_waits_for_itself(listed: list[Step]) -> None:
    ran, circling = in_order(listed), on_cycles(listed)
    assert sorted(step.name for step in [*ran, *circling]) == sorted(step.name for step in listed)
    waiting = {step.name for step in circling}
    assert all(waiting.intersection(step.depends_on) for step in circling)


@given(steps())
def test_without_dependence_phases_decide_and_then_the_listed_order(listed: list[Step]) -> None:
    free = [Step(step.name, step.type, "x", {}) for step in listed]
    assert in_order(free) == sorted(free, key=lambda step: step.phase)


def test_a_dependence_moves_only_the_step_that_has_it() -> None:
    def of(name: str, *depends_on: str) -> Step:
        return Step(name, StepType.POST, "x", {}, depends_on=depends_on)

    found = in_order([of("a", "c"), of("b"), of("c"), of("d")])
    assert [step.name for step in found] == ["b", "c", "a", "d"]
