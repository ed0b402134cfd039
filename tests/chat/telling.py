"""Runs with a told story, for tests that read it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from uuid_utils.compat import uuid7

from accounts.models import User
from chat.emitter import append_now
from chat.events import EventType, build_event
from chat.log import Ending, Fence
from chat.models import Event, Run
from chat.queue import dispatcher
from chat.runs import claim_run, reap_expired_runs
from chat.serializers import shape_run
from chat.threads import post_message

OWNER = "worker-1"
QUESTION = "canary-question-7f3a"
ANSWER = "canary-answer-91c2"
ARGUMENT = "canary-argument-5d11"
RESULT = "canary-result-44e0"
THOUGHT = "canary-thought-3b3b"
SECRETS = (QUESTION, ANSWER, ARGUMENT, RESULT, THOUGHT)


def tell(run: Run, kind: EventType, /, *, at: float = 0.0, **data: Any) -> None:
    """Appends one event of the claimed run, `at` seconds after it was queued."""
    run.refresh_from_db()
    append_now([event_of(run, kind, at, data)], fence=fence_of(run))


def tell_many(run: Run, kind: EventType, many: list[dict[str, Any]], *, at: float = 0.0) -> None:
    """Appends many events of one kind at once."""
    run.refresh_from_db()
    append_now([event_of(run, kind, at, data) for data in many], fence=fence_of(run))


def event_of(run: Run, kind: EventType, at: float, data: dict[str, Any]) -> Any:
    return build_event(
        user_id=run.user_id,
        thread_id=run.thread_id,
        run_id=run.id,
        type=kind,
        data=data,
        agent_name="netra",
        created_at=run.created_at + timedelta(seconds=at),
    )


def fence_of(run: Run) -> Fence:
    return Fence(run.id, run.attempt, run.next_run_seq, run.lease_owner, run.status)


def begin(user: User, client_id: str = "told", text: str = QUESTION) -> Run:
    """A claimed run that has said hello."""
    run = post_message(user, text=text, client_id=client_id).run
    take(run)
    return run


def take(run: Run, *, at: float = 1.0) -> None:
    """Claims the run and lets its agent begin."""
    assert claim_run(run.id, OWNER)
    run.refresh_from_db()
    tell(run, EventType.AGENT_STARTED, at=at, run=shape_run(run), title="Netra", model="builtin")


def use_tool(run: Run, *, begin: float, end: float, call_id: str = "c1", outcome: str = "success") -> None:
    """A tool call from its arguments to its result."""
    tell(run, EventType.TOOL_EXECUTING, at=begin, call_id=call_id, tool="spend_trend", arguments={"team": ARGUMENT})
    said = {"result": {"title": RESULT}} if outcome == "success" else {"error": RESULT}
    data = {"call_id": call_id, "tool": "spend_trend", "outcome": outcome, "seconds": end - begin, **said}
    tell(run, EventType.TOOL_COMPLETED, at=end, **data)


def complete(run: Run, *, at: float = 9.0) -> None:
    """The run's end with its answer."""
    run.refresh_from_db()
    ended_at = run.created_at + timedelta(seconds=at)
    usage = {"requests": 2, "tool_calls": 1, "input_tokens": 1200, "cached_read_tokens": 300, "output_tokens": 80}
    ending = Ending("completed", OWNER, ended_at, usage=usage, message_id=uuid7(), message_text=ANSWER)
    data = {"run": shape_run(run), "message": {"text": ANSWER}, "sha256": "0"}
    append_now([event_of(run, EventType.AGENT_COMPLETED, at, data)], fence=fence_of(run), ending=ending)
    run.refresh_from_db()


def fail(run: Run, *, at: float = 9.0, code: str = "model_unavailable") -> None:
    """The run's end without an answer."""
    run.refresh_from_db()
    ending = Ending("failed", OWNER, run.created_at + timedelta(seconds=at), error_code=code)
    data = {"run": shape_run(run), "code": code, "message": "The model provider does not answer. Retry in a moment."}
    append_now([event_of(run, EventType.AGENT_FAILED, at, data)], fence=fence_of(run), ending=ending)
    run.refresh_from_db()


def lose_worker(run: Run) -> None:
    """The lease ends and the duties put the run back into the queue."""
    # That its task was sent is noted in the background, and the duties leave a row alone that is being written.
    dispatcher.drain()
    Run.objects.filter(id=run.id).update(lease_until=run.created_at)
    assert reap_expired_runs() == 1
    Event.objects.filter(run=run, type=EventType.AGENT_RESTARTED).update(
        created_at=run.created_at + timedelta(seconds=32)
    )
    run.refresh_from_db()


def told_run(user: User, client_id: str = "told") -> Run:
    """A run that thought, called a tool and answered, every word of it a canary."""
    run = begin(user, client_id)
    tell_many(run, EventType.AGENT_THINKING, [{"delta": THOUGHT}] * 3, at=1.5)
    use_tool(run, begin=2.0, end=4.5)
    tell_many(run, EventType.MESSAGE_DELTA, [{"delta": ANSWER, "part": 0}] * 4, at=5.0)
    complete(run)
    return run


def moved(run: Run, **times: datetime | None) -> Run:
    """The run with other times in its row."""
    Run.objects.filter(id=run.id).update(**times)
    run.refresh_from_db()
    return run
