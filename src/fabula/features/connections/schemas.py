"""Connections and presets over HTTP. A key goes in and never comes out."""

from dataclasses import replace
from typing import Annotated, Any, Literal, Self

from pydantic import Field, SecretStr

from fabula.features.connections import rules
from fabula.features.connections.local_models import show_local_model
from fabula.features.connections.types import (
    CallTimeouts,
    Checked,
    ConnectionFields,
    ConnectionId,
    KeyChange,
    Preset,
    PresetFields,
    PresetId,
    Provider,
    ProviderConnection,
)
from fabula.http.schemas import In, Instant, Out, Text
from fabula.plugins import ModelInfo
from fabula.providers.embedded.catalogue import LocalModel

Name = Annotated[Text, Field(min_length=1, max_length=200)]
Address = Annotated[Text, Field(max_length=2000, examples=["http://localhost:8080/v1"])]
Family = Literal["openai", "openrouter", "llama.cpp", "vllm", "ollama", "lmstudio"]
Key = Annotated[SecretStr, Field(max_length=4000)]
Seconds = Annotated[float, Field(gt=0, le=3600)]
Params = dict[Text, Any]
_SIZE = 10_000_000


class TimeoutsIn(In):
    """Seconds: to connect, until the first byte of an answer, of silence inside an answer."""

    connect_seconds: Seconds = 10.0
    first_seconds: Seconds = 300.0
    silence_seconds: Seconds = 120.0


class ConnectionIn(In):
    """`apiKey` is sealed at once; without it a stored key stays, null takes it away."""

    name: Name
    provider: Provider
    base_url: Address | None = None
    api_key: Key | None = None
    default_model: Name | None = None
    family: Family | None = None
    timeouts: TimeoutsIn = TimeoutsIn()
    context_tokens: int = Field(8192, ge=512, le=_SIZE)
    answer_tokens: int = Field(1024, ge=1, le=_SIZE)
    enabled: bool = True
    is_default: bool = False
    version: int | None = None

    def fields(self) -> ConnectionFields:
        given = self.model_dump(exclude={"api_key", "version", "timeouts"})
        return ConnectionFields(**given, timeouts=CallTimeouts(**self.timeouts.model_dump()))

    def key(self) -> KeyChange | None:
        return _key(self, self.api_key)


class ConnectionPatch(In):
    """What is absent stays as it is."""

    name: Name | None = None
    provider: Provider | None = None
    base_url: Address | None = None
    api_key: Key | None = None
    default_model: Name | None = None
    family: Family | None = None
    timeouts: TimeoutsIn | None = None
    context_tokens: int | None = Field(None, ge=512, le=_SIZE)
    answer_tokens: int | None = Field(None, ge=1, le=_SIZE)
    enabled: bool | None = None
    is_default: bool | None = None
    version: int | None = None

    def onto(self, fields: ConnectionFields) -> ConnectionFields:
        """`fields` with the given ones in place; null where a field cannot be empty leaves it alone."""
        given = self.model_dump(include=self.model_fields_set - {"api_key", "version", "timeouts"})
        kept = {name: value for name, value in given.items() if value is not None or name in _NULLABLE}
        times = self.timeouts.model_dump(exclude_unset=True) if self.timeouts else {}
        return replace(fields, **kept, timeouts=replace(fields.timeouts, **times))

    def key(self) -> KeyChange | None:
        return _key(self, self.api_key)


_NULLABLE = frozenset({"base_url", "default_model", "family"})


def _key(body: ConnectionIn | ConnectionPatch, key: SecretStr | None) -> KeyChange | None:
    if "api_key" not in body.model_fields_set:
        return None
    return KeyChange(None if key is None else key.get_secret_value())


class TimeoutsOut(Out):
    connect_seconds: float
    first_seconds: float
    silence_seconds: float


class ConnectionOut(Out):
    """`keyHint` is the end of a long key, to recognise it by. `isBuiltIn`: the server's own, changed in its settings."""

    id: ConnectionId
    name: str
    provider: Provider
    base_url: str | None
    has_key: bool
    key_hint: str | None
    default_model: str | None
    family: str | None
    timeouts: TimeoutsOut
    context_tokens: int
    answer_tokens: int
    enabled: bool
    is_default: bool
    is_built_in: bool
    version: int
    created_at: Instant
    updated_at: Instant

    @classmethod
    def of(cls, found: ProviderConnection) -> Self:
        more = {"isBuiltIn": found.is_built_in, "createdAt": found.created_at, "updatedAt": found.updated_at}
        return cls.model_validate(rules.show_connection(found) | more)


class ModelOut(Out):
    id: str
    name: str
    context_tokens: int | None

    @classmethod
    def of(cls, model: ModelInfo) -> Self:
        return cls(id=model.id, name=model.name, context_tokens=model.context_tokens)


class LocalModelOut(Out):
    """A model for this machine. `file` is where it is, `sha256` what was published of it; sizes in bytes and tokens.

    `isChecked`: it was checked against `sha256` when it came. `problem` says why it cannot be run.
    """

    name: str
    title: str
    size: int
    file: str | None
    sha256: str | None
    is_checked: bool
    is_here: bool
    is_in_use: bool
    can_pull: bool
    context_tokens: int | None
    problem: str | None

    @classmethod
    def of(cls, found: LocalModel) -> Self:
        return cls.model_validate(show_local_model(found))


class CheckErrorOut(Out):
    code: str
    message: str


class CheckOut(Out):
    """How one call to the connection went."""

    ok: bool
    latency_ms: float
    models: list[ModelOut]
    error: CheckErrorOut | None

    @classmethod
    def of(cls, checked: Checked) -> Self:
        error = None if checked.error is None else CheckErrorOut(code=checked.error[0], message=checked.error[1])
        models = [ModelOut.of(model) for model in checked.models]
        return cls(ok=error is None, latency_ms=round(checked.latency_ms, 1), models=models, error=error)


class PresetIn(In):
    """`params` by the names that OpenAI-compatible servers use; known ones are checked, unknown ones passed through."""

    name: Name
    params: Params = Field(default_factory=dict, max_length=200)
    is_default: bool = False
    version: int | None = None

    def fields(self) -> PresetFields:
        return PresetFields(self.name, self.params, self.is_default)


class PresetPatch(In):
    """What is absent stays as it is; `params` are replaced as a whole."""

    name: Name | None = None
    params: Params | None = Field(None, max_length=200)
    is_default: bool | None = None
    version: int | None = None

    def onto(self, fields: PresetFields) -> PresetFields:
        given = self.model_dump(exclude_none=True, exclude={"version", "params"})
        return replace(fields, **given, params=fields.params if self.params is None else self.params)


class PresetOut(Out):
    id: PresetId
    name: str
    params: dict[str, Any]
    is_default: bool
    version: int
    created_at: Instant
    updated_at: Instant

    @classmethod
    def of(cls, found: Preset) -> Self:
        more = {"createdAt": found.created_at, "updatedAt": found.updated_at}
        return cls.model_validate(rules.show_preset(found) | more)
