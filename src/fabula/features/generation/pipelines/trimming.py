"""post/trim: white space around the answer, and a last sentence that was cut off."""

from collections.abc import Mapping, Sequence
from typing import Final

import regex  # type: ignore[import-untyped]  # its stubs are a package of their own

from fabula.plugins import Json, ParamProblem, StepContext, StepResult, StepType

# The end of a sentence with what closes it: quotes, brackets, the asterisks and underscores of markdown.
_CLOSING = r"[\p{Pf}\p{Pe}\"'*_`~]*"
_END = regex.compile(rf"[.!?…]+{_CLOSING}(?=\s|$)|[\u3002\uff01\uff1f]+{_CLOSING}")


class Trim:
    """Changes only ends; a text without any finished sentence keeps what it has."""

    name: Final = "trim"
    type: Final = StepType.POST
    title: Final = "Trim the answer"
    seconds: Final = 10.0
    params: Final[Mapping[str, Json]] = {
        "type": "object",
        "properties": {
            "whitespace": {"type": "boolean", "default": True, "title": "White space around it"},
            "incompleteSentence": {"type": "boolean", "default": False, "title": "A last sentence that is cut off"},
        },
    }

    def check(self, params: Mapping[str, Json]) -> Sequence[ParamProblem]:
        return ()

    async def run(self, context: StepContext, params: Mapping[str, Json]) -> StepResult:
        text = context.answer
        if params.get("incompleteSentence") is True:
            text = cut_unfinished(text)
        if params.get("whitespace") is not False:
            text = text.strip()
        return StepResult(text, {"removed": len(context.answer) - len(text)})


def cut_unfinished(text: str) -> str:
    """The text up to the end of its last whole sentence."""
    ends = [found.end() for found in _END.finditer(text)]
    return text[: ends[-1]] if ends else text
