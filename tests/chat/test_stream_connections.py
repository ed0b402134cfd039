"""A connection that outlasts Django's answer: what it sends, when it ends, and what it frees."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, Self, cast

import psycopg
import pytest
from django.urls import reverse

from chat.hub import Access, Feed, Hub
from chat.streams import connection as connections
from chat.streams import with_direct_connections
from chat.streams.connection import EVENTS_PATH, STREAM_PATH
from chat.streams.handover import LINE, Asker, Line
from chat.streams.reader import StreamReader

EPOCH = uuid.UUID("0d7f3a91-1111-4222-8333-444455556666")
THREAD, OTHER = str(uuid.uuid4()), str(uuid.uuid4())


# The reader


class Log:
    """A feed to read from, and what was written of it."""

    def __init__(self) -> None:
        self.feed = Feed(uuid.uuid4())
        self.written = b""
        self.reader = StreamReader(cast(Hub, None), self.feed, self.write)

    async def write(self, body: bytes) -> None:
        self.written += body

    def push(self, first: int, many: int, *, delta_of: str = "", size: int = 2) -> None:
        """One published stretch."""
        entries = [(seq, delta_of, b"x" * size, "notice", 0.0) for seq in range(first, first + many)]
        self.feed.add({"epoch": str(EPOCH), "prev": first - 1, "to": first + many - 1, "entries": entries})

    async def read_until_quiet(self) -> bool:
        """Reads; True if the reader ended by itself."""
        running = asyncio.create_task(self.reader.run())
        done, _ = await asyncio.wait([running], timeout=0.2)
        running.cancel()
        return bool(done)

    @property
    def seqs(self) -> list[int]:
        lines = self.written.split(b"\n")
        return [int(line.rsplit(b"-", 1)[1]) for line in lines if line.startswith(b"id:")]


async def test_a_connection_has_had_its_share_after_five_hundred_events() -> None:
    log = Log()
    log.reader.start_at(0, EPOCH)
    log.push(1, 480)
    log.push(481, 100)
    assert await log.read_until_quiet()
    assert log.seqs == list(range(1, 501))
    assert log.reader.take_place() == b""


async def test_a_connection_has_had_its_share_after_its_bytes() -> None:
    log = Log()
    log.reader.start_at(0, EPOCH)
    log.push(1, 10, size=60_000)
    assert await log.read_until_quiet()
    # Five times sixty thousand is the first to reach 262,144.
    assert log.seqs == [1, 2, 3, 4, 5]


async def test_a_connection_with_room_left_goes_on_waiting() -> None:
    log = Log()
    log.reader.start_at(3, EPOCH)
    log.push(1, 5)
    assert not await log.read_until_quiet()
    assert log.seqs == [4, 5]


async def test_deltas_of_unwatched_threads_only_move_the_place() -> None:
    log = Log()
    log.reader.start_at(0, EPOCH)
    log.reader.watched_thread = THREAD
    log.push(1, 1, delta_of=THREAD)
    log.push(2, 1)
    log.push(3, 600, delta_of=OTHER)
    assert not await log.read_until_quiet()
    assert log.seqs == [1, 2]
    assert log.reader.take_place() == b"id: %s-602\n\n" % str(EPOCH).encode()
    assert log.reader.take_place() == b""


# The connection


class FakeHub:
    """A hub's places, and what was acknowledged."""

    def __init__(self) -> None:
        self.feed = Feed(uuid.uuid4())
        self.acknowledged: list[int] = []
        self.somebody_came = asyncio.Event()
        self.is_away = True

    @property
    def connections(self) -> Self:
        return self

    def add(self, listener: Any) -> Feed:
        self.feed.sockets.add(listener)
        self.somebody_came.set()
        return self.feed

    def remove(self, listener: Any) -> None:
        self.feed.sockets.discard(listener)

    def acknowledge(self, user_id: uuid.UUID, epoch: uuid.UUID, seq: int) -> None:
        self.acknowledged.append(seq)

    @asynccontextmanager
    async def lend(self) -> AsyncIterator[Any]:
        if self.is_away:
            raise psycopg.OperationalError("the database is away")
        yield

    async def first_listener(self) -> Any:
        """Whoever came first, once somebody did."""
        async with asyncio.timeout(5):
            await self.somebody_came.wait()
        return next(iter(self.feed.sockets))

    async def deliver(self, first: int, many: int = 1) -> None:
        """Pushes events to whoever is there, once somebody is."""
        await self.first_listener()
        entries = [(seq, "", b"{}", "notice", 0.0) for seq in range(first, first + many)]
        self.feed.add({"epoch": str(EPOCH), "prev": first - 1, "to": first + many - 1, "entries": entries})
        for listener in tuple(self.feed.sockets):
            listener.wake()


