"""Sending: over a real SMTP server and a real web server, and what happens when they are not well."""

from __future__ import annotations

import logging
import subprocess
import sys
import time
from collections.abc import Iterator
from smtplib import (
    SMTPAuthenticationError,
    SMTPDataError,
    SMTPNotSupportedError,
    SMTPRecipientsRefused,
    SMTPSenderRefused,
)
from typing import Any

import pytest
from django.conf import LazySettings

from accounts.addresses import read_chat_address
from chat import breaker as breakers
from chat import sending
from chat.breaker import Breaker, BreakerState
from chat.sending import (
    AddressRefused,
    AddressUnreadable,
    BreakerOpen,
    MessageRefused,
    ReceiverFailing,
    ReceiverSilent,
    SenderRefused,
    SendingFailed,
    failure_of_mail,
    send,
)
from netra.config import PROJECT_FOLDER
from tests.chat.test_breaker import Clock
from tests.receivers import Mailbox, Webhook, silent_server, smtp_server, webhook_receiver

SOMEBODY = "somebody@example.com"
TITLE = "Your answer is ready"
BODY = "See https://netra.example.com/t/1/"


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Breakers of the test's own, by a clock that moves when told to."""
    clock = Clock()
    monkeypatch.setattr(breakers, "_breakers", {name: Breaker(name, clock=clock) for name in ("mail", "webhook json")})
    return clock


@pytest.fixture(autouse=True)
def own_breakers(clock: Clock) -> None:
    """No other test's failures count."""


@pytest.fixture
def mailbox(settings: LazySettings) -> Iterator[Mailbox]:
    with smtp_server() as (mailbox, port):
        use_mail_server(settings, port)
        yield mailbox


@pytest.fixture
def webhook(settings: LazySettings) -> Iterator[Webhook]:
    with webhook_receiver() as webhook:
        yield webhook


def use_mail_server(settings: LazySettings, port: int) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", port, 10
    settings.DEFAULT_FROM_EMAIL = "Netra <netra@example.com>"


def send_mail(reference: str = "") -> None:
    send("mail", SOMEBODY, title=TITLE, body=BODY, reference=reference)


def post(webhook: Webhook, path: str = "/secret-token/") -> None:
    send("chat", f"json://{webhook.host}{path}", title=TITLE, body=BODY)


def failure(way: str, address: str) -> str:
    with pytest.raises(SendingFailed) as raised:
        send(way, address, title=TITLE, body=BODY)
    return raised.value.code


def mail_breaker() -> Breaker:
    return breakers.breaker_named("mail")


def fail_often(times: int) -> None:
    for _ in range(times):
        with pytest.raises(SendingFailed):
            send_mail()


def test_the_mail_server_gets_the_mail(mailbox: Mailbox) -> None:
    send_mail(reference="run-7")
    mail = mailbox.mails[0]
    assert (mail["To"], mail["From"], mail["Subject"]) == (SOMEBODY, "Netra <netra@example.com>", TITLE)
    assert mailbox.recipients == [[SOMEBODY]]
    assert mailbox.texts[0].strip() == BODY
    assert mail["Message-ID"] == "<run-7@example.com>"
    assert mail["Auto-Submitted"] == "auto-generated"


def test_a_title_of_several_lines_cannot_add_headers(mailbox: Mailbox) -> None:
    send("mail", SOMEBODY, title="Costs\r\nBcc: other@example.com", body=BODY)
    assert mailbox.recipients == [[SOMEBODY]]
    assert mailbox.mails[0]["Subject"] == "Costs Bcc: other@example.com"
    assert mailbox.mails[0]["Bcc"] is None


@pytest.mark.parametrize("address", ["not an address", "", "a@b\r\nRCPT TO:<c@d>"])
def test_what_is_no_mail_address_is_refused_before_it_can_do_harm(mailbox: Mailbox, address: str) -> None:
    assert failure("mail", address) == "address_unreadable"
    assert mailbox.talks == 0


def test_a_refused_address_is_told_from_a_server_that_is_away(mailbox: Mailbox) -> None:
    mailbox.behaviour = "refuses"
    with pytest.raises(AddressRefused) as raised:
        send_mail()
    assert raised.value.is_final
    assert raised.value.__cause__ is None
    assert SOMEBODY not in str(raised.value)


def test_refused_addresses_do_not_keep_others_waiting(mailbox: Mailbox) -> None:
    mailbox.behaviour = "refuses"
    fail_often(6)
    assert mailbox.talks == 6
    mailbox.behaviour = "well"
    send_mail()
    assert len(mailbox.mails) == 1


def test_a_busy_server_is_asked_again_later(mailbox: Mailbox) -> None:
    mailbox.behaviour = "is busy"
    with pytest.raises(ReceiverFailing) as raised:
        send_mail()
    assert not raised.value.is_final
    mailbox.behaviour = "well"
    send_mail()
    assert len(mailbox.mails) == 1


