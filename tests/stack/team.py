"""The team on a running Netra: what is asked, what is recorded of it, and gates at which its worker is stopped."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import psutil
import psycopg

from tests.stack.clients import Caller, Event, SocketClient
from tests.stack.people import database_of
from tests.stack_process import Stack, wait_until

# Everybody but the data helper works on it: who asks for missing data is asked where data is missing, and nobody
# recommends anything there.
QUESTION: Final = "How can we cut cost by 20 % without losing quality?"
COURSE: Final = ("triage", "data", "optimization", "actions", "reporting")
ANSWER_TIMEOUT_SECONDS: Final = 120.0
GATE_TIMEOUT_SECONDS: Final = 60.0
# What an end tells beside its run and its time: the same for the same question about the same data.
TOLD: Final = ("sha256", "figures", "charts", "recommendations", "questions", "verdict")
LOCK: Final = 4711


@dataclass(frozen=True)
class Asked:
    """A question that was accepted, and the socket on which its run is heard."""

    socket: SocketClient
    run_id: str

    @property
    def events(self) -> list[Event]:
        """The run's events so far."""
        return [event for event in self.socket.received.events if event["run_id"] == self.run_id]

    def wait(self, is_true: Callable[[], bool], failure: str, timeout_seconds: float = ANSWER_TIMEOUT_SECONDS) -> None:
        """Returns once the condition holds; a client that gave up says why."""

        def check() -> bool:
            self.socket.check()
            return is_true()

        wait_until(check, timeout_seconds, failure)

    def wait_heard(self, agent: str, type: str) -> None:
        """Returns once an event of this agent has arrived."""
        self.wait(
            lambda: any((event["agent_name"], event["type"]) == (agent, type) for event in self.events),
            f"no {type} of {agent}",
        )

    def wait_end(self) -> Event:
        """The terminal event."""
        self.wait(lambda: self.run_id in self.socket.received.ended, f"run {self.run_id} never ended")
        return next(event for event in self.events if event["terminal"])


@contextmanager
def listening(caller: Caller) -> Iterator[SocketClient]:
    """A socket that is ready."""
    with SocketClient(caller) as socket:
        wait_until(lambda: socket.is_ready, 30, "the socket never got ready")
        yield socket


def find_demo(caller: Caller) -> str:
    """The id of the demo data set."""
    (demo,) = [dataset["id"] for dataset in caller.get("datasets/")["datasets"] if dataset["demo"]]
    return str(demo)


def new_thread(caller: Caller, *, with_data: bool = True) -> str:
    """A fresh thread, about the demo data unless told otherwise."""
    thread = caller.post("threads/", {})["id"]
    if with_data:
        caller.put(f"threads/{thread}/dataset/", {"dataset_id": find_demo(caller)})
    return str(thread)


def ask(socket: SocketClient, text: str, *, with_data: bool = True, thread: str = "", **more: Any) -> Asked:
    """Asks in a fresh thread, or in the given one."""
    caller = socket.caller
    place = thread or new_thread(caller, with_data=with_data)
    body = {"text": text, "client_id": uuid.uuid4().hex} | more
    return Asked(socket, caller.post(f"threads/{place}/messages/", body)["run"]["id"])


def describe_answer(end: Event) -> dict[str, Any]:
    """What must be the same for the same question about the same data."""
    assert end["type"] == "agent_completed", end["data"]
    return {"text": end["data"]["message"]["text"]} | {name: end["data"][name] for name in TOLD}


def parts_of(events: list[Event], type: str, attempt: int | None = None) -> dict[str, Event]:
    """The events of this type of agents that work for another one, by the agents' names."""
    return {
        event["agent_name"]: event
        for event in events
        if event["type"] == type and "parent" in event["data"] and attempt in (None, event["attempt"])
    }


@dataclass(frozen=True)
class Stock:
    """What a run has on record: its worker, finished agents and tool calls, and how many rows of calls were begun."""

    agents: frozenset[str]
    calls: dict[str, tuple[int, str, datetime]]
    begun: int
    owner: str


