"""Mail: over a real SMTP server, into files, and what people see when the server is away."""

from __future__ import annotations

import os
import socketserver
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.test import Client

from accounts.models import User
from netra import context
from netra.config import PROJECT_FOLDER
from tests.accounts.test_entrance import NEW, ask_for_reset, sign_up
from tests.conftest import PASSWORD

pytestmark = [pytest.mark.usefixtures("quick_hash"), pytest.mark.django_db(transaction=True)]
NOT_SENT = "The mail could not be sent just now. Nothing is lost"


class MailTalk(socketserver.StreamRequestHandler):
    """As much SMTP as it takes to hand over a mail; offers no encryption."""

    server: MailServerForTests

    def handle(self) -> None:
        self.say("220 ready")
        while line := self.rfile.readline().decode().strip():
            self.server.heard.append(line)
            word = line.split(" ", 1)[0].upper()
            if word == "DATA":
                self.take_mail()
            elif word == "EHLO":
                self.say("250-tests\r\n250 AUTH PLAIN LOGIN")
            else:
                self.say("221 bye" if word == "QUIT" else "250 ok")

    def take_mail(self) -> None:
        self.say("354 go on")
        lines = []
        while (line := self.rfile.readline().decode().rstrip("\r\n")) != ".":
            lines.append(line)
        self.server.mails.append("\n".join(lines))
        self.say("250 taken")

    def say(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())


class MailServerForTests(socketserver.ThreadingTCPServer):
    """Keeps what it was told and what it was handed."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), MailTalk)
        self.heard: list[str] = []
        self.mails: list[str] = []

    @property
    def port(self) -> int:
        return int(self.server_address[1])


@pytest.fixture
def smtp() -> Iterator[MailServerForTests]:
    with MailServerForTests() as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def send_test_mail(url: str) -> subprocess.CompletedProcess[str]:
    variables = {**os.environ, "NETRA_SMTP_URL": url, "NETRA_MAIL_FROM": "Netra <netra@example.com>"}
    command = [sys.executable, "manage.py", "sendtestemail", "somebody@example.com"]
    return subprocess.run(
        command, env=variables, cwd=PROJECT_FOLDER, capture_output=True, text=True, timeout=60, check=False
    )


def use_server(settings: LazySettings, port: int) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", port, 1


def test_the_configured_server_gets_the_mail(smtp: MailServerForTests) -> None:
    sent = send_test_mail(f"smtp://127.0.0.1:{smtp.port}")
    assert sent.returncode == 0, sent.stderr
    assert "From: Netra <netra@example.com>" in smtp.mails[0]
    assert "To: somebody@example.com" in smtp.mails[0]


def test_a_password_is_never_sent_in_clear(smtp: MailServerForTests) -> None:
    sent = send_test_mail(f"smtp://user:secret@127.0.0.1:{smtp.port}")
    assert "STARTTLS" in sent.stderr
    assert not [line for line in smtp.heard if line.upper().startswith(("AUTH", "MAIL"))]


def test_a_link_comes_through_whole(db: None, settings: LazySettings, smtp: MailServerForTests) -> None:
    use_server(settings, smtp.port)
    client = Client()
    sign_up(client)
    assert "Subject: Confirm your address" in smtp.mails[0]
    assert "/accounts/confirm-email/" in smtp.mails[0]
    assert f"To: {NEW}" in smtp.mails[0]


def test_a_server_that_is_away_costs_the_mail_only(db: None, settings: LazySettings) -> None:
    use_server(settings, 1)
    assert NOT_SENT in sign_up(Client())
    assert User.objects.filter(email=NEW).exists()


def test_a_server_that_says_nothing_is_not_waited_for(owner: User, settings: LazySettings) -> None:
    with socketserver.TCPServer(("127.0.0.1", 0), socketserver.BaseRequestHandler) as silent:
        use_server(settings, int(silent.server_address[1]))
        pages = []
        for email in (owner.email, NEW):
            client = Client()
            ask_for_reset(client, email)
            pages.append(client.get("/accounts/password/reset/done/").content.decode())
    assert NOT_SENT in pages[0]
    assert pages[0] == pages[1]


def test_a_changed_password_stays_changed_without_its_mail(owner: User, settings: LazySettings) -> None:
    use_server(settings, 1)
    client = Client()
    client.force_login(owner)
    form = {"oldpassword": PASSWORD, "password1": "quite another one", "password2": "quite another one"}
    assert client.post("/account/password/", form).status_code == 302
    assert User.objects.get(id=owner.id).check_password("quite another one")


def test_the_page_says_where_mails_lie_in_development_only(
    db: None, settings: LazySettings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    settings.EMAIL_FILE_PATH = tmp_path

    class Development:
        is_development = True

    client = Client()
    assert str(tmp_path) not in sign_up(client)
    monkeypatch.setattr(context, "load_config", Development)
    assert str(tmp_path) in client.get("/accounts/confirm-email/").content.decode()
