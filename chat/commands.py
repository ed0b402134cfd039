"""What a client may say on a socket: one function a command, found by name and by nothing else."""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final, Protocol

import structlog
from channels.db import database_sync_to_async

from accounts.errors import ReadOnlyKey
from accounts.models import User
from chat.errors import BadFrame, RunNotFound, ThreadNotFound, UnknownCommand
from chat.runs import cancel_run, check_client_id
from chat.serializers import shape_message, shape_run
from chat.threads import DEFAULT_AGENT, post_message

log = structlog.get_logger(__name__)
Frame = Mapping[str, Any]
Answer = dict[str, Any] | None


class Session(Protocol):
    """What a command needs of the socket it came on."""

    user: User
    request_id: str
    may_write: bool

    async def say_hello(self, cursor: int | None, epoch: str | None) -> None:
        """Starts the events after the cursor, or asks for a resync."""

    async def ask_resync(self, reason: str) -> None:
        """Stops the events until the next hello."""

    def acknowledge(self, seq: int) -> None:
        """Notes that the client has everything up to here."""

    async def watch(self, thread_id: uuid.UUID | None) -> None:
        """Leaves out the deltas of every other thread."""


async def hello(session: Session, frame: Frame) -> Answer:
    """Starts the stream; a null cursor means from the head."""
    if frame.get("v") != 1:
        raise BadFrame("This server speaks version 1 of the protocol.")
    cursor = frame.get("cursor")
    if cursor is not None and not is_place(cursor):
        raise BadFrame("cursor must be null or a whole number from 0.")
    epoch = frame.get("epoch")
    if epoch is not None and not isinstance(epoch, str):
        raise BadFrame("epoch must be null or text.")
    await session.say_hello(cursor, epoch)
    return None


async def ack(session: Session, frame: Frame) -> Answer:
    """Acknowledges everything up to seq."""
    if not is_place(frame.get("seq")):
        raise BadFrame("seq must be a whole number from 0.")
    session.acknowledge(frame["seq"])
    return None


async def watch(session: Session, frame: Frame) -> Answer:
    """Chooses the thread whose deltas are wanted; null: all."""
    thread_id = frame.get("thread_id")
    await session.watch(None if thread_id is None else parse_id(thread_id, ThreadNotFound))
    return None


async def resync(session: Session, frame: Frame) -> Answer:
    """Asks for a fresh start from a snapshot."""
    await session.ask_resync("asked")
    return None


async def ping(session: Session, frame: Frame) -> Answer:
    """Asks for a sign of life."""
    return {"type": "pong"}


async def send_message(session: Session, frame: Frame) -> Answer:
    """Posts a message; without a thread a new one is begun."""
    client_id = check_client_id(frame.get("client_id"))
    thread_id = frame.get("thread_id")
    posted = await database_sync_to_async(post_message, thread_sensitive=False)(
        session.user,
        text=frame.get("text"),
        client_id=client_id,
        thread_id=None if thread_id is None else parse_id(thread_id, ThreadNotFound),
        agent_name=frame.get("agent", DEFAULT_AGENT),
        request_id=session.request_id,
    )
    result = {"message": shape_message(posted.message), "run": shape_run(posted.run)}
    return {"type": "result", "client_id": client_id, "result": result}


async def stop_run(session: Session, frame: Frame) -> Answer:
    """Cancels a run."""
    client_id = check_client_id(frame.get("client_id"))
    run_id = parse_id(frame.get("run_id"), RunNotFound)
    run = await database_sync_to_async(cancel_run, thread_sensitive=False)(session.user, run_id)
    return {"type": "result", "client_id": client_id, "result": {"run": shape_run(run)}}


COMMANDS: Final[dict[str, Callable[[Session, Frame], Awaitable[Answer]]]] = {
    "hello": hello,
    "ack": ack,
    "watch": watch,
    "resync": resync,
    "ping": ping,
    "send_message": send_message,
    "cancel_run": stop_run,
}


# All a socket may ask that was opened with a key for reading; a command that is not named here changes something.
READING: Final = frozenset({"hello", "ack", "watch", "resync", "ping"})


async def run_command(session: Session, frame: Frame) -> Answer:
    """Carries out one frame's command; raises what is wrong with it."""
    name = frame.get("command")
    command = COMMANDS.get(name) if isinstance(name, str) else None
    if command is None:
        raise UnknownCommand
    if name not in READING:
        if not session.may_write:
            raise ReadOnlyKey
        log.info("command", command=name, request_id=session.request_id, user_id=str(session.user.id))
    return await command(session, frame)


def is_place(value: object) -> bool:
    """True for what can be a place in a log."""
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**63


def parse_id(value: object, error: type[ThreadNotFound | RunNotFound]) -> uuid.UUID:
    """The id; one that cannot be an id is an unknown id."""
    if not isinstance(value, str):
        raise error
    try:
        return uuid.UUID(value)
    except ValueError:
        raise error from None
