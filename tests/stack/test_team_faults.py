"""kill -9 of the worker at every stage of the team's work: another one goes on, and nothing is done or told twice."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import psycopg
import pytest

from tests.stack.clients import Event, SocketClient, sign_in
from tests.stack.conftest import own_stack
from tests.stack.people import database_of, new_person, sign_in_as
from tests.stack.records import check_log, check_runs
from tests.stack.team import (
    COURSE,
    QUESTION,
    Asked,
    ClosedGate,
    Gate,
    Stock,
    ask,
    before_event,
    before_result_of,
    before_work_of,
    closed_gate,
    describe_answer,
    listening,
    owner_of,
    parts_of,
    take_stock,
)
from tests.stack_process import Stack

TOOLS_OF_DATA = 3
LATER_DELTA = """NEW.type = 'message_delta' AND EXISTS (
    SELECT FROM chat_event AS told WHERE told.run_id = NEW.run_id AND told.type = 'message_delta'
       AND told.xmin <> pg_current_xact_id()::xid)"""


@dataclass(frozen=True)
class Point:
    """Where in a run the worker is killed: at a gate, or as soon as an event was heard that comes before the gate."""

    name: str
    gate: Gate
    heard: tuple[str, str]
    finished: tuple[str, ...] = ()
    calls: int = 0
    at_once: bool = False
    # Where the run would get past the gate on another way.
    beside: tuple[Gate, ...] = ()


FIRST_RESULT = before_result_of("true")
ADVICE = before_result_of("NEW.tool = 'savings_plan'")
# Where the lead decides (before triage, between two agents, while it checks figures) the kill follows the event at
# once; the gate is only there so that the run cannot be further than that.
POINTS = [
    Point("before triage", before_work_of("triage"), ("netra", "agent_started"), at_once=True),
    Point("during triage", before_work_of("triage"), ("triage", "agent_started")),
    Point("between triage and data", FIRST_RESULT, ("triage", "agent_completed"), ("triage",), at_once=True),
    Point("during the first tools", FIRST_RESULT, ("data", "tool_executing"), ("triage",)),
    Point(
        "with some tools done",
        before_result_of("NEW.tool = 'latency_profile'"),
        ("data", "tool_completed"),
        ("triage",),
        TOOLS_OF_DATA - 1,
    ),
    Point(
        "between data and optimization", ADVICE, ("data", "agent_completed"), COURSE[:2], TOOLS_OF_DATA, at_once=True
    ),
    Point("during a tool of optimization", ADVICE, ("optimization", "tool_executing"), COURSE[:2], TOOLS_OF_DATA),
    Point("during actions", before_work_of("actions"), ("actions", "agent_started"), COURSE[:3], TOOLS_OF_DATA + 1),
    Point(
        "between actions and reporting",
        before_work_of("reporting"),
        ("actions", "agent_completed"),
        COURSE[:4],
        TOOLS_OF_DATA + 1,
        at_once=True,
    ),
    Point(
        "in the middle of the answer",
        before_event(LATER_DELTA),
        ("reporting", "message_delta"),
        COURSE[:4],
        TOOLS_OF_DATA + 1,
        # What is told waits to be written; the agent itself does not wait for that.
        beside=(before_work_of("reporting"),),
    ),
    Point(
        "while figures are checked",
        before_event("NEW.terminal"),
        ("reporting", "agent_completed"),
        COURSE,
        TOOLS_OF_DATA + 1,
        at_once=True,
    ),
]


# The quick suite kills a worker in tests/stack/test_faults.py.
pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def fragile() -> Iterator[Stack]:
    """A Netra whose workers are missed after five seconds."""
    with own_stack({"NETRA_LEASE_SECONDS": "5"}) as stack:
        yield stack


@pytest.fixture(scope="module")
def database(fragile: Stack) -> Iterator[psycopg.Connection[Any]]:
    with database_of(fragile) as database:
        yield database


@pytest.fixture
def socket(fragile: Stack, database: psycopg.Connection[Any]) -> Iterator[SocketClient]:
    """The socket of a person who has asked nothing yet."""
    email, _ = new_person(database)
    with listening(sign_in_as(fragile, email)) as socket:
        yield socket


@dataclass(frozen=True)
class Undisturbed:
    """What a run without a fault ends with."""

    answer: dict[str, Any]
    stock: Stock


@pytest.fixture(scope="module")
def undisturbed(fragile: Stack, database: psycopg.Connection[Any]) -> Undisturbed:
    """The same question about the same data, answered in peace."""
    with listening(sign_in(fragile.port)) as socket:
        asked = ask(socket, QUESTION)
        end = asked.wait_end()
        assert tuple(parts_of(asked.events, "agent_completed")) == COURSE
    assert end["data"]["figures"]
    return Undisturbed(describe_answer(end), take_stock(database, asked.run_id))


def kill_at(
    stack: Stack, gate: ClosedGate, asked: Asked, heard: tuple[str, str], *, calls: int, at_once: bool = False
) -> Stock:
    """Kills the worker where it is once the event was heard and, unless at once, it stands at the gate.

    What it had recorded by then: this many calls at least, as those of one turn run side by side.
    """
    asked.wait_heard(*heard)
    if not at_once:
        gate.wait_until_reached()
    asked.wait(
        lambda: len(take_stock(gate.database, asked.run_id).calls) >= calls, f"never {calls} calls before {gate.gates}"
    )
    servers = gate.connections_of(stack.pid("worker"))
    assert servers
    old_pid = stack.kill("worker")
    gate.turn_away(servers)
    stock = take_stock(gate.database, asked.run_id)
    stack.wait_restarted("worker", old_pid)
    return stock


def points() -> list[Any]:
    return [pytest.param(point, id=point.name.replace(" ", "-")) for point in POINTS]


@pytest.mark.parametrize("point", points())
def test_a_run_whose_worker_was_killed_ends_as_an_undisturbed_one(
    fragile: Stack, database: psycopg.Connection[Any], socket: SocketClient, undisturbed: Undisturbed, point: Point
) -> None:
    start = socket.received.cursor
    assert start is not None
    with closed_gate(fragile, point.gate, *point.beside) as gate:
        asked = ask(socket, QUESTION)
        at_kill = kill_at(fragile, gate, asked, point.heard, calls=point.calls, at_once=point.at_once)
    assert (at_kill.agents, len(at_kill.calls)) == (frozenset(point.finished), point.calls)
    end = asked.wait_end()
    assert describe_answer(end) == undisturbed.answer
    assert owner_of(database, asked.run_id) != at_kill.owner
    assert_nothing_twice(at_kill, take_stock(database, asked.run_id), undisturbed.stock)
    assert_told_once(fragile, socket.received.events, asked, start)
    assert_reused(asked.events, at_kill)


def assert_nothing_twice(at_kill: Stock, at_end: Stock, undisturbed: Stock) -> None:
    """What was recorded stays as it is, and only what was missing was executed."""
    assert at_kill.calls.items() <= at_end.calls.items()
    tools = sorted(tool for _, tool, _ in at_end.calls.values())
    assert tools == sorted(tool for _, tool, _ in undisturbed.calls.values())
    assert at_end.begun - at_kill.begun == len(at_end.calls) - len(at_kill.calls)
    assert at_end.agents == undisturbed.agents


def assert_told_once(stack: Stack, events: list[Event], asked: Asked, start: int) -> None:
    """No hole, no double, one terminal event, and the text that was streamed is the text that is stored."""
    check_log(events, start)
    check_runs(stack.addresses["DATABASE_URL"], events)
    assert sum(event["type"] == "agent_restarted" for event in asked.events) == 1
    assert asked.events[-1]["attempt"] == 2
    assert sum(event["terminal"] for event in asked.events) == 1


def assert_reused(events: list[Event], at_kill: Stock) -> None:
    """Whoever had finished is told as such, in the second attempt, in the order of the team."""
    ends = parts_of(events, "agent_completed", attempt=2)
    assert {name for name, end in ends.items() if end["data"]["reused"]} == at_kill.agents
    calls = [
        event["data"]["call_id"] for event in events if event["attempt"] == 2 and event["type"] == "tool_completed"
    ]
    assert len(calls) == len(set(calls))


def test_a_run_that_asks_for_data_is_taken_over_as_well(
    fragile: Stack, database: psycopg.Connection[Any], socket: SocketClient
) -> None:
    """The data helper works where nobody optimizes, so it has a course of its own here: triage, it, reporting."""
    whole = describe_answer(ask(socket, QUESTION, with_data=False).wait_end())
    with closed_gate(fragile, before_work_of("data_helper")) as gate:
        asked = ask(socket, QUESTION, with_data=False)
        at_kill = kill_at(fragile, gate, asked, ("data_helper", "tool_completed"), calls=1)
    assert (at_kill.agents, len(at_kill.calls)) == (frozenset(("triage",)), 1)
    assert describe_answer(asked.wait_end()) == whole
    assert_nothing_twice(at_kill, take_stock(database, asked.run_id), take_stock(database, asked.run_id))
    assert_reused(asked.events, at_kill)
