"""llm/answer: the step that writes the answer. It only says with which sampler settings; the turn streams it."""

from collections.abc import Mapping, Sequence
from typing import Final

from fabula.plugins import Json, ParamProblem, StepContext, StepResult, StepType

_DECIDED_ELSEWHERE = frozenset({"model", "messages", "prompt", "system", "stream", "stream_options", "n"})


class Answer:
    """Its parameters are sampler fields, laid over those of the chosen preset; null takes one away."""

    name: Final = "answer"
    type: Final = StepType.LLM
    title: Final = "Write the answer"
    seconds: Final = 5.0
    params: Final[Mapping[str, Json]] = {
        "type": "object",
        "additionalProperties": True,
        "properties": {
            "temperature": {"type": ["number", "null"], "minimum": 0, "maximum": 5, "title": "Temperature"},
            "top_p": {"type": ["number", "null"], "minimum": 0, "maximum": 1, "title": "Top P"},
            "top_k": {"type": ["integer", "null"], "minimum": -1, "title": "Top K"},
            "min_p": {"type": ["number", "null"], "minimum": 0, "maximum": 1, "title": "Min P"},
            "repetition_penalty": {
                "type": ["number", "null"],
                "minimum": 0,
                "maximum": 5,
                "title": "Repetition penalty",
            },
            "max_tokens": {"type": ["integer", "null"], "minimum": 1, "title": "Longest answer, in tokens"},
        },
    }

    def check(self, params: Mapping[str, Json]) -> Sequence[ParamProblem]:
        return check_sampler(params, "")

    async def run(self, context: StepContext, params: Mapping[str, Json]) -> StepResult:
        return StepResult(params=params)


def check_sampler(params: Mapping[str, Json], path: str) -> list[ParamProblem]:
    """Sampler fields are passed through; those that are no sampler's are not."""
    why = "is decided by the server, chat and connection, not by a step"
    return [ParamProblem(path + name, why) for name in params if name in _DECIDED_ELSEWHERE]
