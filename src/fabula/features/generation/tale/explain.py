"""The snapshot of a tale's prompt: each piece and where it came from, what was trimmed, what lore fired and why."""

import hashlib

from msgspec.json import Encoder

from fabula.features.generation.sources import NOTHING, Additions, Explanation
from fabula.features.generation.tale.compose import Composed
from fabula.features.generation.tale.material import Told
from fabula.plugins import FoundMessage, Json

_encode = Encoder().encode
_UNAVAILABLE = "the pipeline bound here was deleted or is switched off; the default one answered"


def explain(composed: Composed, told: Told, additions: Additions = NOTHING) -> Explanation:
    prompt = composed.prompt
    snapshot = {
        "prompt": prompt.pieces,
        "trimmed": composed.trimmed,
        "lore": composed.lore,
        "retrieval": [_found(step, message) for step, message in additions.found],
        "counter": prompt.counter,
    }
    text = _encode(snapshot)
    summary: dict[str, Json] = {
        "tokens": prompt.tokens,
        "pieces": len(prompt.pieces),
        "trimmed": len(composed.trimmed),
        "counter": prompt.counter,
        "template": _template(told),
        "personaId": told.persona,
    }
    if composed.lore:
        summary["loreFired"] = len(composed.result.fired)
    if composed.unknown:
        summary["unknownMacros"] = list(composed.unknown)
    if composed.result.warnings:
        summary["loreWarnings"] = list(composed.result.warnings)
    if composed.effects:
        summary["effects"] = composed.effects
    if told.pipeline is not None and told.pipeline.definition is None:
        summary["notice"] = {"code": "pipelines.unavailable", "message": _UNAVAILABLE, "pipelineId": told.pipeline.id}
    return Explanation(text.decode(), hashlib.sha256(text).hexdigest(), summary)


def _found(step: str, message: FoundMessage) -> dict[str, Json]:
    return {
        "step": step,
        "origin": f"message:{message.id}",
        "seq": message.seq,
        "role": message.role,
        "score": round(message.score, 3),
        "text": message.text,
    }


def _template(told: Told) -> dict[str, Json] | None:
    """Which stored template was used; None is the built-in one."""
    found = told.template
    if found is None:
        return None
    return {"id": found.id, "name": found.name, "scope": found.scope, "version": found.version}
