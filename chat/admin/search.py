"""Finds threads and runs by what staff paste: an id from a page, a log or a report, or an address."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet

from accounts.staff import TypedFilter, people_matching, read_id
from chat.models import Run


def search_runs(runs: QuerySet[Any], term: str) -> QuerySet[Any]:
    """The run with this id, the runs of this thread or request, else of the people with an address like this."""
    exact = read_id(term)
    if exact is None:
        return runs.filter(Q(user_id__in=people_matching(term)) | Q(request_id=term.strip()))
    return runs.filter(Q(id=exact) | Q(thread_id=exact) | Q(request_id__in=[exact.hex, str(exact)]))


def search_threads(threads: QuerySet[Any], term: str) -> QuerySet[Any]:
    """The thread with this id or of this run, else of the people with an address like this."""
    exact = read_id(term)
    if exact is None:
        return threads.filter(user_id__in=people_matching(term))
    of_the_run = Run.objects.filter(id=exact).order_by().values_list("thread_id", flat=True)
    return threads.filter(id__in=[exact, *of_the_run])


class ThreadFilter(TypedFilter):
    """Runs of one thread."""

    title = "thread"
    parameter_name = "thread"
    placeholder = "thread id"

    def condition(self, value: str) -> Q:
        """Its id; what is no id is no thread's."""
        exact = read_id(value)
        return Q(thread_id=exact) if exact else Q(pk__in=[])
