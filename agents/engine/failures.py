"""Says why a run failed: a stable code and a sentence the person can act on."""

from __future__ import annotations

from pydantic_ai import exceptions as library

# The first entry that fits decides, so special cases stand before their parents.
FAILURES: tuple[tuple[type[Exception], str, str], ...] = (
    (
        library.RunTimedOut,
        "time_limit",
        "The run took longer than allowed. Ask about a shorter period or one thing at a time.",
    ),
    (
        library.UsageLimitExceeded,
        "run_limit",
        "The agent needed more steps than a run allows. Split the question into smaller ones.",
    ),
    (
        library.ModelQuotaExceededError,
        "model_quota",
        "The model provider's quota is used up. Check its billing, or choose another model.",
    ),
    (
        library.ModelRateLimitError,
        "model_rate_limited",
        "The model provider limits how often it is asked. Wait a minute and retry.",
    ),
    (
        library.ModelAuthenticationError,
        "model_key_refused",
        "The model provider refused its API key. Ask the administrator to check it.",
    ),
    (
        library.ModelNotFoundError,
        "model_not_found",
        "The model provider does not offer this model. Ask the administrator to choose another one.",
    ),
    (
        library.ModelContextWindowExceededError,
        "conversation_too_long",
        "The conversation is too long for this model. Start a new chat.",
    ),
    (
        library.ModelRequestRejectedError,
        "model_request_rejected",
        "The model provider rejected the request. Rephrase the question, or choose another model.",
    ),
    (
        library.ModelAPIError,
        "model_unavailable",
        "The model provider does not answer. Retry in a moment.",
    ),
    (
        library.UnexpectedModelBehavior,
        "model_misbehaved",
        "The model did not give a usable answer. Retry, or rephrase the question.",
    ),
    (
        library.AgentRunError,
        "agent_failed",
        "The agent could not finish. Retry; if it happens again, tell the administrator the run's id.",
    ),
)


def explain_failure(error: Exception) -> tuple[str, str]:
    """Code and sentence of a failure the library raised."""
    return next((code, sentence) for kind, code, sentence in FAILURES if isinstance(error, kind))
