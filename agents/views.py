"""The data pages, and this app's part of the chat page."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.defaultfilters import filesizeformat
from django.views.decorators.csrf import ensure_csrf_cookie

from accounts.models import User
from agents.errors import DataSetNotFound
from agents.models import DataSet
from agents.serializers import shape_data_set, shape_data_sets
from agents.usage.datasets import dataset_for, dataset_of_thread, datasets_for
from chat.models import Thread

# The same words as in static/js/data_words.js, which takes over once it runs.
STATES: Final = {
    "queued": "Waiting",
    "running": "Importing",
    "needs_mapping": "Needs your help",
    "failed": "Failed",
    "cancelled": "Cancelled",
}
DATA_SET_STATES: Final = {"ready": "Ready", "importing": "Importing", "failed": "Failed"}
NOTHING: Final = "\N{EN DASH}"


@login_required
@ensure_csrf_cookie
def show_data_sets(request: HttpRequest) -> HttpResponse:
    """All data sets of the person and the demo."""
    user = person_of(request)
    shapes = shape_data_sets(datasets_for(user.id))
    context = {
        "user_email": user.email,
        "boot": {**boot_data(user), "datasets": shapes},
        "rows": [describe_row(shape) for shape in shapes],
        "has_own": any(not shape["demo"] for shape in shapes),
        "demo_id": next((shape["id"] for shape in shapes if shape["demo"]), None),
    }
    return render(request, "data/list.html", context)


@login_required
@ensure_csrf_cookie
def show_data_set(request: HttpRequest, dataset_id: uuid.UUID) -> HttpResponse:
    """One data set; a stranger's is as unknown as one that never was."""
    user = person_of(request)
    try:
        shape = shape_data_set(dataset_for(user.id, dataset_id))
    except DataSetNotFound as error:
        raise Http404(str(error)) from error
    boot = {**boot_data(user), "dataset": shape}
    context = {"user_email": user.email, "boot": boot, "dataset": shape, "row": describe_row(shape)}
    return render(request, "data/detail.html", context)


def person_of(request: HttpRequest) -> User:
    """Who is signed in, for views that let nobody else in."""
    user = request.user
    assert isinstance(user, User)
    return user


def boot_data(user: User) -> dict[str, Any]:
    """What the modules of a data page start from."""
    urls = {"socket": "/ws/", "api": "/api/v1/", "threads": "/t/", "data": "/data/"}
    return {"urls": urls, "limits": {"upload_bytes": user.limits.upload_bytes}}


def describe_row(shape: Mapping[str, Any]) -> dict[str, str]:
    """A data set as the first paint shows it, before any script runs."""
    has_rows = shape["version"] is not None
    return {
        "id": shape["id"],
        "title": shape["title"],
        "demo": "demo" if shape["demo"] else "",
        "rows": f"{shape['rows']:,}" if has_rows else NOTHING,
        "span": describe_span(shape),
        "cost": describe_cost(shape["summary"]),
        "status": describe_status(shape),
        "size": filesizeformat(shape["bytes"]) if has_rows else NOTHING,
    }


def describe_span(shape: Mapping[str, Any]) -> str:
    """From the first to the last day."""
    first, last = shape["first_day"], shape["last_day"]
    if first is None:
        return NOTHING
    return str(first) if first == last else f"{first} to {last}"


def describe_cost(summary: Mapping[str, Any]) -> str:
    """What the rows cost at list prices; else what was billed; never a zero for what is not known."""
    if summary.get("priced_cost") is not None:
        return f"${Decimal(summary['priced_cost']):,.2f}"
    billed = summary.get("billed_cost") or {}
    return ", ".join(f"{Decimal(amount):,.2f} {currency}" for currency, amount in billed.items()) or NOTHING


def describe_status(shape: Mapping[str, Any]) -> str:
    """How far the newest import is, or that the data can be asked about."""
    newest = shape["import"]
    if newest is not None and newest["status"] in STATES and (newest["finished_at"] is None or not shape["version"]):
        return STATES[newest["status"]]
    return DATA_SET_STATES[shape["status"]]


def page_data(user: User, thread: Thread | None) -> dict[str, Any]:
    """Which data sets there are, which one this conversation is about, and how much may be brought at once."""
    chosen = dataset_of_thread(user.id, thread.id) if thread else None
    return {
        "dataset": shape_data_set(chosen) if chosen else None,
        "datasets": shape_data_sets(datasets_for(user.id)),
        "limits": {"upload_bytes": user.limits.upload_bytes},
    }


def demo_offer(user: User, thread: Thread | None) -> dict[str, bool]:
    """Whether there is demo data to try."""
    return {"available": DataSet.objects.filter(demo=True, status=DataSet.Status.READY).exists()}
