"""Ends that nobody acknowledged: one channel after the other, each at most once, and no longer than they are wanted."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from accounts.leaving import delete_account
from accounts.models import User
from chat import escalation
from chat.channels import banner, escalating_channels
from chat.escalation import Glance, escalate, slow_lane
from chat.models import Agent, DeliveryAttempt, Event, UserStream
from chat.outgoing import Channel, Delivery, End, Result
from tests.chat.ends import acknowledge_up_to, ended_run
from tests.chat.telling import begin, fail
from tests.stack_process import wait_until

pytestmark = pytest.mark.django_db(transaction=True)
SENT = Delivery(Result.SENT)
LATER = Delivery(Result.TRY_LATER, "busy")


class Line:
    """A channel of the test's own, which notes what it was given."""

    def __init__(self, name: str, after_seconds: float = 10.0, *, is_slow: bool = False) -> None:
        self.given: list[End] = []
        self.answers: list[Delivery] = []
        self.during: Callable[[], Any] = lambda: None
        self.channel = Channel(name, lambda: after_seconds, self.take, is_slow)

    def take(self, end: End) -> Delivery:
        self.given.append(end)
        self.during()
        return self.answers.pop(0) if self.answers else SENT


Use = Callable[..., None]


@pytest.fixture
def use(monkeypatch: pytest.MonkeyPatch) -> Iterator[Use]:
    """Makes the escalation have these channels and no others."""

    def use_channels(*channels: Line | Channel) -> None:
        chosen = [channel.channel if isinstance(channel, Line) else channel for channel in channels]
        monkeypatch.setattr(escalation, "escalating_channels", lambda: chosen)

    # As in a process that has just begun.
    monkeypatch.setattr(escalation, "glance", Glance())
    yield use_channels
    slow_lane.wait(10)


@pytest.fixture
def mail(use: Use) -> Line:
    line = Line("mail")
    use(line)
    return line


def states(user: User) -> list[tuple[str, str]]:
    found = DeliveryAttempt.objects.filter(user=user).order_by("seq", "id")
    return list(found.values_list("channel", "state"))


def only_attempt() -> DeliveryAttempt:
    return DeliveryAttempt.objects.get()


def pass_time(seconds: float) -> None:
    """Every attempt is so much older."""
    for attempt in DeliveryAttempt.objects.all():
        past = {"next_at": attempt.next_at - timedelta(seconds=seconds)}
        past["created_at"] = attempt.created_at - timedelta(seconds=seconds)
        DeliveryAttempt.objects.filter(id=attempt.id).update(**past)


def test_an_end_nobody_acknowledged_is_sent_once(owner: User, agent: Agent, mail: Line) -> None:
    ended = ended_run(owner)
    assert escalate() > 0
    assert escalate() == 0
    assert mail.given == [
        End(owner.id, ended.seq, ended.run_id, ended.thread_id, "agent_completed", ended.created_at)  # type: ignore[arg-type]
    ]
    attempt = only_attempt()
    assert (attempt.seq, attempt.run_id, attempt.state, attempt.tries) == (ended.seq, ended.run_id, "sent", 1)
    assert attempt.sent_at is not None


def test_an_end_is_not_sent_before_its_time(owner: User, agent: Agent, mail: Line) -> None:
    ended_run(owner, seconds_ago=9)
    assert escalate() == 0
    assert mail.given == []


def test_a_run_that_goes_on_is_no_end(owner: User, agent: Agent, mail: Line) -> None:
    begin(owner)
    Event.objects.filter(user=owner).update(created_at=timezone.now() - timedelta(minutes=5))
    assert escalate() == 0


def test_an_end_of_more_than_a_day_ago_is_history(owner: User, agent: Agent, mail: Line) -> None:
    old = ended_run(owner, seconds_ago=24 * 3600 + 5)
    young = ended_run(owner, seconds_ago=24 * 3600 - 60)
    escalate()
    assert [end.seq for end in mail.given] == [young.seq]
    assert old.seq < young.seq


def test_what_was_acknowledged_is_not_sent(owner: User, agent: Agent, mail: Line) -> None:
    ended = ended_run(owner)
    acknowledge_up_to(owner, ended.seq)
    assert escalate() == 0
    assert mail.given == []


def test_an_acknowledgement_of_an_earlier_place_is_none(owner: User, agent: Agent, mail: Line) -> None:
    ended = ended_run(owner)
    acknowledge_up_to(owner, ended.seq - 1)
    escalate()
    assert len(mail.given) == 1