class Site:
    """An application in Django's place: answers with what the test says, as often as it is asked."""

    def __init__(self, *answers: Callable[[Line], bytes]) -> None:
        self.answers = list(answers)
        self.scopes: list[dict[str, Any]] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        assert await receive() == {"type": "http.request", "body": b"", "more_body": False}
        self.scopes.append(scope)
        body = self.answers.pop(0)(scope[LINE])
        headers = [(b"Content-Length", b"%d" % len(body)), (b"X-Request-ID", b"1")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body, "more_body": False})


class Visit:
    """A client's request, what it got, and its way to hang up."""

    def __init__(self, site: Any, path: str, query: bytes = b"") -> None:
        self.messages: list[dict[str, Any]] = []
        self.heard_more = asyncio.Event()
        self.inbox: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.inbox.put_nowait({"type": "http.request", "body": b"", "more_body": False})
        scope = {"type": "http", "method": "GET", "path": path, "query_string": query, "headers": []}
        self.task = asyncio.ensure_future(with_direct_connections(site)(scope, self.inbox.get, self.take))

    async def take(self, message: dict[str, Any]) -> None:
        self.messages.append(message)
        self.heard_more.set()

    async def hear(self, text: bytes) -> None:
        """Returns once this has come."""
        async with asyncio.timeout(5):
            while text not in self.body:
                await self.heard_more.wait()
                self.heard_more.clear()

    def hang_up(self) -> None:
        self.inbox.put_nowait({"type": "http.disconnect"})

    async def end(self) -> bytes:
        async with asyncio.timeout(5):
            await self.task
        return self.body

    @property
    def body(self) -> bytes:
        return b"".join(message.get("body", b"") for message in self.messages)


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> FakeHub:
    made = FakeHub()

    async def running() -> FakeHub:
        return made

    monkeypatch.setattr(connections, "running_hub", running)
    return made


def asker(cursor: int, *, head: int = 5, places: int = 3, has_up_to: int | None = None) -> Asker:
    return Asker(uuid.uuid4(), Access(1, None, None), places, EPOCH, head, cursor, has_up_to)


def stay(cursor: int = 5, seconds: float = 5.0, body: bytes = b"held", **more: Any) -> Callable[[Line], bytes]:
    def answer(line: Line) -> bytes:
        line.asker, line.seconds = asker(cursor, **more), seconds
        return body

    return answer


def say(body: bytes) -> Callable[[Line], bytes]:
    return lambda line: body


WAITING = (EVENTS_PATH, b"after=5&wait=5")


def test_the_paths_are_those_of_the_routes() -> None:
    assert reverse("api-events") == EVENTS_PATH
    assert reverse("api-events-stream") == STREAM_PATH


@pytest.mark.parametrize(
    ("method", "path", "query"),
    [("GET", EVENTS_PATH, b"after=5"), ("POST", EVENTS_PATH, b"wait=5"), ("HEAD", STREAM_PATH, b""), ("GET", "/", b"")],
)
async def test_every_other_request_goes_straight_through(method: str, path: str, query: bytes) -> None:
    seen: list[Any] = []

    async def site(*given: Any) -> None:
        seen.extend(given)

    given = ({"type": "http", "method": method, "path": path, "query_string": query}, object(), object())
    await cast(Callable[..., Awaitable[None]], with_direct_connections(site))(*given)
    assert [id(one) for one in seen] == [id(one) for one in given]


async def test_an_answer_that_is_complete_is_given_at_once(hub: FakeHub) -> None:
    visit = Visit(Site(stay(seconds=0, body=b"a page", has_up_to=4)), *WAITING)
    assert await visit.end() == b"a page"
    assert hub.acknowledged == [4]
    assert visit.messages[0]["headers"][0] == (b"Content-Length", b"6")


async def test_a_refused_request_never_reaches_the_hub(hub: FakeHub) -> None:
    assert await Visit(Site(say(b"not signed in")), *WAITING).end() == b"not signed in"
    assert hub.acknowledged == []


@pytest.mark.parametrize(("has_up_to", "acknowledged"), [(0, []), (5, [5]), (6, []), (None, [])])
async def test_only_a_place_in_the_log_is_acknowledged(
    hub: FakeHub, has_up_to: int | None, acknowledged: list[int]
) -> None:
    await Visit(Site(stay(seconds=0, head=5, has_up_to=has_up_to)), *WAITING).end()
    assert hub.acknowledged == acknowledged