@pytest.mark.parametrize(
    ("error", "meant"),
    [
        (SMTPDataError(554, b"spam"), MessageRefused),
        (SMTPDataError(452, b"full"), ReceiverFailing),
        (SMTPSenderRefused(550, b"no", "netra@example.com"), SenderRefused),
        (SMTPAuthenticationError(535, b"no"), SenderRefused),
        (SMTPNotSupportedError("STARTTLS"), SenderRefused),
        (ConnectionRefusedError(), ReceiverSilent),
        (SMTPRecipientsRefused({SOMEBODY: (450, b"greylisted")}), ReceiverFailing),
    ],
)
def test_each_answer_of_a_mail_server_has_a_meaning(error: OSError, meant: type[SendingFailed]) -> None:
    assert type(failure_of_mail(error)) is meant


def test_a_server_that_dies_with_the_mail_in_its_hands_opens_the_breaker_at_the_fifth_time(
    mailbox: Mailbox, clock: Clock
) -> None:
    mailbox.behaviour = "dies"
    fail_often(4)
    assert mail_breaker().state is BreakerState.CLOSED
    fail_often(1)
    assert mail_breaker().state is BreakerState.OPEN
    with pytest.raises(BreakerOpen):
        send_mail()
    assert mailbox.talks == 5
    # The jitter is a tenth at most: 26 seconds are never enough, 34 always are.
    clock.now += 26
    with pytest.raises(BreakerOpen):
        send_mail()
    clock.now += 8
    fail_often(1)
    assert (mailbox.talks, mail_breaker().state) == (6, BreakerState.OPEN)
    mailbox.behaviour = "well"
    clock.now += 34
    send_mail()
    assert (len(mailbox.mails), mail_breaker().state) == (1, BreakerState.CLOSED)


def test_a_silent_server_is_not_waited_for_beyond_the_limit(
    settings: LazySettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "LIMIT_SECONDS", 0.3)
    with silent_server() as port:
        use_mail_server(settings, port)
        settings.EMAIL_TIMEOUT = 2
        started = time.monotonic()
        with pytest.raises(ReceiverSilent):
            send_mail()
        assert 0.3 <= time.monotonic() - started < 1.5


def test_a_goodbye_that_never_comes_does_not_undo_a_mail(mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch) -> None:
    def hang(connection: Any) -> None:
        connection.connection.close()
        raise TimeoutError

    monkeypatch.setattr("django.core.mail.backends.smtp.EmailBackend.close", hang)
    send_mail()
    assert len(mailbox.mails) == 1
    assert mail_breaker().state is BreakerState.CLOSED


def test_a_webhook_gets_title_and_text(webhook: Webhook) -> None:
    post(webhook)
    path, body = webhook.calls[0]
    assert path == "/secret-token/"
    assert (body["title"], body["message"]) == (TITLE, BODY)


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (404, "address_refused"),
        (403, "address_refused"),
        (410, "address_refused"),
        (429, "receiver_failing"),
        (500, "receiver_failing"),
        (503, "receiver_failing"),
    ],
)
def test_the_status_of_the_answer_says_whether_it_is_tried_again(webhook: Webhook, status: int, code: str) -> None:
    webhook.status = status
    assert failure("chat", f"json://{webhook.host}/") == code


def test_a_redirect_is_not_followed(webhook: Webhook) -> None:
    with webhook_receiver() as inside:
        webhook.status, webhook.location = 307, f"http://{inside.host}/inside/"
        assert failure("chat", f"json://{webhook.host}/") == "address_refused"
        assert inside.calls == []


def test_a_webhook_that_hangs_is_not_waited_for_beyond_the_limit(
    webhook: Webhook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "LIMIT_SECONDS", 0.3)
    webhook.hangs = True
    started = time.monotonic()
    assert failure("chat", f"json://{webhook.host}/") == "receiver_silent"
    assert time.monotonic() - started < 2


def test_a_service_that_is_away_opens_its_own_breaker_and_no_other(webhook: Webhook, mailbox: Mailbox) -> None:
    webhook.status = 500
    for _ in range(5):
        assert failure("chat", f"json://{webhook.host}/") == "receiver_failing"
    assert failure("chat", f"json://{webhook.host}/") == "sending_paused"
    assert len(webhook.calls) == 5
    send_mail()
    webhook.status = 200
    send("ops", f"json://{webhook.host}/", title=TITLE, body=BODY)
    assert len(webhook.calls) == 6


@pytest.mark.parametrize("address", ["", "nonsense", "unknown://x/y", "http://127.0.0.1/"])
def test_an_address_of_no_service_is_final_and_no_try(address: str) -> None:
    assert failure("ops", address) == "address_unreadable"
    assert AddressUnreadable.is_final


def test_a_number_becomes_a_part_of_the_gateways_address(webhook: Webhook, settings: LazySettings) -> None:
    settings.SMS_URL = f"json://{webhook.host}/sms/{{phone}}/"
    send("sms", "+491701234567", title="", body="Ready")
    assert webhook.calls[0][0] in {"/sms/+491701234567/", "/sms/%2B491701234567/"}
    assert webhook.calls[0][1]["message"] == "Ready"


