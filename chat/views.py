"""The chat page, rendered on the server."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any, Final

import orjson
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.csrf import ensure_csrf_cookie

from accounts.models import User
from chat.errors import ThreadNotFound
from chat.models import Agent, Thread
from chat.selectors import messages_of, snapshot_for, thread_for, threads_for
from chat.threads import MOST_CHARACTERS

# What other apps put on the page: name -> function of the user and the thread. Registered when they start.
page_parts: Final[dict[str, Callable[[User, Thread | None], Any]]] = {}


@login_required
@ensure_csrf_cookie
def show_chat(request: HttpRequest, thread_id: uuid.UUID | None = None) -> HttpResponse:
    """The page of a new chat, or of one thread with everything so far."""
    user = request.user
    assert isinstance(user, User)
    try:
        thread = thread_for(user, thread_id) if thread_id else None
    except ThreadNotFound as error:
        raise Http404(str(error)) from error
    context = {
        "user_email": user.email,
        "boot": boot_data(user, thread),
        "threads": threads_for(user),
        "thread": thread,
        "messages": messages_of(thread) if thread else [],
    }
    return render(request, "chat/page.html", context)


def boot_data(user: User, thread: Thread | None) -> dict[str, Any]:
    """What the page's modules start from."""
    return {
        "user": {"id": str(user.id), "email": user.email, "tier": user.tier},
        "thread_id": str(thread.id) if thread else None,
        "snapshot": orjson.loads(snapshot_for(user, thread.id if thread else None)),
        "urls": {"socket": "/ws/", "api": "/api/v1/", "threads": "/t/"},
        "agents": [{"name": agent.name, "title": agent.title} for agent in Agent.objects.filter(enabled=True)],
        "limits": {"text_characters": MOST_CHARACTERS},
        **{name: part(user, thread) for name, part in page_parts.items()},
    }