async def test_an_empty_page_is_given_when_the_time_is_over(hub: FakeHub) -> None:
    site = Site(stay(seconds=0.05, body=b"nothing"))
    assert await Visit(site, *WAITING).end() == b"nothing"
    assert not hub.feed.sockets


async def test_news_ends_the_wait_with_a_fresh_answer(hub: FakeHub) -> None:
    site = Site(stay(), say(b"an event"))
    visit = Visit(site, *WAITING)
    await hub.deliver(6)
    assert await visit.end() == b"an event"
    assert len(visit.messages) == 2
    assert not hub.feed.sockets


async def test_the_head_poll_ends_the_wait_too(hub: FakeHub) -> None:
    visit = Visit(Site(stay(), say(b"an event")), *WAITING)
    listener = await hub.first_listener()
    assert not listener.behind(5)
    assert listener.behind(6)
    listener.wake()
    assert await visit.end() == b"an event"


async def test_a_late_word_of_what_the_client_has_is_no_news(hub: FakeHub) -> None:
    site = Site(stay(seconds=0.1, body=b"nothing"))
    visit = Visit(site, *WAITING)
    await hub.deliver(5)
    assert await visit.end() == b"nothing"
    assert len(site.scopes) == 1


async def test_who_loses_access_while_waiting_is_asked_again_who_they_are(hub: FakeHub) -> None:
    visit = Visit(Site(stay(), say(b"not signed in")), *WAITING)
    (await hub.first_listener()).end_access()
    assert await visit.end() == b"not signed in"


@pytest.mark.parametrize("place", [WAITING, (STREAM_PATH, b"")])
async def test_a_client_that_hangs_up_frees_its_place_at_once(hub: FakeHub, place: tuple[str, bytes]) -> None:
    visit = Visit(Site(stay(seconds=30)), *place)
    await hub.first_listener()
    visit.hang_up()
    await visit.end()
    assert not hub.feed.sockets
    assert not any(message.get("more_body") is False for message in visit.messages)


@pytest.mark.parametrize("place", [WAITING, (STREAM_PATH, b"")])
async def test_one_connection_more_than_allowed_is_refused(hub: FakeHub, place: tuple[str, bytes]) -> None:
    refusals: list[str | None] = []

    def refuse(line: Line) -> bytes:
        refusals.append(line.refusal.code if line.refusal else None)
        return b"too many"

    first = Visit(Site(stay(places=1)), *place)
    await hub.first_listener()
    assert await Visit(Site(stay(places=1), refuse), *place).end() == b"too many"
    assert refusals == ["too_many_connections"]
    assert len(hub.feed.sockets) == 1
    first.hang_up()
    await first.end()


async def test_a_stream_goes_on_where_the_view_began_it(hub: FakeHub) -> None:
    visit = Visit(Site(stay(body=b"ready\n\n")), STREAM_PATH)
    await hub.deliver(6, 2)
    await visit.hear(b"id: %s-7" % str(EPOCH).encode())
    visit.hang_up()
    await visit.end()
    names = [name.lower() for name, _ in visit.messages[0]["headers"]]
    assert names == [b"x-request-id"]
    ids = b"".join(b"id: %s-%d\nevent: notice\ndata: {}\n\n" % (str(EPOCH).encode(), seq) for seq in (6, 7))
    assert visit.body == b"ready\n\n" + ids


async def test_a_stream_that_had_its_share_ends_by_itself(hub: FakeHub) -> None:
    visit = Visit(Site(stay()), STREAM_PATH)
    await hub.deliver(6, 501)
    body = await visit.end()
    assert body.count(b"event: notice") == 500
    assert body.endswith(b": enough for one connection\n\n")
    assert visit.messages[-1]["more_body"] is False


async def test_a_stream_ends_when_its_time_is_over(hub: FakeHub) -> None:
    visit = Visit(Site(stay(seconds=0.05)), STREAM_PATH)
    assert (await visit.end()).endswith(b": enough for one connection\n\n")
    assert not hub.feed.sockets


async def test_a_stream_ends_with_the_access_behind_it(hub: FakeHub) -> None:
    visit = Visit(Site(stay()), STREAM_PATH)
    (await hub.first_listener()).end_access()
    assert (await visit.end()).endswith(b": access ended\n\n")


async def test_a_quiet_stream_says_that_it_lives(hub: FakeHub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "BEAT_SECONDS", 0.01)
    visit = Visit(Site(stay()), STREAM_PATH)
    await visit.hear(b": beat\n\n: beat\n\n")
    visit.hang_up()
    await visit.end()
