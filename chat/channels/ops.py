"""Word to staff, at the addresses the operator has set: of answers that reached nobody, and of alerts."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable
from typing import Any, Final

from django.conf import settings
from django.db.models import Max
from django.urls import reverse

from chat.models import Alert, DeliveryAttempt
from chat.outgoing import Channel, Delivery, End, Result
from chat.sending import SendingFailed, send

PAUSE_SECONDS: Final = 60.0
# A comma that does not begin another address is a part of the one before it.
BETWEEN: Final = re.compile(r"\s*,\s*(?=[a-z][a-z0-9+.-]*://)", re.I)
# Evidence is figures and names of parts; whatever else stands in it is for the admin's pages.
PLAIN: Final = re.compile(r"[\w.:%/+-]{1,80}")
NO_ADDRESS: Final = Delivery(Result.NOT_WANTED, "no address is set")


class Digest:
    """At most one message a minute about answers that reached nobody; each counts those that came since the last."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._told_at: float | None = None
        self._counted_up_to = 0

    def tell(self, end: End) -> Delivery:
        """Sends, or lets this one wait for the next message, or finds that the last one has counted it."""
        with self._lock:
            waiting = waiting_attempts()
            own = DeliveryAttempt.objects.filter(user_id=end.user_id, seq=end.seq, channel=CHANNEL.name).first()
            if own is not None and own.id <= self._counted_up_to:
                return Delivery(Result.SENT, "counted in a message")
            if self._told_at is not None and self._clock() - self._told_at < PAUSE_SECONDS:
                return Delivery(Result.TRY_LATER, "one message a minute")
            newest = waiting.filter(id__gt=self._counted_up_to).aggregate(Max("id"))["id__max"] or 0
            count = waiting.filter(id__gt=self._counted_up_to, id__lte=newest).count()
            delivery = tell_all(*write_end(end, max(1, count)))
            if delivery.result is Result.SENT:
                self._told_at, self._counted_up_to = self._clock(), max(newest, self._counted_up_to)
            return delivery


def waiting_attempts() -> Any:
    """Ends that staff have not been told of yet."""
    return DeliveryAttempt.objects.filter(channel=CHANNEL.name, state=DeliveryAttempt.State.PENDING)


digest: Final = Digest()


def tell_of_end(end: End) -> Delivery:
    """Staff hear that an answer was delivered to nobody: which run, nothing of what it says."""
    return digest.tell(end) if addresses() else NO_ADDRESS


def tell_staff(alert: Alert) -> Delivery:
    """Staff hear of an alert that began or has ended."""
    return tell_all(*write_alert(alert)) if addresses() else NO_ADDRESS


def tell_all(title: str, body: str) -> Delivery:
    """Sends to every address; one that takes it is enough."""
    failures = [failure for failure in (try_address(address, title, body) for address in addresses()) if failure]
    reason = ", ".join(sorted({failure.code for failure in failures}))
    if len(failures) < len(addresses()):
        return Delivery(Result.SENT, reason)
    passing = not all(failure.is_final for failure in failures)
    return Delivery(Result.TRY_LATER if passing else Result.FAILED, reason)


def try_address(address: str, title: str, body: str) -> SendingFailed | None:
    """Sends one message; what went wrong, if anything."""
    try:
        send("ops", address, title=title, body=body)
    except SendingFailed as failure:
        return failure
    return None


def addresses() -> list[str]:
    """What the operator has set."""
    return [address for address in BETWEEN.split(settings.OPS_URLS.strip()) if address]


def write_end(end: End, count: int) -> tuple[str, str]:
    """How many, and the newest by its number."""
    title = "Netra: an answer reached nobody" if count == 1 else f"Netra: {count} answers reached nobody"
    found = link("admin:chat_run_change", end.run_id)
    return title, f"Nobody acknowledged the end of the newest run {end.run_id} of {end.created_at:%H:%M} UTC.\n{found}"


def write_alert(alert: Alert) -> tuple[str, str]:
    """The rule, since when, and the figures it saw."""
    state = "is over" if alert.ended_at else f"since {alert.started_at:%Y-%m-%d %H:%M} UTC"
    seen = [f"{name}: {value}" for name, value in alert.evidence.items() if is_plain(value)]
    return f"Netra, {alert.severity}: {alert.rule} {state}", "\n".join([*seen, link("admin:delivery")])


def is_plain(value: Any) -> bool:
    """True for figures and short names."""
    return isinstance(value, int | float) or (isinstance(value, str) and PLAIN.fullmatch(value) is not None)


def link(name: str, *parts: object) -> str:
    """A page on the origin people are meant to see."""
    return settings.ALLOWED_ORIGINS[0] + reverse(name, args=parts)


CHANNEL: Final = Channel(name="ops", after_seconds=lambda: settings.OPS_SECONDS, deliver=tell_of_end, is_slow=True)
