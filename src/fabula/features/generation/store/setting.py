"""The one query for all that a tale is told with beside its card: persona, template, lorebooks.

It joins what three slices offer: each gives an arm with the columns kind, id, scope, scope_id, name, text, version
and defaults.
A turn that has none of the three pays for one statement that finds nothing in three indexes.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from fabula.core.ids import ChatId, PersonaId, ProfileId, WorkspaceId
from fabula.db import ReadTx
from fabula.db.hot import hot
from fabula.features import lore, personas, prompting
from fabula.features.generation.pipelines import PipelineId
from fabula.features.generation.store.pipelines import BOUND

_SETTING = sa.union_all(personas.CANDIDATES, prompting.CHOSEN, lore.BOUND)
# A statement of its own: a chat that binds no pipeline pays nothing for those that do.
_WITH_PIPELINE = sa.union_all(personas.CANDIDATES, prompting.CHOSEN, lore.BOUND, BOUND)
# What every turn runs.
hot(_SETTING)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A persona, the template, a bound lorebook or pipeline: `kind` is `persona`, `template`, `book` or `pipeline`."""

    kind: str
    id: str
    scope: str
    scope_id: str | None
    name: str
    text: str
    version: int
    defaults: Mapping[str, str] | None


def list_candidates(
    tx: ReadTx,
    ws: WorkspaceId,
    chat: ChatId | None,
    profile: ProfileId | None,
    persona: PersonaId | None,
    pipeline: PipelineId | None = None,
) -> list[Candidate]:
    """All that may apply; persona and persona's books are for the caller to choose among."""
    params: dict[str, str | None] = {"ws": ws, "chat": chat, "profile": profile, "persona": persona}
    params |= {} if pipeline is None else {"bound_pipeline": pipeline}
    return [
        Candidate(row.kind, row.id, row.scope, row.scope_id, row.name, row.text, row.version, row.defaults)
        for row in tx.execute(_SETTING if pipeline is None else _WITH_PIPELINE, params)
    ]