def test_an_acknowledgement_of_a_former_log_is_none(owner: User, agent: Agent, mail: Line) -> None:
    ended = ended_run(owner)
    acknowledge_up_to(owner, ended.seq)
    UserStream.objects.filter(user=owner).update(epoch=uuid.uuid4())
    escalate()
    assert len(mail.given) == 1


def test_one_persons_acknowledgement_says_nothing_of_another(
    owner: User, stranger: User, agent: Agent, mail: Line
) -> None:
    ended_run(owner)
    other = ended_run(stranger)
    acknowledge_up_to(stranger, other.seq)
    escalate()
    assert [end.user_id for end in mail.given] == [owner.id]


def test_somebody_whose_account_is_off_is_left_alone(owner: User, agent: Agent, mail: Line) -> None:
    ended_run(owner)
    User.objects.filter(id=owner.id).update(is_active=False)
    assert escalate() == 0


def test_channels_are_tried_in_their_order(owner: User, agent: Agent, use: Use) -> None:
    told: list[str] = []
    lines = [Line(name) for name in ("zebra", "apple", "mango")]
    for line in lines:
        line.during = lambda name=line.channel.name: told.append(name)  # type: ignore[misc]
    use(*lines)
    ended_run(owner)
    escalate()
    assert told == ["zebra", "apple", "mango"]


def test_each_channel_has_its_own_time(owner: User, agent: Agent, use: Use) -> None:
    soon, late = Line("soon", 10), Line("late", 600)
    use(soon, late)
    ended_run(owner, seconds_ago=599)
    escalate()
    assert (len(soon.given), len(late.given)) == (1, 0)
    Event.objects.filter(terminal=True).update(created_at=timezone.now() - timedelta(seconds=601))
    escalate()
    assert (len(soon.given), len(late.given)) == (1, 1)


def test_the_setting_orders_the_channels(settings: Any) -> None:
    settings.CHANNELS = ("push", "replay", "direct", "ops", "redelivery", "banner")
    assert [channel.name for channel in escalating_channels()] == ["ops", "banner"]


def test_two_processes_at_once_send_each_end_once(owner: User, stranger: User, agent: Agent, mail: Line) -> None:
    """Both wait for each other in the middle of their first try, so that both are at it."""
    seqs = sorted((user.id, ended_run(user).seq) for user in (owner, stranger) for _ in range(10))
    escalation.open_attempts([mail.channel])
    together = threading.Barrier(2)
    first = threading.local()

    def meet() -> None:
        if not hasattr(first, "done"):
            first.done = True
            together.wait(10)

    def work() -> None:
        try:
            escalate()
        finally:
            connection.close()

    mail.during = meet
    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert not together.broken
    assert sorted((end.user_id, end.seq) for end in mail.given) == seqs
    assert set(states(owner) + states(stranger)) == {("mail", "sent")}


def test_two_processes_that_open_the_same_ends_at_once_open_each_once(owner: User, agent: Agent, mail: Line) -> None:
    """The second waits for the first one's rows to be committed, and then leaves them to it."""
    seqs = [ended_run(owner).seq for _ in range(3)]
    opened: list[int] = []

    def open_too() -> None:
        try:
            opened.append(escalation.open_attempts([mail.channel])[0])
        finally:
            connection.close()

    second = threading.Thread(target=open_too)
    with transaction.atomic():
        opened.append(escalation.open_attempts([mail.channel])[0])
        second.start()
        wait_until(somebody_waits_for_us, 10, "the second did not wait")
    second.join(10)
    assert opened == [3, 0]
    assert list(DeliveryAttempt.objects.order_by("seq").values_list("seq", flat=True)) == seqs


