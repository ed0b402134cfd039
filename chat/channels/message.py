"""A message outside the product that an answer waits: to whoever asked for that, at most once a run."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from accounts.addresses import Contact, Way, contacts_of, unseen_for
from accounts.models import User
from chat.models import DeliveryAttempt, Thread
from chat.outgoing import Channel, Delivery, End, Result
from chat.sending import SendingFailed, send

MOST_AN_HOUR: Final = 5
WORDS: Final = {"agent_completed": "is ready", "agent_failed": "failed", "agent_cancelled": "was stopped"}
# What chat services read as a call to everybody, or as markup.
MARKUP: Final = str.maketrans({**dict.fromkeys("<>[]|*~`\\", " "), "@": " at "})


def tell_person(end: End) -> Delivery:
    """Tells each place the person has chosen; one that takes the message is enough to have told them."""
    user = User.objects.filter(id=end.user_id, is_active=True).first()
    thread = Thread.objects.filter(id=end.thread_id, user_id=end.user_id).first()
    if user is None or thread is None:
        return Delivery(Result.NOT_WANTED, "the account or the thread is gone")
    contacts = contacts_of(user)
    if not contacts:
        return Delivery(Result.NOT_WANTED, "nothing chosen")
    refusal = reason_not_to(end)
    if refusal:
        return Delivery(Result.NOT_WANTED, refusal)
    return sum_up({contact.way: try_contact(contact, end, thread) for contact in contacts})


def reason_not_to(end: End) -> str:
    """Why this person is left in peace although they want messages; empty if they are not."""
    told = DeliveryAttempt.objects.filter(user_id=end.user_id, channel=CHANNEL.name, state=DeliveryAttempt.State.SENT)
    if told.filter(run_id=end.run_id).exists():
        return "this run was told"
    if told.filter(sent_at__gt=timezone.now() - timedelta(hours=1)).count() >= MOST_AN_HOUR:
        return f"{MOST_AN_HOUR} messages in this hour"
    return ""


def try_contact(contact: Contact, end: End, thread: Thread) -> SendingFailed | None:
    """Sends one message; what went wrong, if anything."""
    title, body = write(end, thread, contact.way)
    try:
        send(contact.way, contact.address, title=title, body=body, reference=f"run-{end.run_id}")
    except SendingFailed as failure:
        return failure
    return None


def sum_up(failures: dict[Way, SendingFailed | None]) -> Delivery:
    """One result for all ways; after one has succeeded none is tried again."""
    reason = ", ".join(f"{way}: {failure.code}" for way, failure in failures.items() if failure)
    failed = [failure for failure in failures.values() if failure]
    if len(failed) < len(failures):
        return Delivery(Result.SENT, reason)
    passing = not all(failure.is_final for failure in failed)
    return Delivery(Result.TRY_LATER if passing else Result.FAILED, reason)


def write(end: End, thread: Thread, way: Way) -> tuple[str, str]:
    """Subject and text: that there is something to see and where, nothing of what it says."""
    named = f" in “{' '.join(thread.title.split())}”" if thread.title.strip() else ""
    title = f"Your answer{named} {WORDS.get(end.type, 'is ready')}"
    place = link("thread", thread_id=end.thread_id)
    if way is Way.SMS:
        return "", f"{title}: {place}"
    why = f"You asked to be told of answers you have not seen for {unseen_for()}."
    body = f"{place}\n\n{why}\nSwitch these messages off: {link('account_notifications')}\n"
    return (title if way is Way.MAIL else title.translate(MARKUP)), body


def link(name: str, **parts: object) -> str:
    """A page on the origin people are meant to see."""
    return settings.ALLOWED_ORIGINS[0] + reverse(name, kwargs=parts)


CHANNEL: Final = Channel(
    name="message", after_seconds=lambda: settings.MESSAGE_SECONDS, deliver=tell_person, is_slow=True
)
