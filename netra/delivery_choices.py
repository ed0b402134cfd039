"""How events reach people beyond the live push, and how long they are kept, as an operator sets it."""

from __future__ import annotations

from typing import Annotated, Any, Final

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, NoDecode

# The live push, and what comes to its help, in the order in which it does.
CHANNELS: Final = ("push", "replay", "redelivery", "direct", "banner", "message", "ops")


class DeliveryChoices(BaseSettings):
    """The variables about delivery."""

    channels: Annotated[tuple[str, ...], NoDecode] = Field(
        CHANNELS,
        alias="NETRA_CHANNELS",
        description=f"ways an event may take, in their order: {','.join(CHANNELS)}",
    )
    redeliver_seconds: float = Field(
        5.0, alias="NETRA_REDELIVER_SECONDS", ge=0.1, description="unacknowledged for so long: pushed once more"
    )
    banner_seconds: float = Field(
        30.0, alias="NETRA_BANNER_SECONDS", ge=0.1, description="the end of a run unacknowledged so long: a banner"
    )
    message_seconds: float = Field(
        600.0, alias="NETRA_MESSAGE_SECONDS", ge=0.1, description="so long: a mail, SMS or chat message, if wanted"
    )
    ops_seconds: float = Field(900.0, alias="NETRA_OPS_SECONDS", ge=0.1, description="so long: staff hear of it")
    ops_urls: SecretStr = Field(
        SecretStr(""),
        alias="NETRA_OPS_URLS",
        description="where alerts go, apprise addresses, comma separated: slack://…,mailto://…; empty: only the admin",
    )
    sms_url: SecretStr = Field(
        SecretStr(""),
        alias="NETRA_SMS_URL",
        description="gateway for text messages as an apprise address with {phone} in it; empty: none are offered",
    )
    chat_schemes: Annotated[tuple[str, ...], NoDecode] = Field(
        ("discord", "gchat", "msteams", "slack", "tgram"),
        alias="NETRA_CHAT_SCHEMES",
        description="chat services people may have messages sent to, as apprise names, comma separated",
    )
    compact_after_seconds: float = Field(
        300.0,
        alias="NETRA_COMPACT_AFTER_SECONDS",
        ge=0,
        description="a run's streamed pieces are joined in the log so long after its end",
    )
    keep_events_days: int = Field(
        0, alias="NETRA_KEEP_EVENTS_DAYS", ge=0, description="steps of runs are kept so long; 0: for ever"
    )

    @field_validator("channels", "chat_schemes", mode="before")
    @classmethod
    def split_names(cls, value: Any) -> Any:
        """Accepts a comma separated list."""
        if isinstance(value, str):
            return tuple(part.strip() for part in value.split(",") if part.strip())
        return value

    @field_validator("channels")
    @classmethod
    def refuse_unknown_channels(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        """Each channel at most once, and none that does not exist."""
        unknown = sorted(set(value) - set(CHANNELS))
        if unknown or len(set(value)) != len(value):
            raise ValueError(f"use each of {', '.join(CHANNELS)} at most once; unknown: {', '.join(unknown)}")
        return value
