"""A model that failed five times in a row is left alone for half a minute, by all runs of the process."""

from __future__ import annotations

from typing import Final

from agents.errors import ModelResting
from chat.breaker import Breaker, breaker_named

# Faults that say that nobody is there; a model that refuses or limits is there.
AWAY_FAULTS: Final = frozenset(
    {"model_overloaded", "model_timed_out", "model_cut_off", "model_unreadable", "model_unavailable"}
)
# Whoever says this has answered.
PRESENT_FAULTS: Final = frozenset(
    {
        "model_quota",
        "model_rate_limited",
        "model_key_refused",
        "model_not_found",
        "model_refused",
        "model_request_rejected",
    }
)
OWN_MODEL: Final = "builtin"


def breaker_of(model: str) -> Breaker | None:
    """The breaker of a provider's model; our own model has none, there is nobody to be away."""
    return None if model.partition(":")[0] == OWN_MODEL else breaker_named(f"model {model}"[:80])


def require_awake(model: str) -> None:
    """ModelResting while the model is left alone."""
    breaker = breaker_of(model)
    if breaker is not None and not breaker.allows():
        raise ModelResting(breaker.seconds_to_probe)


def note_answer(model: str) -> None:
    """The model has answered."""
    if breaker := breaker_of(model):
        breaker.record_success()


def note_fault(model: str, code: str) -> None:
    """The model has not answered as it should; only what says that nobody is there counts."""
    if code in PRESENT_FAULTS:
        note_answer(model)
    elif code in AWAY_FAULTS and (breaker := breaker_of(model)):
        breaker.record_failure(code)
