"""A log as the server writes it, with the snapshot that is true at each commit."""

import copy
import hashlib
import json
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

Row = dict[str, Any]
DELTAS = ("agent_thinking", "message_delta")
USER_ID = str(UUID(int=1))
EPOCH = str(UUID(int=2))


@dataclass
class ServerLog:
    """Events with growing numbers and, for every commit, what a fresh snapshot would say."""

    open_thread: str = str(UUID(int=10))
    events: list[Row] = field(default_factory=list)
    threads: dict[str, Row] = field(default_factory=dict)
    messages: dict[str, Row] = field(default_factory=dict)
    runs: dict[str, Row] = field(default_factory=dict)
    snapshots: list[Row] = field(default_factory=list)
    made: int = 100

    def __post_init__(self) -> None:
        self.add_thread(self.open_thread)
        self.commit()

    def _repr_pretty_(self, printer: Any, _cycle: bool) -> None:
        """Hypothesis would print every event; the types tell the story."""
        printer.text(f"ServerLog({[event['type'] for event in self.events]})")

    def new_id(self) -> str:
        self.made += 1
        return str(UUID(int=self.made))

    def now(self) -> str:
        return f"2026-11-20T{10 + self.made // 3600:02d}:{self.made // 60 % 60:02d}:{self.made % 60:02d}.000000Z"

    def add_thread(self, thread_id: str) -> Row:
        now = self.now()
        row = {"id": thread_id, "title": "", "pinned": False, "archived": False}
        self.threads[thread_id] = row | {"created_at": now, "updated_at": now}
        return self.threads[thread_id]

    def emit(self, type_: str, data: Row, *, run: Row | None = None, **envelope: Any) -> None:
        seq = len(self.events) + 1
        event = {"v": 1, "seq": seq, "event_id": f"{EPOCH}-{seq}", "type": type_, "user_id": USER_ID}
        event |= {"thread_id": run["thread_id"] if run else None, "run_id": run["id"] if run else None}
        event |= {"run_seq": seq if run else None, "attempt": run["attempt"] if run else 0}
        event |= {"terminal": False, "timestamp": self.now(), "agent_name": "netra" if run else None}
        self.events.append(copy.deepcopy(event | {"data": data} | envelope))
        if run and envelope.get("terminal"):
            self.threads[run["thread_id"]]["updated_at"] = event["timestamp"]

    def commit(self) -> None:
        """Remember what a snapshot taken now would be."""
        self.snapshots.append(copy.deepcopy(self.snapshot()))

    def snapshot(self) -> Row:
        own = self.open_thread
        runs = [run for run in self.runs.values() if run["thread_id"] == own]
        steps = [event for event in self.events if event["run_id"] and event["thread_id"] == own]
        thread = self.threads[own] | {
            "messages": [row for row in self.messages.values() if row["thread_id"] == own],
            "runs": runs,
            "events": join_deltas(steps),
        }
        active = [run for run in self.runs.values() if run["status"] in ("queued", "running")]
        listed = list(self.threads.values())
        return {
            "epoch": EPOCH,
            "as_of_seq": len(self.events),
            "threads": listed,
            "active_runs": active,
            "thread": thread,
        }

    def ask(self, thread_id: str, text: str) -> Row:
        thread = self.threads.get(thread_id) or self.add_thread(thread_id)
        run_id, message_id = self.new_id(), self.new_id()
        thread["updated_at"] = self.now()
        message = {"id": message_id, "thread_id": thread_id, "parent_id": None, "run_id": run_id, "role": "user"}
        self.messages[message_id] = message | {"text": text, "created_at": self.now()}
        run: Row = {"id": run_id, "thread_id": thread_id, "agent": "netra", "mode": "regular", "status": "queued"}
        run |= {"attempt": 0, "cancel_requested": False, "request_id": "r", "client_id": self.new_id()}
        run |= {"retry_of": None, "usage": {}, "cost": None, "error_code": "", "message_id": message_id}
        self.runs[run_id] = run | {"created_at": self.now(), "started_at": None, "finished_at": None}
        posted = {"message": self.messages[message_id], "thread": thread}
        self.emit("message_posted", posted, thread_id=thread_id)
        self.emit("agent_queued", {"run": self.runs[run_id]}, run=self.runs[run_id])
        self.commit()
        return self.runs[run_id]

    def step(self, run: Row, type_: str, **data: Any) -> None:
        self.emit(type_, data, run=run)
        self.commit()

    def agent_step(self, run: Row, agent: str, type_: str, **data: Any) -> None:
        """A step of an agent that works for the run's own one."""
        self.emit(type_, data | {"parent": "netra"}, run=run, agent_name=agent)
        self.commit()

    def change(self, run: Row, type_: str, changes: Row, *, terminal: bool = False, **data: Any) -> None:
        """Change the run's row and say so in the same transaction."""
        run.update(changes)
        self.emit(type_, {"run": run} | data, run=run, terminal=terminal)
        self.commit()

    def start(self, run: Row) -> None:
        changes = {"status": "running", "attempt": run["attempt"] + 1, "started_at": self.now()}
        self.change(run, "agent_started", changes, title="Netra", model="built-in")

    def complete(self, run: Row, text: str, **findings: Any) -> None:
        answer = {"id": self.new_id(), "thread_id": run["thread_id"], "parent_id": run["message_id"]}
        answer |= {"run_id": run["id"], "role": "assistant", "text": text, "created_at": self.now()}
        self.messages[answer["id"]] = answer
        usage = {"input_tokens": 1800, "output_tokens": 140}
        sha256 = hashlib.sha256(text.encode()).hexdigest()
        changes = {"status": "completed", "usage": usage, "finished_at": self.now()}
        told = {"message": answer, "sha256": sha256, "usage": usage, **findings}
        self.change(run, "agent_completed", changes, terminal=True, **told)

    def fail(self, run: Row) -> None:
        changes = {"status": "failed", "error_code": "model_unreachable", "finished_at": self.now()}
        sentence = "The model could not be reached. Try again in a minute."
        self.change(run, "agent_failed", changes, terminal=True, code="model_unreachable", message=sentence)

    def cancel(self, run: Row, written: str) -> None:
        self.request_cancel(run)
        changes = {"status": "cancelled", "finished_at": self.now()}
        self.change(run, "agent_cancelled", changes, terminal=True, text=written)

    def request_cancel(self, run: Row) -> None:
        run["cancel_requested"] = True
        self.step(run, "notice", kind="cancel_requested", text="Stopping was asked for.")

    def restart(self, run: Row) -> None:
        self.change(run, "agent_restarted", {"status": "queued"}, reason="The worker went away.")