def somebody_waits_for_us() -> bool:
    """Whether another connection wants a lock this one holds."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid))")
        return cursor.fetchone() is not None


class ProcessDied(BaseException):
    """What no code catches, as a kill is."""


def die() -> None:
    raise ProcessDied


def test_what_a_process_died_in_the_middle_of_is_never_sent_again(owner: User, agent: Agent, mail: Line) -> None:
    ended_run(owner)
    mail.during = die
    with pytest.raises(ProcessDied):
        escalate()
    assert (only_attempt().state, only_attempt().tries) == ("pending", 1)
    mail.during = lambda: None
    pass_time(59)
    assert escalate() == 0
    assert only_attempt().state == "pending"
    pass_time(2)
    escalate()
    assert len(mail.given) == 1
    assert (only_attempt().state, only_attempt().reason) == ("failed", "not known whether it was sent")


def test_what_a_process_died_in_the_middle_of_is_not_taken_even_before_it_is_settled(
    owner: User, agent: Agent, mail: Line
) -> None:
    ended_run(owner)
    mail.during = die
    with pytest.raises(ProcessDied):
        escalate()
    pass_time(61)
    assert escalation.take_attempt(["mail"]) is None


def test_what_was_opened_but_not_tried_is_sent_by_the_next(owner: User, agent: Agent, mail: Line) -> None:
    """A process that dies between the row and the try has sent nothing."""
    ended_run(owner)
    escalation.open_attempts([mail.channel])
    assert mail.given == []
    escalate()
    assert len(mail.given) == 1


def test_a_try_to_be_repeated_waits_longer_each_time_and_ends(owner: User, agent: Agent, mail: Line) -> None:
    ended_run(owner)
    mail.answers = [LATER] * 5
    escalate()
    for tries, pause in enumerate((5, 30, 120, 600), start=1):
        attempt = only_attempt()
        assert (attempt.state, attempt.tries, attempt.reason) == ("pending", tries, "busy")
        pass_time(pause - 2)
        assert escalate() == 0
        pass_time(3)
        escalate()
        assert len(mail.given) == tries + 1
    assert (only_attempt().state, only_attempt().tries) == ("failed", 5)
    pass_time(3600)
    escalate()
    assert len(mail.given) == 5


def test_a_repeated_try_that_succeeds_is_sent(owner: User, agent: Agent, mail: Line) -> None:
    ended_run(owner)
    mail.answers = [LATER, SENT]
    escalate()
    pass_time(6)
    escalate()
    assert (only_attempt().state, only_attempt().tries) == ("sent", 2)


@pytest.mark.parametrize(
    ("answer", "state", "reason"),
    [
        (Delivery(Result.NOT_WANTED, "not chosen"), "cancelled", "not chosen"),
        (Delivery(Result.FAILED, "refused: 550"), "failed", "refused: 550"),
    ],
)
def test_a_final_answer_is_kept_with_its_reason(
    owner: User, agent: Agent, mail: Line, answer: Delivery, state: str, reason: str
) -> None:
    ended_run(owner)
    mail.answers = [answer]
    escalate()
    escalate()
    assert (only_attempt().state, only_attempt().reason, only_attempt().sent_at) == (state, reason, None)
    assert len(mail.given) == 1


def test_an_acknowledgement_cancels_what_is_pending(owner: User, agent: Agent, mail: Line) -> None:
    ended = ended_run(owner)
    mail.answers = [LATER]
    escalate()
    acknowledge_up_to(owner, ended.seq)
    escalate()
    pass_time(3600)
    escalate()
    assert len(mail.given) == 1
    assert (only_attempt().state, only_attempt().reason) == ("cancelled", "acknowledged")
    assert only_attempt().acked_at is not None


def test_an_acknowledgement_of_a_former_log_cancels_nothing(owner: User, agent: Agent, mail: Line) -> None:
    ended = ended_run(owner)
    mail.answers = [LATER]
    escalate()
    acknowledge_up_to(owner, ended.seq)
    UserStream.objects.filter(user=owner).update(epoch=uuid.uuid4())
    escalate()
    assert only_attempt().state == "pending"


def test_an_acknowledgement_is_noted_on_what_was_sent(owner: User, agent: Agent, mail: Line) -> None:
    ended = ended_run(owner)
    escalate()
    assert only_attempt().acked_at is None
    acknowledge_up_to(owner, ended.seq)
    escalate()
    attempt = only_attempt()
    assert attempt.state == "sent"
    assert attempt.acked_at == owner.receipt.acked_at


def test_an_acknowledgement_cancels_nothing_that_came_after_it(owner: User, agent: Agent, mail: Line) -> None:
    first, second = ended_run(owner), ended_run(owner)
    mail.answers = [LATER, LATER]
    escalate()
    acknowledge_up_to(owner, second.seq - 1)
    escalate()
    found = dict(DeliveryAttempt.objects.values_list("seq", "state"))
    assert found == {first.seq: "cancelled", second.seq: "pending"}


def test_what_was_sent_while_the_acknowledgement_came_was_sent(owner: User, agent: Agent, mail: Line) -> None:
    ended = ended_run(owner)

    def acknowledge_meanwhile() -> None:
        acknowledge_up_to(owner, ended.seq)
        escalation.settle_attempts()

    mail.during = acknowledge_meanwhile
    escalate()
    assert only_attempt().state == "sent"
    assert only_attempt().acked_at is not None


def test_a_try_that_failed_while_the_acknowledgement_came_is_not_repeated(
    owner: User, agent: Agent, mail: Line
) -> None:
    ended = ended_run(owner)

    def acknowledge_meanwhile() -> None:
        acknowledge_up_to(owner, ended.seq)
        escalation.settle_attempts()

    mail.during, mail.answers = acknowledge_meanwhile, [LATER]
    escalate()
    assert only_attempt().state == "cancelled"


def test_a_channel_with_a_fault_leaves_the_others_alone_and_its_secrets_unsaid(
    owner: User, agent: Agent, use: Use, caplog: pytest.LogCaptureFixture
) -> None:
    broken, mail = Line("broken"), Line("mail")

    def fault() -> None:
        raise LookupError("https://hooks.example/secret-token")

    broken.during = fault
    use(broken, mail)
    ended_run(owner)
    escalate()
    assert states(owner) == [("broken", "failed"), ("mail", "sent")]
    assert DeliveryAttempt.objects.get(channel="broken").reason == "fault: LookupError"
    assert "channel_fault" in caplog.text
    assert "secret-token" not in caplog.text


def test_a_round_has_an_end(owner: User, agent: Agent, mail: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(escalation, "MOST_A_ROUND", 2)
    seqs = [ended_run(owner, seconds_ago=3600 - number).seq for number in range(5)]
    for number in (2, 4, 5):
        escalate()
        assert [end.seq for end in mail.given] == seqs[:number]


def test_what_was_missed_is_found_within_a_minute(
    owner: User, agent: Agent, mail: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An end of hours ago that could not be sent before: its account was switched off meanwhile."""
    now = 0.0
    monkeypatch.setattr(escalation, "glance", Glance(lambda: now))
    ended_run(owner, seconds_ago=5 * 3600)
    User.objects.filter(id=owner.id).update(is_active=False)
    escalate()
    User.objects.filter(id=owner.id).update(is_active=True)
    now = 59.0
    escalate()
    assert mail.given == []
    now = 60.0
    escalate()
    assert len(mail.given) == 1


