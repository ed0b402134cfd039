"""The event schema: types, the envelope, validation and encoding."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum
from functools import lru_cache
from typing import Any, Final, NamedTuple

import orjson

from chat.errors import EventInvalid

VERSION: Final = 1
MAX_DATA_BYTES: Final = 64 * 1024
# A message of 32,000 characters takes up to four bytes for each; an answer is bounded by its model's output limit.
MAX_MESSAGE_BYTES: Final = 512 * 1024


class EventType(StrEnum):
    """Everything that can be in a person's log."""

    MESSAGE_POSTED = "message_posted"
    THREAD_CHANGED = "thread_changed"
    AGENT_QUEUED = "agent_queued"
    AGENT_STARTED = "agent_started"
    AGENT_THINKING = "agent_thinking"
    MESSAGE_DELTA = "message_delta"
    TOOL_EXECUTING = "tool_executing"
    TOOL_PROGRESS = "tool_progress"
    TOOL_COMPLETED = "tool_completed"
    APPROVAL_REQUESTED = "approval_requested"
    APPROVAL_RESOLVED = "approval_resolved"
    AGENT_COMPLETED = "agent_completed"
    AGENT_FAILED = "agent_failed"
    AGENT_CANCELLED = "agent_cancelled"
    AGENT_RESTARTED = "agent_restarted"
    MODEL_SWITCHED = "model_switched"
    IMPORT_PROGRESSED = "import_progressed"
    IMPORT_FINISHED = "import_finished"
    NOTICE = "notice"


DELTA_TYPES: Final = frozenset({EventType.AGENT_THINKING, EventType.MESSAGE_DELTA})
TERMINAL_TYPES: Final = frozenset({EventType.AGENT_COMPLETED, EventType.AGENT_FAILED, EventType.AGENT_CANCELLED})
REQUIRED_DATA: Final[Mapping[EventType, frozenset[str]]] = {
    EventType.MESSAGE_POSTED: frozenset({"message", "thread"}),
    EventType.THREAD_CHANGED: frozenset({"thread"}),
    EventType.AGENT_QUEUED: frozenset({"run"}),
    EventType.AGENT_STARTED: frozenset({"run", "title", "model"}),
    EventType.AGENT_THINKING: frozenset({"delta"}),
    EventType.MESSAGE_DELTA: frozenset({"delta", "part"}),
    EventType.TOOL_EXECUTING: frozenset({"call_id", "tool", "arguments"}),
    EventType.TOOL_PROGRESS: frozenset({"call_id", "note"}),
    EventType.TOOL_COMPLETED: frozenset({"call_id", "tool", "outcome"}),
    EventType.APPROVAL_REQUESTED: frozenset({"call_id", "tool", "arguments"}),
    EventType.APPROVAL_RESOLVED: frozenset({"call_id", "approved"}),
    EventType.AGENT_COMPLETED: frozenset({"run", "message", "sha256"}),
    EventType.AGENT_FAILED: frozenset({"run", "code", "message"}),
    EventType.AGENT_CANCELLED: frozenset({"run"}),
    EventType.AGENT_RESTARTED: frozenset({"run", "reason"}),
    EventType.MODEL_SWITCHED: frozenset({"from", "to", "code", "reason"}),
    EventType.IMPORT_PROGRESSED: frozenset({"dataset"}),
    EventType.IMPORT_FINISHED: frozenset({"dataset"}),
    EventType.NOTICE: frozenset({"kind"}),
}
# An agent that works for another one: its beginning and its end are steps of the run, not the run's.
PARENT: Final = "parent"
REQUIRED_OF_A_PART: Final[Mapping[EventType, frozenset[str]]] = {
    EventType.AGENT_STARTED: frozenset({"title", "model"}),
    EventType.AGENT_COMPLETED: frozenset({"title", "seconds"}),
    EventType.AGENT_FAILED: frozenset({"title", "code", "message"}),
}


class NewEvent(NamedTuple):
    """An event before the log gave it a place; `data` is encoded once, here.

    A tuple, as StoredEvent is: a frozen dataclass takes three times as long to make, and there is one an event.
    """

    user_id: uuid.UUID
    thread_id: uuid.UUID | None
    run_id: uuid.UUID | None
    type: EventType
    agent_name: str | None
    created_at: datetime
    data: bytes
    # True for the one event that ends its run.
    terminal: bool


class StoredEvent(NamedTuple):
    """An event at its place in a person's log."""

    event: NewEvent
    seq: int
    attempt: int
    run_seq: int | None

    @property
    def is_delta(self) -> bool:
        """True for streamed text, which a viewer of another thread may leave out."""
        return self.event.type in DELTA_TYPES


