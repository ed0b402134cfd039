"""Data sets: whose, how large, from when to when; never their rows, and their titles only with the right to read."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.http import HttpRequest
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils.safestring import SafeString

from accounts.staff import (
    NOTHING,
    Countable,
    PersonFilter,
    ReadOnlyAdmin,
    SearchesById,
    badge,
    countables,
    link,
    link_to_id,
    may_read_content,
    people_matching,
    read_id,
    record_content_read,
    show_moment,
)
from agents.models import DataSet, DataSetVersion

MOST_VERSIONS = 50
TONES = {DataSet.Status.READY: "good", DataSet.Status.IMPORTING: "busy", DataSet.Status.FAILED: "bad"}


def count_data_sets(user_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, int]:
    """How many data sets each of these people has."""
    rows = DataSet.objects.filter(user_id__in=user_ids).order_by()
    return dict(rows.values_list("user_id").annotate(number=Count("pk")))


countables["data sets"] = Countable(count_data_sets, "admin:agents_dataset_changelist", "agents.view_dataset")


def versions_of(data_set: DataSet) -> list[dict[str, Any]]:
    """The newest states of a data set: their sizes and dates, nothing of what is in them."""
    newest = data_set.versions.order_by("-number")[:MOST_VERSIONS]
    shown = newest.values("number", "rows", "first_day", "last_day", "bytes", "created_at")
    return [{**version, "shown_rows": f"{version['rows']:,}"} for version in shown]


@admin.register(DataSet)
class DataSetAdmin(SearchesById, ReadOnlyAdmin):
    """Their owners import and delete them, files and all."""

    list_display = ("short_id", "person", "state", "rows", "size", "last_day", "created")
    list_display_links = None
    list_filter: ClassVar[tuple[Any, ...]] = ("status", "demo", "created_at", PersonFilter)
    search_help_text = "A data set's id, or a part of its owner's e-mail address."
    list_select_related = ("user",)
    sortable_by = ("created",)
    fields = ("id", "title", "person", "demo", "state", "created")
    readonly_fields = fields

    def search(self, queryset: QuerySet[DataSet], term: str) -> QuerySet[DataSet]:
        """The data set with this id, or those of the people with an address like this; never by title."""
        exact = read_id(term)
        return queryset.filter(id=exact) if exact else queryset.filter(user_id__in=people_matching(term))

    def get_queryset(self, request: HttpRequest) -> QuerySet[DataSet]:
        """With the figures of the newest version."""
        newest = DataSetVersion.objects.filter(data_set=OuterRef("pk")).order_by("-number")
        found: QuerySet[DataSet] = super().get_queryset(request)
        return found.annotate(
            newest_rows=Subquery(newest.values("rows")[:1]),
            newest_bytes=Subquery(newest.values("bytes")[:1]),
            newest_day=Subquery(newest.values("last_day")[:1]),
        )

    def get_fields(self, request: HttpRequest, obj: DataSet | None = None) -> tuple[str, ...]:
        """The title is what a person called the data; the demo's is ours."""
        if may_read_content(request) or (obj is not None and obj.demo):
            return self.fields
        return tuple(name for name in self.fields if name != "title")

    def describe(self, request: HttpRequest, thing: DataSet) -> dict[str, Any]:
        """The states it has had; reading the title goes on record first."""
        if may_read_content(request) and not thing.demo:
            record_content_read(request, thing.user, model="agents.dataset", object=str(thing.pk))
        return {"versions": versions_of(thing)}

    @admin.display(description="data set")
    def short_id(self, data_set: DataSet) -> SafeString:
        """The end of the id."""
        return link_to_id("admin:agents_dataset_change", data_set.id)

    @admin.display(description="person")
    def person(self, data_set: DataSet) -> SafeString | str:
        """Whose data it is."""
        if data_set.user is None:
            return "everybody (demo)"
        return link(reverse("admin:accounts_user_change", args=[data_set.user_id]), data_set.user.email)

    @admin.display(description="status")
    def state(self, data_set: DataSet) -> SafeString:
        """How far the import is."""
        return badge(TONES[DataSet.Status(data_set.status)], data_set.status)

    @admin.display(description="made at", ordering="created_at")
    def created(self, data_set: DataSet) -> str:
        """When its first import began."""
        return show_moment(data_set.created_at)

    @admin.display(description="rows")
    def rows(self, data_set: Any) -> str:
        """How many rows the newest version has."""
        return NOTHING if data_set.newest_rows is None else f"{data_set.newest_rows:,}"

    @admin.display(description="size")
    def size(self, data_set: Any) -> str:
        """How much room the newest version takes."""
        return NOTHING if data_set.newest_bytes is None else filesizeformat(data_set.newest_bytes)

    @admin.display(description="until")
    def last_day(self, data_set: Any) -> Any:
        """The last day the newest version has data of."""
        return data_set.newest_day or NOTHING