def take_stock(database: psycopg.Connection[Any], run_id: str) -> Stock:
    """What is recorded now; a row that is begun takes a number, even one that is refused because it exists."""
    agents = database.execute("SELECT agent FROM agents_agentwork WHERE run_id = %s", (run_id,)).fetchall()
    calls = database.execute(
        "SELECT call_key, id, tool, created_at FROM agents_toolcall WHERE run_id = %s", (run_id,)
    ).fetchall()
    number = database.execute("SELECT last_value FROM agents_toolcall_id_seq").fetchone()
    assert number is not None
    return Stock(
        agents=frozenset(row[0] for row in agents),
        calls={key: (row_id, tool, made_at) for key, row_id, tool, made_at in calls},
        begun=number[0],
        owner=owner_of(database, run_id),
    )


def owner_of(database: psycopg.Connection[Any], run_id: str) -> str:
    """Which worker has or had the run."""
    row = database.execute("SELECT lease_owner FROM chat_run WHERE id = %s", (run_id,)).fetchone()
    assert row is not None
    return str(row[0])


@dataclass(frozen=True)
class Gate:
    """A place a run does not get past: rows of a table that meet a condition are not written while it is closed."""

    table: str
    condition: str


def before_event(condition: str) -> Gate:
    """Nothing is told from this event on."""
    return Gate("chat_event", condition)


def before_work_of(agent: str) -> Gate:
    """The agent has done everything, and is not yet recorded as finished."""
    return Gate("agents_agentwork", f"NEW.agent = '{agent}'")


def before_result_of(condition: str) -> Gate:
    """A tool has been executed, and its result is not yet recorded."""
    return Gate("agents_toolcall", condition)


class ClosedGate:
    """A closed gate in a running Netra's own database."""

    def __init__(self, database: psycopg.Connection[Any], gates: tuple[Gate, ...]) -> None:
        self.database = database
        self.gates = gates

    def wait_until_reached(self, deadline_seconds: float = GATE_TIMEOUT_SECONDS) -> None:
        """Returns once a worker stands at the gate."""
        wait_until(lambda: bool(self.waiting()), deadline_seconds, f"nobody came to {self.gates}")

    def waiting(self) -> list[int]:
        """The server processes that stand at the gate."""
        found = self.database.execute(
            "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND objid = %s AND NOT granted", (LOCK,)
        )
        return [row[0] for row in found.fetchall()]

    def connections_of(self, pid: int) -> list[int]:
        """The server processes a program is connected to."""
        ports = [connection.laddr.port for connection in psutil.Process(pid).net_connections("tcp")]
        found = self.database.execute("SELECT pid FROM pg_stat_activity WHERE client_port = ANY(%s)", (ports,))
        return [row[0] for row in found.fetchall()]

    def turn_away(self, servers: list[int]) -> None:
        """Returns when the server processes of a dead program are gone: those at the gate are ended.

        The others carry out what had been sent to them before they see that nobody is there any more; some of that may
        lead them to the gate late.
        """
        wait_until(lambda: not self._end_waiting(servers), 30, "a dead worker still writes")

    def _end_waiting(self, servers: list[int]) -> int:
        """How many of them there still are."""
        at_gate = list(set(servers) & set(self.waiting()))
        self.database.execute("SELECT pg_terminate_backend(pid) FROM unnest(%s::int[]) AS pid", (at_gate,))
        row = self.database.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE pid = ANY(%s::int[])", (servers,)
        ).fetchone()
        assert row is not None
        return int(row[0])


@contextmanager
def closed_gate(stack: Stack, *gates: Gate) -> Iterator[ClosedGate]:
    """The gates, closed until the block ends."""
    with database_of(stack) as database, database_of(stack) as guard:
        guard.execute("SELECT pg_advisory_lock(%s)", (LOCK,))
        for number, gate in enumerate(gates):
            build_gate(database, gate, f"gate_{number}")
        closed = ClosedGate(database, gates)
        try:
            yield closed
        finally:
            guard.execute("SELECT pg_advisory_unlock(%s)", (LOCK,))
            for number in range(len(gates)):
                database.execute(f"DROP FUNCTION gate_{number} CASCADE")


def build_gate(database: psycopg.Connection[Any], gate: Gate, name: str) -> None:
    """Lets rows that meet the gate's condition wait for the lock."""
    database.execute(f"""CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF {gate.condition} THEN
                PERFORM set_config('lock_timeout', '0', true);
                PERFORM pg_advisory_xact_lock({LOCK});
            END IF;
            RETURN NEW;
        END $$""")
    database.execute(f"CREATE TRIGGER {name} BEFORE INSERT ON {gate.table} FOR EACH ROW EXECUTE FUNCTION {name}()")
