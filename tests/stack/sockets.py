"""A bare socket of a running Netra: say a frame, hear the next one of a kind, see how it ended."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

import pytest
from websockets.exceptions import ConnectionClosed, InvalidMessage, InvalidStatus
from websockets.sync.client import ClientConnection, connect

WAIT_SECONDS: Final = 15.0


def with_key(key: str) -> dict[str, str]:
    """What a client with a key sends."""
    return {"Authorization": f"Bearer {key}"}


@contextmanager
def open_socket(port: int, headers: Mapping[str, str]) -> Iterator[ClientConnection]:
    """A connected socket that has not said hello."""
    address = f"ws://127.0.0.1:{port}/ws/"
    with connect(address, additional_headers=headers, compression=None, max_size=None) as socket:
        yield socket


@contextmanager
def open_ready_socket(port: int, headers: Mapping[str, str]) -> Iterator[ClientConnection]:
    """A socket that has got its ready frame."""
    with open_socket(port, headers) as socket:
        say_hello(socket)
        yield socket


def say(socket: ClientConnection, **frame: Any) -> None:
    socket.send(json.dumps(frame))


def hear(socket: ClientConnection) -> dict[str, Any]:
    frame: dict[str, Any] = json.loads(socket.recv(WAIT_SECONDS))
    return frame


def hear_type(socket: ClientConnection, kind: str) -> dict[str, Any]:
    """The next frame of a kind; events in between are not what is asked for."""
    while True:
        frame = hear(socket)
        if frame["type"] == kind:
            return frame


def say_hello(socket: ClientConnection, cursor: int | None = None, epoch: str | None = None) -> dict[str, Any]:
    say(socket, command="hello", v=1, cursor=cursor, epoch=epoch)
    return hear_type(socket, "ready")


def assert_alive(socket: ClientConnection) -> None:
    say(socket, command="ping")
    hear_type(socket, "pong")


def close_code(socket: ClientConnection) -> int:
    """With what code the server closes it."""
    with pytest.raises(ConnectionClosed) as closed:
        drain(socket)
    assert closed.value.rcvd
    return closed.value.rcvd.code


def drain(socket: ClientConnection) -> None:
    """Receives until the server closes."""
    while True:
        socket.recv(WAIT_SECONDS)


def refusal(port: int, headers: Mapping[str, str]) -> int:
    """How a socket is refused: the HTTP status of the handshake, or the code it is closed with right after."""
    try:
        with open_socket(port, headers) as socket:
            return close_code(socket)
    except InvalidStatus as refused:
        return refused.response.status_code
    except InvalidMessage:
        # The server's own library hung up over a header before it had read the request.
        return 400