def build_event(
    *,
    user_id: uuid.UUID,
    type: EventType,
    data: Mapping[str, Any],
    thread_id: uuid.UUID | None = None,
    run_id: uuid.UUID | None = None,
    agent_name: str | None = None,
    created_at: datetime | None = None,
) -> NewEvent:
    """A valid event, its text cleaned of what JSON or Postgres refuse; EventInvalid names what our code got wrong."""
    is_part = PARENT in data
    required = required_data(type, is_part=is_part)
    if not data.keys() >= required:
        raise EventInvalid(f"{type} lacks {', '.join(sorted(required - data.keys()))}")
    encoded = encode_data(data)
    most = MAX_MESSAGE_BYTES if "message" in required else MAX_DATA_BYTES
    if len(encoded) > most:
        raise EventInvalid(f"{type} has {len(encoded)} bytes of data, more than {most}")
    ends_run = type in TERMINAL_TYPES and not is_part
    return NewEvent(user_id, thread_id, run_id, type, agent_name, created_at or datetime.now(UTC), encoded, ends_run)


def required_data(type: EventType, *, is_part: bool) -> frozenset[str]:
    """What an event of this type must carry; an agent that works for another one says less."""
    return REQUIRED_OF_A_PART.get(type, REQUIRED_DATA[type]) if is_part else REQUIRED_DATA[type]


def encode_data(data: Mapping[str, Any]) -> bytes:
    """JSON of the data; lone surrogates and NUL become the replacement character."""
    try:
        encoded = orjson.dumps(data, default=str)
    except TypeError:
        return orjson.dumps(clean(data), default=str)
    return orjson.dumps(clean(data), default=str) if b"\\u0000" in encoded else encoded


def clean(value: Any) -> Any:
    """The same value with unusable characters replaced, at any depth."""
    if isinstance(value, str):
        return clean_text(value)
    if isinstance(value, Mapping):
        return {clean_text(str(key)): clean(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [clean(item) for item in value]
    return value


def clean_text(text: str) -> str:
    """The text with lone surrogates and NUL replaced; two halves that belong together become their character."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").replace("\x00", "\ufffd")


class Envelope(NamedTuple):
    """What stands between an event's own numbers: the same for every delta of a run."""

    # Of what it was made.
    key: tuple[Any, ...]
    opening: str
    middle: str
    fence: str
    name: str


def encode_event(stored: StoredEvent, epoch: uuid.UUID) -> bytes:
    """The envelope round the stored data: the same bytes live and on replay, for ever."""
    event, seq = stored.event, stored.seq
    key = (epoch, stored.attempt, event.type, event.user_id, event.thread_id, event.run_id, event.terminal,
           event.agent_name)  # fmt: skip
    # Neighbours in a log are mostly of one run, and equal parts are told by identity: nothing is hashed.
    envelope = last_envelope[0]
    if envelope.key != key:
        envelope = last_envelope[0] = make_envelope(key)
    run_seq = "null" if stored.run_seq is None else stored.run_seq
    head = (
        f'{{"v":{VERSION},"seq":{seq}{envelope.opening}{seq}{envelope.middle}{run_seq}{envelope.fence}'
        f"{format_time(event.created_at)}{envelope.name}"
    )
    return b"%b%b}" % (head.encode(), event.data)


def make_envelope(key: tuple[Any, ...]) -> Envelope:
    """The envelope of events that have these in common."""
    epoch, attempt, kind, user_id, thread_id, run_id, terminal, agent_name = key
    ids = f'"user_id":"{id_text(user_id)}","thread_id":{quoted(thread_id)},"run_id":{quoted(run_id)}'
    return Envelope(
        key,
        f',"event_id":"{id_text(epoch)}-',
        f'","type":"{kind}",{ids},"run_seq":',
        f',"attempt":{attempt},"terminal":{"true" if terminal else "false"},"timestamp":"',
        f'","agent_name":{orjson.dumps(agent_name).decode()},"data":',
    )


# One, replaced as a whole: threads that take turns here lose nothing but time.
last_envelope: Final = [Envelope((), "", "", "", "")]


@lru_cache(maxsize=4096)
def id_text(value: uuid.UUID) -> str:
    """The id as text: every event of a run names the same three."""
    return str(value)


def quoted(value: uuid.UUID | None) -> str:
    """The id as JSON."""
    return "null" if value is None else f'"{id_text(value)}"'


def format_time(moment: datetime) -> str:
    """UTC with microseconds, always the same width."""
    if moment.tzinfo is not UTC:
        moment = moment.astimezone(UTC)
    return moment.isoformat(timespec="microseconds")[: -len("+00:00")] + "Z"
