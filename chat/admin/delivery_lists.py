"""Read-only lists of what delivery has tried, and of what went wrong with it."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.safestring import SafeString

from accounts.staff import (
    NOTHING,
    PersonFilter,
    ReadOnlyAdmin,
    TypedFilter,
    badge,
    link_to_id,
    read_id,
    show_moment,
)
from chat.admin.delivery_alerts import describe_evidence, describe_told, name_rule, show_alert, show_severity
from chat.admin.delivery_channels import WAYS
from chat.admin.delivery_now import show_state
from chat.admin.delivery_people import show_person
from chat.models import Alert, BreakerChange, DeliveryAttempt

TONES = {
    DeliveryAttempt.State.PENDING: "waiting",
    DeliveryAttempt.State.SENT: "good",
    DeliveryAttempt.State.FAILED: "bad",
    DeliveryAttempt.State.CANCELLED: "ended",
}


class DeliveryRecordAdmin(ReadOnlyAdmin):
    """For whoever may see runs; there is no right of its own to give."""

    verbs = ()
    list_display_links = None

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """As the delivery page."""
        return request.user.has_perm("chat.view_run")


class ChannelFilter(admin.SimpleListFilter):
    """Attempts of one channel."""

    title = "channel"
    parameter_name = "channel"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Those whose attempts are kept."""
        return [(way.name, way.name) for way in WAYS if way.is_kept]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """All without a choice."""
        return queryset.filter(channel=self.value()) if self.value() else queryset


class PersonIdFilter(TypedFilter):
    """Attempts of one person, for staff who may not see addresses."""

    title = "person"
    parameter_name = "person"
    placeholder = "id"

    def condition(self, value: str) -> Q:
        """Their id; what is no id is nobody's."""
        exact = read_id(value)
        return Q(user_id=exact) if exact else Q(pk__in=[])


@admin.register(DeliveryAttempt)
class DeliveryAttemptAdmin(DeliveryRecordAdmin):
    """What else was tried for the events nobody acknowledged."""

    list_display = (
        "created",
        "channel",
        "state_mark",
        "tries",
        "reason",
        "run_link",
        "seq",
        "next_try",
        "sent",
        "acked",
    )
    list_filter: ClassVar[tuple[Any, ...]] = (ChannelFilter, "state", "created_at", PersonFilter)
    list_select_related = ("user",)
    ordering = ("-created_at", "-id")
    sortable_by = ("created",)
    fields: ClassVar[tuple[str, ...]] = (
        "channel", "state", "tries", "reason", "run", "seq", "created_at", "next_at", "sent_at", "acked_at",
    )  # fmt: skip
    readonly_fields = fields

    def get_list_display(self, request: HttpRequest) -> tuple[Any, ...]:
        """With the person, by address or by id."""
        person = self.person if request.user.has_perm("accounts.view_user") else self.person_id
        return (*self.list_display[:5], person, *self.list_display[5:])

    def get_list_filter(self, request: HttpRequest) -> tuple[Any, ...]:
        """Who may not see addresses cannot ask for them either."""
        if request.user.has_perm("accounts.view_user"):
            return self.list_filter
        return (*self.list_filter[:-1], PersonIdFilter)

    @admin.display(description="opened at", ordering="created_at")
    def created(self, attempt: DeliveryAttempt) -> str:
        """When the channel's time had come."""
        return show_moment(attempt.created_at)

    @admin.display(description="state")
    def state_mark(self, attempt: DeliveryAttempt) -> SafeString:
        """The state as a coloured word."""
        return badge(TONES.get(DeliveryAttempt.State(attempt.state), "ended"), attempt.state)

    @admin.display(description="person")
    def person(self, attempt: DeliveryAttempt) -> SafeString:
        """Whose event it is."""
        return show_person(attempt.user_id, attempt.user.email, may_see=True)

    @admin.display(description="person")
    def person_id(self, attempt: DeliveryAttempt) -> SafeString:
        """Whose event it is, by id."""
        return show_person(attempt.user_id, "", may_see=False)

    @admin.display(description="run")
    def run_link(self, attempt: DeliveryAttempt) -> SafeString | str:
        """The run whose end it was."""
        return link_to_id("admin:chat_run_change", attempt.run_id) if attempt.run_id else NOTHING

    @admin.display(description="next try")
    def next_try(self, attempt: DeliveryAttempt) -> str:
        """Only of what is not over."""
        return show_moment(attempt.next_at) if attempt.state == DeliveryAttempt.State.PENDING else NOTHING

    @admin.display(description="sent at")
    def sent(self, attempt: DeliveryAttempt) -> str:
        """When it went out."""
        return show_moment(attempt.sent_at)

    @admin.display(description="acknowledged at")
    def acked(self, attempt: DeliveryAttempt) -> str:
        """When the person's client had it."""
        return show_moment(attempt.acked_at)


@admin.register(BreakerChange)
class BreakerChangeAdmin(DeliveryRecordAdmin):
    """When which breaker opened and closed, and why."""

    list_display = ("changed", "name", "process", "state_mark", "cause")
    list_filter: ClassVar[tuple[Any, ...]] = ("at",)
    ordering = ("-at", "-id")
    sortable_by = ("changed",)
    fields: ClassVar[tuple[str, ...]] = ("name", "process", "state", "cause", "at")
    readonly_fields = fields

    @admin.display(description="at", ordering="at")
    def changed(self, change: BreakerChange) -> str:
        """When."""
        return show_moment(change.at)

    @admin.display(description="state")
    def state_mark(self, change: BreakerChange) -> SafeString:
        """What it lets through since then, as a coloured word."""
        return show_state(change.state)


@admin.register(Alert)
class AlertAdmin(DeliveryRecordAdmin):
    """What staff had to know of, from when until when."""

    list_display = ("began", "severity_mark", "what", "seen", "ended", "lasted", "told")
    list_filter: ClassVar[tuple[Any, ...]] = ("severity", "started_at")
    ordering = ("-started_at", "id")
    sortable_by = ("began",)
    fields: ClassVar[tuple[str, ...]] = ("rule", "severity", "seen", "started_at", "ended_at", "told")
    readonly_fields = fields

    @admin.display(description="began", ordering="started_at")
    def began(self, alert: Alert) -> str:
        """When it began."""
        return show_moment(alert.started_at)

    @admin.display(description="severity")
    def severity_mark(self, alert: Alert) -> SafeString:
        """How soon somebody should look."""
        return show_severity(alert)

    @admin.display(description="what")
    def what(self, alert: Alert) -> str:
        """The rule in words."""
        return name_rule(alert.rule)

    @admin.display(description="seen")
    def seen(self, alert: Alert) -> str:
        """The figures at its beginning."""
        return describe_evidence(alert.evidence)

    @admin.display(description="ended")
    def ended(self, alert: Alert) -> str:
        """When it was over."""
        return show_alert(alert, timezone.now()).ended

    @admin.display(description="lasted")
    def lasted(self, alert: Alert) -> str:
        """So far, if it goes on."""
        return show_alert(alert, timezone.now()).lasted

    @admin.display(description="staff told")
    def told(self, alert: Alert) -> str:
        """When staff heard of it outside these pages."""
        return describe_told(alert)
