"""Which models agents run on, and how their providers are reached, as an operator sets it."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any, Final
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode

# What has to be set before a source of models can be used; the built-in one needs nothing.
REQUIRED: Final = {
    "builtin": "",
    "openai": "NETRA_OPENAI_API_KEY",
    "anthropic": "NETRA_ANTHROPIC_API_KEY",
    "compatible": "NETRA_COMPATIBLE_BASE_URL",
}
MODEL_WORDS: Final = "builtin, openai:NAME, anthropic:NAME or compatible:NAME"


class Thinking(StrEnum):
    """How much a model that can reason is asked to."""

    OFF = "off"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


class ModelAccess(BaseSettings):
    """The variables about models."""

    default_model: str = Field(
        "builtin",
        alias="NETRA_DEFAULT_MODEL",
        description=f"model of agents unless staff say otherwise: {MODEL_WORDS}",
    )
    default_fallbacks: Annotated[list[str], NoDecode] = Field(
        default_factory=list,
        alias="NETRA_DEFAULT_FALLBACKS",
        description="models to go on with when one fails, in order, comma separated",
    )
    openai_key: SecretStr = Field(SecretStr(""), alias="NETRA_OPENAI_API_KEY", description="API key of OpenAI")
    openai_url: str = Field(
        "https://api.openai.com/v1", alias="NETRA_OPENAI_BASE_URL", description="OpenAI, or a transparent proxy to it"
    )
    anthropic_key: SecretStr = Field(SecretStr(""), alias="NETRA_ANTHROPIC_API_KEY", description="API key of Anthropic")
    anthropic_url: str = Field(
        "https://api.anthropic.com",
        alias="NETRA_ANTHROPIC_BASE_URL",
        description="Anthropic, or a transparent proxy to it",
    )
    compatible_key: SecretStr = Field(
        SecretStr(""), alias="NETRA_COMPATIBLE_API_KEY", description="API key of that server; empty: it needs none"
    )
    compatible_url: str = Field(
        "",
        alias="NETRA_COMPATIBLE_BASE_URL",
        description="any server that speaks OpenAI's chat completions: http://127.0.0.1:11434/v1",
    )
    model_timeout_seconds: int = Field(
        60,
        alias="NETRA_MODEL_TIMEOUT_SECONDS",
        ge=1,
        le=600,
        description="how long a provider may be silent, before an answer and within one",
    )
    model_thinking: Thinking | None = Field(
        None,
        alias="NETRA_MODEL_THINKING",
        description="off, low, medium or high, for models that can reason; empty: as the model does by itself",
    )

    @field_validator("default_fallbacks", mode="before")
    @classmethod
    def split_fallbacks(cls, value: Any) -> Any:
        """Accepts a comma separated list."""
        if isinstance(value, str):
            return [part.strip() for part in value.split(",") if part.strip()]
        return value

    @field_validator("openai_key", "anthropic_key", "compatible_key")
    @classmethod
    def refuse_unusable_key(cls, value: SecretStr) -> SecretStr:
        """A key travels in a header, and an HTTP library that refuses a header quotes it."""
        key = value.get_secret_value()
        if not key.isascii() or any(not letter.isprintable() or letter == " " for letter in key):
            raise ValueError("a key has neither spaces nor line breaks nor other unusual characters")
        return value

    @field_validator("openai_url", "anthropic_url", "compatible_url")
    @classmethod
    def refuse_unusable_address(cls, value: str) -> str:
        """An address is http(s)://host[:port][/path], without a name or a password in it."""
        parts = urlsplit(value)
        usable = parts.scheme in {"http", "https"} and parts.hostname and not (parts.query or parts.fragment)
        if value and (not usable or "@" in parts.netloc):
            raise ValueError("not an address such as https://models.example.com/v1, without user name and password")
        return value.rstrip("/")

    @model_validator(mode="after")
    def require_access_to_defaults(self) -> ModelAccess:
        """No process starts with a default model that nobody can ask."""
        for variable, names in (
            ("NETRA_DEFAULT_MODEL", [self.default_model]),
            ("NETRA_DEFAULT_FALLBACKS", self.default_fallbacks),
        ):
            for name in names:
                if problem := self.find_problem(name):
                    raise ValueError(f"{variable}: {problem}")
        return self

    def find_problem(self, name: str) -> str:
        """Why no model of this name can be asked; empty when it can."""
        source, _, model = name.partition(":")
        if source not in REQUIRED or bool(model) == (source == "builtin"):
            return f"“{name}” is not one of {MODEL_WORDS}"
        if source in self.closed_sources():
            return f"“{name}” needs {REQUIRED[source]}"
        return ""

    def closed_sources(self) -> set[str]:
        """The sources of models that miss what they require."""
        found = {
            "openai": self.openai_key.get_secret_value(),
            "anthropic": self.anthropic_key.get_secret_value(),
            "compatible": self.compatible_url,
        }
        return {source for source, value in found.items() if not value}

    def model_sources(self) -> dict[str, dict[str, Any]]:
        """How each source is reached, and which variable it still misses."""
        closed = self.closed_sources()
        access = {
            "builtin": (SecretStr(""), ""),
            "openai": (self.openai_key, self.openai_url),
            "anthropic": (self.anthropic_key, self.anthropic_url),
            "compatible": (self.compatible_key, self.compatible_url),
        }
        return {
            source: {"key": key, "url": url, "missing": REQUIRED[source] if source in closed else ""}
            for source, (key, url) in access.items()
        }
