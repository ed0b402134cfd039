"""A probe that fails, hangs or lies: what the examiner makes of it."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest

from netra.probes import Examiner, Finding, State, overall, pending_migrations, probe_database, probe_migrations

FINE = Finding(State.OK, "fine")
pytestmark = pytest.mark.django_db(transaction=True)


def test_a_part_that_fails_to_answer_is_down_with_its_reason() -> None:
    def broken() -> Finding:
        raise ConnectionRefusedError("nobody listens")

    finding = Examiner({"redis": broken}).examine()["redis"]
    assert finding.state is State.DOWN
    assert finding.says == "ConnectionRefusedError: nobody listens"


def test_a_part_that_hangs_is_down_after_the_deadline_and_is_not_asked_twice() -> None:
    asked: list[int] = []
    released = threading.Event()

    def hanging() -> Finding:
        asked.append(1)
        released.wait(60)
        return FINE

    examiner = Examiner({"database": hanging, "redis": lambda: FINE}, deadline_seconds=0.2)
    started = time.monotonic()
    for _ in range(3):
        findings = examiner.examine()
        assert (findings["database"].state, findings["redis"].state) == (State.DOWN, State.OK)
    assert time.monotonic() - started < 5
    assert len(asked) == 1
    released.set()


def test_a_part_that_answers_again_is_ok_again() -> None:
    answers: Iterator[OSError | Finding] = iter([OSError("away"), FINE])

    def recovering() -> Finding:
        answer = next(answers)
        if isinstance(answer, OSError):
            raise answer
        return answer

    examiner = Examiner({"redis": recovering})
    assert [examiner.examine()["redis"].state for _ in range(2)] == [State.DOWN, State.OK]


@pytest.mark.parametrize(
    ("states", "word"),
    [
        ({"database": State.OK, "redis": State.OK}, State.OK),
        ({"database": State.OK, "redis": State.DOWN}, State.DEGRADED),
        ({"database": State.OK, "workers": State.DEGRADED}, State.DEGRADED),
        ({"database": State.DOWN, "redis": State.OK}, State.DOWN),
        ({"database": State.OK, "migrations": State.DOWN}, State.DOWN),
    ],
)
def test_only_the_database_takes_the_site_down(states: dict[str, State], word: State) -> None:
    assert overall({name: Finding(state, "") for name, state in states.items()}) is word


def test_the_real_database_is_ok_and_migrated() -> None:
    assert probe_database().state is State.OK
    assert pending_migrations() == []
    assert probe_migrations().state is State.OK
