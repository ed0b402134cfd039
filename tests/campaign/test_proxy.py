"""The proxy does to a connection what its rules say, and nothing without any."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest

from tests.campaign.proxy import Proxy, running_proxies


@contextmanager
def echo_server() -> Iterator[int]:
    """Answers every piece with the same piece."""

    def serve() -> None:
        while True:
            try:
                made, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=echo, args=(made,), daemon=True).start()

    def echo(made: socket.socket) -> None:
        # Resets are what these tests are about.
        with made, suppress(ConnectionResetError):
            while data := made.recv(65_536):
                made.sendall(data)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=serve, daemon=True).start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)


@pytest.fixture
def proxy() -> Iterator[Proxy]:
    """A proxy before a server that echoes."""
    with echo_server() as port:
        proxy = Proxy("echo", port, seed=1)
        with running_proxies(proxy):
            yield proxy


@contextmanager
def line_through(proxy: Proxy) -> Iterator[socket.socket]:
    """A connection with a little patience."""
    with socket.create_connection(("127.0.0.1", proxy.port), timeout=5) as line:
        yield line


def ask(line: socket.socket, text: bytes = b"hello") -> bytes:
    """What comes back."""
    line.sendall(text)
    return line.recv(65_536)


def test_without_rules_it_is_a_wire(proxy: Proxy) -> None:
    with line_through(proxy) as line:
        assert ask(line, b"x" * 20_000)
        assert proxy.open_lines == 1


def test_a_delay_is_a_delay(proxy: Proxy) -> None:
    with line_through(proxy) as line:
        ask(line)
        proxy.rules.delay_seconds = 0.2
        began = time.monotonic()
        assert ask(line) == b"hello"
        # Both ways.
        assert time.monotonic() - began >= 0.4


@pytest.mark.parametrize("direction", ["holds_to", "holds_back"])
def test_what_is_held_comes_when_it_is_let_go(proxy: Proxy, direction: str) -> None:
    with line_through(proxy) as line:
        ask(line)
        setattr(proxy.rules, direction, True)
        line.settimeout(0.3)
        with pytest.raises(TimeoutError):
            ask(line)
        line.settimeout(5)
        proxy.reset()
        assert line.recv(10) == b"hello"


def test_a_cut_is_a_reset(proxy: Proxy) -> None:
    with line_through(proxy) as line:
        ask(line)
        assert proxy.cut_lines() == 1
        with pytest.raises(ConnectionResetError):
            line.recv(10)


def test_who_is_refused_gets_no_line(proxy: Proxy) -> None:
    proxy.rules.refuses = True
    with pytest.raises(ConnectionResetError), line_through(proxy) as line:
        line.recv(10)


def test_only_the_answer_to_a_commit_is_swallowed(proxy: Proxy) -> None:
    with line_through(proxy) as line:
        proxy.rules.answer_cuts = 1
        assert ask(line, b"SELECT 1") == b"SELECT 1"
        with pytest.raises(ConnectionResetError):
            ask(line, b"SELECT chat_append()")
    assert (proxy.cuts, proxy.rules.answer_cuts) == (1, 0)
    with line_through(proxy) as line:
        assert ask(line, b"COMMIT") == b"COMMIT"


def test_a_slow_line_is_slow(proxy: Proxy) -> None:
    with line_through(proxy) as line:
        proxy.rules.bytes_a_second = 20_000
        began = time.monotonic()
        assert ask(line, b"x" * 4_000)
        assert time.monotonic() - began >= 0.4
