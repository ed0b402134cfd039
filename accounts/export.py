"""Everything of a person as one zip file."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import IO, Any, Final

import orjson

from accounts.addresses import shape_choice
from accounts.audit import Action, entries_for, is_own_deed, record
from accounts.belongings import Part, kept_by
from accounts.clients import describe_device
from accounts.keys import keys_for
from accounts.models import User
from accounts.serializers import shape_key, shape_person
from accounts.sessions import sessions_for

ALL: Final = 100_000
# Packed already: packing them again takes time and saves nothing.
PACKED: Final = (".parquet", ".zip", ".gz")


def write_export(user: User, file: IO[bytes], *, ip: str | None = None) -> None:
    """Writes the zip, a piece at a time; what is read is this person's only."""
    record(Action.DATA_EXPORTED, user=user, ip=ip)
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, pieces in parts_of(user):
            write_part(archive, name, pieces)


def parts_of(user: User) -> Iterator[Part]:
    """The account itself, then what each app keeps."""
    yield from own_parts(user)
    for belongings in kept_by.values():
        yield from belongings.export(user)


def write_part(archive: zipfile.ZipFile, name: str, pieces: Iterable[bytes]) -> None:
    """One file of the zip, of any size."""
    now = datetime.now(UTC)
    entry = zipfile.ZipInfo(name, (now.year, now.month, now.day, now.hour, now.minute, now.second))
    entry.compress_type = zipfile.ZIP_STORED if name.endswith(PACKED) else zipfile.ZIP_DEFLATED
    with archive.open(entry, "w", force_zip64=True) as target:
        for piece in pieces:
            target.write(piece)


def own_parts(user: User) -> Iterator[Part]:
    """Profile, keys and notifications without their secrets, sessions without their keys, and the trail."""
    yield "profile.json", [as_json(shape_person(user))]
    yield "keys.json", [as_json([shape_key(key) for key in keys_for(user)])]
    yield "notifications.json", [as_json(notification_row(user))]
    yield "sessions.json", [as_json(list(session_rows(user)))]
    yield "activity.json", [as_json(list(activity_rows(user)))]


def notification_row(user: User) -> dict[str, Any]:
    """By what the person wants to be told; of the chat address, that it is set, and the service."""
    told = ("mail", "sms", "phone", "chat", "chat_service")
    return {name: value for name, value in shape_choice(user).items() if name in told}


def session_rows(user: User) -> Iterator[dict[str, Any]]:
    """Where the person is signed in."""
    for session in sessions_for(user):
        yield {
            "device": describe_device(session.user_agent),
            "user_agent": session.user_agent,
            "ip": session.ip,
            "began_at": session.began_at,
            "seen_at": session.seen_at,
        }


def activity_rows(user: User) -> Iterator[dict[str, Any]]:
    """What was done with the account; of administrators only that it was one."""
    for entry in entries_for(user, ALL).iterator(chunk_size=500):
        own = is_own_deed(entry)
        yield {
            "at": entry.at,
            "action": entry.action,
            "by": "you" if own else "an administrator",
            "ip": entry.ip if own else None,
            "detail": entry.detail if own else {},
        }


def as_json(content: Any) -> bytes:
    """JSON a person can read."""
    return orjson.dumps(content, option=orjson.OPT_INDENT_2, default=str)
