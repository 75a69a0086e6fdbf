"""pre/set: variables of the run, from Liquid."""

from collections.abc import Mapping, Sequence
from typing import Final

from fabula.features.generation.pipelines import liquid
from fabula.plugins import Json, ParamProblem, StepContext, StepResult, StepType

NAME_CHARS = 100


class SetVariables:
    """Each variable is seen by those after it, by later steps as `vars.<name>`, by the prompt as `{{getvar::name}}`."""

    name: Final = "set"
    type: Final = StepType.PRE
    title: Final = "Set variables"
    seconds: Final = 10.0
    params: Final[Mapping[str, Json]] = {
        "type": "object",
        "required": ["variables"],
        "properties": {
            "variables": {
                "type": "array",
                "title": "Variables",
                "minItems": 1,
                "maxItems": 50,
                "items": {
                    "type": "object",
                    "required": ["name", "value"],
                    "properties": {
                        "name": {"type": "string", "title": "Name", "minLength": 1, "maxLength": NAME_CHARS},
                        "value": {
                            "type": "string",
                            "title": "Value",
                            "format": "liquid",
                            "maxLength": liquid.MAX_TEXT,
                        },
                    },
                },
            }
        },
    }

    def check(self, params: Mapping[str, Json]) -> Sequence[ParamProblem]:
        found = enumerate(_variables(params))
        return [p for index, (_, text) in found for p in liquid.check_text(text, f"variables[{index}].value")]

    async def run(self, context: StepContext, params: Mapping[str, Json]) -> StepResult:
        made: dict[str, str] = {}
        for name, text in _variables(params):
            made[name] = (await context.render(text, {"vars": {**context.variables, **made}})).strip()
        return StepResult(variables=made, output={"variables": dict(made)})


def _variables(params: Mapping[str, Json]) -> list[tuple[str, str]]:
    given = params.get("variables")
    items = given if isinstance(given, list) else []
    return [(str(item["name"]), str(item["value"])) for item in items if isinstance(item, dict)]
