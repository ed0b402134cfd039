"""The one typed source of configuration: every variable, its type, its default and its rules."""

from __future__ import annotations

import os
from email.utils import parseaddr
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

from dotenv import dotenv_values
from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import NoDecode, SettingsConfigDict

from netra.delivery_choices import DeliveryChoices
from netra.mail_server import MailServer, parse_mail_server
from netra.model_access import ModelAccess

PROJECT_FOLDER = Path(__file__).resolve().parent.parent
DEVELOPMENT_KEY = "development-only-key-that-is-refused-in-staging-and-production"


class Environment(StrEnum):
    """Where this process runs; the last two refuse to start half configured."""

    DEVELOPMENT = "development"
    TEST = "test"
    STAGING = "staging"
    PRODUCTION = "production"


class SignUp(StrEnum):
    """Who may open an account by themselves."""

    OPEN = "open"
    CLOSED = "closed"


class ConfigurationError(SystemExit):
    """The configuration cannot be used; the text names the variable and what it needs."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        super().__init__("Netra cannot start:\n" + "\n".join(f"  - {problem}" for problem in problems))


class Config(ModelAccess, DeliveryChoices):
    """What an operator may set, read from the environment only."""

    model_config = SettingsConfigDict(extra="ignore", env_ignore_empty=True, case_sensitive=True)

    environment: Environment = Field(
        Environment.DEVELOPMENT,
        alias="NETRA_ENV",
        description="development, test, staging or production",
    )
    secret_key: SecretStr = Field(
        SecretStr(""), alias="NETRA_SECRET_KEY", description="50 random characters; signs sessions"
    )
    database_url: SecretStr = Field(
        SecretStr(""),
        alias="DATABASE_URL",
        description="postgresql://user:password@host/name; empty: embedded",
    )
    redis_url: SecretStr = Field(
        SecretStr(""), alias="REDIS_URL", description="redis://:password@host:6379/0; empty: embedded"
    )
    allowed_origins: Annotated[list[str], NoDecode] = Field(
        default_factory=list,
        alias="NETRA_ALLOWED_ORIGINS",
        description="exact origins of the site, comma separated: https://netra.example.com",
    )
    data_dir: Path = Field(
        PROJECT_FOLDER / "var",
        alias="NETRA_DATA_DIR",
        description="folder of usage data, logs, embedded servers",
    )
    port: int = Field(8000, alias="PORT", ge=1, le=65535, description="port of the web server in development")
    log_level: str = Field(
        "INFO",
        alias="NETRA_LOG_LEVEL",
        pattern="^(DEBUG|INFO|WARNING|ERROR)$",
        description="DEBUG, INFO, WARNING or ERROR",
    )
    status_token: SecretStr = Field(
        SecretStr(""),
        alias="NETRA_STATUS_TOKEN",
        description="bearer token for /statusz and /metrics; empty: staff only",
    )
    trusted_proxies: int = Field(
        0,
        alias="NETRA_TRUSTED_PROXIES",
        ge=0,
        le=5,
        description="number of own reverse proxies in front of the web server",
    )
    smtp_url: SecretStr = Field(
        SecretStr(""),
        alias="NETRA_SMTP_URL",
        description="smtp://user:password@host:587 (STARTTLS) or smtps://…:465; empty: mails become files",
    )
    mail_from: str = Field("", alias="NETRA_MAIL_FROM", description="sender of mails: Netra <netra@example.com>")
    sign_up: SignUp = Field(
        SignUp.OPEN, alias="NETRA_SIGN_UP", description="open: anybody with an e-mail address; closed: staff only"
    )
    worker_runs: int = Field(
        32, alias="NETRA_WORKER_RUNS", ge=1, le=256, description="runs one worker process executes at once"
    )
    workers: int = Field(1, alias="NETRA_WORKERS", ge=1, le=8, description="run workers that make run starts")
    imports: int = Field(
        2, alias="NETRA_IMPORTS", ge=1, le=16, description="imports carried out at once, each in a process of its own"
    )
    lease_seconds: int = Field(
        30, alias="NETRA_LEASE_SECONDS", ge=5, le=300, description="how long a silent worker keeps its runs"
    )
    database_pool_size: int = Field(
        16,
        alias="NETRA_DATABASE_POOL_SIZE",
        ge=2,
        le=100,
        description="most database connections of one process",
    )

    @field_validator("allowed_origins", mode="before")
    @classmethod
    def split_origins(cls, value: Any) -> Any:
        """Accepts a comma separated list."""
        if isinstance(value, str):
            return [part.strip() for part in value.split(",") if part.strip()]
        return value

    @field_validator("allowed_origins")
    @classmethod
    def refuse_inexact_origins(cls, value: list[str]) -> list[str]:
        """An origin is scheme://host[:port] and nothing else."""
        for origin in value:
            parts = urlsplit(origin)
            exact = (
                parts.scheme in {"http", "https"} and parts.hostname and origin == f"{parts.scheme}://{parts.netloc}"
            )
            if not exact or "*" in origin or "@" in origin:
                raise ValueError(f"{origin!r} is not an exact origin such as https://netra.example.com")
        return value

    @field_validator("smtp_url")
    @classmethod
    def refuse_unknown_mail_server(cls, value: SecretStr) -> SecretStr:
        """The address of a mail server names its protocol and its host."""
        if value.get_secret_value():
            parse_mail_server(value.get_secret_value())
        return value

    @field_validator("mail_from")
    @classmethod
    def refuse_unusable_sender(cls, value: str) -> str:
        """A sender is an address, with or without a name before it."""
        if value and "@" not in parseaddr(value)[1]:
            raise ValueError(f"{value!r} is not an address such as Netra <netra@example.com>")
        return value

    @model_validator(mode="after")
    def require_what_production_needs(self) -> Config:
        """Staging and production start only when nothing is left to a development default."""
        if not self.is_strict:
            return self
        missing = [
            name
            for name, value in (
                ("NETRA_SECRET_KEY", self.secret_key.get_secret_value()),
                ("DATABASE_URL", self.database_url.get_secret_value()),
                ("REDIS_URL", self.redis_url.get_secret_value()),
                ("NETRA_ALLOWED_ORIGINS", self.allowed_origins),
                ("NETRA_SMTP_URL", self.smtp_url.get_secret_value()),
                ("NETRA_MAIL_FROM", self.mail_from),
            )
            if not value
        ]
        if missing:
            raise ValueError(f"{', '.join(missing)} must be set when NETRA_ENV={self.environment}")
        if len(self.secret_key.get_secret_value()) < 50 or self.secret_key.get_secret_value() == DEVELOPMENT_KEY:
            raise ValueError("NETRA_SECRET_KEY must be at least 50 random characters of your own")
        if any(origin.startswith("http://") for origin in self.allowed_origins):
            raise ValueError("NETRA_ALLOWED_ORIGINS must be https origins")
        return self

    @property
    def is_strict(self) -> bool:
        """True where nothing that makes development easy may be on."""
        return self.environment in {Environment.STAGING, Environment.PRODUCTION}

    @property
    def is_development(self) -> bool:
        """True on a developer's own machine: demo accounts, hints on the sign-in page."""
        return self.environment is Environment.DEVELOPMENT

    def signing_key(self) -> str:
        """The secret key; a fixed one where NETRA_ENV allows it."""
        return self.secret_key.get_secret_value() or DEVELOPMENT_KEY

    def mail_server(self) -> MailServer | None:
        """Where mails go; None: into files."""
        url = self.smtp_url.get_secret_value()
        return parse_mail_server(url) if url else None

    def origins(self) -> list[str]:
        """Every origin a browser may come from."""
        if self.allowed_origins:
            return self.allowed_origins
        return [f"http://{host}:{self.port}" for host in ("127.0.0.1", "localhost")]


