"""In which order the steps of a pipeline run. Pure."""

from collections.abc import Sequence

from fabula.features.generation.pipelines.types import Step


def in_order(steps: Sequence[Step]) -> list[Step]:
    """By phase; within one, each step after those it depends on, and else as listed.

    Steps of a cycle are left out: see `on_cycles`. A dependence on a name that is not there holds nothing up.
    """
    known = {step.name for step in steps}
    waiting = sorted(steps, key=lambda step: step.phase)
    done: dict[str, Step] = {}
    while waiting:
        ready = next((s for s in waiting if all(d in done or d not in known for d in s.depends_on)), None)
        if ready is None:
            break
        waiting.remove(ready)
        done[ready.name] = ready
    return list(done.values())


def on_cycles(steps: Sequence[Step]) -> list[Step]:
    """The steps that can never run, for they wait for themselves, directly or through others."""
    runnable = {step.name for step in in_order(steps)}
    return [step for step in steps if step.name not in runnable]
