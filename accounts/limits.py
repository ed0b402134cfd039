"""The one tier table: what each tier may use."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

MEBIBYTE = 1024 * 1024
GIBIBYTE = 1024 * MEBIBYTE
MILLION = 1_000_000


class Tier(StrEnum):
    """What an account has been given."""

    FREE = "free"
    EARLY = "early"
    MID = "mid"
    ENTERPRISE = "enterprise"


@dataclass(frozen=True, slots=True)
class Limits:
    """The numbers of one tier."""

    runs_per_hour: int
    runs_at_once: int
    sockets: int
    api_keys: int
    memory_bytes: int
    time_seconds: int
    data_rows: int
    upload_bytes: int
    # Input and output of all agents of one run, on a model that counts them.
    model_tokens: int
    performance_mode: bool

    @property
    def default_mode(self) -> str:
        """How a run's events are sent unless asked otherwise."""
        return "performance" if self.performance_mode else "regular"

    def in_words(self) -> list[str]:
        """The limits as sentences for the person they are for."""
        return [
            f"{self.runs_per_hour:,} questions an hour, {self.runs_at_once} of them answered at once",
            f"{self.time_seconds} seconds and {self.memory_bytes // MEBIBYTE:,} MB of memory for an answer",
            f"{self.data_rows:,} rows of usage data, in files of up to {self.upload_bytes // GIBIBYTE:,} GB",
            f"{self.model_tokens:,} tokens of a language model for an answer, where one is used",
            f"{self.sockets:,} open pages or connections at once",
            f"{self.api_keys:,} API keys",
            "Answers appear word by word as fast as they are written"
            if self.performance_mode
            else "Answers appear in short pieces as they are written",
        ]


LIMITS: dict[Tier, Limits] = {
    Tier.FREE: Limits(60, 2, 10, 10, 256 * MEBIBYTE, 120, 5 * MILLION, 2 * GIBIBYTE, 500_000, performance_mode=False),
    Tier.EARLY: Limits(
        200, 4, 20, 25, 512 * MEBIBYTE, 180, 10 * MILLION, 4 * GIBIBYTE, MILLION, performance_mode=False
    ),
    Tier.MID: Limits(1_000, 8, 50, 100, GIBIBYTE, 300, 50 * MILLION, 8 * GIBIBYTE, 2 * MILLION, performance_mode=True),
    Tier.ENTERPRISE: Limits(
        10_000, 32, 500, 500, 2 * GIBIBYTE, 600, 200 * MILLION, 32 * GIBIBYTE, 5 * MILLION, performance_mode=True
    ),
}


def reaches(tier: str, minimum: str) -> bool:
    """True if a tier is the minimum or above it."""
    order = list(Tier)
    return order.index(Tier(tier)) >= order.index(Tier(minimum))


def limits_for(tier: str) -> Limits:
    """The limits of a tier."""
    return LIMITS[Tier(tier)]
