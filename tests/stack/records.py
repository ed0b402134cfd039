"""What a log has to be: read from the database, and checked against everything it promises."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from typing import Any, Final
from uuid import UUID

import psycopg

from chat.events import encode_event
from chat.log import READ_AFTER, READ_STREAM, stored_from_row

Event = dict[str, Any]
MOST_EVENTS: Final = 1_000_000
RUN_STATE: Final = """
SELECT run.id::text, run.status, run.attempt, run.next_run_seq,
       (SELECT count(*) FROM chat_message AS answer WHERE answer.run_id = run.id AND answer.role = 'assistant')
  FROM chat_run AS run WHERE run.id = ANY(%s::uuid[])
"""


def read_log(database_url: str, user_id: str, after: int) -> tuple[bytes, int]:
    """The person's log after a place as the database has it, in the bytes clients get, and its head."""
    with psycopg.connect(database_url, connect_timeout=5) as connection:
        stream = connection.execute(READ_STREAM, (user_id,)).fetchone()
        assert stream is not None
        epoch, head, _ = stream
        rows = connection.execute(READ_AFTER.encode(), (UUID(user_id), after, MOST_EVENTS)).fetchall()
    return b",".join(encode_event(stored_from_row(row), epoch) for row in rows), head


def check_runs(database_url: str, events: list[Event]) -> None:
    """Every run's row agrees with its events: status, attempt, the next place, one answer where it completed."""
    runs = group_by_run(events)
    with psycopg.connect(database_url, connect_timeout=5) as connection:
        rows = connection.execute(RUN_STATE, (list(runs),)).fetchall()
    assert len(rows) == len(runs)
    for run_id, status, attempt, next_run_seq, answers in rows:
        last = runs[run_id][-1]
        assert last["type"] == f"agent_{status}", f"run {run_id} is {status} but its log ends with {last['type']}"
        assert (last["attempt"], last["run_seq"]) == (attempt, next_run_seq - 1)
        assert answers == (1 if status == "completed" else 0), f"run {run_id} has {answers} answers"


def check_log(events: list[Event], after: int) -> None:
    """No hole and no double in the person's log and in any attempt, one terminal event a run, whole answers."""
    assert [event["seq"] for event in events] == list(range(after + 1, after + 1 + len(events)))
    for run_id, of_run in group_by_run(events).items():
        check_places(run_id, of_run)
        check_end(run_id, of_run)


def group_by_run(events: list[Event]) -> dict[str, list[Event]]:
    """The numbered events of each run, in the log's order."""
    runs: dict[str, list[Event]] = defaultdict(list)
    for event in events:
        if event["run_seq"] is not None:
            runs[event["run_id"]].append(event)
    return runs


def check_places(run_id: str, events: list[Event]) -> None:
    """Attempts follow each other, and the places within each are 0, 1, 2 …"""
    attempts = [event["attempt"] for event in events]
    assert attempts == sorted(attempts), f"run {run_id}: an event of an attempt that was over"
    for attempt in set(attempts):
        places = [event["run_seq"] for event in events if event["attempt"] == attempt]
        assert places == list(range(len(places))), f"run {run_id}, attempt {attempt}: {places}"


def check_end(run_id: str, events: list[Event]) -> None:
    """Exactly one terminal event, which is the last; a completed answer is what was streamed."""
    assert [event["seq"] for event in events if event["terminal"]] == [events[-1]["seq"]], f"run {run_id}"
    last = events[-1]
    if last["type"] != "agent_completed":
        return
    text = last["data"]["message"]["text"]
    streamed = [e["data"]["delta"] for e in events if e["type"] == "message_delta" and e["attempt"] == last["attempt"]]
    assert "".join(streamed) == text, f"run {run_id}: the streamed text is not the answer"
    assert hashlib.sha256(text.encode()).hexdigest() == last["data"]["sha256"]
