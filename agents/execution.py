"""Where a run and the engine meet: claim, build the context, execute, finish."""

from __future__ import annotations

import asyncio
import hashlib
import time
import uuid
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final

import structlog
from uuid_utils.compat import uuid7

from accounts.errors import NetraError
from agents.chain import Assignment, answer_alone, lead_team
from agents.engine.database import in_database
from agents.engine.ledger import StoredLedger
from agents.engine.runs import Cancellation, Task
from agents.engine.specs import AgentSpec, Outcome, RunStatus
from agents.models import RunMemory
from agents.preparation import Preparation, list_candidates, prepare
from chat.emitter import RunStream, Writer
from chat.errors import Fenced
from chat.events import EventType, format_time
from chat.log import Ending
from chat.runs import ClaimedRun, claim_run, dispatch_waiting, release_run
from chat.serializers import MessageShape, RunShape, shape_run

log = structlog.get_logger(__name__)
FAULT_CODE: Final = "internal_error"
FAULT_SENTENCE: Final = "Something went wrong on our side. Nothing was lost; try again."
END_TYPES: Final = {
    RunStatus.COMPLETED: EventType.AGENT_COMPLETED,
    RunStatus.FAILED: EventType.AGENT_FAILED,
    RunStatus.CANCELLED: EventType.AGENT_CANCELLED,
}


@dataclass(slots=True)
class Desk:
    """What the runs of one worker share: its name, its writer, and the streams that are open."""

    owner: str
    writer: Writer
    streams: dict[uuid.UUID, RunStream] = field(default_factory=dict)


async def execute_run(run_id: uuid.UUID, desk: Desk) -> None:
    """Claims the run and carries it to its terminal event; leaves at once if somebody else has it."""
    claimed = await in_database(claim_run, run_id, desk.owner)
    if claimed is None:
        return
    run = claimed.run
    structlog.contextvars.bind_contextvars(run_id=str(run.id), user_id=str(run.user_id), request_id=run.request_id)
    stream = RunStream.of(desk.writer, run, merge_deltas=run.mode == run.Mode.REGULAR)
    desk.streams[run.id] = stream
    try:
        await carry_out(claimed, stream)
    except Fenced:
        log.warning("run_lost", attempt=run.attempt)
    except asyncio.CancelledError:
        await asyncio.shield(in_database(release_run, run.id, desk.owner))
        raise
    finally:
        del desk.streams[run.id]
        stream.close()
    await in_database(dispatch_waiting, run.user_id)


async def carry_out(claimed: ClaimedRun, stream: RunStream) -> None:
    """Announces, prepares, executes and ends one claimed run."""
    run = claimed.run
    started = time.monotonic()
    try:
        prepared = await in_database(prepare, claimed)
        log.info("run_prepared", milliseconds=round((time.monotonic() - started) * 1000, 1))
        await stream.emit(EventType.AGENT_STARTED, describe_start(claimed, prepared.spec), prepared.spec.name)
        outcome = await work(claimed, prepared, stream)
        outcome = replace(outcome, usage=outcome.usage | prepared.context.consumed.as_usage())
        await in_database(remember, run.id, outcome.messages_json)
    except NetraError as error:
        log.warning("run_refused", code=error.code)
        outcome = Outcome(RunStatus.FAILED, "", "[]", code=error.code, sentence=error.sentence)
    except (Fenced, asyncio.CancelledError):
        raise
    except Exception:  # the run boundary: whatever went wrong, the run gets its terminal event
        log.exception("run_fault")
        if stream.writes.error:
            raise Fenced from stream.writes.error
        outcome = Outcome(RunStatus.FAILED, "", "[]", code=FAULT_CODE, sentence=FAULT_SENTENCE)
    await finish(claimed, stream, outcome)
    log.info(
        "run_ended",
        status=str(outcome.status),
        code=outcome.code,
        seconds=round(time.monotonic() - started, 3),
    )


def describe_start(claimed: ClaimedRun, spec: AgentSpec) -> dict[str, Any]:
    """The data of agent_started."""
    return {"run": shape_run(claimed.run), "title": spec.title, "model": spec.model}


def remember(run_id: uuid.UUID, messages: str) -> None:
    """Keeps the run's messages for the run that follows it."""
    RunMemory.objects.update_or_create(run_id=run_id, defaults={"messages": messages})


async def work(claimed: ClaimedRun, prepared: Preparation, stream: RunStream) -> Outcome:
    """The agents' part; a wish to stop, or the loss of the run, cancels it wherever it is."""
    cancellation = Cancellation()
    watchers = [
        asyncio.create_task(cancel_when(signal, cancellation))
        for signal in (stream.writes.cancel_requested, stream.writes.lost)
    ]
    try:
        return await answer(claimed, prepared, stream, cancellation)
    finally:
        for watcher in watchers:
            watcher.cancel()


async def answer(claimed: ClaimedRun, prepared: Preparation, stream: RunStream, cancellation: Cancellation) -> Outcome:
    """The answer of the team, or of the one agent that was asked."""
    spec, question = prepared.spec, claimed.question.text
    ledger = StoredLedger(claimed.run.id)
    if not spec.leads:
        task = Task(
            spec,
            question,
            prepared.context,
            prepared.history,
            ledger=ledger,
            tokens_left=prepared.context.limits.model_tokens,
        )
        return await answer_alone(task, question, stream, cancellation, list_candidates(spec))
    assignment = Assignment(spec, prepared.team, question, prepared.history, prepared.context, ledger, list_candidates)
    return await lead_team(assignment, stream, cancellation)


async def cancel_when(signal: asyncio.Event, cancellation: Cancellation) -> None:
    """Fires the cancellation once the signal is given."""
    await signal.wait()
    cancellation.cancel()


async def finish(claimed: ClaimedRun, stream: RunStream, outcome: Outcome) -> None:
    """The end of the run in one transaction: terminal event, status, and the answer as a message."""
    run = claimed.run
    ended_at = datetime.now(UTC)
    cost = outcome.usage.get("cost")
    run.status, run.finished_at, run.error_code = str(outcome.status), ended_at, outcome.code
    run.usage = outcome.usage
    run.cost = None if cost is None else Decimal(cost).quantize(Decimal("0.000001"))
    ending = Ending(
        status=run.status,
        owner=claimed.owner,
        ended_at=ended_at,
        error_code=run.error_code,
        usage=run.usage,
        cost=run.cost,
        message_id=uuid7() if outcome.status is RunStatus.COMPLETED else None,
        message_parent_id=run.question_id,
        message_text=outcome.text,
    )
    data = describe_end(shape_run(run), run.question_id, outcome, ending)
    await stream.finish(END_TYPES[outcome.status], data, run.agent_id, ending)


def describe_end(run: RunShape, question_id: uuid.UUID, outcome: Outcome, ending: Ending) -> dict[str, Any]:
    """The data of the terminal event."""
    if outcome.status is RunStatus.FAILED:
        return {"run": run, "code": outcome.code, "message": outcome.sentence}
    if outcome.status is RunStatus.CANCELLED:
        return {"run": run, "text": outcome.text}
    message: MessageShape = {
        "id": str(ending.message_id),
        "thread_id": run["thread_id"],
        "parent_id": str(question_id),
        "run_id": run["id"],
        "role": "assistant",
        "text": outcome.text,
        "created_at": format_time(ending.ended_at),
    }
    digest = hashlib.sha256(outcome.text.encode()).hexdigest()
    return {"run": run, "message": message, "sha256": digest, "usage": outcome.usage} | outcome.details
