"""What a persona is made of."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from fabula.core.ids import PersonaId
from fabula.engine.blobs import BlobKey
from fabula.plugins import Json


@dataclass(frozen=True, slots=True)
class Persona:
    """Who the user is in a tale. `settings` are kept for clients and importers; the server reads none of them."""

    id: PersonaId
    name: str
    description: str
    is_default: bool
    has_avatar: bool
    settings: Mapping[str, Json]
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class PersonaPicture:
    blob: BlobKey
    media_type: str