def test_a_round_between_sees_what_has_just_come_of_age(owner: User, agent: Agent, mail: Line) -> None:
    escalate()
    ended_run(owner, seconds_ago=10 + 119)
    escalate()
    assert len(mail.given) == 1


def test_a_slow_channel_does_not_hold_up_the_loop(owner: User, agent: Agent, use: Use) -> None:
    slow, quick = Line("slow", is_slow=True), Line("quick")
    release, entered = threading.Event(), threading.Event()

    def hang() -> None:
        entered.set()
        assert release.wait(10)

    slow.during = hang
    use(slow, quick)
    ended_run(owner)
    escalate()
    assert entered.wait(10)
    assert len(quick.given) == 1
    assert states(owner) == [("slow", "pending"), ("quick", "sent")]
    ended_run(owner)
    escalate()
    assert len(quick.given) == 2
    release.set()
    slow_lane.wait(10)
    assert len(slow.given) == 2
    assert sorted(states(owner)) == [("quick", "sent")] * 2 + [("slow", "sent")] * 2


def test_a_round_without_anything_due_asks_the_database_twice(
    owner: User, agent: Agent, mail: Line, django_assert_num_queries: Any
) -> None:
    ended = ended_run(owner)
    acknowledge_up_to(owner, ended.seq)
    with django_assert_num_queries(2):
        escalate()


def test_an_account_that_is_removed_takes_its_attempts_along(owner: User, agent: Agent, mail: Line) -> None:
    ended_run(owner)
    escalate()
    delete_account(owner)
    assert not DeliveryAttempt.objects.exists()


def test_a_banner_waits_for_a_page_and_is_given_up_after_a_month(owner: User, agent: Agent, use: Use) -> None:
    use(banner.CHANNEL)
    ended_run(owner, seconds_ago=31)
    escalate()
    pass_time(29 * 86_400)
    assert escalate() == 0
    assert (only_attempt().state, only_attempt().sent_at) == ("pending", None)
    pass_time(86_400 + 5)
    escalate()
    assert (only_attempt().state, only_attempt().reason) == ("cancelled", "no page was opened in 30 days")


def test_the_end_of_a_failed_run_is_an_end(owner: User, agent: Agent, mail: Line) -> None:
    ended_run(owner, ending=fail)
    escalate()
    assert [end.type for end in mail.given] == ["agent_failed"]
    assert isinstance(mail.given[0].created_at, datetime)
