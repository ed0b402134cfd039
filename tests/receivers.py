"""The far ends of messages: a real SMTP server and a receiver of webhooks, both of which can be told to misbehave."""

from __future__ import annotations

import asyncio
import email
import email.policy
import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

import orjson
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

WAIT_SECONDS: Final = 5.0


class Mailbox:
    """What the SMTP server was handed, and how it behaves: well, refuses, is busy or dies."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.recipients: list[list[str]] = []
        self.talks = 0
        self.behaviour = "well"

    async def handle_EHLO(  # noqa: N802  (named by the server)
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        """A talk begins."""
        self.talks += 1
        session.host_name = hostname
        return responses

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Takes a recipient, or says why not."""
        answers = {"refuses": "550 5.1.1 no such mailbox", "is busy": "451 4.3.0 try again later"}
        if self.behaviour in answers:
            return answers[self.behaviour]
        envelope.rcpt_tos.append(address)
        return "250 ok"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Takes a mail, or dies with it in its hands."""
        if self.behaviour == "dies":
            assert isinstance(server.transport, asyncio.Transport)
            server.transport.abort()
            return "421 gone"
        content = envelope.content
        assert isinstance(content, bytes)
        self.mails.append(email.message_from_bytes(content, policy=email.policy.default))
        self.recipients.append(envelope.rcpt_tos)
        return "250 taken"

    @property
    def texts(self) -> list[str]:
        return [mail.get_content() for mail in self.mails]


@contextmanager
def smtp_server(port: int = 0) -> Iterator[tuple[Mailbox, int]]:
    """A mail server on this machine, with its mailbox and its port."""
    # It repeats what it hears; what the tests look for in the log is what Netra says there.
    logging.getLogger("mail.log").setLevel(logging.CRITICAL)
    mailbox = Mailbox()
    controller = Controller(mailbox, hostname="127.0.0.1", port=port or free_port())
    controller.start()
    try:
        yield mailbox, controller.port
    finally:
        controller.stop()


def free_port() -> int:
    """A port nobody listens on."""
    with ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as server:
        return int(server.server_address[1])


@dataclass
class Webhook:
    """What the receiver was sent, and how it answers."""

    port: int
    status: int = 200
    location: str = ""
    hangs: bool = False
    released: threading.Event = field(default_factory=threading.Event)
    calls: list[tuple[str, Any]] = field(default_factory=list)

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"


@contextmanager
def webhook_receiver() -> Iterator[Webhook]:
    """A web server on this machine that keeps what is posted to it."""

    class Posts(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            webhook.calls.append((self.path, orjson.loads(body) if body else None))
            if webhook.hangs:
                webhook.released.wait(60)
                return
            self.send_response(webhook.status)
            if webhook.location:
                self.send_header("Location", webhook.location)
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_GET = do_POST  # noqa: N815  (named by the server)

        def log_message(self, format: str, *arguments: Any) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Posts)
    server.daemon_threads = True
    webhook = Webhook(int(server.server_address[1]))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield webhook
    finally:
        webhook.released.set()
        server.shutdown()
        server.server_close()
        thread.join(WAIT_SECONDS)


@contextmanager
def silent_server() -> Iterator[int]:
    """A port that takes connections and never says a word."""
    import socket

    with socket.create_server(("127.0.0.1", 0)) as listener:
        held: list[socket.socket] = []
        stopping = threading.Event()
        listener.settimeout(0.05)

        def take() -> None:
            while not stopping.is_set():
                with suppress(TimeoutError):
                    held.append(listener.accept()[0])

        thread = threading.Thread(target=take, daemon=True)
        thread.start()
        try:
            yield int(listener.getsockname()[1])
        finally:
            stopping.set()
            thread.join(WAIT_SECONDS)
            for connection in held:
                connection.close()


def wait_for(seen: Any, timeout_seconds: float = WAIT_SECONDS) -> None:
    """Returns as soon as it holds; fails when it never does."""
    deadline = time.monotonic() + timeout_seconds
    while not seen():
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.02)
