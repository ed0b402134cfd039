"""A breaker: opens after straight failures, lets one try through after its pause, closes on success."""

from __future__ import annotations

import pytest
from django.db import OperationalError

from chat.breaker import Breaker, BreakerState, breaker_named
from chat.heartbeats import Pulse
from chat.models import BreakerChange


class Clock:
    """A clock that moves when told to."""

    now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def breaker(clock: Clock) -> Breaker:
    return Breaker("mail", clock=clock)


def fail(breaker: Breaker, times: int) -> None:
    for _ in range(times):
        breaker.record_failure("TimeoutError")


def test_it_opens_at_the_fifth_straight_failure(breaker: Breaker) -> None:
    fail(breaker, 4)
    assert breaker.allows()
    assert breaker.state is BreakerState.CLOSED
    fail(breaker, 1)
    assert not breaker.allows()
    assert (breaker.state, breaker.times_opened) == (BreakerState.OPEN, 1)


def test_a_success_between_failures_starts_the_count_again(breaker: Breaker) -> None:
    fail(breaker, 4)
    breaker.record_success()
    fail(breaker, 4)
    assert breaker.allows()


def test_one_try_is_let_through_after_thirty_seconds_give_or_take_a_tenth(breaker: Breaker, clock: Clock) -> None:
    fail(breaker, 5)
    clock.now += 26.9
    assert not breaker.allows()
    clock.now += 6.2
    assert breaker.allows()
    assert breaker.state is BreakerState.HALF_OPEN
    assert not breaker.allows()


def test_a_probe_that_fails_opens_it_again_and_one_that_succeeds_closes_it(breaker: Breaker, clock: Clock) -> None:
    fail(breaker, 5)
    clock.now += 34
    assert breaker.allows()
    fail(breaker, 1)
    assert breaker.state is BreakerState.OPEN
    assert not breaker.allows()
    assert breaker.times_opened == 1
    assert breaker.open_for_seconds == 34
    clock.now += 34
    assert breaker.allows()
    breaker.record_success()
    assert (breaker.state, breaker.open_for_seconds) == (BreakerState.CLOSED, 0)
    assert breaker.allows()


def test_a_probe_whose_result_is_never_heard_does_not_keep_it_open_for_ever(breaker: Breaker, clock: Clock) -> None:
    fail(breaker, 5)
    clock.now += 34
    assert breaker.allows()
    clock.now += 34
    assert breaker.allows()


def test_every_change_is_told_once_with_its_cause(breaker: Breaker, clock: Clock) -> None:
    fail(breaker, 6)
    clock.now += 34
    assert breaker.allows()
    breaker.record_success()
    told = [(change.name, change.state, change.cause) for change in breaker.take_changes()]
    assert told == [
        ("mail", BreakerState.OPEN, "TimeoutError"),
        ("mail", BreakerState.HALF_OPEN, "one try after the pause"),
        ("mail", BreakerState.CLOSED, "a try succeeded"),
    ]
    assert breaker.take_changes() == []


def test_a_breaker_that_probes_every_second_tells_only_that_it_opened_and_closed(clock: Clock) -> None:
    breaker = Breaker("publish", open_seconds=1.0, clock=clock)
    fail(breaker, 5)
    for _ in range(60):
        clock.now += 1.2
        assert breaker.allows()
        fail(breaker, 1)
    clock.now += 1.2
    assert breaker.allows()
    breaker.record_success()
    assert [change.state for change in breaker.take_changes()] == [BreakerState.OPEN, BreakerState.CLOSED]


@pytest.mark.django_db
def test_a_history_the_database_did_not_take_is_kept_with_a_later_beat(monkeypatch: pytest.MonkeyPatch) -> None:
    breaker = breaker_named("mail")
    fail(breaker, 5)
    pulse = Pulse("worker")
    with monkeypatch.context() as away:
        away.setattr(BreakerChange.objects, "bulk_create", refuse)
        with pytest.raises(OperationalError):
            pulse.beat()
    breaker.record_success()
    pulse.beat()
    kept = BreakerChange.objects.order_by("at").values_list("name", "state")
    assert list(kept) == [("mail", "open"), ("mail", "closed")]


def refuse(_: object) -> None:
    raise OperationalError("the connection was closed")
