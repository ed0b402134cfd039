"""The first page of the staff pages: what runs, what waits, what failed, who came, which processes live."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.db.models import Count, Q, Sum
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from accounts.staff import describe_seconds
from chat.admin.delivery_alerts import urgent_alerts
from chat.heartbeats import read_beats
from chat.models import Run
from chat.selectors import queue_overview

DAY: Final = timedelta(hours=24)
WEEK: Final = timedelta(days=7)
LATE_SECONDS: Final = 60.0
MOST_CODES: Final = 5
MOST_PROCESSES: Final = 50


@dataclass(frozen=True, slots=True)
class Figure:
    """One number of the overview, what it counts, and the list behind it."""

    label: str
    value: str
    href: str
    note: str = ""
    tone: str = ""


@dataclass(frozen=True, slots=True)
class Process:
    """One process as it last said of itself."""

    kind: str
    name: str
    version: str
    up: str
    seen: str
    is_silent: bool


def build_overview(viewer: User) -> dict[str, Any]:
    """The parts this member of staff may see."""
    now = timezone.now()
    overview: dict[str, Any] = {"figures": []}
    if viewer.has_perm("chat.view_run"):
        overview["figures"] += [*active_figures(), *day_figures(now)]
        overview["failures"] = failure_codes(now)
        overview["processes"] = processes(now)
        overview["alerts"] = urgent_alerts(now)
    if viewer.has_perm("accounts.view_user"):
        overview["figures"] += people_figures(now)
    return overview


def active_figures() -> list[Figure]:
    """What runs and what waits."""
    active = queue_overview()
    oldest = active["oldest_seconds"]
    return [
        Figure("Running", f"{active['running']:,}", runs_url("status__exact=running")),
        Figure(
            "Queued",
            f"{active['queued']:,}",
            runs_url("status__exact=queued"),
            note=f"oldest waits {describe_seconds(oldest)}" if active["queued"] else "nothing waits",
            tone="bad" if oldest > LATE_SECONDS else "",
        ),
    ]


def day_figures(now: datetime) -> list[Figure]:
    """The last 24 hours."""
    day = Run.objects.filter(created_at__gte=now - DAY).aggregate(
        all=Count("pk"), failed=Count("pk", filter=Q(status=Run.Status.FAILED)), cost=Sum("cost")
    )
    share = f"{100 * day['failed'] / day['all']:.1f} % of all" if day["all"] else "of none"
    cost = f"${day['cost']:,.2f} at list prices" if day["cost"] is not None else "none of them priced"
    return [
        Figure("Runs in 24 hours", f"{day['all']:,}", runs_url(since(now)), note=cost),
        Figure(
            "Failed in 24 hours",
            f"{day['failed']:,}",
            runs_url(f"status__exact=failed&{since(now)}"),
            note=share,
            tone="bad" if day["failed"] else "",
        ),
    ]


def failure_codes(now: datetime) -> list[tuple[str, int]]:
    """Why runs failed, the most frequent reason first."""
    failed = Run.objects.filter(status=Run.Status.FAILED, created_at__gte=now - DAY).order_by()
    counted = failed.values_list("error_code").annotate(number=Count("pk")).order_by("-number", "error_code")
    return list(counted[:MOST_CODES])


def people_figures(now: datetime) -> list[Figure]:
    """Who has an account, and who is new."""
    people = User.objects.aggregate(all=Count("pk"), new=Count("pk", filter=Q(created_at__gte=now - WEEK)))
    url = reverse("admin:accounts_user_changelist")
    return [Figure("People", f"{people['all']:,}", url, note=f"{people['new']:,} new in 7 days")]


def processes(now: datetime) -> list[Process]:
    """Every process that lives or is missed."""
    return [
        Process(
            kind=beat.kind,
            name=beat.name,
            version=beat.version,
            up=describe_seconds((now - beat.started_at).total_seconds()),
            seen=describe_seconds(max(0.0, beat.seconds_ago)),
            is_silent=beat.is_silent,
        )
        for beat in read_beats()[:MOST_PROCESSES]
    ]


def since(now: datetime) -> str:
    """The list's own filter for the last 24 hours."""
    return f"created_at__gte={(now - DAY).strftime('%Y-%m-%d %H:%M:%S+00:00').replace(' ', '%20').replace('+', '%2B')}"


def runs_url(query: str) -> str:
    """The list of runs under a filter."""
    return f"{reverse('admin:chat_run_changelist')}?{query}"
