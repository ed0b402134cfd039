"""Runs: claimed once, in order, cancelled, restarted, retried; always with one terminal event."""

from __future__ import annotations

import threading
import uuid
from datetime import timedelta
from typing import Any

import orjson
import pytest
from django.db import connection
from django.utils import timezone

from accounts.errors import LimitReached
from accounts.limits import LIMITS, Tier
from accounts.models import User
from chat.duties import perform_round
from chat.errors import (
    AgentUnavailable,
    ClientIdTaken,
    ClientIdUnusable,
    RunAlreadyFinished,
    RunNotFinished,
    RunNotFound,
    TextUnusable,
)
from chat.models import Agent, Event, Run, Thread
from chat.runs import (
    cancel_run,
    claim_run,
    reap_expired_runs,
    redispatch_forgotten_runs,
    release_run,
    retry_run,
)
from chat.threads import post_message
from tests.conftest import make_user

pytestmark = pytest.mark.django_db(transaction=True)


def post(
    user: User, thread: Thread | None = None, client_id: str | None = None, text: str = "What do we spend?"
) -> Run:
    return post_message(
        user, text=text, client_id=client_id or uuid.uuid4().hex, thread_id=thread.id if thread else None
    ).run


def expire(run: Run) -> None:
    wait_until_dispatched(run)
    Run.objects.filter(id=run.id).update(lease_until=timezone.now() - timedelta(seconds=1))


def types_of(run: Run) -> list[str]:
    return list(Event.objects.filter(run=run).order_by("seq").values_list("type", flat=True))


def test_a_posted_message_is_a_queued_run_with_its_events(owner: User, thread: Thread) -> None:
    run = post(owner, thread)
    assert run.status == "queued"
    assert types_of(run) == ["message_posted", "agent_queued"]


def test_the_same_client_id_gets_the_same_answer(owner: User, thread: Thread) -> None:
    assert post(owner, thread, "same") == post(owner, thread, "same")
    assert Run.objects.count() == 1


def test_a_client_id_cannot_stand_for_another_message(owner: User, thread: Thread) -> None:
    post(owner, thread, "same")
    with pytest.raises(ClientIdTaken):
        post(owner, thread, "same", text="Something else")


def test_two_people_may_use_the_same_client_id(owner: User, stranger: User, agent: Agent) -> None:
    assert post(owner, client_id="same") != post(stranger, client_id="same")


@pytest.mark.parametrize("client_id", ["", "a b", "x" * 65, "ä", None, 7, "a\n"])
def test_an_unusable_client_id_is_refused(owner: User, agent: Agent, client_id: Any) -> None:
    with pytest.raises(ClientIdUnusable):
        post_message(owner, text="Hello", client_id=client_id)


@pytest.mark.parametrize("text", ["", "   \n", "x" * 32_001, "a\x00b", "half \ud83d pair", None, 5])
def test_an_unusable_text_is_refused_and_nothing_is_stored(owner: User, agent: Agent, text: Any) -> None:
    with pytest.raises(TextUnusable):
        post_message(owner, text=text, client_id="c1")
    assert not Thread.objects.filter(user=owner).exists()


def test_the_longest_message_of_the_widest_characters_is_stored(owner: User, agent: Agent) -> None:
    run = post(owner, text="🦆" * 32_000)
    assert run.question.text == "🦆" * 32_000


def test_only_one_of_many_workers_claims_a_run(owner: User, thread: Thread) -> None:
    run = post(owner, thread)
    claimed: list[object] = []
    barrier = threading.Barrier(8)

    def claim(number: int) -> None:
        barrier.wait()
        try:
            if claim_run(run.id, f"worker-{number}"):
                claimed.append(number)
        finally:
            connection.close()

    threads = [threading.Thread(target=claim, args=(number,)) for number in range(8)]
    for one in threads:
        one.start()
    for one in threads:
        one.join(30)
    assert len(claimed) == 1


def test_the_second_question_of_a_thread_waits_for_the_first(owner: User, thread: Thread) -> None:
    first, second = post(owner, thread), post(owner, thread)
    assert claim_run(second.id, "w") is None
    assert claim_run(first.id, "w")
    assert claim_run(second.id, "w") is None


def test_a_tier_limits_how_many_runs_work_at_once(agent: Agent) -> None:
    person = make_user("free@example.com", Tier.FREE)
    runs = [post(person) for _ in range(LIMITS[Tier.FREE].runs_at_once + 1)]
    assert [bool(claim_run(run.id, "w")) for run in runs] == [True, True, False]


def test_a_tier_limits_the_runs_of_an_hour(agent: Agent) -> None:
    person = make_user("free@example.com", Tier.FREE)
    earlier = [post(person) for _ in range(2)]
    template = earlier[0]
    Run.objects.bulk_create(
        Run(
            user=person,
            thread=template.thread,
            question=template.question,
            agent=agent,
            client_id=f"old{n}",
            status="failed",
        )
        for n in range(LIMITS[Tier.FREE].runs_per_hour - 2)
    )
    with pytest.raises(LimitReached):
        post(person)


@pytest.mark.parametrize("change", [{"enabled": False}, {"minimum_tier": "enterprise"}])
def test_an_agent_that_is_not_available_is_not_asked(owner: User, thread: Thread, change: dict[str, Any]) -> None:
    Agent.objects.update(**change)
    with pytest.raises(AgentUnavailable):
        post(owner, thread)
    assert not Event.objects.filter(user=owner, type="message_posted").exists()
    Agent.objects.update(enabled=True, minimum_tier="mid")
    assert post(owner, thread).status == "queued"


