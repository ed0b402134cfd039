"""What of a person lies in this app, for the pages about people."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from functools import partial

from django.db.models import Count, Model

from accounts.staff import Countable, countables
from chat.models import Run, Thread


def count_rows(model: type[Model], user_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, int]:
    """How many of these rows each of these people has."""
    rows = model._default_manager.filter(user_id__in=user_ids).order_by()
    return dict(rows.values_list("user_id").annotate(number=Count("pk")))


countables["threads"] = Countable(partial(count_rows, Thread), "admin:chat_thread_changelist", "chat.view_thread")
countables["runs"] = Countable(partial(count_rows, Run), "admin:chat_run_changelist", "chat.view_run")
