"""The list of models, as the families write it."""

import msgspec

from fabula.plugins import ModelGarbage, ModelInfo
from fabula.providers.openai_compatible.wire import DECODE_ERRORS


class _Meta(msgspec.Struct):
    n_ctx_train: int | None = None


class _Model(msgspec.Struct):
    id: str
    name: str | None = None
    owned_by: str | None = None
    context_length: int | None = None  # OpenRouter
    max_model_len: int | None = None  # vLLM
    meta: _Meta | None = None  # llama.cpp

    def to_info(self) -> ModelInfo:
        trained = self.meta.n_ctx_train if self.meta else None
        return ModelInfo(self.id, self.name or self.id, self.context_length or self.max_model_len or trained)


class _Listing(msgspec.Struct):
    data: list[_Model]


_decode = msgspec.json.Decoder(_Listing | list[_Model]).decode  # some servers leave the wrapping out


def decode_models(provider: str, data: bytes) -> tuple[tuple[ModelInfo, ...], str]:
    """Return the models and the owner they name ("" for none); raises `ModelGarbage`."""
    try:
        listing = _decode(data)
    except DECODE_ERRORS as error:
        raise ModelGarbage(provider, f"its list of models is not one ({error})") from error
    models = listing.data if isinstance(listing, _Listing) else listing
    return tuple(model.to_info() for model in models), next((m.owned_by for m in models if m.owned_by), "")