def test_no_gateway_is_no_address(settings: LazySettings) -> None:
    settings.SMS_URL = ""
    assert failure("sms", "+491701234567") == "address_unreadable"


@pytest.mark.parametrize(
    ("given", "url"),
    [
        ("https://hooks.slack.com/services/T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7",
         "https://hooks.slack.com/services/T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7"),
        ("https://discord.com/api/webhooks/123456789012345678/abc-DEF_123",
         "https://discord.com/api/webhooks/123456789012345678/abc-DEF_123"),
        ("https://chat.googleapis.com/v1/spaces/AAAA/messages?key=k-1&token=t_2%3D",
         "https://chat.googleapis.com/v1/spaces/AAAA/messages"),
        ("https://prod-1.westeurope.logic.azure.com:443/workflows/0a1b/triggers/manual/paths/invoke?api-version=2016-06-01&sig=S-1",
         "https://prod-1.westeurope.logic.azure.com:443/workflows/0a1b/triggers/manual/paths/invoke"),
        ("https://default1.a1.environment.api.powerplatform.com:443/powerautomate/automations/direct/cu/7/workflows/0a1b/triggers/manual/paths/invoke?sig=S-1",
         "https://default1.a1.environment.api.powerplatform.com:443/powerautomate/automations/direct/cu/7/workflows/0a1b/triggers/manual/paths/invoke"),
        ("tgram://123456789:abcdefghijklmnopqrstuvwxyzABCDEFGHI/-100123",
         "https://api.telegram.org/bot123456789:abcdefghijklmnopqrstuvwxyzABCDEFGHI/sendMessage"),
    ],
)  # fmt: skip
def test_each_service_is_reached_at_its_own_host(given: str, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What would go over the wire is caught where the library hands it to its HTTP client."""
    import requests

    called: list[tuple[str, Any]] = []

    def catch(session: Any, method: str, url: str, **options: Any) -> Any:
        called.append((url, options["allow_redirects"]))
        answer = requests.Response()
        answer.status_code, answer._content = 200, b"ok"
        return answer

    monkeypatch.setattr(requests.Session, "request", catch)
    send("chat", read_chat_address(given).url, title=TITLE, body=BODY)
    assert [address for address, _ in called] == [url]
    assert called[0][1] is False


def test_nothing_of_an_address_or_a_text_gets_into_a_log(
    webhook: Webhook, mailbox: Mailbox, capfd: pytest.CaptureFixture[str]
) -> None:
    """Everything is shown, down to DEBUG, as a misled operator would set it."""
    lines: list[str] = []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(self.format(record))

    root, handler = logging.getLogger(), Keep(logging.NOTSET)
    level = root.level
    root.addHandler(handler)
    root.setLevel(1)
    try:
        post(webhook)
        send_mail()
        webhook.status, mailbox.behaviour = 404, "refuses"
        failure("chat", f"json://user:password-7@{webhook.host}/secret-token/")
        failure("chat", "slack://secret-token")
        failure("mail", SOMEBODY)
    finally:
        root.removeHandler(handler)
        root.setLevel(level)
    told = "\n".join(lines)
    assert told.count("message_sent") == 2
    assert told.count("message_not_sent") == 3
    text = told + "".join(capfd.readouterr())
    for secret in ("secret-token", "password-7", SOMEBODY, TITLE, webhook.host, "netra.example.com"):
        assert secret not in text


def test_the_library_is_not_loaded_by_processes_that_send_nothing() -> None:
    script = "import django; django.setup(); import sys; import netra.asgi; print('apprise' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=PROJECT_FOLDER, capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.strip().endswith("False")


def test_a_process_stops_at_once_although_a_server_keeps_silent() -> None:
    script = """
import django, sys
django.setup()
from django.conf import settings
from chat import sending
sending.LIMIT_SECONDS = 0.1
settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", int(sys.argv[1]), 50
try:
    sending.send("mail", "somebody@example.com", title="t", body="b")
except sending.ReceiverSilent as failure:
    print(failure.code)
"""
    with silent_server() as port:
        done = subprocess.run(
            [sys.executable, "-c", script, str(port)],
            cwd=PROJECT_FOLDER, capture_output=True, text=True, timeout=40, check=True,
        )  # fmt: skip
    assert done.stdout.strip().endswith("receiver_silent")


def test_services_that_hang_leave_the_others_alone(webhook: Webhook, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "LIMIT_SECONDS", 0.2)
    with webhook_receiver() as hanging:
        hanging.hangs = True
        for number in range(10):
            monkeypatch.setattr(breakers, "_breakers", {})
            assert failure("chat", f"json://{hanging.host}/{number}/") == "receiver_silent"
        monkeypatch.setattr(sending, "LIMIT_SECONDS", 5.0)
        post(webhook)
    assert len(webhook.calls) == 1


def test_a_slow_answer_within_the_limit_is_an_answer(webhook: Webhook) -> None:
    """The library by itself gives up after four seconds."""
    sender = sending.open_service("chat", f"json://{webhook.host}/")
    assert sender[0].request_timeout == (4.0, sending.LIMIT_SECONDS)
