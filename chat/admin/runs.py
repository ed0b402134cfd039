"""The list of runs and a run's page."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import DurationField, ExpressionWrapper, F, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST

from accounts.staff import (
    NOTHING,
    PersonFilter,
    ReadOnlyAdmin,
    SearchesById,
    badge,
    describe_seconds,
    link,
    link_to_id,
    may_read_content,
    record_content_read,
    show_moment,
)
from chat.admin.acting import DEEDS, MOST_AT_ONCE, act, act_on_all
from chat.admin.run_page import describe_run
from chat.admin.search import ThreadFilter, search_runs
from chat.admin.words import cost_of, show_status, tokens_of, wait_of, work_of
from chat.models import Run

WAIT = ExpressionWrapper(F("started_at") - F("created_at"), output_field=DurationField())
WORK = ExpressionWrapper(F("finished_at") - F("started_at"), output_field=DurationField())


@admin.register(Run)
class RunAdmin(SearchesById, ReadOnlyAdmin):
    """Runs: what is wrong with which, and why."""

    # To change a run is to stop or retry it.
    verbs = ("view", "change")
    change_form_template = "admin/chat/run/page.html"
    list_display = (
        "short_id",
        "state",
        "error",
        "person",
        "agent",
        "created",
        "waited",
        "took",
        "attempts",
        "tokens",
        "price",
        "mode",
        "thread_link",
    )
    list_filter: ClassVar[tuple[Any, ...]] = ("status", "agent", "mode", "created_at", PersonFilter, ThreadFilter)
    list_display_links = None
    search_help_text = "A run, thread or request id, or a part of an e-mail address."
    list_select_related = ("user", "agent")
    ordering = ("-created_at", "-id")
    actions = ("cancel_selected", "retry_selected")
    fields: ClassVar[tuple[str, ...]] = ("id",)
    readonly_fields = fields

    def search(self, queryset: QuerySet[Run], term: str) -> QuerySet[Run]:
        """Runs by id, thread, request or person."""
        return search_runs(queryset, term)

    @admin.display(description="run")
    def short_id(self, run: Run) -> SafeString:
        """The end of the id."""
        return link_to_id("admin:chat_run_change", run.id)

    @admin.display(description="status", ordering="status")
    def state(self, run: Run) -> SafeString:
        """The status, and whether somebody waits for it to stop."""
        stopping = run.cancel_requested_at and not run.is_final
        return badge("bad", f"{run.status}, stopping") if stopping else show_status(run.status)

    @admin.display(description="person", ordering="user__email")
    def person(self, run: Run) -> SafeString:
        """Whose run it is."""
        return link(reverse("admin:accounts_user_change", args=[run.user_id]), run.user.email)

    @admin.display(description="thread")
    def thread_link(self, run: Run) -> SafeString:
        """The conversation it belongs to."""
        return link_to_id("admin:chat_thread_change", run.thread_id)

    @admin.display(description="queued at", ordering="created_at")
    def created(self, run: Run) -> str:
        """When its question was asked."""
        return show_moment(run.created_at)

    @admin.display(description="waited", ordering=WAIT)
    def waited(self, run: Run) -> str:
        """Until a worker took it."""
        return describe_seconds(wait_of(run, timezone.now()))

    @admin.display(description="took", ordering=WORK)
    def took(self, run: Run) -> str:
        """From there to the end."""
        return describe_seconds(work_of(run, timezone.now()))

    @admin.display(description="attempts", ordering="attempt")
    def attempts(self, run: Run) -> int:
        """How many workers have begun it."""
        return run.attempt

    @admin.display(description="tokens")
    def tokens(self, run: Run) -> str:
        """All classes together."""
        total = tokens_of(run)
        return NOTHING if total is None else f"{total:,}"

    @admin.display(description="cost", ordering="cost")
    def price(self, run: Run) -> str:
        """At list prices."""
        return cost_of(run)

    @admin.display(description="error", ordering="error_code")
    def error(self, run: Run) -> SafeString | str:
        """Why it failed."""
        return badge("bad", run.error_code) if run.error_code else NOTHING

    def describe(self, request: HttpRequest, thing: Run) -> dict[str, Any]:
        """Everything about the run; reading what was said in it goes on record first."""
        if may_read_content(request):
            record_content_read(request, thing.user, thread=str(thing.thread_id))
        return describe_run(request, thing) | {"may_act": self.has_act_permission(request)}

    def get_urls(self) -> list[URLPattern]:
        """The page's buttons."""
        wrap = self.admin_site.admin_view
        buttons = [
            path(f"<uuid:run_id>/{name}/", wrap(require_POST(self.button(name))), name=f"chat_run_{name}")
            for name in DEEDS
        ]
        return [*buttons, *super().get_urls()]

    def button(self, name: str) -> Any:
        """The view behind one button of the page."""

        def press(request: HttpRequest, run_id: Any) -> HttpResponse:
            if not self.has_act_permission(request):
                raise PermissionDenied
            run = get_object_or_404(Run, id=run_id)
            shown = act(request, DEEDS[name], run) or run
            return HttpResponseRedirect(reverse("admin:chat_run_change", args=[shown.id]))

        return press

    def has_act_permission(self, request: HttpRequest) -> bool:
        """Stopping and retrying needs the right to change runs."""
        return request.user.has_perm("chat.change_run")

    @admin.action(description="Stop the selected runs", permissions=["act"])
    def cancel_selected(self, request: HttpRequest, runs: QuerySet[Run]) -> HttpResponse | None:
        """As their users would."""
        return self.act_when_sure(request, runs, "cancel")

    @admin.action(description="Retry the selected runs", permissions=["act"])
    def retry_selected(self, request: HttpRequest, runs: QuerySet[Run]) -> HttpResponse | None:
        """As their users would; twice the same is once."""
        return self.act_when_sure(request, runs, "retry")

    def act_when_sure(self, request: HttpRequest, runs: QuerySet[Run], name: str) -> HttpResponse | None:
        """Acts on one run at once, on several after they were shown and confirmed."""
        chosen = list(runs.order_by("-created_at")[: MOST_AT_ONCE + 1])
        if len(chosen) > MOST_AT_ONCE:
            messages.warning(request, f"Choose at most {MOST_AT_ONCE} runs at once; nothing was done.")
        elif len(chosen) == 1 or "confirmed" in request.POST:
            act_on_all(request, DEEDS[name], chosen)
        elif chosen:
            return self.ask_whether_sure(request, chosen, name)
        return None

    def ask_whether_sure(self, request: HttpRequest, chosen: list[Run], name: str) -> HttpResponse:
        """Shows the chosen runs and asks."""
        context = {
            **self.admin_site.each_context(request),
            "title": DEEDS[name].question,
            "opts": self.opts,
            "action": f"{name}_selected",
            "chosen": [(run, show_status(run.status)) for run in chosen],
        }
        return TemplateResponse(request, "admin/chat/run/confirm.html", context)
