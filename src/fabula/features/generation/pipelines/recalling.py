"""rag/recall: what was said earlier in this chat and is found by what the user said last."""

from collections.abc import Mapping, Sequence
from typing import Final

from fabula.features.generation.pipelines import liquid
from fabula.plugins import Json, ParamProblem, StepContext, StepResult, StepType

HITS = 5


class Recall:
    """Searches the messages of this line of history that no longer fit the prompt; hits come in one piece, oldest first."""

    name: Final = "recall"
    type: Final = StepType.RAG
    title: Final = "Recall earlier messages"
    seconds: Final = 20.0
    params: Final[Mapping[str, Json]] = {
        "type": "object",
        "properties": {
            "limit": {"type": "integer", "minimum": 1, "maximum": 20, "default": HITS, "title": "Most messages"},
            "query": {
                "type": "string",
                "format": "liquid",
                "maxLength": liquid.MAX_WHEN,
                "title": "Search for",
                "description": "Liquid; empty: what the user said last",
            },
            "heading": {
                "type": "string",
                "maxLength": 500,
                "default": "[Earlier in this tale]",
                "title": "Heading in the prompt",
            },
        },
    }

    def check(self, params: Mapping[str, Json]) -> Sequence[ParamProblem]:
        query = params.get("query")
        return liquid.check_text(query, "query") if isinstance(query, str) else []

    async def run(self, context: StepContext, params: Mapping[str, Json]) -> StepResult:
        given, limit, heading = params.get("query"), params.get("limit"), params.get("heading")
        query = await context.render(given) if isinstance(given, str) and given.strip() else context.message
        hits = await context.recall(query, limit if isinstance(limit, int) else HITS)
        output: dict[str, Json] = {"query": query, "hits": len(hits)}
        if not hits:
            return StepResult("", output)
        title = heading if isinstance(heading, str) else "[Earlier in this tale]"
        lines = [f"{hit.name or hit.role}: {hit.text}" for hit in sorted(hits, key=lambda hit: hit.seq)]
        text = (f"{title}\n" if title else "") + "\n\n".join(lines)
        return StepResult(text, output, passage=text, found=tuple(hits))
