"""The ways an event may take: which are on, when each begins, what became of it in the last day."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.conf import settings
from django.db.models import Count, Max
from django.urls import reverse
from django.utils.safestring import SafeString

from accounts.staff import NOTHING, badge, describe_seconds, link, show_moment
from chat.admin.delivery_figures import day_before
from chat.channels.direct import POLL_SECONDS
from chat.models import DeliveryAttempt
from chat.switches import is_on

State = DeliveryAttempt.State
STATES: Final = (State.PENDING, State.SENT, State.FAILED, State.CANCELLED)


@dataclass(frozen=True, slots=True)
class Way:
    """A way by its name: what it does, when it begins, and whether each of its attempts is kept."""

    name: str
    does: str
    begins: Callable[[], str]
    is_kept: bool = True


@dataclass(frozen=True, slots=True)
class ShownWay:
    """A way as the page shows it."""

    name: str
    does: str
    switch: SafeString
    begins: str
    counts: list[str]
    last_sent: str
    attempts: SafeString | str


def after(setting: str) -> Callable[[], str]:
    """So long after an event was stored and not acknowledged."""
    return lambda: f"{describe_seconds(getattr(settings, setting))} unacknowledged"


WAYS: Final = (
    Way("push", "the live push to open sockets", lambda: "at once", is_kept=False),
    Way("replay", "the log, read from the viewer's place on", lambda: "on a reconnect or a gap", is_kept=False),
    Way("redelivery", "published once more, by a worker", after("REDELIVER_SECONDS")),
    Way("direct", "the database asked for heads, without Redis", lambda: f"every {POLL_SECONDS:g} s", is_kept=False),
    Way("banner", "a banner on the person's next page", after("BANNER_SECONDS")),
    Way("message", "a mail, SMS or chat message, if wanted", after("MESSAGE_SECONDS")),
    Way("ops", "word to staff", after("OPS_SECONDS")),
)


def describe_channels(now: datetime) -> dict[str, Any]:
    """Every way in its order."""
    counted, last_sent = count_attempts(now)
    return {
        "channels": [show_way(way, counted.get(way.name, {}), last_sent.get(way.name)) for way in in_order()],
        "attempt_states": [state.label for state in STATES],
    }


def in_order() -> list[Way]:
    """As the operator has put them, those that are off at the end."""
    places = {name: place for place, name in enumerate(settings.CHANNELS)}
    return sorted(WAYS, key=lambda way: places.get(way.name, len(places)))


def count_attempts(now: datetime) -> tuple[dict[str, dict[str, int]], dict[str, datetime]]:
    """How many attempts of the last 24 hours are in which state, and when the last of them was sent."""
    of_a_day = DeliveryAttempt.objects.filter(created_at__gte=day_before(now)).order_by()
    counted: dict[str, dict[str, int]] = {}
    sent: dict[str, datetime] = {}
    rows = of_a_day.values_list("channel", "state").annotate(number=Count("pk"), last=Max("sent_at"))
    for channel, state, number, last in rows:
        counted.setdefault(channel, {})[state] = number
        if last is not None:
            sent[channel] = max(last, sent.get(channel, last))
    return counted, sent


def show_way(way: Way, counted: dict[str, int], last_sent: datetime | None) -> ShownWay:
    """The way in words; of those without attempts nothing is kept one by one."""
    is_live = is_on(way.name)
    url = reverse("admin:chat_deliveryattempt_changelist")
    return ShownWay(
        name=way.name,
        does=way.does,
        switch=badge("good" if is_live else "ended", "on" if is_live else "off"),
        begins=way.begins(),
        counts=[f"{counted.get(state, 0):,}" if way.is_kept else NOTHING for state in STATES],
        last_sent=show_moment(last_sent),
        attempts=link(f"{url}?channel={way.name}", f"Attempts of {way.name}") if way.is_kept else NOTHING,
    )
