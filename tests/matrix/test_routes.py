"""Every route of the URL configuration against every kind of person; a new route without a row fails."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import orjson
import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from accounts.models import ApiKey
from agents.models import DataSet
from chat.models import Run, UserStream
from tests.matrix.actors import CANARY, Actor, World, client_of, make_world
from tests.matrix.rows import BAD, HIDDEN, OK, REFUSED, ROWS, SIGN_IN, WRONG_METHOD, Row

pytestmark = pytest.mark.django_db
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
CELLS = [
    pytest.param(name, row, actor, id=f"{name}-{number}-{row.method}-{actor}")
    for name, rows in ROWS.items()
    for number, row in enumerate(rows)
    for actor in Actor
]


def routes(patterns: list[Any] | None = None, namespace: str = "") -> Iterator[tuple[str, URLPattern]]:
    """Every route with its name, as Django resolves it."""
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        if isinstance(pattern, URLResolver):
            inner = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
            yield from routes(pattern.url_patterns, inner)
        else:
            yield f"{namespace}{pattern.name}", pattern


SITE_ROUTES = sorted(name for name, _ in routes() if not name.startswith("admin:"))
ADMIN_ROUTES = [(name, pattern) for name, pattern in routes() if name.startswith("admin:")]
# What the admin shows to whoever comes: the way in and the way out.
OPEN_ADMIN_ROUTES = {"admin:login", "admin:logout"}
# What a member of staff without any right may open: an empty index, and what is about nobody.
EMPTY_FOR_STAFF = {"admin:index", "admin:jsi18n", "admin:password_change", "admin:password_change_done"}


@pytest.fixture
def world() -> World:
    return make_world()


def test_every_route_has_a_row_and_every_row_a_route() -> None:
    assert sorted(ROWS) == SITE_ROUTES


def test_the_matrix_is_as_large_as_it_should_be() -> None:
    assert len(CELLS) + len(ADMIN_ROUTES) * len(METHODS[:2]) * len(Actor) >= 500


@pytest.mark.parametrize(("name", "row", "actor"), CELLS)
def test_each_gets_what_the_matrix_says(world: World, name: str, row: Row, actor: Actor) -> None:
    client = client_of(actor, world)
    before = things_of(world)
    answer = ask(client, row.method, reverse(name, kwargs=row.kwargs(world)), row, world)
    if actor is not Actor.OWNER:
        assert things_of(world) == before
    body = read(answer)
    assert describe(answer) == row.everybody[actor], body[:300]
    if actor in {Actor.ANONYMOUS, Actor.STRANGER, Actor.DISABLED, Actor.STAFF}:
        assert CANARY not in body.decode(errors="replace")


def things_of(world: World) -> list[Any]:
    """Everything of the owner's that somebody else might have changed."""
    owner = world.owner
    rows: list[Any] = [Run.objects.filter(user=owner).order_by("id"), owner.threads.order_by("id")]
    rows += [owner.sessions.exclude(session_key="").order_by("session_key"), DataSet.objects.filter(user=owner)]
    counts = [UserStream.objects.get(user=owner).last_seq, ApiKey.objects.filter(user=owner, name=CANARY).count()]
    return [list(found.values_list("pk", flat=True)) for found in rows] + counts


def ask(client: Client, method: str, path: str, row: Row, world: World) -> Any:
    query = {name: str(value) for name, value in row.query(world).items()}
    if method == "GET":
        return client.get(path, query)
    if row.json:
        return client.generic(method, path, orjson.dumps(row.body(world)), content_type="application/json")
    return client.post(path, row.body(world))


def read(answer: Any) -> bytes:
    """The whole answer, also one that is sent in pieces."""
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    answer.close()
    return bytes(body)


def describe(answer: Any) -> str:
    """The answer in the matrix's words."""
    if answer.status_code == 401 or (answer.status_code == 302 and is_sign_in(answer["Location"])):
        return SIGN_IN
    words = {403: REFUSED, 404: HIDDEN, 400: BAD, 405: WRONG_METHOD}
    return words.get(answer.status_code, OK if answer.status_code < 400 else str(answer.status_code))


def is_sign_in(location: str) -> bool:
    """True for a redirect that asks who one is; signing out leads there too, without a `next`."""
    return location.startswith(("/accounts/login/?next", "/admin/login/?next"))


@pytest.mark.parametrize(
    "name", [name for name in SITE_ROUTES if not name.startswith(("healthz", "readyz", "statusz"))]
)
def test_a_method_without_a_row_changes_nothing(world: World, name: str) -> None:
    """What the matrix does not list is refused, or is only a look."""
    row = ROWS[name][0]
    listed = {listed.method for listed in ROWS[name]}
    client = client_of(Actor.OWNER, world)
    for method in sorted(set(METHODS) - listed):
        answer = client.generic(method, reverse(name, kwargs=row.kwargs(world)))
        assert answer.status_code in {200, 302, 400, 401, 403, 404, 405}, (method, answer.status_code)
        if name.startswith("api-"):
            assert answer.status_code == 405


@pytest.mark.parametrize("name", [name for name, rows in ROWS.items() if any(row.method != "GET" for row in rows)])
def test_a_session_changes_nothing_without_the_forms_token(world: World, name: str) -> None:
    for row in ROWS[name]:
        if row.method == "GET" or name == "api-token":
            continue
        client = Client(enforce_csrf_checks=True)
        client.force_login(world.owner)
        answer = ask(client, row.method, reverse(name, kwargs=row.kwargs(world)), row, world)
        assert answer.status_code == 403


@pytest.mark.parametrize("actor", list(Actor))
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_the_admin_opens_for_nobody_without_the_right(world: World, actor: Actor, method: str) -> None:
    client = client_of(actor, world)
    for name, pattern in ADMIN_ROUTES:
        path = admin_path(name, pattern, world)
        answer = client.generic(method, path)
        allowed = actor is Actor.STAFF and name in EMPTY_FOR_STAFF
        if name not in OPEN_ADMIN_ROUTES and not allowed:
            assert answer.status_code in {302, 403, 404, 405}, (name, answer.status_code)
            assert answer.status_code != 302 or leads_away(answer["Location"]), (name, answer["Location"])
        assert CANARY not in answer.content.decode(errors="replace"), name
    world.run.refresh_from_db()
    assert world.run.status == "queued"
    assert world.run.cancel_requested_at is None


def leads_away(location: str) -> bool:
    """True for a redirect to a sign-in page, or to the same place spelled another way."""
    return "/login/" in location or location.startswith(("/admin/", "/account"))


def admin_path(name: str, pattern: URLPattern, world: World) -> str:
    """The route filled with the owner's things."""
    things: dict[str, Any] = {
        "accounts_user": world.owner.id,
        "auth_user": world.owner.id,
        "accounts_apikey": world.key.pk,
        "chat_run": world.run.id,
        "chat_thread": world.thread.id,
        "chat_agent": "netra",
        "agents_dataset": world.data_set.id,
    }
    thing = next((things[model] for model in things if name.startswith(f"admin:{model}_")), uuid.uuid4())
    fill = {
        "object_id": thing, "id": thing, "run_id": world.run.id, "app_label": "chat", "url": "nowhere",
        "content_type_id": 1,
    }  # fmt: skip
    names = pattern.pattern.regex.groupindex or pattern.pattern.converters
    if name == "admin:None":
        return "/admin/nowhere/"
    return reverse(name, kwargs={parameter: fill[parameter] for parameter in names})
