"""A real HTTP server that speaks the wire formats of OpenAI and Anthropic; a function decides what it answers."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.models.replies import Asked, BreakOff, FailInside, Hang, Inject, Refuse, Reply, say
from tests.models.wire import named_event, plain_event, stream_chat, stream_messages, stream_responses

# A word no provider would send by itself: wherever it turns up, the key has leaked.
KEY = "key-canary-3f7a9c51d2"
Brain = Callable[[Asked], Reply]
FORMATS = {"chat/completions": "chat", "responses": "responses", "v1/messages": "messages"}
STREAMS = {"chat": stream_chat, "responses": stream_responses, "messages": stream_messages}


@dataclass
class ModelServer:
    """A running server: where it is, what it was asked, and what it answers from now on."""

    port: int
    brain: Brain
    # How long it takes over each event of a stream.
    pause_seconds: float = 0.0
    asked: list[Asked] = field(default_factory=list)
    released: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def openai_url(self) -> str:
        """The base URL for OpenAI's formats."""
        return f"http://127.0.0.1:{self.port}/openai/v1"

    @property
    def anthropic_url(self) -> str:
        """The base URL for Anthropic's format."""
        return f"http://127.0.0.1:{self.port}/anthropic"

    def environment(self) -> dict[str, str]:
        """The variables with which processes of their own ask this server."""
        return {
            "NETRA_OPENAI_BASE_URL": self.openai_url,
            "NETRA_OPENAI_API_KEY": KEY,
            "NETRA_COMPATIBLE_BASE_URL": self.openai_url,
            "NETRA_COMPATIBLE_API_KEY": KEY,
            "NETRA_ANTHROPIC_BASE_URL": self.anthropic_url,
            "NETRA_ANTHROPIC_API_KEY": KEY,
        }

    def answer(self, asked: Asked) -> tuple[Reply, int]:
        """What the brain says to this request, and which request it was."""
        with self.lock:
            self.asked.append(asked)
            number = len(self.asked)
        return self.brain(asked), number


def always(reply: Reply) -> Brain:
    """Answers everything alike."""
    return lambda _: reply


def in_turn(*replies: Reply) -> Brain:
    """Answers the first request with the first reply, and so on; the last one is repeated."""
    waiting = list(replies)
    return lambda _: waiting.pop(0) if len(waiting) > 1 else waiting[0]


def writes(text: str) -> Brain:
    """Answers everything with this text."""
    return always(say(text))


@contextmanager
def serve_models(brain: Brain) -> Iterator[ModelServer]:
    """The server while the block runs; what still hangs at its end is let go."""
    http = QuietServer(("127.0.0.1", 0), Conversation)
    http.models = ModelServer(http.server_address[1], brain)
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.02}, name="models")
    thread.start()
    try:
        yield http.models
    finally:
        http.models.released.set()
        http.shutdown()
        thread.join()
        http.server_close()


class QuietServer(ThreadingHTTPServer):
    """One thread a connection; a client that goes away is no event."""

    daemon_threads = True
    models: ModelServer

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Nothing: most tests are about connections that break."""


class Conversation(BaseHTTPRequestHandler):
    """One connection of a client."""

    protocol_version = "HTTP/1.1"
    server: QuietServer

    def log_message(self, format: str, *arguments: Any) -> None:
        """Nothing: what was asked is recorded."""

    def do_POST(self) -> None:
        """Answers one request."""
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        format = next((name for end, name in FORMATS.items() if self.path.split("?")[0].endswith(end)), "")
        headers = {name.lower(): value for name, value in self.headers.items()}
        if not format:
            self.refuse(Refuse(404, "not_found_error", message="no such path"))
            return
        reply, number = self.server.models.answer(Asked(format, self.path, headers, body))
        if isinstance(reply.fault, Refuse):
            self.refuse(reply.fault)
        else:
            self.stream(reply, format, str(body["model"]), number)

    def refuse(self, fault: Refuse) -> None:
        """An error status with the body both providers send."""
        error = {"type": fault.type, "message": fault.message, "code": fault.code}
        data = json.dumps({"type": "error", "error": error}).encode()
        self.send_response(fault.status)
        for name, value in {"Content-Type": "application/json", "Content-Length": str(len(data))}.items():
            self.send_header(name, value)
        for name, value in fault.headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    def stream(self, reply: Reply, format: str, model: str, number: int) -> None:
        """The answer event by event, until its fault."""
        if isinstance(reply.fault, Hang) and reply.fault.after is None:
            self.server.models.released.wait()
            self.close_connection = True
            return
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for position, event in enumerate(STREAMS[format](reply, model, number)):
            if not self.go_on(reply, position, format):
                return
            time.sleep(self.server.models.pause_seconds)
            self.send_chunk(event)
        self.wfile.write(b"0\r\n\r\n")

    def go_on(self, reply: Reply, position: int, format: str) -> bool:
        """Does what the fault says at this position; false where the stream ends."""
        fault = reply.fault
        if fault is None or getattr(fault, "after", None) != position:
            return True
        if isinstance(fault, Hang):
            self.server.models.released.wait()
        elif isinstance(fault, Inject):
            self.send_chunk(fault.data)
            return True
        elif isinstance(fault, FailInside):
            self.send_chunk(tell_error(fault, format))
            self.wfile.write(b"0\r\n\r\n")
        elif isinstance(fault, BreakOff) and fault.cleanly:
            self.wfile.write(b"0\r\n\r\n")
        else:
            self.connection.shutdown(socket.SHUT_RDWR)
        self.close_connection = True
        return False

    def send_chunk(self, data: bytes) -> None:
        """One chunk, at once."""
        self.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
        self.wfile.flush()


def tell_error(fault: FailInside, format: str) -> bytes:
    """An error inside a stream, as each format tells it."""
    error = {"type": fault.type, "message": fault.message}
    if format == "messages":
        return named_event({"type": "error", "error": error})
    if format == "responses":
        return named_event({"type": "error", "code": fault.type, "message": fault.message, "sequence_number": 1})
    return plain_event({"error": error | {"code": fault.type}})