def read_servers_file(data_dir: Path) -> dict[str, str]:
    """The addresses of the embedded servers, written by the supervisor while it runs."""
    path = data_dir / "run" / "servers.env"
    try:
        return {key: value for key, value in dotenv_values(path).items() if value}
    except OSError:
        return {}


def explain(error: ValidationError) -> list[str]:
    """One sentence a problem, naming the variable."""
    sentences = []
    for problem in error.errors():
        name = str(problem["loc"][0]) if problem["loc"] else ""
        message = problem["msg"].removeprefix("Value error, ")
        sentences.append(f"{name}: {message}" if name else message)
    return sentences


@cache
def load_config() -> Config:
    """The validated configuration of this process; raises ConfigurationError with every problem at once."""
    try:
        config = Config()  # type: ignore[call-arg]
    except ValidationError as error:
        raise ConfigurationError(explain(error)) from None
    if config.is_development:
        found = read_servers_file(config.data_dir)
        for name, field in (("DATABASE_URL", "database_url"), ("REDIS_URL", "redis_url")):
            if not os.environ.get(name) and found.get(name):
                setattr(config, field, SecretStr(found[name]))
    return config


def describe_config() -> list[str]:
    """The effective configuration, a line a variable, secrets masked."""
    config = load_config()
    lines = []
    for name, field in Config.model_fields.items():
        value = getattr(config, name)
        lines.append(f"{field.alias}={show(value)}")
    return sorted(lines)


def show(value: object) -> str:
    """The value as text; of a secret only whether it is set."""
    if isinstance(value, SecretStr):
        return "********" if value.get_secret_value() else ""
    if isinstance(value, list):
        return ",".join(value)
    return "" if value is None else str(value)
