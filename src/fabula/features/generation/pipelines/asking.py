"""pre/ask: a question to a model before the answer, such as a summary of what no longer fits the prompt."""

from collections.abc import Mapping, Sequence
from typing import Final

from fabula.features.generation.pipelines import liquid
from fabula.features.generation.pipelines.answering import check_sampler
from fabula.plugins import ChatMessage, Json, LeftMessage, ParamProblem, PromptPiece, StepContext, StepResult, StepType

# What a remembered text may take of the prompt, where the question does not bound it: it leaves that much less room.
ANSWER_TOKENS = 512
_PLACES: Sequence[Json] = ["none", "before_char", "after_char", "at_depth"]
_TEXT: Mapping[str, Json] = {"type": "string", "format": "liquid", "maxLength": liquid.MAX_TEXT}


class Ask:
    """With `given: left`, asks only when messages have left the window since it asked last on this line of history.

    Its Liquid then also sees `left`, those messages as lines of a play, and `previous`, its last answer. Nothing is
    asked while nothing is new: the last answer is used again.
    """

    name: Final = "ask"
    type: Final = StepType.PRE
    title: Final = "Ask a model"
    seconds: Final = 180.0
    params: Final[Mapping[str, Json]] = {
        "type": "object",
        "required": ["prompt"],
        "properties": {
            "prompt": {**_TEXT, "title": "Question", "minLength": 1},
            "system": {**_TEXT, "title": "Instructions"},
            "given": {
                "type": "string",
                "enum": ["nothing", "left"],
                "default": "nothing",
                "title": "Given",
                "description": "left: the messages that no longer fit the prompt; the answer is remembered",
            },
            "place": {"type": "string", "enum": list(_PLACES), "default": "none", "title": "Place in the prompt"},
            "depth": {"type": "integer", "minimum": 0, "maximum": 10_000, "default": 4, "title": "Depth"},
            "role": {
                "type": "string",
                "enum": ["system", "user", "assistant"],
                "default": "system",
                "title": "Role",
            },
            "heading": {"type": "string", "maxLength": 500, "title": "Heading in the prompt"},
            "variable": {"type": "string", "minLength": 1, "maxLength": 100, "title": "Also as variable"},
            "connectionId": {"type": ["string", "null"], "title": "Connection"},
            "model": {"type": ["string", "null"], "maxLength": 200, "title": "Model"},
            "params": {"type": "object", "additionalProperties": True, "title": "Sampler settings"},
        },
    }

    def check(self, params: Mapping[str, Json]) -> Sequence[ParamProblem]:
        found: list[ParamProblem] = []
        for name in ("prompt", "system"):
            found += liquid.check_text(_text(params, name), name)
        return [*found, *check_sampler(_sampler(params), "params.")]

    async def run(self, context: StepContext, params: Mapping[str, Json]) -> StepResult:
        if params.get("given") == "left":
            return await self._keep_up(context, params)
        text = await self._ask(context, params, {})
        return _result(params, text, {"asked": True}, None)

    async def _keep_up(self, context: StepContext, params: Mapping[str, Json]) -> StepResult:
        known = context.memory if isinstance(context.memory, dict) else {}
        upto, previous = known.get("upto"), str(known.get("text") or "")
        after = int(upto) if isinstance(upto, int | float) else -1
        bound = _sampler(params).get("max_tokens")
        left = await context.left(after, bound if isinstance(bound, int) else ANSWER_TOKENS)
        if not left:
            return _result(params, previous, {"asked": False, "upto": after}, None)
        text = await self._ask(context, params, {"left": _as_lines(left), "previous": previous})
        memory: dict[str, Json] = {"upto": left[-1].seq, "text": text}
        return _result(params, text, {"asked": True, "upto": left[-1].seq, "messages": len(left)}, memory)

    async def _ask(self, context: StepContext, params: Mapping[str, Json], values: Mapping[str, Json]) -> str:
        messages = []
        for name, role in (("system", "system"), ("prompt", "user")):
            if text := _text(params, name):
                messages.append(ChatMessage(role, await context.render(text, values)))
        connection, model = params.get("connectionId"), params.get("model")
        answer = await context.ask(
            messages,
            _sampler(params),
            connection if isinstance(connection, str) else None,
            model if isinstance(model, str) else None,
        )
        return answer.strip()


def _result(params: Mapping[str, Json], text: str, output: dict[str, Json], memory: Json) -> StepResult:
    place, role, depth, variable = (params.get(name) for name in ("place", "role", "depth", "variable"))
    heading = _text(params, "heading")
    pieces: tuple[PromptPiece, ...] = ()
    if text and isinstance(place, str) and place != "none":
        shown = f"{heading}\n{text}" if heading else text
        pieces = (PromptPiece(shown, str(role or "system"), place, depth if isinstance(depth, int) else 4),)
    variables = {variable: text} if isinstance(variable, str) else {}
    return StepResult(text, output, variables, pieces, memory=memory)


def _as_lines(left: Sequence[LeftMessage]) -> str:
    return "\n\n".join(f"{message.name or message.role}: {message.text}" for message in left)


def _text(params: Mapping[str, Json], name: str) -> str:
    found = params.get(name)
    return found if isinstance(found, str) else ""


def _sampler(params: Mapping[str, Json]) -> Mapping[str, Json]:
    found = params.get("params")
    return found if isinstance(found, dict) else {}
