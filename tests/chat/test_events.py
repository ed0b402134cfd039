"""The event schema: the fixture both sides use, the envelope, cleaning, limits."""

from __future__ import annotations

import json
import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest

from chat.errors import EventInvalid
from chat.events import REQUIRED_DATA, TERMINAL_TYPES, EventType, NewEvent, StoredEvent, build_event, encode_event
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
    assert REQUIRED_DATA[kind] <= event["data"].keys()
    moment = datetime.strptime(event["timestamp"], "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)
    ids = [uuid.UUID(event[key]) if event[key] else None for key in ("user_id", "thread_id", "run_id")]
    assert ids[0]
    built = NewEvent(ids[0], ids[1], ids[2], kind, event["agent_name"], moment, orjson.dumps(event["data"]))
    epoch = uuid.UUID(event["event_id"].rsplit("-", 1)[0])
    again = json.loads(encode_event(StoredEvent(built, event["seq"], event["attempt"], event["run_seq"]), epoch))
    assert again == event


@pytest.mark.parametrize("kind", [kind for kind in EventType if REQUIRED_DATA[kind]])
def test_an_event_without_its_data_is_our_bug(kind: EventType) -> None:
    with pytest.raises(EventInvalid, match=str(kind)):
        build_event(user_id=USER, type=kind, data={})


def test_only_the_three_ends_are_terminal() -> None:
    assert {"agent_completed", "agent_failed", "agent_cancelled"} == {str(kind) for kind in TERMINAL_TYPES}


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
