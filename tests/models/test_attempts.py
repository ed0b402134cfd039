"""What follows from a failure, case by case."""

from __future__ import annotations

import pytest
from pydantic_ai import exceptions as library

from agents.engine.attempts import MODEL_FAULTS, PASSING_FAULTS, GiveUp, Move, Retry, Switch, next_move
from agents.engine.failures import FAILURES, AnswerCutOff, AnswerUnreadable, explain_failure, say_wait
from agents.errors import ModelNotConfigured, ModelResting, NoDataChosen, UnknownModel

OURS = [
    library.RunTimedOut("late"),
    library.UsageLimitExceeded("The next request would exceed the request_limit of 3"),
    library.UsageLimitExceeded("Exceeded the total_tokens_limit of 5 (total_tokens=6)"),
    library.RunCancelled("stopped"),
    library.AgentRunError("something else"),
    NoDataChosen(),
    ZeroDivisionError("a fault of ours"),
]
LASTING = [
    library.ModelQuotaExceededError("m", "x"),
    library.ModelAuthenticationError("m", "x"),
    library.ModelNotFoundError("m", "x"),
    library.ModelContextWindowExceededError("m", "x"),
    library.ModelRequestRejectedError("m", "x"),
    library.ModelRequestRejectedError("m", "x", provider_error_code="content_filter"),
    library.ContentFilterError("refused"),
    library.ModelTimeoutError("m", "x", phase="read"),
    library.ModelRequestTimeout("m", 60),
    library.OutputTokenLimitExceeded("full"),
    library.UnexpectedModelBehavior("Exceeded maximum output retries (2)"),
    library.UnexpectedModelBehavior("Tool 'x' exceeded max retries count of 2."),
    library.ModelHTTPError(418, "m"),
    ModelNotConfigured(),
    UnknownModel(),
]
PASSING = [
    library.ModelServerError("m", "x"),
    library.ModelUnavailableError("m", "x"),
    library.ModelOverloadedError("m", "x"),
    library.ModelConnectionError("m", "x", phase="connect"),
    library.ModelConnectionError("m", "x", phase="read"),
    library.ModelAPIError("m", "x"),
    AnswerCutOff("m"),
    AnswerUnreadable("m"),
]


def limited(wait: float | None) -> Exception:
    return library.ModelRateLimitError("m", "x", retry_after=wait)


@pytest.mark.parametrize("error", OURS)
def test_an_end_of_ours_is_no_reason_to_ask_another_model(error: Exception) -> None:
    assert next_move(error, model=0, models=3, tries=1) == GiveUp()


@pytest.mark.parametrize("error", [*LASTING, *PASSING, limited(4.0), limited(None)])
def test_a_fault_of_a_model_is_followed_by_the_next_model(error: Exception) -> None:
    assert next_move(error, model=0, models=2, tries=1) == Switch()
    assert next_move(error, model=1, models=3, tries=1) == Switch()


@pytest.mark.parametrize("error", LASTING)
def test_a_lasting_fault_of_the_last_model_stands(error: Exception) -> None:
    assert next_move(error, model=1, models=2, tries=1) == GiveUp()


@pytest.mark.parametrize("error", PASSING)
def test_a_passing_fault_of_the_last_model_has_one_new_try(error: Exception) -> None:
    assert next_move(error, model=0, models=1, tries=1) == Retry(1.0)
    assert next_move(error, model=0, models=1, tries=2) == GiveUp()


@pytest.mark.parametrize(
    ("wait", "tries", "move"),
    [
        (4.0, 1, Retry(4.0)),
        (4.0, 2, Retry(4.0)),
        (4.0, 3, GiveUp()),
        (10.0, 1, Retry(10.0)),
        (10.5, 1, GiveUp()),
        (0.0, 1, Retry(0.0)),
        (None, 1, GiveUp()),
    ],
)
def test_a_rate_limit_is_waited_for_twice_if_the_wait_is_told_and_short(
    wait: float | None, tries: int, move: Move
) -> None:
    assert next_move(limited(wait), model=0, models=1, tries=tries) == move


@pytest.mark.parametrize(("wait", "move"), [(3.0, Retry(3.0)), (60.0, GiveUp())])
def test_an_overloaded_provider_is_given_the_time_it_asks_for(wait: float, move: Move) -> None:
    error = library.ModelOverloadedError("m", "x", retry_after=wait)
    assert next_move(error, model=0, models=1, tries=1) == move


def test_every_code_about_models_is_one_that_occurs() -> None:
    made = {code for _, code, _ in FAILURES} | {ModelNotConfigured.code, ModelResting.code, UnknownModel.code}
    assert made >= MODEL_FAULTS > PASSING_FAULTS
    assert made - MODEL_FAULTS == {"time_limit", "token_limit", "run_limit", "agent_failed"}


def test_a_model_that_is_not_set_up_says_what_to_do() -> None:
    assert explain_failure(ModelNotConfigured("Set it.")) == ("model_not_configured", "Set it.")


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.0, "a second"), (0.2, "a second"), (1.2, "2 seconds"), (30.0, "30 seconds"), (121.0, "3 minutes")],
)
def test_a_wait_is_told_in_words_and_never_too_short(seconds: float, words: str) -> None:
    assert say_wait(seconds) == words
