"""Word to staff: answers that reached nobody, counted and at most one a minute, and alerts."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from django.conf import LazySettings
from django.utils import timezone

from accounts.models import User
from chat import breaker as breakers
from chat.channels import ops
from chat.channels.ops import CHANNEL, Digest, addresses, tell_staff
from chat.models import Alert, DeliveryAttempt
from chat.outgoing import Delivery, End, Result
from tests.accounts.conftest import quick_hash
from tests.chat.test_breaker import Clock
from tests.receivers import Webhook, webhook_receiver

pytestmark = [pytest.mark.usefixtures("quick_hash"), pytest.mark.django_db]
__all__ = ["quick_hash"]


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """A digest and breakers of the test's own."""
    clock = Clock()
    monkeypatch.setattr(ops, "digest", Digest(clock))
    monkeypatch.setattr(breakers, "_breakers", {})
    return clock


@pytest.fixture
def webhook(settings: LazySettings) -> Iterator[Webhook]:
    with webhook_receiver() as webhook:
        settings.OPS_URLS = f"json://{webhook.host}/ops/"
        settings.ALLOWED_ORIGINS = ["https://netra.example.com"]
        yield webhook


def open_end(user: User, seq: int) -> End:
    """The end of a run that the escalation has opened an attempt for."""
    now = timezone.now()
    DeliveryAttempt.objects.create(user=user, seq=seq, channel="ops", next_at=now, created_at=now)
    ended_at = datetime(2026, 11, 20, 10, 30, tzinfo=UTC)
    return End(user.id, seq, uuid.uuid4(), uuid.uuid4(), "agent_completed", ended_at)


def deliver(end: End) -> Delivery:
    """Delivers as the escalation does: what was sent is kept as sent."""
    delivery = CHANNEL.deliver(end)
    if delivery.result is Result.SENT:
        DeliveryAttempt.objects.filter(user_id=end.user_id, seq=end.seq).update(state="sent", sent_at=timezone.now())
    return delivery


def make_alert(**more: Any) -> Alert:
    evidence = {"rate": 0.871, "worker": "worker-1", "text": "What do we spend", "many": {"a": 1}}
    values = {"rule": "delivery_rate", "severity": "critical", "evidence": evidence, **more}
    return Alert(started_at=datetime(2026, 11, 20, 10, 0, tzinfo=UTC), **values)


def titles(webhook: Webhook) -> list[str]:
    return [body["title"] for _, body in webhook.calls]


def test_without_an_address_staff_look_into_the_admin(owner: User, settings: LazySettings) -> None:
    settings.OPS_URLS = ""
    assert CHANNEL.deliver(open_end(owner, 1)) == Delivery(Result.NOT_WANTED, "no address is set")
    assert tell_staff(make_alert()) == Delivery(Result.NOT_WANTED, "no address is set")


def test_an_end_that_reached_nobody_is_told_by_the_runs_id(owner: User, webhook: Webhook) -> None:
    end = open_end(owner, 1)
    assert deliver(end) == Delivery(Result.SENT)
    body = webhook.calls[0][1]
    assert body["title"] == "Netra: an answer reached nobody"
    assert str(end.run_id) in body["message"]
    assert f"https://netra.example.com/admin/chat/run/{end.run_id}/change/" in body["message"]
    assert owner.email not in str(body)


def test_many_ends_make_one_message_a_minute_that_counts_them(owner: User, webhook: Webhook, clock: Clock) -> None:
    first = open_end(owner, 1)
    assert deliver(first).result is Result.SENT
    later = [open_end(owner, seq) for seq in range(2, 14)]
    for end in later:
        assert deliver(end) == Delivery(Result.TRY_LATER, "one message a minute")
    clock.now += 61
    assert deliver(later[0]) == Delivery(Result.SENT)
    assert [deliver(end).reason for end in later[1:]] == ["counted in a message"] * 11
    assert titles(webhook) == ["Netra: an answer reached nobody", "Netra: 12 answers reached nobody"]


def test_ends_that_wait_when_a_message_goes_are_counted_in_it(owner: User, webhook: Webhook) -> None:
    ends = [open_end(owner, seq) for seq in range(1, 4)]
    assert [deliver(end).result for end in ends] == [Result.SENT] * 3
    assert titles(webhook) == ["Netra: 3 answers reached nobody"]


def test_a_message_that_failed_leaves_everything_to_the_next(owner: User, webhook: Webhook) -> None:
    webhook.status = 500
    ends = [open_end(owner, seq) for seq in range(1, 3)]
    assert [deliver(end) for end in ends] == [Delivery(Result.TRY_LATER, "receiver_failing")] * 2
    webhook.status = 200
    assert [deliver(end).result for end in ends] == [Result.SENT] * 2
    assert titles(webhook)[-1] == "Netra: 2 answers reached nobody"


def test_an_alert_is_told_with_its_figures_and_without_texts(webhook: Webhook) -> None:
    assert tell_staff(make_alert()) == Delivery(Result.SENT)
    body = webhook.calls[0][1]
    assert body["title"] == "Netra, critical: delivery_rate since 2026-11-20 10:00 UTC"
    assert body["message"].splitlines() == [
        "rate: 0.871",
        "worker: worker-1",
        "https://netra.example.com/admin/delivery/",
    ]


def test_the_end_of_an_alert_is_called_so(webhook: Webhook) -> None:
    tell_staff(make_alert(ended_at=timezone.now()))
    assert titles(webhook) == ["Netra, critical: delivery_rate is over"]


def test_every_address_is_told_and_one_is_enough(webhook: Webhook, settings: LazySettings) -> None:
    settings.OPS_URLS = f"json://{webhook.host}/a/, nonsense://x ,json://{webhook.host}/b/"
    assert tell_staff(make_alert()) == Delivery(Result.SENT, "address_unreadable")
    assert [path for path, _ in webhook.calls] == ["/a/", "/b/"]


def test_addresses_that_are_all_wrong_are_a_failure(settings: LazySettings) -> None:
    settings.OPS_URLS = "nonsense://x"
    assert tell_staff(make_alert()) == Delivery(Result.FAILED, "address_unreadable")


def test_a_comma_inside_an_address_does_not_end_it(settings: LazySettings) -> None:
    settings.OPS_URLS = "mailto://u:p@h?to=a@b,c@d, slack://T/B/X"
    assert addresses() == ["mailto://u:p@h?to=a@b,c@d", "slack://T/B/X"]


def test_it_waits_as_long_as_the_setting_says_and_is_slow(settings: LazySettings) -> None:
    settings.OPS_SECONDS = 43.0
    assert (CHANNEL.after_seconds(), CHANNEL.is_slow, CHANNEL.name) == (43.0, True, "ops")
