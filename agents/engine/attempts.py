"""Decides how an agent goes on after its model failed: another model, the same one again, or not at all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from pydantic_ai import exceptions as library

from agents.engine.failures import explain_failure
from agents.errors import ModelResting

LONGEST_WAIT_SECONDS: Final = 10.0
MOST_WAITS: Final = 2
PAUSE_SECONDS: Final = 1.0

# Faults of a model or its provider: another model may not have them.
MODEL_FAULTS: Final = frozenset(
    {
        "model_not_configured",
        "unknown_model",
        "model_quota",
        "model_rate_limited",
        "model_resting",
        "model_key_refused",
        "model_not_found",
        "conversation_too_long",
        "model_refused",
        "model_request_rejected",
        "model_overloaded",
        "model_timed_out",
        "model_cut_off",
        "model_unreadable",
        "model_unavailable",
        "model_tool_misuse",
        "answer_too_long",
        "model_misbehaved",
    }
)
# Of these, the ones that may be over a moment later.
PASSING_FAULTS: Final = frozenset({"model_overloaded", "model_cut_off", "model_unreadable", "model_unavailable"})
# And those that are over at a time that is known.
TIMED_FAULTS: Final = frozenset({"model_rate_limited", "model_resting"})


@dataclass(frozen=True, slots=True)
class Retry:
    """Ask the same model again, after a while."""

    after_seconds: float


@dataclass(frozen=True, slots=True)
class Switch:
    """Go on with the next model."""


@dataclass(frozen=True, slots=True)
class GiveUp:
    """The failure stands."""


Move = Retry | Switch | GiveUp


def next_move(error: Exception, *, model: int, models: int, tries: int) -> Move:
    """What to do after model number `model` (from 0) of `models` failed for the `tries`-th time (from 1)."""
    code, _ = explain_failure(error)
    if code not in MODEL_FAULTS:
        return GiveUp()
    if model + 1 < models:
        return Switch()
    if code in TIMED_FAULTS:
        return wait_as_told(error, tries)
    if code in PASSING_FAULTS and tries == 1:
        return Retry(read_wait(error) or PAUSE_SECONDS) if is_short(read_wait(error)) else GiveUp()
    return GiveUp()


def wait_as_told(error: Exception, tries: int) -> Move:
    """A rate limit or a rest is waited for only if it is known how long, and that is short."""
    wait = read_wait(error)
    if wait is None or not is_short(wait) or tries > MOST_WAITS:
        return GiveUp()
    return Retry(wait)


def read_wait(error: Exception) -> float | None:
    """The seconds to wait, if the provider said or we know."""
    return error.retry_after if isinstance(error, library.ModelAPIError | ModelResting) else None


def is_short(wait: float | None) -> bool:
    """Whether a person would rather wait than be told to come back."""
    return wait is None or wait <= LONGEST_WAIT_SECONDS
