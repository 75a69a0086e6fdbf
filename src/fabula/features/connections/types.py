"""Provider connections and generation presets, as stored, and what a turn makes of them."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NewType

from fabula.plugins import Json, ModelInfo

ConnectionId = NewType("ConnectionId", str)
PresetId = NewType("PresetId", str)

# The server's own connection, from its settings, has no row. A fixed id, so that chats can choose it like any other;
# it sorts before every UUIDv7, so it comes first in the list.
BUILT_IN = ConnectionId("00000000-0000-7000-8000-000000000004")


class Provider(StrEnum):
    OPENAI_COMPATIBLE = "openai_compatible"
    ANTHROPIC = "anthropic"
    EMBEDDED = "embedded"


@dataclass(frozen=True, slots=True)
class CallTimeouts:
    """Seconds: to connect, until an answer's first byte, of silence inside an answer."""

    connect_seconds: float = 10.0
    first_seconds: float = 300.0
    silence_seconds: float = 120.0


@dataclass(frozen=True, slots=True)
class ConnectionFields:
    """What a caller decides about a connection. Sizes in tokens; `answer_tokens` is the longest answer asked for.

    `family` names the kind of server where its address does not tell; `default_model` None means the first it lists.
    """

    name: str
    provider: Provider
    base_url: str | None = None
    default_model: str | None = None
    family: str | None = None
    timeouts: CallTimeouts = CallTimeouts()
    context_tokens: int = 8192
    answer_tokens: int = 1024
    enabled: bool = True
    is_default: bool = False


@dataclass(frozen=True, slots=True)
class ProviderConnection:
    """A stored connection; its key stays sealed until a client is made."""

    id: ConnectionId
    fields: ConnectionFields
    sealed_key: str | None = field(repr=False)
    key_hint: str | None
    version: int
    created_at: datetime
    updated_at: datetime

    @property
    def is_built_in(self) -> bool:
        return self.id == BUILT_IN


@dataclass(frozen=True, slots=True)
class KeyChange:
    """A key to store, or None to take it away. Leaving the key alone is the absence of a `KeyChange`."""

    text: str | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class PresetFields:
    """`params` are sampler fields by the names that OpenAI-compatible servers use; unknown ones are passed through."""

    name: str
    params: dict[str, Json]
    is_default: bool = False


@dataclass(frozen=True, slots=True)
class Preset:
    id: PresetId
    fields: PresetFields
    version: int
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class Wish:
    """What the settings of a chat and its profile ask for; None leaves it to the workspace's default."""

    connection: str | None = None
    preset: str | None = None
    model: str | None = None


@dataclass(frozen=True, slots=True)
class Choice:
    """What one turn is answered with. `stored` None is the server's own connection; `model` None the first listed.

    `context_tokens` is what may be read for; the model itself may turn out to have less.
    """

    stored: ProviderConnection | None
    provider_id: str
    model: str | None
    params: dict[str, Json]
    context_tokens: int


@dataclass(frozen=True, slots=True)
class Checked:
    """How a call to a connection went; `error` is (code, message). Milliseconds of wall time."""

    latency_ms: float
    models: tuple[ModelInfo, ...]
    error: tuple[str, str] | None