def test_cancelling_a_queued_run_ends_it_at_once(owner: User, thread: Thread) -> None:
    run = post(owner, thread)
    assert cancel_run(owner, run.id).status == "cancelled"
    run.refresh_from_db()
    assert (run.status, types_of(run)[-1]) == ("cancelled", "agent_cancelled")
    with pytest.raises(RunAlreadyFinished):
        cancel_run(owner, run.id)


def test_cancelling_a_running_run_asks_its_worker_once(owner: User, thread: Thread) -> None:
    run = post(owner, thread)
    claim_run(run.id, "w")
    cancel_run(owner, run.id)
    cancel_run(owner, run.id)
    run.refresh_from_db()
    assert run.status == "running"
    assert run.cancel_requested_at is not None
    assert types_of(run).count("notice") == 1


def test_a_stranger_cannot_touch_a_run(owner: User, stranger: User, thread: Thread) -> None:
    run = post(owner, thread)
    with pytest.raises(RunNotFound):
        cancel_run(stranger, run.id)
    with pytest.raises(RunNotFound):
        retry_run(stranger, run.id, "c9")


def test_a_lost_run_is_restarted_and_its_zombie_fenced(owner: User, thread: Thread) -> None:
    run = post(owner, thread)
    claim_run(run.id, "dead")
    expire(run)
    assert reap_expired_runs() == 1
    run.refresh_from_db()
    assert (run.status, run.lease_owner, types_of(run)[-1]) == ("queued", "", "agent_restarted")
    again = claim_run(run.id, "alive")
    assert again
    assert (again.run.attempt, again.run.next_run_seq) == (2, 0)


def test_a_run_lost_three_times_fails(owner: User, thread: Thread) -> None:
    run = post(owner, thread)
    for _ in range(3):
        assert claim_run(run.id, "dead")
        expire(run)
        assert reap_expired_runs() == 1
    run.refresh_from_db()
    assert (run.status, run.error_code) == ("failed", "worker_lost")
    assert Event.objects.filter(run=run, terminal=True).count() == 1


def test_a_lost_run_whose_user_wanted_it_stopped_is_cancelled(owner: User, thread: Thread) -> None:
    run = post(owner, thread)
    claim_run(run.id, "dead")
    cancel_run(owner, run.id)
    expire(run)
    reap_expired_runs()
    run.refresh_from_db()
    assert run.status == "cancelled"


def test_a_live_lease_is_left_alone(owner: User, thread: Thread) -> None:
    run = post(owner, thread)
    claim_run(run.id, "w")
    assert reap_expired_runs() == 0


def test_a_stopping_worker_gives_only_its_own_run_back(owner: User, thread: Thread) -> None:
    run = post(owner, thread)
    claim_run(run.id, "w")
    release_run(run.id, "somebody else")
    run.refresh_from_db()
    assert run.status == "running"
    release_run(run.id, "w")
    run.refresh_from_db()
    assert run.status == "queued"


def test_a_retry_is_a_new_run_of_the_same_question(owner: User, thread: Thread) -> None:
    run = post(owner, thread)
    with pytest.raises(RunNotFinished):
        retry_run(owner, run.id, "again")
    cancel_run(owner, run.id)
    retried = retry_run(owner, run.id, "again")
    assert retried.retry_of == run
    assert retried.question == run.question
    assert retry_run(owner, run.id, "again") == retried


def test_a_forgotten_run_is_sent_again_but_a_fresh_or_waiting_one_is_not(owner: User, thread: Thread) -> None:
    first, second = post(owner, thread), post(owner, thread)
    wait_until_dispatched(first)
    wait_until_dispatched(second)
    assert redispatch_forgotten_runs() == 0
    long_ago = timezone.now() - timedelta(minutes=1)
    Run.objects.update(created_at=long_ago, dispatched_at=long_ago)
    assert redispatch_forgotten_runs() == 1
    first.refresh_from_db()
    second.refresh_from_db()
    assert first.dispatched_at
    assert first.dispatched_at > long_ago
    assert second.dispatched_at == long_ago


def wait_until_dispatched(run: Run) -> None:
    """The dispatcher works in the background: its note must not come after ours."""
    deadline = timezone.now() + timedelta(seconds=20)
    while timezone.now() < deadline:
        run.refresh_from_db()
        if run.dispatched_at:
            return
        threading.Event().wait(0.02)
    pytest.fail("the run was never dispatched")


def test_only_one_duties_process_works_at_a_time(owner: User) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [0x4E45545241])
    worked: list[bool] = []

    def other() -> None:
        try:
            worked.append(perform_round())
        finally:
            connection.close()

    thread = threading.Thread(target=other)
    thread.start()
    thread.join(20)
    assert worked == [False]
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_unlock(%s)", [0x4E45545241])
    assert perform_round()


def test_places_in_a_stream_have_no_holes(owner: User, thread: Thread) -> None:
    for _ in range(5):
        cancel_run(owner, post(owner, thread).id)
    places = list(Event.objects.filter(user=owner).order_by("seq").values_list("seq", flat=True))
    assert places == list(range(1, len(places) + 1))
    assert all(orjson.loads(event.data) for event in Event.objects.filter(user=owner))