def join_deltas(events: list[Row]) -> list[Row]:
    """Adjacent deltas of one run joined into one, as a snapshot and compaction do."""
    joined: list[Row] = []
    for event in events:
        former = joined[-1] if joined else None
        if former and event["type"] in DELTAS and _join_key(former) == _join_key(event):
            delta = former["data"]["delta"] + event["data"]["delta"]
            joined[-1] = event | {"data": event["data"] | {"delta": delta}}
        else:
            joined.append(event)
    return joined


def _join_key(event: Row) -> str:
    rest = {name: value for name, value in event["data"].items() if name != "delta"}
    return json.dumps([event["type"], event["run_id"], event["attempt"], event["agent_name"], rest], sort_keys=True)


def table_block() -> Row:
    """A tool's result with a chart, marked as demo data."""
    columns = [{"key": "model", "label": "Model", "unit": None}, {"key": "cost", "label": "Cost", "unit": "USD"}]
    source = {
        "dataset": "Demo data",
        "demo": True,
        "sql": "SELECT 1",
        "rows_scanned": 24118,
        "price_version": "2026-11-18",
    }
    rows = [["gpt-5.2", 5121.42], ["claude-haiku-4-5", 2468.6]]
    chart = {"kind": "bar", "x": "model", "series": ["cost"]}
    return {
        "kind": "table", "title": "Spend by model", "summary": "2 models", "columns": columns, "rows": rows,
        "chart": chart, "source": source,
    }  # fmt: skip
