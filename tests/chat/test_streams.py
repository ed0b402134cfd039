"""The log over plain HTTP: places and blocks, and what a view answers."""

from __future__ import annotations

import json
import uuid
from typing import Any

import pytest
from django.test import Client, RequestFactory
from rest_framework.test import force_authenticate

from accounts.keys import issue_key
from accounts.models import User
from chat.errors import InvalidQuery, TooManyConnections
from chat.models import Receipt, UserStream
from chat.pieces import Entry
from chat.selectors import stream_for
from chat.streams.connection import EVENTS_PATH, STREAM_PATH
from chat.streams.handover import LINE, Line
from chat.streams.texts import Place, event_block, read_place
from chat.streams.views import EventStreamView
from chat.threads import create_thread

EPOCH = uuid.UUID("0d7f3a91-1111-4222-8333-444455556666")
SITE = "http://127.0.0.1:8000"


# Texts


@pytest.mark.parametrize(
    ("text", "place"),
    [("12", Place(12, None)), ("0", Place(0, None)), (f"{EPOCH}-12", Place(12, str(EPOCH))), (" 7 ", Place(7, None))],
)
def test_a_place_is_an_events_id_or_its_number(text: str, place: Place) -> None:
    assert read_place(text, "after") == place


@pytest.mark.parametrize("text", ["", "x", "-1", "1.0", f"{EPOCH}", f"{EPOCH}-", f"{EPOCH}-x", "1" * 19, "٣", "1\n2"])
def test_anything_else_is_no_place(text: str) -> None:
    with pytest.raises(InvalidQuery):
        read_place(text, "after")


def test_an_event_is_one_block_with_the_bytes_every_other_way_sends() -> None:
    entry = Entry(12, "", '{"v":1,"text":"naïve\\n"}'.encode(), "notice", 0.0)
    assert event_block(entry, EPOCH) == (
        b"id: 0d7f3a91-1111-4222-8333-444455556666-12\nevent: notice\n" + 'data: {"v":1,"text":"naïve\\n"}\n\n'.encode()
    )


# Views


@pytest.fixture
def client(owner: User, settings: Any) -> Client:
    settings.ALLOWED_ORIGINS = [SITE]
    return Client(headers={"authorization": f"Bearer {issue_key(owner, name='test', scope='read')}"})


@pytest.fixture
def browser_of_owner(owner: User, settings: Any) -> Client:
    settings.ALLOWED_ORIGINS = [SITE]
    made = Client()
    made.force_login(owner)
    return made


def assert_error(answer: Any, status: int, code: str) -> None:
    body = answer.json()
    assert (answer.status_code, body["code"]) == (status, code), body
    assert set(body) == {"code", "message", "extra", "request_id"}
    assert answer["X-Request-ID"] == body["request_id"]


def blocks_of(answer: Any) -> list[dict[str, str]]:
    assert answer.status_code == 200, answer.content
    assert answer["Content-Type"] == "text/event-stream"
    text = answer.content.decode()
    assert text.endswith("\n\n")
    return [dict(line.split(": ", 1) for line in block.split("\n")) for block in text[:-2].split("\n\n")]


def move_stream(owner: User, head: int, floor: int = 0) -> UserStream:
    stream = stream_for(owner)
    UserStream.objects.filter(user=owner).update(last_seq=head, floor_seq=floor)
    stream.refresh_from_db()
    return stream


db = pytest.mark.django_db


@db
@pytest.mark.parametrize("path", [STREAM_PATH, f"{EVENTS_PATH}?wait=1"])
def test_nobody_reads_without_signing_in(path: str) -> None:
    answer = Client().get(path, headers={"accept": "text/event-stream" if path == STREAM_PATH else "*/*"})
    assert_error(answer, 401, "not_authenticated")
    assert answer["WWW-Authenticate"] == "Bearer"


@db
@pytest.mark.parametrize("path", [STREAM_PATH, f"{EVENTS_PATH}?wait=1"])
def test_a_channel_that_is_off_says_so(client: Client, settings: Any, path: str) -> None:
    settings.CHANNELS = tuple(channel for channel in settings.CHANNELS if channel != "direct")
    assert_error(client.get(path), 503, "channel_off")
    assert client.get(EVENTS_PATH).status_code == 200


@db
@pytest.mark.parametrize("path", [STREAM_PATH, f"{EVENTS_PATH}?wait=1"])
@pytest.mark.parametrize(("origin", "status"), [(SITE, 200), ("http://127.0.0.1:8001", 403), ("null", 403)])
def test_a_session_is_no_use_to_pages_of_other_sites(
    browser_of_owner: Client, path: str, origin: str, status: int
) -> None:
    answer = browser_of_owner.get(path, headers={"origin": origin})
    assert answer.status_code == status
    if status != 200:
        assert_error(answer, 403, "foreign_origin")


@db
def test_a_key_comes_from_anywhere(client: Client) -> None:
    assert client.get(STREAM_PATH, headers={"origin": "https://elsewhere.example"}).status_code == 200


