"""Messages outside the product: only to who asked, once a run, five an hour, and nothing of what was said."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.conf import LazySettings
from django.core import mail
from django.utils import timezone

from accounts.models import ContactChoice, User
from chat import breaker as breakers
from chat.breaker import Breaker
from chat.channels.message import CHANNEL, MOST_AN_HOUR
from chat.models import DeliveryAttempt, Run, Thread
from chat.outgoing import Delivery, End, Result
from chat.threads import post_message
from tests.accounts.conftest import quick_hash
from tests.chat.test_breaker import Clock
from tests.receivers import Webhook, webhook_receiver

pytestmark = [pytest.mark.usefixtures("quick_hash"), pytest.mark.django_db]
ORIGIN = "https://netra.example.com"
ANSWER = "canary-answer-1234.56"
__all__ = ["quick_hash"]


@pytest.fixture(autouse=True)
def site(settings: LazySettings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.ALLOWED_ORIGINS = [ORIGIN, "https://other.example.com"]
    settings.CHAT_SCHEMES = ("json",)
    monkeypatch.setattr(breakers, "_breakers", {"mail": Breaker("mail", clock=Clock())})


@pytest.fixture
def webhook() -> Iterator[Webhook]:
    with webhook_receiver() as webhook:
        yield webhook


@pytest.fixture
def run(thread: Thread) -> Run:
    """A run of the owner's whose answer nobody must find in a message."""
    run = post_message(thread.user, text="What do we spend?", client_id="c1", thread_id=thread.id).run
    thread.messages.create(run=run, role="assistant", text=ANSWER)
    Thread.objects.filter(id=thread.id).update(title="Costs")
    return run


def end_of(run: Run, seq: int = 7, type: str = "agent_completed") -> End:
    return End(run.user_id, seq, run.id, run.thread_id, type, datetime.now(UTC))


def choose(user: User, **choice: Any) -> None:
    ContactChoice.objects.update_or_create(user=user, defaults=choice)


def told(run: Run, seq: int, /, *, minutes_ago: float, **more: Any) -> None:
    """An earlier message to the same person."""
    at = timezone.now() - timedelta(minutes=minutes_ago)
    values = {"channel": "message", "state": "sent", "sent_at": at, "next_at": at, "created_at": at, **more}
    DeliveryAttempt.objects.create(user_id=run.user_id, seq=seq, **values)


def test_who_has_chosen_nothing_gets_nothing(run: Run) -> None:
    assert CHANNEL.deliver(end_of(run)) == Delivery(Result.NOT_WANTED, "nothing chosen")
    assert mail.outbox == []


def test_the_mail_says_that_an_answer_waits_and_where(run: Run) -> None:
    choose(run.user, mail=True)
    assert CHANNEL.deliver(end_of(run)) == Delivery(Result.SENT)
    sent = mail.outbox[0]
    assert sent.to == [run.user.email]
    assert sent.subject == "Your answer in “Costs” is ready"
    assert f"{ORIGIN}/t/{run.thread_id}/" in str(sent.body)
    assert f"{ORIGIN}/account/notifications/" in str(sent.body)
    assert "10 minutes" in str(sent.body)
    assert sent.extra_headers["Message-ID"] == f"<run-{run.id}@localhost>"


def test_nothing_of_the_answer_or_the_question_is_in_a_message(run: Run, webhook: Webhook) -> None:
    choose(run.user, mail=True, chat_service="json", chat_address=f"json://{webhook.host}/")
    CHANNEL.deliver(end_of(run))
    written = f"{mail.outbox[0].subject}{mail.outbox[0].body}{webhook.calls}"
    assert ANSWER not in written
    assert "What do we spend?" not in written


@pytest.mark.parametrize(("type", "words"), [("agent_failed", "failed"), ("agent_cancelled", "was stopped")])
def test_other_ends_are_called_what_they_are(run: Run, type: str, words: str) -> None:
    choose(run.user, mail=True)
    CHANNEL.deliver(end_of(run, type=type))
    assert mail.outbox[0].subject == f"Your answer in “Costs” {words}"


def test_a_thread_without_a_title_is_not_named(run: Run) -> None:
    choose(run.user, mail=True)
    Thread.objects.filter(id=run.thread_id).update(title="")
    CHANNEL.deliver(end_of(run))
    assert mail.outbox[0].subject == "Your answer is ready"


def test_a_run_is_told_of_once(run: Run) -> None:
    choose(run.user, mail=True)
    told(run, 3, minutes_ago=500, run=run)
    assert CHANNEL.deliver(end_of(run)) == Delivery(Result.NOT_WANTED, "this run was told")


