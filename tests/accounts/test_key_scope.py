"""A key that was made for reading only reads: on every route and on the socket."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from rest_framework.permissions import AllowAny
from rest_framework.views import APIView

from accounts.errors import ReadOnlyKey
from accounts.keys import issue_key
from accounts.models import ApiKey, User
from accounts.permissions import KeyMayWrite
from chat.commands import COMMANDS, run_command
from chat.models import Agent, Run, Thread

pytestmark = pytest.mark.django_db(transaction=True)
UNSAFE = ("post", "put", "patch", "delete")


def api_views(patterns: Any = None, before: str = "") -> Iterator[tuple[str, type[APIView]]]:
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        path = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from api_views(pattern.url_patterns, path)
        elif isinstance(pattern, URLPattern):
            view = getattr(pattern.callback, "view_class", None)
            if isinstance(view, type) and issubclass(view, APIView):
                yield path, view


def path_of(route: str) -> str:
    """The route with made-up ids in it."""
    return "/" + "/".join(made_up(part) if part.startswith("<") else part for part in route.split("/"))


def made_up(part: str) -> str:
    """An id of the kind the route takes."""
    return "1" if part.startswith("<int:") else str(uuid.uuid4())


def bearer(user: User, scope: str) -> dict[str, Any]:
    return {"HTTP_AUTHORIZATION": f"Bearer {issue_key(user, name='test', scope=scope)}"}


def test_every_route_refuses_a_read_only_key_what_changes_something(owner: User) -> None:
    reading = bearer(owner, ApiKey.Scope.READ)
    tried = 0
    for route, view in api_views():
        for method in UNSAFE:
            if not hasattr(view, method) or AllowAny in view.permission_classes:
                continue
            answer = getattr(Client(), method)(path_of(route), {}, content_type="application/json", **reading)
            assert (answer.status_code, answer.json()["code"]) == (403, "read_only_key"), (method, route)
            tried += 1
    assert tried >= 6


def test_every_route_asks_for_the_scope_or_lets_everybody_in() -> None:
    for route, view in api_views():
        assert KeyMayWrite in view.permission_classes or not view.authentication_classes, route


def test_a_read_only_key_reads_and_a_write_key_writes(owner: User, agent: Agent) -> None:
    reading, writing = bearer(owner, ApiKey.Scope.READ), bearer(owner, ApiKey.Scope.WRITE)
    assert Client().get("/api/v1/threads/", **reading).status_code == 200
    made = Client().post("/api/v1/threads/", {}, content_type="application/json", **writing)
    assert made.status_code == 201
    assert Thread.objects.filter(user=owner).count() == 1


def test_a_refusal_has_the_shape_of_every_error(owner: User) -> None:
    answer = Client().post("/api/v1/threads/", {}, content_type="application/json", **bearer(owner, "read")).json()
    assert set(answer) == {"code", "message", "extra", "request_id"}


class Socket:
    """What a command sees of a socket."""

    request_id = ""

    def __init__(self, user: User, *, may_write: bool) -> None:
        self.user = user
        self.may_write = may_write

    async def say_hello(self, cursor: int | None, epoch: str | None) -> None:
        """Heard."""

    async def ask_resync(self, reason: str) -> None:
        """Heard."""

    def acknowledge(self, seq: int) -> None:
        """Heard."""

    async def watch(self, thread_id: uuid.UUID | None) -> None:
        """Heard."""


FRAMES: dict[str, dict[str, Any]] = {
    "hello": {"v": 1},
    "ack": {"seq": 1},
    "watch": {"thread_id": None},
    "send_message": {"client_id": "c1", "text": "What do we spend?"},
    "cancel_run": {"client_id": "c1", "run_id": str(uuid.uuid4())},
}


def test_a_read_only_socket_may_do_all_but_write(owner: User, agent: Agent) -> None:
    socket = Socket(owner, may_write=False)
    refused = set()
    for name in COMMANDS:
        try:
            async_to_sync(run_command)(socket, {"command": name, **FRAMES.get(name, {})})
        except ReadOnlyKey:
            refused.add(name)
    assert refused == {"send_message", "cancel_run"}
    assert Run.objects.count() == 0


def test_a_writing_socket_may_write(owner: User, agent: Agent) -> None:
    answer = async_to_sync(run_command)(
        Socket(owner, may_write=True), {"command": "send_message", **FRAMES["send_message"]}
    )
    assert answer
    assert answer["type"] == "result"
