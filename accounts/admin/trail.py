"""The audit trail: the one place where what was done with accounts, runs and settings is looked up."""

from __future__ import annotations

import json
from typing import Any, ClassVar, Final

from django.apps import apps
from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.audit import Action
from accounts.models import AuditEntry
from accounts.staff import (
    NOTHING,
    PersonFilter,
    ReadOnlyAdmin,
    SearchesById,
    badge,
    link,
    people_matching,
    read_id,
    shorten_id,
    show_moment,
)

TONES: Final = {Action.CONTENT_READ: "waiting", Action.ACCOUNT_DELETED: "bad", Action.KEY_REVOKED: "bad"}


class ActionFilter(admin.SimpleListFilter):
    """Entries about one kind of deed."""

    title = "action"
    parameter_name = "action"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Everything the trail may say."""
        return [(action.value, action.value.replace("_", " ")) for action in Action]

    def queryset(self, request: HttpRequest, queryset: QuerySet[AuditEntry]) -> QuerySet[AuditEntry]:
        """The entries of that kind."""
        return queryset.filter(action=self.value()) if self.value() else queryset


class TimeFilter(admin.DateFieldListFilter):
    """Entries of a time."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.title = "time"


class ActorFilter(PersonFilter):
    """Entries about what these people did."""

    title = "actor"
    parameter_name = "actor"
    field = "actor_id"


@admin.register(AuditEntry)
class AuditEntryAdmin(SearchesById, ReadOnlyAdmin):
    """Who did what to whose account, and when; the stock history of the admin is written here too."""

    list_display = ("moment", "deed", "actor_link", "user_link", "thing", "changes", "ip")
    list_display_links = ("moment",)
    list_filter: ClassVar[tuple[Any, ...]] = (ActionFilter, ("at", TimeFilter), PersonFilter, ActorFilter)
    search_help_text = "An id of a person, run, thread or key, or a part of an e-mail address."
    list_select_related = ("user", "actor")
    sortable_by = ("moment",)
    fields = ("moment", "deed", "actor_link", "user_link", "thing", "ip", "details")
    readonly_fields = fields

    def search(self, queryset: QuerySet[AuditEntry], term: str) -> QuerySet[AuditEntry]:
        """Entries by or about a person, or about a thing."""
        exact, words = read_id(term), term.strip()
        people = [exact] if exact else people_matching(words)
        found = Q(user_id__in=people) | Q(actor_id__in=people)
        for key in ("object", "run", "thread"):
            found |= Q(detail__contains={key: str(exact or words)})
        return queryset.filter(found)

    @admin.display(description="at", ordering="at")
    def moment(self, entry: AuditEntry) -> str:
        """When it was done."""
        return show_moment(entry.at)

    @admin.display(description="action")
    def deed(self, entry: AuditEntry) -> SafeString:
        """What was done."""
        return badge(TONES.get(Action(entry.action), "busy") if entry.action in set(Action) else "busy", entry.action)

    @admin.display(description="by")
    def actor_link(self, entry: AuditEntry) -> SafeString | str:
        """Who did it."""
        return (
            link(reverse("admin:accounts_user_change", args=[entry.actor_id]), entry.actor) if entry.actor else NOTHING
        )

    @admin.display(description="about")
    def user_link(self, entry: AuditEntry) -> SafeString | str:
        """Whose account it was done to."""
        return link(reverse("admin:accounts_user_change", args=[entry.user_id]), entry.user) if entry.user else NOTHING

    @admin.display(description="what")
    def thing(self, entry: AuditEntry) -> SafeString | str:
        """The thing it was done to, if it has a page."""
        label, key = entry.detail.get("model"), entry.detail.get("object")
        if label is None and "thread" in entry.detail:
            label, key = "chat.thread", entry.detail["thread"]
        return link_to_thing(str(label), str(key)) if label and key else NOTHING

    @admin.display(description="changes")
    def changes(self, entry: AuditEntry) -> str:
        """Each changed field, before and after."""
        changed = entry.detail.get("changes")
        if not isinstance(changed, dict):
            return str(entry.detail.get("did", "")) or NOTHING
        return ", ".join(describe_change(name, value) for name, value in changed.items()) or NOTHING

    @admin.display(description="details")
    def details(self, entry: AuditEntry) -> SafeString:
        """Everything that was kept."""
        return format_html("<pre>{}</pre>", json.dumps(entry.detail, indent=2, ensure_ascii=False, sort_keys=True))


def describe_change(name: str, value: Any) -> str:
    """One changed field in words."""
    if isinstance(value, list) and len(value) == 2:
        return f"{name}: {value[0]} → {value[1]}"
    return f"{name} changed"


def link_to_thing(label: str, key: str) -> SafeString | str:
    """The page of a thing; its name where there is none."""
    name = f"{label.rpartition('.')[2]} {shorten_id(key) if read_id(key) else key}"
    try:
        model = apps.get_model(label)
        return link(reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_change", args=[key]), name)
    except (LookupError, ValueError, NoReverseMatch):
        return name
