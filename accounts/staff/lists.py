"""Lists that stay quick when they are long: bounded counts, typed filters, search by id or address."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from functools import cached_property
from typing import Any, ClassVar, Final

from django.contrib.admin import ModelAdmin, SimpleListFilter
from django.contrib.admin.views.main import ChangeList
from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import HttpRequest

from accounts.models import User

MOST_COUNTED: Final = 2_000
MOST_PEOPLE_FOUND: Final = 50


class BoundedPaginator(Paginator):
    """Counts to a limit: the exact number of a long list helps nobody and costs a scan of the table."""

    @cached_property
    def counted(self) -> int:
        """How many rows there are, up to one more than the limit."""
        rows: QuerySet[Any] = self.object_list  # type: ignore[assignment]
        return rows.order_by().values("pk")[: MOST_COUNTED + 1].count()

    @cached_property
    def count(self) -> int:
        """The rows that can be paged through."""
        return min(self.counted, MOST_COUNTED)

    @property
    def has_uncounted(self) -> bool:
        """True when the list goes on beyond the limit."""
        return self.counted > MOST_COUNTED


def read_id(text: str) -> uuid.UUID | None:
    """The id somebody typed or pasted, None if it is none."""
    try:
        return uuid.UUID(text.strip())
    except ValueError:
        return None


def people_matching(term: str) -> list[uuid.UUID]:
    """People whose address contains the term, at most as many as a filter can name; none for an empty term."""
    found = User.objects.filter(email__icontains=term.strip()) if term.strip() else User.objects.none()
    return list(found.order_by("email").values_list("id", flat=True)[:MOST_PEOPLE_FOUND])


class TypedFilter(SimpleListFilter):
    """A filter one types into: a list of everybody to choose from would be longer than the page it filters."""

    template = "admin/typed_filter.html"
    placeholder: ClassVar[str] = ""

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Nothing to choose from."""
        return []

    def has_output(self) -> bool:
        """The field is always there."""
        return True

    def choices(self, changelist: ChangeList) -> Iterator[Any]:
        """What the field shows, what its form carries along, and the way back to all."""
        kept = [(name, value) for name, values in changelist.filter_params.items() for value in values]
        yield {
            "value": self.value() or "",
            "parameter": self.parameter_name,
            "placeholder": self.placeholder,
            "kept": [(name, value) for name, value in kept if name != self.parameter_name],
            "query_string": changelist.get_query_string(remove=[str(self.parameter_name)]),
        }

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """All rows without a value; else those that match it."""
        value = (self.value() or "").strip()
        return queryset.filter(self.condition(value)) if value else queryset

    def condition(self, value: str) -> Q:
        """What a row must fulfil."""
        raise NotImplementedError


class PersonFilter(TypedFilter):
    """Rows of the people with this id or an address like this."""

    title = "person"
    parameter_name = "person"
    placeholder = "address or id"
    field: ClassVar[str] = "user_id"

    def condition(self, value: str) -> Q:
        """Their ids; an address is looked up first, so that the rows are found by index."""
        exact = read_id(value)
        return Q(**{f"{self.field}__in": [exact] if exact else people_matching(value)})


class SearchesById(ModelAdmin):
    """A list whose search compares ids and addresses, and never what people wrote."""

    # The stock search box is shown when there are fields; which rows match is decided below.
    search_fields = ("id",)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """The matching rows; none of them twice."""
        return (self.search(queryset, search_term) if search_term.strip() else queryset), False

    def search(self, queryset: QuerySet[Any], term: str) -> QuerySet[Any]:
        """The rows this term stands for."""
        raise NotImplementedError
