"""Every setting, with its description; environment variables carry the prefix `FABULA_`."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated
from urllib.parse import quote

from pydantic import AliasChoices, Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict


class Role(StrEnum):
    """What a process does; `all` does everything."""

    ALL = "all"
    API = "api"
    PARTY = "party"
    WORKER = "worker"


def _named(*names: str) -> AliasChoices:
    return AliasChoices(*names)


class Settings(BaseSettings):
    """Read from the environment and handed down as values; nothing below `app` sees this object."""

    model_config = SettingsConfigDict(env_prefix="FABULA_", frozen=True, extra="ignore", populate_by_name=True)

    data: Path = Field(Path("data"), description="Folder for the database, blobs, models and logs.")
    host: str = Field("127.0.0.1", description="Address to listen on. Other than loopback needs accounts.")
    port: int = Field(8484, ge=0, le=65535, description="Port to listen on; 0 takes a free one.")
    role: Role = Field(Role.ALL, description="What this process does: all, api, party or worker.")
    log_level: str = Field("info", pattern="^(debug|info|warning|error)$", description="debug, info, warning or error.")
    log_format: str = Field("auto", pattern="^(auto|json|console)$", description="auto is console on a terminal.")

    database_url: SecretStr | None = Field(
        None,
        validation_alias=_named("FABULA_DATABASE_URL", "database_url", "DB_URL"),
        description="postgresql://user:password@host:port/name; without it SQLite in the data folder.",
    )
    db_host: str | None = Field(None, validation_alias=_named("DB_HOST"), description="Instead of a URL: its parts.")
    db_port: int = Field(5432, validation_alias=_named("DB_PORT"), description="Port beside DB_HOST.")
    db_user: str = Field("fabula", validation_alias=_named("DB_USER"), description="User beside DB_HOST.")
    db_password: SecretStr = Field(
        SecretStr(""), validation_alias=_named("DB_PASSWORD"), description="Password beside DB_HOST."
    )
    db_name: str = Field("fabula", validation_alias=_named("DB_NAME"), description="Database beside DB_HOST.")
    db_pool_size: int = Field(8, ge=1, le=100, description="PostgreSQL connections kept open by this process.")

    secret_key: SecretStr | None = Field(
        None,
        description="Key that seals stored secrets, 32 random characters or more; several by commas: the first seals, "
        "all open. Without it secret.key in the data folder. Processes on several machines must share it.",
    )
    model_url: str | None = Field(
        None, description="Base address of an OpenAI-compatible server, ending in /v1; without it the embedded model."
    )
    model_key: SecretStr | None = Field(None, description="Key for that server, if it asks for one.")
    model_name: str | None = Field(None, description="Model to ask that server for; without it the first it lists.")
    model_context_tokens: int = Field(8192, ge=512, description="Context size assumed for that model, in tokens.")
    model_answer_tokens: int = Field(1024, ge=16, description="Longest answer asked for, in tokens.")
    model_connect_seconds: float = Field(5.0, gt=0, description="Longest wait for a connection to the model.")
    model_first_seconds: float = Field(300.0, gt=0, description="Longest wait for an answer's first byte.")
    model_silence_seconds: float = Field(120.0, gt=0, description="Longest silence inside an answer.")
    embedded_threads: int = Field(0, ge=0, description="Threads of the embedded model; 0 chooses by the machine.")
    embedded_parallel: int = Field(2, ge=1, le=16, description="Answers the embedded model writes at once.")

    flush_seconds: float = Field(0.75, gt=0.05, le=10, description="How often streamed text goes to the database.")
    keep_live_seconds: float = Field(60.0, ge=0, description="How long a finished answer stays in memory for resumes.")
    heartbeat_seconds: float = Field(2.0, gt=0, description="How often a process says that it lives (PostgreSQL).")
    lease_seconds: float = Field(8.0, gt=0, description="Silence after which a process counts as dead.")

    max_body_bytes: int = Field(2_000_000, gt=0, description="Largest JSON body.")
    max_upload_bytes: int = Field(256_000_000, gt=0, description="Largest upload.")
    max_message_bytes: int = Field(100_000, gt=0, description="Longest message, in bytes of UTF-8.")
    max_streams: int = Field(2_000, gt=0, description="Most streams one workspace may hold open on this process.")
    cors_origins: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="Origins that may call the API from a browser, separated by commas. Empty: none."
    )
    operation_hours: float = Field(24.0, gt=0, description="How long the answer to an operation id is remembered.")
    job_days: float = Field(30.0, gt=0, description="How long a job that has ended is remembered.")

    @field_validator("cors_origins", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value

    def sql_url(self) -> str | None:
        """The PostgreSQL address in force, or None for SQLite."""
        if self.database_url is not None:
            return self.database_url.get_secret_value()
        if self.db_host is None:
            return None
        user, password = quote(self.db_user, safe=""), quote(self.db_password.get_secret_value(), safe="")
        return f"postgresql://{user}:{password}@{self.db_host}:{self.db_port}/{self.db_name}"

    def redacted(self) -> dict[str, object]:
        """For the owner's eyes: every setting by name, secrets as stars."""
        return self.model_dump(mode="json")


def load_settings(**overrides: object) -> Settings:
    """Read the environment once; `overrides` come from the command line, None leaves a setting alone.

    Raises pydantic's `ValidationError`, which names the variable.
    """
    given = {name: value for name, value in overrides.items() if value is not None}
    return Settings(**given)  # type: ignore[arg-type]  # validated by pydantic
