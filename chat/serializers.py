"""Shapes of threads, messages and runs, the same in events, socket answers and REST."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any, TypedDict

from rest_framework import serializers
from rest_framework.request import Request

from chat.errors import InvalidQuery, ThreadNotFound
from chat.events import format_time
from chat.models import Message, Run, Thread


class ThreadShape(TypedDict):
    """A thread as clients see it."""

    id: str
    title: str
    pinned: bool
    archived: bool
    created_at: str
    updated_at: str


class MessageShape(TypedDict):
    """A message as clients see it."""

    id: str
    thread_id: str
    parent_id: str | None
    run_id: str | None
    role: str
    text: str
    created_at: str


class RunShape(TypedDict):
    """A run as clients see it."""

    id: str
    thread_id: str
    agent: str
    mode: str
    status: str
    attempt: int
    cancel_requested: bool
    request_id: str
    client_id: str
    retry_of: str | None
    usage: dict[str, Any]
    cost: str | None
    error_code: str
    message_id: str
    created_at: str
    started_at: str | None
    finished_at: str | None


def shape_thread(thread: Thread) -> ThreadShape:
    """The thread as clients see it."""
    return {
        "id": str(thread.id),
        "title": thread.title,
        "pinned": thread.pinned,
        "archived": thread.archived,
        "created_at": format_time(thread.created_at),
        "updated_at": format_time(thread.updated_at),
    }


def shape_message(message: Message) -> MessageShape:
    """The message as clients see it."""
    return {
        "id": str(message.id),
        "thread_id": str(message.thread_id),
        "parent_id": text_or_none(message.parent_id),
        "run_id": text_or_none(message.run_id),
        "role": message.role,
        "text": message.text,
        "created_at": format_time(message.created_at),
    }


def shape_run(run: Run) -> RunShape:
    """The run as clients see it."""
    return {
        "id": str(run.id),
        "thread_id": str(run.thread_id),
        "agent": str(run.agent_id),
        "mode": run.mode,
        "status": run.status,
        "attempt": run.attempt,
        "cancel_requested": run.cancel_requested_at is not None and not run.is_final,
        "request_id": run.request_id,
        "client_id": run.client_id,
        "retry_of": text_or_none(run.retry_of_id),
        "usage": run.usage,
        "cost": text_or_none(run.cost),
        "error_code": run.error_code,
        "message_id": str(run.question_id),
        "created_at": format_time(run.created_at),
        "started_at": time_or_none(run.started_at),
        "finished_at": time_or_none(run.finished_at),
    }


def text_or_none(value: object) -> str | None:
    """The value as text, None stays None."""
    return None if value is None else str(value)


def time_or_none(moment: datetime | None) -> str | None:
    """The moment as text, None stays None."""
    return None if moment is None else format_time(moment)


class NewThread(serializers.Serializer[None]):
    """What a client may say of a new thread."""

    title = serializers.CharField(max_length=200, required=False, allow_blank=True, default="")


class NewMessage(serializers.Serializer[None]):
    """A message to post; the service judges the text."""

    text = serializers.CharField(trim_whitespace=False, allow_blank=True, max_length=1_000_000)
    client_id = serializers.CharField(max_length=200)
    agent = serializers.CharField(max_length=64, required=False, source="agent_name")


class RetryRequest(serializers.Serializer[None]):
    """A wish to try again."""

    client_id = serializers.CharField(max_length=200, required=False)


class Acknowledgement(serializers.Serializer[None]):
    """Up to where a client has the log."""

    seq = serializers.IntegerField(min_value=0, max_value=2**63 - 1)
    epoch = serializers.UUIDField()


def read_number(request: Request, name: str, otherwise: int, *, least: int, most: int) -> int:
    """A whole number from the query, within its bounds."""
    given = request.query_params.get(name)
    if given is None:
        return otherwise
    if not given.isascii() or not given.isdigit() or not least <= int(given[:20]) <= most:
        raise InvalidQuery(f"{name} must be a whole number from {least} to {most}.", field=name)
    return int(given)


def read_id(request: Request, name: str) -> uuid.UUID | None:
    """A thread's id from the query; one that cannot be an id is an unknown id."""
    given: Any = request.query_params.get(name)
    if not given:
        return None
    try:
        return uuid.UUID(given)
    except ValueError:
        raise ThreadNotFound from None
