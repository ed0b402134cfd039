"""The list of threads and a thread's page."""

from __future__ import annotations

from typing import Any, ClassVar, Final

from django.contrib import admin
from django.db.models import Count, IntegerField, OuterRef, QuerySet, Subquery
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.staff import (
    NOTHING,
    READ_CONTENT,
    PersonFilter,
    ReadOnlyAdmin,
    SearchesById,
    describe_seconds,
    link,
    link_to_id,
    may_read_content,
    read_id,
    record_content_read,
    shorten_id,
    show_moment,
)
from chat.admin.search import search_threads
from chat.admin.words import cost_of, show_status, wait_of, work_of
from chat.models import Message, Run, Thread

MOST_RUNS_LISTED: Final = 50
MESSAGES_A_PAGE: Final = 100


@admin.register(Thread)
class ThreadAdmin(SearchesById, ReadOnlyAdmin):
    """Conversations without their words; those are on a thread's page, for staff who may read them."""

    more_permissions = (READ_CONTENT,)
    change_form_template = "admin/chat/thread/page.html"
    list_display = ("short_id", "person", "run_count", "last_run", "begun", "last_used", "archived")
    list_display_links = None
    list_filter: ClassVar[tuple[Any, ...]] = ("archived", "updated_at", PersonFilter)
    search_help_text = "A thread or run id, or a part of an e-mail address."
    list_select_related = ("user",)
    ordering = ("-updated_at", "-id")
    sortable_by = ("last_used",)
    fields: ClassVar[tuple[str, ...]] = ("id",)
    readonly_fields = fields

    def search(self, queryset: QuerySet[Thread], term: str) -> QuerySet[Thread]:
        """Threads by id, run or person; never by title: that is what people wrote."""
        return search_threads(queryset, term)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Thread]:
        """One query for the list; runs are counted for the rows of the page only."""
        runs = Run.objects.filter(thread=OuterRef("pk")).order_by()
        number = runs.values("thread").annotate(number=Count("pk")).values("number")
        last = Run.objects.filter(thread=OuterRef("pk")).order_by("-id").values("status")[:1]
        threads: QuerySet[Thread] = super().get_queryset(request)
        return threads.annotate(
            number_of_runs=Subquery(number, output_field=IntegerField()), last_status=Subquery(last)
        )

    @admin.display(description="thread")
    def short_id(self, thread: Thread) -> SafeString:
        """The end of the id."""
        return link_to_id("admin:chat_thread_change", thread.id)

    @admin.display(description="person")
    def person(self, thread: Thread) -> SafeString:
        """Whose conversation it is."""
        return link(reverse("admin:accounts_user_change", args=[thread.user_id]), thread.user.email)

    @admin.display(description="begun")
    def begun(self, thread: Thread) -> str:
        """When the thread was made."""
        return show_moment(thread.created_at)

    @admin.display(description="last used", ordering="updated_at")
    def last_used(self, thread: Thread) -> str:
        """When something last happened in it."""
        return show_moment(thread.updated_at)

    @admin.display(description="runs")
    def run_count(self, thread: Any) -> SafeString:
        """How many runs, and the way to them."""
        url = reverse("admin:chat_run_changelist")
        return format_html('<a href="{}?thread={}">{}</a>', url, thread.id, thread.number_of_runs or 0)

    @admin.display(description="last run")
    def last_run(self, thread: Any) -> SafeString | str:
        """How the last run stands."""
        return show_status(thread.last_status) if thread.last_status else NOTHING

    def describe(self, request: HttpRequest, thing: Thread) -> dict[str, Any]:
        """The thread and its runs; what was said for those who may read it, and that goes on record first."""
        described = describe_thread(thing)
        if may_read_content(request):
            record_content_read(request, thing.user, thread=str(thing.id))
            described |= read_messages(thing, read_id(request.GET.get("after", "")))
        return described


def describe_thread(thread: Thread) -> dict[str, Any]:
    """The thread and its last runs, without a word of what was said."""
    now = timezone.now()
    runs = Run.objects.filter(thread=thread).order_by("-id")[: MOST_RUNS_LISTED + 1]
    rows = [
        {
            "run": run,
            "short": shorten_id(run.id),
            "status": show_status(run.status),
            "waited": describe_seconds(wait_of(run, now)),
            "took": describe_seconds(work_of(run, now)),
            "cost": cost_of(run),
        }
        for run in runs
    ]
    return {
        "title": "Thread",
        "thread": thread,
        "short": shorten_id(thread.id),
        "rows": rows[:MOST_RUNS_LISTED],
        "has_more_runs": len(rows) > MOST_RUNS_LISTED,
    }


def read_messages(thread: Thread, after: Any) -> dict[str, Any]:
    """The conversation, a page at a time."""
    said = Message.objects.filter(thread=thread).order_by("id")
    page = list((said.filter(id__gt=after) if after else said)[: MESSAGES_A_PAGE + 1])
    was_cut = len(page) > MESSAGES_A_PAGE
    page = page[:MESSAGES_A_PAGE]
    return {"may_read": True, "said": page, "after": after, "next_after": page[-1].id if was_cut else None}
