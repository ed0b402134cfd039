"""A run and its events in the words staff read: names, outcomes and sizes, nothing that was said."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from django.utils.safestring import SafeString

from accounts.staff import NOTHING, badge
from chat.events import PARENT, EventType
from chat.log import Step
from chat.models import Run

TONES: Final[Mapping[str, str]] = {
    Run.Status.QUEUED: "waiting",
    Run.Status.RUNNING: "busy",
    Run.Status.COMPLETED: "good",
    Run.Status.FAILED: "bad",
    Run.Status.CANCELLED: "ended",
}
TOKEN_CLASSES: Final = ("input_tokens", "cached_read_tokens", "cache_write_tokens", "output_tokens", "reasoning_tokens")
# Names come from our code, but a model may call a tool by any text it likes.
MACHINE_WORD: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:/-]{0,79}")


def show_status(status: str) -> SafeString:
    """The status as a coloured word."""
    return badge(TONES.get(status, "ended"), status)


def wait_of(run: Run, now: datetime) -> float:
    """Seconds until a worker took the run, so far if none has."""
    return ((run.started_at or run.finished_at or now) - run.created_at).total_seconds()


def work_of(run: Run, now: datetime) -> float | None:
    """Seconds from the first claim to the end, so far if it goes on; None if nobody began."""
    return ((run.finished_at or now) - run.started_at).total_seconds() if run.started_at else None


def tokens_of(run: Run) -> int | None:
    """All tokens of the run, None if its model counts none."""
    counted = [run.usage[name] for name in TOKEN_CLASSES if isinstance(run.usage.get(name), int)]
    return sum(counted) if counted else None


def cost_of(run: Run) -> str:
    """The run's cost; a price that is not known is no price of nothing."""
    if run.cost is not None:
        return f"${run.cost.normalize():f}"
    return "unpriced" if tokens_of(run) else NOTHING


def name_in(data: Mapping[str, Any], key: str) -> str:
    """The value if it is a name of ours, else a word that gives nothing away."""
    value = data.get(key)
    return value if isinstance(value, str) and MACHINE_WORD.fullmatch(value) else "(unnamed)"


def say_tool(sentence: str) -> Callable[[Step], str]:
    """The sentence about the step's tool."""
    return lambda step: sentence.format(name_in(step.data, "tool"))


def say_streamed(verb: str) -> Callable[[Step], str]:
    """How much was streamed."""

    def say(step: Step) -> str:
        pieces = "1 piece" if step.pieces == 1 else f"{step.pieces:,} pieces"
        return f"{verb} {step.characters:,} characters in {pieces}"

    return say


def say(sentence: str) -> Callable[[Step], str]:
    """The same for every such step."""
    return lambda step: sentence


def is_part(step: Step) -> bool:
    """True for what an agent says that works for another one."""
    return bool(step.data.get(PARENT))


def is_reused(step: Step) -> bool:
    """True for an agent whose result of a former attempt was taken."""
    return step.data.get("reused") is True


def say_completed(step: Step) -> str:
    """What came to its end: the run, or an agent's part of it."""
    if is_reused(step):
        return "The result of a former attempt was used again"
    return "Finished its part" if is_part(step) else "Finished the answer"


def say_switched(step: Step) -> str:
    """Which model went on, and in whose place."""
    former, now = name_in(step.data, "from"), name_in(step.data, "to")
    return f"Tried again with the model {now}" if former == now else f"Went on with the model {now} after {former}"


WORDS: Final[Mapping[EventType, Callable[[Step], str]]] = {
    EventType.MESSAGE_POSTED: say("A message was posted"),
    EventType.THREAD_CHANGED: say("The thread was changed"),
    EventType.AGENT_QUEUED: say("Queued"),
    EventType.AGENT_STARTED: lambda step: f"Began on the model {name_in(step.data, 'model')}",
    EventType.AGENT_THINKING: say_streamed("Thought"),
    EventType.MESSAGE_DELTA: say_streamed("Wrote"),
    EventType.TOOL_EXECUTING: say_tool("Called the tool {}"),
    EventType.TOOL_PROGRESS: say("The tool reported progress"),
    EventType.TOOL_COMPLETED: say_tool("The tool {} came back"),
    EventType.APPROVAL_REQUESTED: say_tool("Asked whether the tool {} may run"),
    EventType.APPROVAL_RESOLVED: lambda step: "Was allowed" if step.data.get("approved") else "Was refused",
    EventType.AGENT_COMPLETED: say_completed,
    EventType.AGENT_FAILED: lambda step: "Failed; the run went on" if is_part(step) else "Failed",
    EventType.AGENT_CANCELLED: say("Was stopped"),
    EventType.AGENT_RESTARTED: say("Went back into the queue"),
    EventType.MODEL_SWITCHED: say_switched,
    EventType.IMPORT_PROGRESSED: say("An import went on"),
    EventType.IMPORT_FINISHED: say("An import finished"),
    EventType.NOTICE: lambda step: f"Notice: {name_in(step.data, 'kind')}",
}
OUTCOMES: Final[Mapping[EventType, Callable[[Step], tuple[str, str]]]] = {
    EventType.TOOL_COMPLETED: lambda step: (
        "good" if step.data.get("outcome") == "success" else "bad",
        name_in(step.data, "outcome"),
    ),
    EventType.AGENT_COMPLETED: lambda step: ("good", "reused" if is_reused(step) else "completed"),
    EventType.AGENT_FAILED: lambda step: ("bad", name_in(step.data, "code")),
    EventType.AGENT_CANCELLED: lambda step: ("ended", "cancelled"),
    EventType.AGENT_RESTARTED: lambda step: ("waiting", name_in(step.data, "reason")),
    EventType.MODEL_SWITCHED: lambda step: ("waiting", name_in(step.data, "code")),
}


def outcome_of(step: Step) -> tuple[str, str]:
    """Tone and word of what came of the step; empty where nothing can go wrong."""
    describe = OUTCOMES.get(step.type)
    return describe(step) if describe else ("", "")
