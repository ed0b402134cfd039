"""Retention: only the oldest end goes, only of ended runs, and everybody can see that it has gone."""

from __future__ import annotations

import re
import threading
from datetime import timedelta
from typing import Any

import orjson
import pytest
from django.db import OperationalError, connections, transaction
from django.utils import timezone
from pytest_django import Settings

from accounts.models import User
from chat import retention
from chat.belongings import event_lines, export_record
from chat.compaction import compact_run
from chat.log import lock_stream, read_after, read_run_steps
from chat.log.places import resync_reason
from chat.models import Agent, Alert, Blob, BreakerChange, DeliveryAttempt, DeliveryMinute, Event, Message, Run
from chat.queue import dispatcher
from chat.retention import StreamWalk, forget_old_deliveries, forget_old_events, forget_oldest
from chat.selectors import snapshot_for, stream_for
from chat.threads import create_thread, post_message
from tests.chat.telling import ANSWER, QUESTION, THOUGHT, begin, moved, told_run
from tests.conftest import make_user
from tests.staff import VIEW, make_staff, signed_in

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def thirty_days(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.KEEP_EVENTS_DAYS = 30
    monkeypatch.setattr(retention, "walk", StreamWalk())


def age(user: User, *, days: float, after: int = 0) -> None:
    """Makes the user's events from a place on, and the runs that end there, so old."""
    long_ago = timezone.now() - timedelta(days=days)
    events = Event.objects.filter(user=user, seq__gt=after)
    ended = list(events.filter(terminal=True).values_list("run_id", flat=True))
    events.update(created_at=long_ago)
    Run.objects.filter(id__in=ended).update(created_at=long_ago, started_at=long_ago, finished_at=long_ago)


def seqs_of(user: User) -> list[int]:
    return [stored.seq for stored in read_after(user.id, 0, 1_000_000)]


def head_of(user: User) -> int:
    return stream_for(user).last_seq


def old_run(user: User, client_id: str = "old", days: float = 31) -> Run:
    """A told run of its own thread that has been over for so long."""
    before = head_of(user)
    run = told_run(user, client_id)
    age(user, days=days, after=before)
    run.refresh_from_db()
    return run


def test_what_is_too_old_goes_and_the_floor_says_so(owner: User, agent: Agent) -> None:
    old_run(owner)
    last_old = head_of(owner)
    told_run(owner, "new")
    head = head_of(owner)
    assert forget_old_events() == last_old
    assert seqs_of(owner) == list(range(last_old + 1, head + 1))
    stream = stream_for(owner)
    assert (stream.floor_seq, stream.last_seq) == (last_old, head)


def test_nothing_goes_where_everything_is_kept(owner: User, agent: Agent, settings: Settings) -> None:
    settings.KEEP_EVENTS_DAYS = 0
    old_run(owner, days=4_000)
    before = seqs_of(owner)
    assert forget_old_events() == 0
    assert seqs_of(owner) == before
    assert stream_for(owner).floor_seq == 0


def test_what_is_young_enough_stays(owner: User, agent: Agent) -> None:
    old_run(owner, days=29.9)
    assert forget_old_events() == 0


def test_a_run_that_has_not_ended_keeps_its_events_and_all_behind_them(owner: User, agent: Agent) -> None:
    old_run(owner, "first")
    last_old = head_of(owner)
    begin(owner, "working")
    old_run(owner, "behind")
    age(owner, days=60)
    assert forget_old_events() == last_old
    assert seqs_of(owner)[0] == last_old + 1


def test_a_queued_run_keeps_its_events(owner: User, agent: Agent) -> None:
    post_message(owner, text=QUESTION, client_id="queued")
    age(owner, days=60)
    before = seqs_of(owner)
    assert forget_old_events() == 0
    assert seqs_of(owner) == before


def test_old_events_of_a_run_that_ended_lately_stay(owner: User, agent: Agent) -> None:
    run = old_run(owner)
    moved(run, finished_at=timezone.now() - timedelta(days=2))
    assert forget_old_events() == 0


def test_events_of_no_run_go_by_their_own_age(owner: User, agent: Agent) -> None:
    create_thread(owner, "Costs")
    age(owner, days=31)
    create_thread(owner, "Speed")
    assert forget_old_events() == 1
    assert seqs_of(owner) == [2]


def test_events_of_a_run_that_is_no_more_go_by_their_own_age(owner: User, agent: Agent) -> None:
    run = old_run(owner)
    head = head_of(owner)
    Message.objects.update(run=None, parent=None)
    run.delete()
    assert forget_old_events() == head


def test_a_long_past_goes_in_batches_with_the_floor_always_at_the_last_that_went(
    owner: User, agent: Agent, monkeypatch: pytest.MonkeyPatch
) -> None:
    old_run(owner)
    head = head_of(owner)
    monkeypatch.setattr(retention, "EVENTS_A_BATCH", 4)
    floors = []
    while forget_oldest(owner.id):
        floors.append(stream_for(owner).floor_seq)
        assert seqs_of(owner) == list(range(floors[-1] + 1, head + 1))
    assert floors == [*range(4, head, 4), head]


def test_one_round_goes_on_with_a_long_past_until_its_time_is_over(
    owner: User, agent: Agent, monkeypatch: pytest.MonkeyPatch
) -> None:
    old_run(owner)
    head = head_of(owner)
    monkeypatch.setattr(retention, "EVENTS_A_BATCH", 4)
    monkeypatch.setattr(retention, "ROUND_SECONDS", -1.0)
    assert forget_old_events() == 0
    monkeypatch.setattr(retention, "ROUND_SECONDS", 60.0)
    assert forget_old_events() == head


def test_compacted_runs_go_like_others(owner: User, agent: Agent) -> None:
    run = old_run(owner)
    dispatcher.drain()
    assert compact_run(run.id)
    head = head_of(owner)
    rows = Event.objects.filter(user=owner).count()
    assert rows < head
    assert forget_old_events() == rows
    assert stream_for(owner).floor_seq == head


def test_a_place_below_the_floor_cannot_be_read_on_from(owner: User, agent: Agent) -> None:
    old_run(owner)
    floor = head_of(owner)
    told_run(owner, "new")
    forget_old_events()
    stream = stream_for(owner)
    reasons = [
        resync_reason(place, str(stream.epoch), str(stream.epoch), stream.last_seq, stream.floor_seq)
        for place in (floor - 1, floor)
    ]
    assert reasons == ["history_gone", None]


def test_the_api_says_up_to_where_the_past_has_gone(owner: User, agent: Agent) -> None:
    old_run(owner)
    floor = head_of(owner)
    told_run(owner, "new")
    forget_old_events()
    answer = signed_in(owner).get("/api/v1/events/?after=0").json()
    assert answer["floor"] == floor
    assert answer["events"][0]["seq"] == floor + 1


def test_questions_answers_runs_and_results_stay(owner: User, agent: Agent) -> None:
    run = old_run(owner)
    Blob.objects.create(user=owner, run=run, content=b"{}")
    forget_old_events()
    assert not Event.objects.filter(user=owner).exists()
    texts = list(Message.objects.filter(thread=run.thread_id).order_by("id").values_list("text", flat=True))
    assert texts == [QUESTION, ANSWER]
    assert (Run.objects.count(), Blob.objects.count()) == (1, 1)


def test_the_snapshot_of_a_thread_without_events_has_its_messages(owner: User, agent: Agent) -> None:
    run = old_run(owner)
    forget_old_events()
    thread = orjson.loads(snapshot_for(owner, run.thread_id))["thread"]
    assert [message["text"] for message in thread["messages"]] == [QUESTION, ANSWER]
    assert [row["status"] for row in thread["runs"]] == ["completed"]
    assert thread["events"] == []


def test_the_snapshot_of_a_thread_has_the_events_that_are_left(owner: User, agent: Agent) -> None:
    run = old_run(owner)
    post_message(owner, text="And by team?", client_id="second", thread_id=run.thread_id)
    forget_old_events()
    thread = orjson.loads(snapshot_for(owner, run.thread_id))["thread"]
    assert {event["run_id"] for event in thread["events"]} == {thread["runs"][1]["id"]}
    assert len(thread["messages"]) == 3


def test_staff_see_the_run_without_its_steps(owner: User, agent: Agent) -> None:
    run = old_run(owner)
    forget_old_events()
    assert read_run_steps(owner.id, run.id, most=10).steps == ()
    answer = signed_in(make_staff("viewer@example.com", *VIEW)).get(f"/admin/chat/run/{run.id}/change/")
    assert answer.status_code == 200
    assert re.search(r"completed", answer.content.decode())


def test_the_export_has_what_is_left(owner: User, agent: Agent) -> None:
    old_run(owner)
    floor = head_of(owner)
    told_run(owner, "new")
    forget_old_events()
    assert orjson.loads(next(event_lines(owner)))["seq"] == floor + 1
    names = [name for name, _ in export_record(owner)]
    assert names == ["threads.jsonl", "messages.jsonl", "runs.jsonl", "events.jsonl"]


def test_each_round_looks_at_the_next_people_and_comes_back_to_the_first(
    owner: User, agent: Agent, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = [owner, *[make_user(f"person{number}@example.com") for number in range(4)]]
    for person in people:
        create_thread(person, "Costs")
        age(person, days=31)
    monkeypatch.setattr(retention, "STREAMS_A_ROUND", 2)
    assert [forget_old_events() for _ in range(3)] == [2, 2, 1]
    last = max(people, key=lambda person: person.id)
    create_thread(last, "Speed")
    age(last, days=31)
    assert [forget_old_events() for _ in range(3)] == [0, 0, 1]


def test_another_persons_past_is_not_touched(owner: User, stranger: User, agent: Agent) -> None:
    old_run(owner)
    told_run(stranger, "theirs")
    theirs = seqs_of(stranger)
    forget_old_events()
    assert seqs_of(stranger) == theirs
    assert stream_for(stranger).floor_seq == 0


def test_a_stream_somebody_writes_to_is_left_for_later(owner: User, agent: Agent) -> None:
    old_run(owner)
    locked, released = threading.Event(), threading.Event()

    def write() -> None:
        with transaction.atomic():
            lock_stream(owner.id)
            locked.set()
            assert released.wait(30)
        connections.close_all()

    writer = threading.Thread(target=write)
    writer.start()
    assert locked.wait(30)
    assert forget_old_events() == 0
    released.set()
    writer.join(30)
    assert forget_old_events() > 0


def test_a_failure_leaves_log_and_floor_as_they_were(
    owner: User, agent: Agent, monkeypatch: pytest.MonkeyPatch
) -> None:
    old_run(owner)
    before = seqs_of(owner)

    def fail(*_: Any, **__: Any) -> None:
        raise OperationalError("the server closed the connection unexpectedly")

    with monkeypatch.context() as patched:
        patched.setattr("chat.models.UserStream.save", fail)
        with pytest.raises(OperationalError):
            forget_old_events()
    assert seqs_of(owner) == before
    assert stream_for(owner).floor_seq == 0


def test_two_that_forget_at_once_do_no_harm(owner: User, agent: Agent, monkeypatch: pytest.MonkeyPatch) -> None:
    old_run(owner)
    head = head_of(owner)
    monkeypatch.setattr(retention, "EVENTS_A_BATCH", 3)
    barrier = threading.Barrier(2)
    gone: list[int] = []

    def forget() -> None:
        barrier.wait(30)
        while stream_for(owner).floor_seq < head:
            gone.append(forget_oldest(owner.id))
        connections.close_all()

    threads = [threading.Thread(target=forget) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sum(gone) == head
    assert seqs_of(owner) == []


def test_a_compaction_at_the_same_time_does_no_harm(owner: User, agent: Agent) -> None:
    runs = [old_run(owner, f"run{number}") for number in range(3)]
    head = head_of(owner)
    barrier = threading.Barrier(2)

    def compact() -> None:
        barrier.wait(30)
        for run in runs:
            while not compact_run(run.id):
                pass
        connections.close_all()

    thread = threading.Thread(target=compact)
    thread.start()
    barrier.wait(30)
    while stream_for(owner).floor_seq < head:
        forget_oldest(owner.id)
    thread.join(60)
    assert seqs_of(owner) == []
    assert not Run.objects.filter(compacted_at=None).exists()


def days_ago(days: float) -> Any:
    return timezone.now() - timedelta(days=days)


def test_figures_are_kept_for_eight_days(db: None) -> None:
    for days in (9, 8.1, 7.9, 0):
        DeliveryMinute.objects.create(minute=days_ago(days), process="web")
    assert forget_old_deliveries() == 2
    assert DeliveryMinute.objects.count() == 2


def test_attempts_and_changes_of_breakers_are_kept_for_thirty_days(owner: User) -> None:
    for seq, days in enumerate((31, 29)):
        at = days_ago(days)
        DeliveryAttempt.objects.create(user=owner, seq=seq, channel="banner", next_at=at, created_at=at)
        BreakerChange.objects.create(name="publish", process="worker", state="open", at=at)
    assert forget_old_deliveries() == 2
    assert DeliveryAttempt.objects.get().seq == 1
    assert BreakerChange.objects.get().at > days_ago(30)


def test_an_alert_is_kept_until_thirty_days_after_its_end(db: None) -> None:
    for rule, ended_at in (("gone", days_ago(31)), ("kept", days_ago(29)), ("open", None)):
        Alert.objects.create(rule=rule, severity="warning", started_at=days_ago(90), ended_at=ended_at)
    assert forget_old_deliveries() == 1
    assert set(Alert.objects.values_list("rule", flat=True)) == {"kept", "open"}


def test_a_round_removes_no_more_than_some_and_the_oldest_first(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "ROWS_A_ROUND", 2)
    for days in (11, 13, 12):
        DeliveryMinute.objects.create(minute=days_ago(days), process="web")
    assert forget_old_deliveries() == 2
    assert DeliveryMinute.objects.get().minute > days_ago(11.5)


def test_what_is_left_of_a_run_can_still_be_read(owner: User, agent: Agent, monkeypatch: pytest.MonkeyPatch) -> None:
    run = old_run(owner)
    # A batch ends in the middle of the run's thinking.
    first_thought = Event.objects.filter(run=run, type="agent_thinking").order_by("seq")[0].seq
    monkeypatch.setattr(retention, "EVENTS_A_BATCH", first_thought)
    assert forget_oldest(owner.id) == first_thought
    thread = orjson.loads(snapshot_for(owner, run.thread_id))["thread"]
    assert thread["events"][0]["data"] == {"delta": THOUGHT * 2}
    assert read_run_steps(owner.id, run.id, most=100).steps[0].pieces == 2
