"""A model nobody answers for is left alone for a while, and asked again after it."""

from __future__ import annotations

import pytest

from agents.engine.attempts import GiveUp, Retry, Switch, next_move
from agents.engine.resting import note_answer, note_fault, require_awake
from agents.engine.specs import RunStatus
from agents.errors import ModelResting
from chat.breaker import breaker_named
from tests.models.replies import Refuse, say
from tests.models.server import always, writes
from tests.models.test_runs import Provider, by_model, run

MODEL = "openai:one"


def fail(times: int, code: str = "model_unavailable") -> None:
    for _ in range(times):
        require_awake(MODEL)
        note_fault(MODEL, code)


def test_five_faults_in_a_row_give_it_a_rest_which_is_its_own() -> None:
    fail(5)
    with pytest.raises(ModelResting, match=r"Retry in (2[6-9]|3[0-3]) seconds"):
        require_awake(MODEL)
    require_awake("openai:two")
    require_awake("anthropic:one")


@pytest.mark.parametrize("code", ["model_refused", "model_rate_limited", "model_key_refused"])
def test_whoever_refuses_is_there(code: str) -> None:
    fail(4)
    note_fault(MODEL, code)
    fail(4)
    require_awake(MODEL)


def test_what_is_nobody_s_absence_counts_neither_way() -> None:
    fail(4)
    fail(3, "time_limit")
    fail(1)
    with pytest.raises(ModelResting):
        require_awake(MODEL)


def test_an_answer_ends_the_count() -> None:
    fail(4)
    note_answer(MODEL)
    fail(4)
    require_awake(MODEL)


def test_our_own_model_never_rests() -> None:
    for _ in range(9):
        note_fault("builtin", "model_unavailable")
    require_awake("builtin")


def test_a_rest_is_waited_for_only_where_it_is_short_and_nobody_else_can_be_asked() -> None:
    assert next_move(ModelResting(30), model=0, models=2, tries=1) == Switch()
    assert next_move(ModelResting(30), model=0, models=1, tries=1) == GiveUp()
    assert next_move(ModelResting(4.0), model=0, models=1, tries=1) == Retry(4.0)


async def test_a_run_goes_past_a_resting_model_without_asking_it(provider: Provider) -> None:
    fail(5)
    server = provider(by_model(one=always(say("Not me.")), two=writes("Mine.")))
    outcome, sink = await run(MODEL, "compatible:two")
    assert (outcome.status, outcome.text) == (RunStatus.COMPLETED, "Mine.")
    assert [item["code"] for item in sink.of("model_switched")] == ["model_resting"]
    assert len(server.asked) == 1


async def test_runs_on_a_dead_provider_stop_asking_it_and_say_so(provider: Provider) -> None:
    server = provider(always(say(fault=Refuse(500))))
    codes = [(await run(MODEL))[0].code for _ in range(4)]
    # Two tries each for the first two runs, and one for the third: its second finds the model resting.
    assert codes == ["model_unavailable", "model_unavailable", "model_resting", "model_resting"]
    assert len(server.asked) == 5
    assert breaker_named(f"model {MODEL}").is_open
