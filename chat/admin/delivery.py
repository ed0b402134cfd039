"""The delivery page: whether events reach people, by which ways, and what stands in between."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.clients import acting_user
from accounts.models import User
from accounts.staff import show_moment
from chat.admin.delivery_alerts import describe_alerts
from chat.admin.delivery_channels import describe_channels
from chat.admin.delivery_charts import draw_charts
from chat.admin.delivery_figures import SPANS, Span, read_points
from chat.admin.delivery_now import describe_now, sum_sockets
from chat.admin.delivery_people import describe_people
from chat.heartbeats import read_beats


@require_safe
def show_delivery(request: HttpRequest) -> HttpResponse:
    """The page, for whoever may see runs."""
    viewer = acting_user(request)
    if not viewer.has_perm("chat.view_run"):
        raise PermissionDenied
    span = SPANS.get(request.GET.get("span", ""), SPANS["1h"])
    context = {**admin.site.each_context(request), **describe_delivery(viewer, span)}
    return TemplateResponse(request, "admin/chat/delivery.html", context)


def describe_delivery(viewer: User, span: Span) -> dict[str, Any]:
    """Everything the page shows."""
    now = timezone.now()
    beats = read_beats()
    return {
        "title": "Delivery",
        "read_at": show_moment(now),
        "span": span,
        "spans": list(SPANS.values()),
        "charts": draw_charts(span, read_points(span, now)),
        **describe_now(beats, now),
        **describe_people(viewer, sum_sockets(beats), now),
        **describe_channels(now),
        **describe_alerts(now),
    }
