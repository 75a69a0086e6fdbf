"""What can be wrong with a call of the OpenAI protocol, beside what can be wrong with any turn."""

from fabula.core.errors import AppError, Kind


class UnknownModel(AppError):
    kind, code = Kind.NOT_FOUND, "model_not_found"  # the protocol's own word: clients look for it
    model: str

    @property
    def message(self) -> str:
        return f"there is no model {self.model[:200]!r}; GET /v1/models lists them"


class AmbiguousModel(AppError):
    kind, code = Kind.INVALID, "model_ambiguous"
    model: str

    @property
    def message(self) -> str:
        return f"several profiles are called {self.model[:200]!r}; use the id of one, as GET /v1/models lists it"
