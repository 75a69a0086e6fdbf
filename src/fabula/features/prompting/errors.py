"""How a text or a template fails. Messages hold positions and limits, never the text itself."""

from dataclasses import dataclass

from fabula.core.errors import AppError, Kind


@dataclass(frozen=True, slots=True)
class TemplateProblem:
    """What is wrong in a template, and where: `line` and `column` count from 1."""

    line: int
    column: int
    message: str


class TemplateInvalid(AppError):
    """The template does not parse."""

    kind, code = Kind.INVALID, "prompting.template_invalid"
    problems: tuple[TemplateProblem, ...]

    @property
    def message(self) -> str:
        return "; ".join(f"line {p.line}, column {p.column}: {p.message}" for p in self.problems)

    @property
    def details(self) -> dict[str, object] | None:
        found = [{"line": p.line, "column": p.column, "message": p.message} for p in self.problems]
        return {"problems": found}


class TemplateFailed(TemplateInvalid):
    """The template parses, but rendering it hit a limit or an impossible operation."""

    code = "prompting.template_failed"


class ExpansionTooLarge(AppError):
    """Macros that multiply text: expanding stops here rather than fill the memory."""

    kind, code = Kind.TOO_LARGE, "prompting.expansion_too_large"
    limit: int

    @property
    def message(self) -> str:
        return f"the macros of this text produce more than {self.limit} characters; shorten what they repeat"


class TemplateRefused(TemplateInvalid):
    """A template that does not parse is not saved; the path names the field it came in."""

    @property
    def details(self) -> dict[str, object] | None:
        path = "body.templateText"
        found = [{"path": path, "line": p.line, "column": p.column, "message": p.message} for p in self.problems]
        return {"problems": found}


class TemplateNotFound(AppError):
    kind, code = Kind.NOT_FOUND, "prompting.template_not_found"
    id: str

    @property
    def message(self) -> str:
        return f"there is no prompt template {self.id!r}"


class TemplateVersionConflict(AppError):
    """The caller's copy is old; `current` is the template as it stands."""

    kind, code = Kind.CONFLICT, "prompting.version_conflict"
    current: dict[str, object]

    @property
    def message(self) -> str:
        return "somebody changed this template meanwhile; look at the current one and decide again"
