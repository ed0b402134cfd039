"""Says why a run failed: a stable code and a sentence the person can act on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from pydantic_ai import exceptions as library

from accounts.errors import NetraError

Test = Callable[[Exception], bool]


class AnswerCutOff(library.ModelConnectionError):
    """The provider's answer ended without saying that it was complete."""

    def __init__(self, model_name: str) -> None:
        super().__init__(model_name, "The answer ended before it was complete.", phase="read", in_stream=True)


class AnswerUnreadable(library.ModelAPIError):
    """The provider sent something that is no answer."""

    def __init__(self, model_name: str) -> None:
        super().__init__(model_name, "The answer cannot be read.", in_stream=True)


def is_kind(*kinds: type[Exception]) -> Test:
    """A test for errors of these kinds."""
    return lambda error: isinstance(error, kinds)


def is_token_limit(error: Exception) -> bool:
    """Whether a limit on tokens ended the run, and not one on steps."""
    return isinstance(error, library.UsageLimitExceeded) and "tokens_limit" in error.message


def is_refusal(error: Exception) -> bool:
    """Whether the provider or the model refused to answer this."""
    refused_codes = {"content_filter", "content_policy_violation"}
    return isinstance(error, library.ContentFilterError) or (
        isinstance(error, library.ModelRequestRejectedError) and error.provider_error_code in refused_codes
    )


def is_rejected(error: Exception) -> bool:
    """Whether the provider found fault with the request and not with itself."""
    return isinstance(error, library.ModelRequestRejectedError) or (
        isinstance(error, library.ModelHTTPError) and 400 <= error.status_code < 500 and error.status_code != 408
    )


def is_cut_off(error: Exception) -> bool:
    """Whether the connection broke after the request was sent."""
    return isinstance(error, library.ModelConnectionError) and error.phase == "read"


def is_unreadable(error: Exception) -> bool:
    """Whether what came was no answer: neither JSON nor text, or JSON of another shape."""
    return isinstance(error, AnswerUnreadable) or (
        isinstance(error, library.ModelAPIError) and isinstance(error.__cause__, ValueError)
    )


def is_tool_misuse(error: Exception) -> bool:
    """Whether the model kept calling a tool that does not exist, or one with arguments that do not fit."""
    return isinstance(error, library.UnexpectedModelBehavior) and "exceeded max retries" in error.message


# The first test that fits decides, so special cases stand before their parents.
FAILURES: Final[tuple[tuple[Test, str, str], ...]] = (
    (
        is_kind(library.RunTimedOut),
        "time_limit",
        "The run took longer than allowed. Ask about a shorter period or one thing at a time.",
    ),
    (
        is_token_limit,
        "token_limit",
        "The agent needed more tokens than a run of this account may use. Ask about less at a time.",
    ),
    (
        is_kind(library.UsageLimitExceeded),
        "run_limit",
        "The agent needed more steps than a run allows. Split the question into smaller ones.",
    ),
    (
        is_kind(library.ModelQuotaExceededError),
        "model_quota",
        "The model provider's quota is used up. Check its billing, or choose another model.",
    ),
    (
        is_kind(library.ModelRateLimitError),
        "model_rate_limited",
        "The model provider limits how often it is asked. Wait a minute and retry.",
    ),
    (
        is_kind(library.ModelAuthenticationError),
        "model_key_refused",
        "The model provider refused its API key. Ask the administrator to check it.",
    ),
    (
        is_kind(library.ModelNotFoundError),
        "model_not_found",
        "The model provider does not offer this model. Ask the administrator to choose another one.",
    ),
    (
        is_kind(library.ModelContextWindowExceededError),
        "conversation_too_long",
        "The conversation is too long for this model. Start a new chat.",
    ),
    (
        is_refusal,
        "model_refused",
        "The model, or its provider's content filter, refused to answer. Rephrase the question.",
    ),
    (
        is_rejected,
        "model_request_rejected",
        "The model provider rejected the request. Rephrase the question, or choose another model.",
    ),
    (
        is_kind(library.ModelUnavailableError),
        "model_overloaded",
        "The model provider is overloaded. Retry in a few minutes.",
    ),
    (
        is_kind(library.ModelTimeoutError, library.ModelRequestTimeout),
        "model_timed_out",
        "The model provider stopped sending, and was not waited for any longer. Retry in a moment.",
    ),
    (
        is_cut_off,
        "model_cut_off",
        "The model provider broke off in the middle of its answer. Retry in a moment.",
    ),
    (
        is_unreadable,
        "model_unreadable",
        "The model provider sent something that cannot be read. Retry; if it happens again, tell the administrator.",
    ),
    (
        is_kind(library.ModelAPIError),
        "model_unavailable",
        "The model provider does not answer. Retry in a moment.",
    ),
    (
        is_tool_misuse,
        "model_tool_misuse",
        "The model kept calling tools that do not exist, or wrongly. Retry, or choose another model.",
    ),
    (
        is_kind(library.OutputTokenLimitExceeded),
        "answer_too_long",
        "The model reached the end of what it may write at once. Ask about less at a time.",
    ),
    (
        is_kind(library.UnexpectedModelBehavior),
        "model_misbehaved",
        "The model did not give a usable answer. Retry, or rephrase the question.",
    ),
    (
        is_kind(Exception),
        "agent_failed",
        "The agent could not finish. Retry; if it happens again, tell the administrator the run's id.",
    ),
)


def explain_failure(error: Exception) -> tuple[str, str]:
    """Code and sentence of a failure: the library's, or ours while a model was being made."""
    if isinstance(error, NetraError):
        return error.code, error.sentence
    code, sentence = next((code, sentence) for fits, code, sentence in FAILURES if fits(error))
    wait = error.retry_after if isinstance(error, library.ModelAPIError) else None
    if code == "model_rate_limited" and wait is not None:
        sentence = f"The model provider limits how often it is asked. Retry in {say_wait(wait)}."
    return code, sentence


def say_wait(seconds: float) -> str:
    """A time to wait, rounded up."""
    whole = max(1, -int(-seconds // 1))
    if whole < 120:
        return "a second" if whole == 1 else f"{whole} seconds"
    return f"{-(-whole // 60)} minutes"
