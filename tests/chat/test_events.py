"""The event schema: the fixture both sides use, the envelope, cleaning, limits."""

from __future__ import annotations

import json
import random
import uuid
from datetime import UTC, datetime
from itertools import product
from pathlib import Path
from typing import Any

import orjson
import pytest

from chat.errors import EventInvalid
from chat.events import (
    DELTA_TYPES,
    REQUIRED_DATA,
    TERMINAL_TYPES,
    EventType,
    NewEvent,
    StoredEvent,
    build_event,
    encode_event,
    required_data,
)
from chat.log import join_deltas

FIXTURE = Path(__file__).parent.parent / "fixtures" / "events.json"
USER = uuid.uuid4()


def fixture_events() -> list[dict[str, Any]]:
    found = json.loads(FIXTURE.read_text())
    events: list[dict[str, Any]] = found["events"] if isinstance(found, dict) else found
    return events


def stored(type: EventType, data: dict[str, Any], seq: int = 1, run_id: uuid.UUID | None = None) -> StoredEvent:
    event = build_event(user_id=USER, run_id=run_id, type=type, data=data, agent_name="netra")
    return StoredEvent(event, seq, 1, seq)


def test_the_fixture_has_every_type_and_only_those() -> None:
    assert {event["type"] for event in fixture_events()} == {str(kind) for kind in EventType}


@pytest.mark.parametrize("event", fixture_events(), ids=lambda event: str(event["type"]))
def test_each_example_is_what_the_server_would_send(event: dict[str, Any]) -> None:
    kind = EventType(event["type"])
    assert required_data(kind, is_part="parent" in event["data"]) <= event["data"].keys()
    moment = datetime.strptime(event["timestamp"], "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)
    ids = [uuid.UUID(event[key]) if event[key] else None for key in ("user_id", "thread_id", "run_id")]
    assert ids[0]
    built = NewEvent(
        ids[0], ids[1], ids[2], kind, event["agent_name"], moment, orjson.dumps(event["data"]), event["terminal"]
    )
    epoch = uuid.UUID(event["event_id"].rsplit("-", 1)[0])
    again = json.loads(encode_event(StoredEvent(built, event["seq"], event["attempt"], event["run_seq"]), epoch))
    assert again == event


def test_neighbours_of_other_runs_people_and_streams_keep_their_own_envelopes() -> None:
    """The envelope is made once for neighbours that have it in common: each part of it must be looked at."""
    epochs, people, runs = ([uuid.uuid4(), uuid.uuid4()] for _ in range(3))
    shapes = list(product(epochs, people, [*runs, None], [1, 2], ["netra", "scout", None], DELTA_TYPES))
    random.Random(7).shuffle(shapes)
    for seq, (epoch, person, run, attempt, agent, kind) in enumerate([*shapes, *shapes], start=1):
        data = {"delta": "a", "part": 0}
        event = build_event(user_id=person, run_id=run, thread_id=run, type=kind, data=data, agent_name=agent)
        told = json.loads(encode_event(StoredEvent(event, seq, attempt, None if run is None else seq), epoch))
        found = told["event_id"], told["user_id"], told["run_id"], told["attempt"], told["agent_name"], told["type"]
        assert found == (f"{epoch}-{seq}", str(person), str(run) if run else None, attempt, agent, kind)
        assert (told["thread_id"], told["run_seq"]) == (str(run) if run else None, seq if run else None)


@pytest.mark.parametrize("kind", [kind for kind in EventType if REQUIRED_DATA[kind]])
def test_an_event_without_its_data_is_our_bug(kind: EventType) -> None:
    with pytest.raises(EventInvalid, match=str(kind)):
        build_event(user_id=USER, type=kind, data={})


def test_only_the_three_ends_are_terminal() -> None:
    assert {"agent_completed", "agent_failed", "agent_cancelled"} == {str(kind) for kind in TERMINAL_TYPES}


def test_the_end_of_an_agent_that_works_for_another_one_does_not_end_the_run() -> None:
    part = {"parent": "netra", "title": "Triage"}
    assert not stored(EventType.AGENT_COMPLETED, part | {"seconds": 0.1}).event.terminal
    assert not stored(EventType.AGENT_FAILED, part | {"code": "time_limit", "message": "Too slow."}).event.terminal
    whole = {"run": {}, "message": {}, "sha256": ""}
    assert stored(EventType.AGENT_COMPLETED, whole).event.terminal


def test_unusable_characters_are_replaced_at_any_depth() -> None:
    event = stored(EventType.NOTICE, {"kind": "a\x00", "deep": [{"k\ud83d": "v\udfff"}]})
    assert json.loads(event.event.data) == {"kind": "a\ufffd", "deep": [{"k\ufffd": "v\ufffd"}]}


def test_a_backslash_before_u0000_is_text_and_stays() -> None:
    event = stored(EventType.NOTICE, {"kind": "\\u0000"})
    assert json.loads(event.event.data) == {"kind": "\\u0000"}


def test_data_over_the_limit_is_refused() -> None:
    with pytest.raises(EventInvalid, match="more than"):
        build_event(user_id=USER, type=EventType.NOTICE, data={"kind": "x" * 70_000})


def test_neighbouring_deltas_join_and_nothing_else_does() -> None:
    run, other = uuid.uuid4(), uuid.uuid4()

    def delta(seq: int, text: str, of: uuid.UUID = run, part: int = 0) -> StoredEvent:
        return stored(EventType.MESSAGE_DELTA, {"delta": text, "part": part}, seq, of)

    log = [
        delta(1, "a"),
        delta(2, "b"),
        delta(3, "c", part=1),
        stored(EventType.AGENT_THINKING, {"delta": "d"}, 4, run),
        stored(EventType.NOTICE, {"kind": "k"}, 5, run),
        delta(6, "e"),
        delta(7, "f", of=other),
        delta(8, "g", of=other),
    ]
    joined = join_deltas(log)
    assert [event.seq for event in joined] == [2, 3, 4, 5, 6, 8]
    assert [orjson.loads(event.event.data).get("delta") for event in joined] == ["ab", "c", "d", None, "e", "fg"]
