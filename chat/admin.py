"""Threads and runs in the admin: what happened and when, never what was said."""

from __future__ import annotations

from itertools import chain
from typing import Any

import orjson
from django.contrib import admin, messages
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from accounts.errors import NetraError
from chat.events import DELTA_TYPES
from chat.models import Agent, Event, Run, Thread
from chat.runs import cancel_run, retry_run

MOST_EVENTS_SHOWN = 500


class ReadOnlyAdmin(admin.ModelAdmin):
    """History is looked at, not edited."""

    def has_add_permission(self, request: HttpRequest, *args: Any) -> bool:
        """Nobody writes history by hand."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody rewrites it."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody removes it."""
        return False


@admin.register(Thread)
class ThreadAdmin(ReadOnlyAdmin):
    """Conversations without their words."""

    list_display = ("id", "user", "run_count", "created_at", "updated_at", "archived")
    list_filter = ("archived", "updated_at")
    search_fields = ("id", "user__email")
    list_select_related = ("user",)
    fields = ("id", "user", "titled_by", "pinned", "archived", "created_at", "updated_at", "runs_link")
    readonly_fields = fields
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Thread]:
        """One query for the list, counts included."""
        threads: QuerySet[Thread] = super().get_queryset(request).annotate(number_of_runs=Count("runs"))
        return threads

    @admin.display(description="runs", ordering="number_of_runs")
    def run_count(self, thread: Any) -> int:
        """How many runs the thread has."""
        return int(thread.number_of_runs)

    @admin.display(description="runs")
    def runs_link(self, thread: Thread) -> SafeString:
        """To the thread's runs."""
        url = reverse("admin:chat_run_changelist")
        return format_html('<a href="{}?thread__id__exact={}">Show the runs</a>', url, thread.id)


@admin.register(Run)
class RunAdmin(ReadOnlyAdmin):
    """Runs: status, attempts, timing, and their events without content."""

    list_display = ("id", "user", "agent", "status", "mode", "attempt", "created_at", "seconds", "error_code")
    list_filter = ("status", "agent", "mode", "created_at")
    search_fields = ("id", "user__email", "request_id")
    list_select_related = ("user", "agent")
    show_full_result_count = False
    actions = ("cancel_selected", "retry_selected")
    fields = (
        ("id", "thread_link", "user"),
        ("agent", "mode", "status", "attempt"),
        ("created_at", "started_at", "finished_at"),
        ("lease_owner", "lease_until", "cancel_requested_at", "dispatched_at"),
        ("request_id", "client_id", "retry_of"),
        ("usage", "cost", "error_code"),
        "timeline",
    )
    readonly_fields = (*chain.from_iterable(line for line in fields if not isinstance(line, str)), "timeline")

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest | None = None) -> bool:
        """The list of one thread's runs may be asked for."""
        return lookup == "thread__id__exact" or super().lookup_allowed(lookup, value, request)  # type: ignore[arg-type]

    @admin.display(description="seconds")
    def seconds(self, run: Run) -> str:
        """From queued to the end."""
        return f"{(run.finished_at - run.created_at).total_seconds():.1f}" if run.finished_at else ""

    @admin.display(description="thread")
    def thread_link(self, run: Run) -> SafeString:
        """To the run's thread."""
        url = reverse("admin:chat_thread_change", args=[run.thread_id])
        return format_html('<a href="{}">{}</a>', url, run.thread_id)

    @admin.display(description="events")
    def timeline(self, run: Run) -> SafeString:
        """Each step with its time since the run was queued; streamed text is counted, not shown."""
        events = Event.objects.filter(run=run).order_by("seq")[:MOST_EVENTS_SHOWN]
        rows = [
            (f"{(event.created_at - run.created_at).total_seconds():.3f} s", event.attempt, event.type, describe(event))
            for event in events
        ]
        lines = format_html_join("", "<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>", rows)
        head = "<tr><th>after</th><th>attempt</th><th>event</th><th>what</th></tr>"
        return format_html("<table>{}{}</table>", SafeString(head), lines)

    @admin.action(description="Stop the selected runs", permissions=["act"])
    def cancel_selected(self, request: HttpRequest, runs: QuerySet[Run]) -> None:
        """As their users would."""
        self.act(request, runs, lambda run: cancel_run(run.user, run.id), "stopped")

    @admin.action(description="Retry the selected runs", permissions=["act"])
    def retry_selected(self, request: HttpRequest, runs: QuerySet[Run]) -> None:
        """As their users would; twice the same is once."""
        self.act(request, runs, lambda run: retry_run(run.user, run.id, f"staff-{run.id}"), "retried")

    def has_act_permission(self, request: HttpRequest) -> bool:
        """Stopping and retrying needs the right to change runs."""
        return request.user.has_perm("chat.change_run")

    def act(self, request: HttpRequest, runs: QuerySet[Run], action: Any, done: str) -> None:
        """Acts on each run and says what became of it."""
        for run in runs.select_related("user"):
            try:
                action(run)
            except NetraError as error:
                self.message_user(request, f"{run.id}: {error.sentence}", messages.WARNING)
            else:
                self.message_user(request, f"{run.id}: {done}.", messages.SUCCESS)


def describe(event: Event) -> str:
    """What staff may know of an event: names, outcomes and sizes."""
    data = orjson.loads(event.data)
    if event.type in DELTA_TYPES:
        return f"{len(data['delta'])} characters"
    known = ("tool", "outcome", "seconds", "code", "reason", "kind", "model")
    return ", ".join(f"{name}: {data[name]}" for name in known if name in data)


@admin.register(Agent)
class AgentAdmin(admin.ModelAdmin):
    """Who may be asked, and by whom."""

    list_display = ("name", "title", "enabled", "minimum_tier")
    list_editable = ("enabled", "minimum_tier")
    readonly_fields = ("name",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Agents come with the code."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Agent | None = None) -> bool:
        """Their runs point at them; disable one instead."""
        return False
