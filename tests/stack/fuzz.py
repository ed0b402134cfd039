"""Frames nobody should send: noise, broken JSON, and commands with one thing wrong."""

from __future__ import annotations

import json
import random
import uuid
from collections.abc import Callable
from typing import Any, Final

Frame = str | bytes
WORDS: Final = (
    "hello", "ack", "watch", "resync", "ping", "send_message", "cancel_run", "connect", "disconnect", "dispatch",
    "websocket.disconnect", "websocket.receive", "user.events", "hub.echo", "ev", "__class__", "__init__", "_close",
    "say", "close", "end_access", "", " ", "HELLO", "hello\u0000", chr(0xD800), "../hello", "1", "null",
)  # fmt: skip
ODD_VALUES: Final[tuple[Any, ...]] = (
    None, True, False, 0, -1, 1, 2**53, 2**63 - 1, 2**63, 2**64, -(2**63), 10**300, 0.5, -0.0, 1e308, "", " ", "0",
    "null", "\u0000", chr(0xD83D), chr(0xDC00), "é" * 50, "x" * 5_000, "'; DROP TABLE chat_event; --", "{{7*7}}",
    "%s%n", "../../etc/passwd", "\r\nSet-Cookie: a=b", "<script>", "🙂", [], [[]], [None] * 50, {}, {"a": {}},
    {"$ne": 1}, "00000000-0000-0000-0000-000000000000", "user.00000000000070008000000000000000", "1e5", "0x10",
)  # fmt: skip
BROKEN: Final = (
    "", " ", "{", "}", "[", "]", '"', "nul", "NaN", "Infinity", "-", "1e", "{}{}", '{"a"}', '{"a":}', "{'a':1}",
    "\ufeff{}", '{"command":"ping",', '{"command":"ping"}}', '{"command":"pi', '{"command":"\\u"}',
    '{"command":"\\ud800"}',
    '{"command":NaN}', '{"command":"ping",}', "[]", "[1,2]", "7", "-7", "null", "true", '"hello"', "1" * 5_000,
    '{"command":"ping","command":"hello"}', '{"a":1e9999}', "[" * 2_000, '{"a":' * 2_000, "/*", "<xml/>",
    "GET / HTTP/1.1",
)  # fmt: skip


def valid_command(source: random.Random) -> dict[str, Any]:
    """A command as a good client would send it, about things that do not exist."""
    some_id = str(uuid.UUID(int=source.getrandbits(128)))
    commands: list[dict[str, Any]] = [
        {"command": "hello", "v": 1, "cursor": None, "epoch": None},
        {"command": "ack", "seq": 0},
        {"command": "watch", "thread_id": some_id},
        {"command": "resync"},
        {"command": "ping"},
        {"command": "send_message", "client_id": some_id, "thread_id": some_id, "text": "hello"},
        {"command": "cancel_run", "client_id": some_id, "run_id": some_id},
    ]
    return source.choice(commands)


def noise(source: random.Random) -> Frame:
    """Bytes that mean nothing."""
    return source.randbytes(source.choice((0, 1, 2, 7, 64, 500)))


def broken_json(source: random.Random) -> Frame:
    """Something that looks like JSON, or a good command cut or with a byte changed."""
    if source.random() < 0.5:
        return source.choice(BROKEN)
    text = json.dumps(valid_command(source))
    at = source.randrange(len(text))
    return text[:at] if source.random() < 0.5 else text[:at] + chr(source.randrange(0x20, 0x3000)) + text[at + 1 :]


def odd_value(source: random.Random) -> Frame:
    """A good command with one value of another kind."""
    command = valid_command(source)
    command[source.choice(list(command))] = source.choice(ODD_VALUES)
    return json.dumps(command)


def missing_or_added(source: random.Random) -> Frame:
    """A good command that lacks a key, or has some too many."""
    command = valid_command(source)
    if source.random() < 0.5:
        command.pop(source.choice(list(command)))
    else:
        command |= {f"key{number}": source.choice(ODD_VALUES) for number in range(source.choice((1, 10, 300)))}
    return json.dumps(command)


def unknown_word(source: random.Random) -> Frame:
    """A name that is no command, under either key."""
    return json.dumps({source.choice(("command", "type", "Command")): source.choice(WORDS), "seq": 1})


KINDS: Final[tuple[Callable[[random.Random], Frame], ...]] = (
    noise,
    broken_json,
    odd_value,
    missing_or_added,
    unknown_word,
)


def fuzz_frame(source: random.Random) -> Frame:
    """One bad frame."""
    return source.choice(KINDS)(source)