@db
def test_a_stream_without_a_place_begins_at_the_head(client: Client, owner: User) -> None:
    stream = move_stream(owner, 12, 3)
    (ready,) = blocks_of(client.get(f"{STREAM_PATH}?unknown=1"))
    assert ready["retry"] == "250"
    assert (ready["event"], ready["id"]) == ("ready", f"{stream.epoch}-12")
    assert json.loads(ready["data"]) == {"v": 1, "epoch": str(stream.epoch), "head": 12, "floor": 3}


@db
def test_the_last_events_id_counts_more_than_the_address(client: Client, owner: User) -> None:
    epoch = move_stream(owner, 12).epoch
    for last, place in ((f"{epoch}-9", 9), ("9", 9), ("", 4)):
        (ready,) = blocks_of(client.get(f"{STREAM_PATH}?after=4", headers={"last-event-id": last}))
        assert ready["id"] == f"{epoch}-{place}"


@db
@pytest.mark.parametrize(
    ("query", "reason"),
    [
        (f"?after=5&epoch={EPOCH}", "epoch_changed"),
        (f"?after={EPOCH}-5", "epoch_changed"),
        ("?after=7001", "cursor_ahead"),
        ("?after=2", "history_gone"),
        ("?after=1999", "too_far_behind"),
    ],
)
def test_a_place_that_cannot_be_read_on_from_is_a_resync(client: Client, owner: User, query: str, reason: str) -> None:
    move_stream(owner, 7000, 3)
    ready, resync = blocks_of(client.get(f"{STREAM_PATH}{query}"))
    assert ready["event"] == "ready"
    assert "id" not in ready
    assert (resync["event"], json.loads(resync["data"])) == ("resync", {"reason": reason})


@db
def test_the_right_epoch_and_the_furthest_place_behind_are_read_on_from(client: Client, owner: User) -> None:
    epoch = move_stream(owner, 7000).epoch
    (ready,) = blocks_of(client.get(f"{STREAM_PATH}?after=2000&epoch={epoch}"))
    assert ready["id"] == f"{epoch}-2000"


@db
@pytest.mark.parametrize(
    "path",
    [
        f"{STREAM_PATH}?after=x",
        f"{STREAM_PATH}?after=-1",
        *(f"{EVENTS_PATH}?wait={seconds}" for seconds in ("0", "31", "-1", "1.5", "x", "")),
    ],
)
def test_a_parameter_that_is_not_usable_is_refused(client: Client, path: str) -> None:
    assert_error(client.get(path, headers={"accept": "text/event-stream, application/json"}), 400, "invalid")


@db
def test_a_foreign_thread_cannot_be_watched(client: Client, owner: User, stranger: User, agent: object) -> None:
    own, foreign = create_thread(owner, title="Mine"), create_thread(stranger, title="Theirs")
    assert client.get(f"{STREAM_PATH}?thread={own.id}").status_code == 200
    for thread in (foreign.id, "nonsense"):
        assert_error(client.get(f"{STREAM_PATH}?thread={thread}"), 404, "thread_not_found")


@db
def test_nothing_on_the_way_keeps_or_holds_back_what_is_streamed(client: Client) -> None:
    answer = client.get(STREAM_PATH)
    assert (answer["Cache-Control"], answer["X-Accel-Buffering"]) == ("no-store", "no")
    assert (answer["X-Content-Type-Options"], answer["Referrer-Policy"]) == ("nosniff", "same-origin")
    assert client.get(f"{EVENTS_PATH}?wait=1")["Cache-Control"] == "no-store"


@db
def test_an_acknowledgement_is_kept(owner: User, agent: object) -> None:
    epoch = move_stream(owner, 12).epoch
    assert acknowledge(owner, 9, epoch).status_code == 204
    assert acknowledge(owner, 4, epoch).status_code == 204
    assert Receipt.objects.get(user=owner).acked_seq == 9


@db
def test_an_acknowledgement_of_what_is_not_there_is_refused(owner: User, agent: object) -> None:
    epoch = move_stream(owner, 12).epoch
    assert_error(acknowledge(owner, 13, epoch), 400, "cursor_ahead")
    assert_error(acknowledge(owner, 9, EPOCH), 409, "epoch_changed")
    for seq in (-1, "x", None, 2**63):
        assert_error(acknowledge(owner, seq, epoch), 400, "invalid")
    assert not Receipt.objects.filter(user=owner).exists()


def acknowledge(user: User, seq: Any, epoch: uuid.UUID) -> Any:
    client = Client(headers={"authorization": f"Bearer {issue_key(user, name='test')}"})
    body = json.dumps({"seq": seq, "epoch": str(epoch)})
    return client.post("/api/v1/events/ack/", body, content_type="application/json")


@db
def test_the_refusal_of_one_connection_too_many_has_a_status_of_its_own(owner: User, rf: RequestFactory) -> None:
    """What the connection found out is answered by the view, in the shape of every error."""
    request = rf.get(STREAM_PATH)
    vars(request)["scope"] = {LINE: Line(refusal=TooManyConnections())}
    force_authenticate(request, owner)
    answer = EventStreamView.as_view()(request)
    assert (answer.status_code, answer.data["code"]) == (429, "too_many_connections")