def test_the_sixth_message_of_an_hour_is_not_sent(run: Run, stranger: User) -> None:
    choose(run.user, mail=True)
    for number in range(MOST_AN_HOUR - 1):
        told(run, number + 100, minutes_ago=59)
    # None of these counts: too old, another channel, not sent, another person's.
    told(run, 200, minutes_ago=61)
    told(run, 201, minutes_ago=1, channel="ops")
    told(run, 202, minutes_ago=1, state="failed", sent_at=None)
    moment = timezone.now()
    DeliveryAttempt.objects.create(
        user=stranger, seq=1, channel="message", state="sent", sent_at=moment, next_at=moment, created_at=moment
    )
    assert CHANNEL.deliver(end_of(run)).result is Result.SENT
    told(run, 300, minutes_ago=0)
    assert CHANNEL.deliver(end_of(run)) == Delivery(Result.NOT_WANTED, "5 messages in this hour")
    assert len(mail.outbox) == 1


def test_only_a_confirmed_address_gets_mail(run: Run) -> None:
    choose(run.user, mail=True)
    row = EmailAddress.objects.create(user=run.user, email=run.user.email, verified=False, primary=True)
    assert CHANNEL.deliver(end_of(run)).result is Result.NOT_WANTED
    row.set_verified()
    assert CHANNEL.deliver(end_of(run)).result is Result.SENT


def test_a_disabled_account_gets_nothing(run: Run) -> None:
    choose(run.user, mail=True)
    User.objects.filter(id=run.user_id).update(is_active=False)
    assert CHANNEL.deliver(end_of(run)).result is Result.NOT_WANTED


def test_a_deleted_thread_is_not_told_of(run: Run) -> None:
    choose(run.user, mail=True)
    end = End(run.user_id, 7, run.id, uuid.uuid4(), "agent_completed", datetime.now(UTC))
    assert CHANNEL.deliver(end).result is Result.NOT_WANTED


def test_a_thread_of_somebody_else_is_never_named(run: Run, stranger: User) -> None:
    choose(stranger, mail=True)
    end = End(stranger.id, 7, run.id, run.thread_id, "agent_completed", datetime.now(UTC))
    assert CHANNEL.deliver(end).result is Result.NOT_WANTED
    assert mail.outbox == []


def test_every_chosen_way_gets_one(run: Run, webhook: Webhook, settings: LazySettings) -> None:
    settings.SMS_URL = f"json://{webhook.host}/sms/{{phone}}/"
    choose(run.user, mail=True, phone="+491701234567", chat_service="json", chat_address=f"json://{webhook.host}/chat/")
    assert CHANNEL.deliver(end_of(run)) == Delivery(Result.SENT)
    assert len(mail.outbox) == 1
    sms, chat = (body for _, body in webhook.calls)
    assert sms["message"] == f"Your answer in “Costs” is ready: {ORIGIN}/t/{run.thread_id}/"
    assert chat["title"] == "Your answer in “Costs” is ready"


def test_one_way_that_takes_the_message_is_enough(run: Run, webhook: Webhook) -> None:
    webhook.status = 500
    choose(run.user, mail=True, chat_service="json", chat_address=f"json://{webhook.host}/")
    assert CHANNEL.deliver(end_of(run)) == Delivery(Result.SENT, "chat: receiver_failing")


def test_a_service_that_is_away_is_tried_later_and_then_gets_it(run: Run, webhook: Webhook) -> None:
    webhook.status = 503
    choose(run.user, chat_service="json", chat_address=f"json://{webhook.host}/")
    for _ in range(5):
        assert CHANNEL.deliver(end_of(run)) == Delivery(Result.TRY_LATER, "chat: receiver_failing")
    assert CHANNEL.deliver(end_of(run)) == Delivery(Result.TRY_LATER, "chat: sending_paused")
    webhook.status = 200
    breakers.breaker_named("webhook json").record_success()
    assert CHANNEL.deliver(end_of(run)) == Delivery(Result.SENT)
    assert len(webhook.calls) == 6


def test_a_refused_address_is_a_failure_with_its_code(run: Run, webhook: Webhook) -> None:
    webhook.status = 404
    choose(run.user, chat_service="json", chat_address=f"json://{webhook.host}/")
    assert CHANNEL.deliver(end_of(run)) == Delivery(Result.FAILED, "chat: address_refused")


def test_a_service_the_operator_has_taken_away_gets_nothing(run: Run, webhook: Webhook, settings: LazySettings) -> None:
    choose(run.user, chat_service="json", chat_address=f"json://{webhook.host}/")
    settings.CHAT_SCHEMES = ("slack",)
    assert CHANNEL.deliver(end_of(run)).result is Result.NOT_WANTED
    assert webhook.calls == []


def test_a_title_cannot_call_everybody_in_a_chat(run: Run, webhook: Webhook) -> None:
    Thread.objects.filter(id=run.thread_id).update(title="@everyone <!channel> **costs**")
    choose(run.user, chat_service="json", chat_address=f"json://{webhook.host}/")
    CHANNEL.deliver(end_of(run))
    assert webhook.calls[0][1]["title"] == "Your answer in “ at everyone !channel costs ” is ready"


def test_it_waits_as_long_as_the_setting_says_and_is_slow(settings: LazySettings) -> None:
    settings.MESSAGE_SECONDS = 42.0
    assert (CHANNEL.after_seconds(), CHANNEL.is_slow, CHANNEL.name) == (42.0, True, "message")
