"""Sends one message out of the product, within a time limit and behind a breaker; alone knows the library that does.

Mail goes by Django and not by that library: one description of the mail server for all mails, which demands TLS where
there is a password, and answers of the server by which a refused address is told from a server that is away.
"""

from __future__ import annotations

import logging
import re
import threading
import warnings
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from email.utils import parseaddr
from functools import cache
from smtplib import (
    SMTPAuthenticationError,
    SMTPDataError,
    SMTPException,
    SMTPNotSupportedError,
    SMTPRecipientsRefused,
    SMTPSenderRefused,
)
from typing import Any, ClassVar, Final
from urllib.parse import quote

import structlog
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import EmailMessage, get_connection
from django.core.validators import validate_email

from accounts.errors import NetraError
from chat.breaker import Breaker, breaker_named

log = structlog.get_logger(__name__)
LIMIT_SECONDS: Final = 10.0
TITLE_CHARACTERS: Final = 250
# How the library's plugins tell the status of an answer that is not good.
STATUS: Final = re.compile(r"\berror=(\d{3})\b")
# Refused for now, not for good.
PASSING: Final = (408, 425, 429)


class SendingFailed(NetraError):
    """A message did not get out; with `is_final` the same message will not get out later either."""

    code = "sending_failed"
    status = 502
    message = "The message could not be sent. Try again in a few minutes."
    is_final: ClassVar[bool] = False


class BreakerOpen(SendingFailed):
    """Nothing was tried: the other side has just failed several times."""

    code = "sending_paused"
    message = "The other side did not answer lately, so nothing is sent for a moment. Try again in a minute."


class ReceiverSilent(SendingFailed):
    """No answer, or none in time."""

    code = "receiver_silent"
    message = "The other side did not answer in time. Try again in a few minutes."


class ReceiverFailing(SendingFailed):
    """An answer that says that something is wrong over there."""

    code = "receiver_failing"
    message = "The other side answers that it cannot take messages at the moment. Try again in a few minutes."


class SenderRefused(SendingFailed):
    """The mail server does not take mails from this site."""

    code = "sender_refused"
    message = "The mail server takes no mails from this site. An administrator has to look at that."


class AddressRefused(SendingFailed):
    """The other side is well and does not know this address."""

    code = "address_refused"
    message = "The other side refuses this address. Check it there, and set it anew."
    is_final = True


class MessageRefused(SendingFailed):
    """The other side is well and does not want this message."""

    code = "message_refused"
    message = "The other side refuses the message."
    is_final = True


class AddressUnreadable(SendingFailed):
    """Nothing was tried: there is no such kind of address."""

    code = "address_unreadable"
    message = "This is no address a message can be sent to."
    is_final = True


def send(way: str, address: str, *, title: str, body: str, reference: str = "") -> None:
    """Sends one message, or raises SendingFailed; a mail tried again with the same reference is known as the same.

    `way` is mail, sms, chat or ops: a mail address, a number, or an address of the library.
    """
    title = " ".join(title.split())[:TITLE_CHARACTERS]
    breaker = breaker_of(way, address)
    try:
        if way == "mail":
            send_mail(breaker, write_mail(address, title, body, reference))
        else:
            notify(breaker, open_service(way, address), title, body)
    except SendingFailed as error:
        log.warning("message_not_sent", way=way, code=error.code)
        raise
    log.info("message_sent", way=way)


def breaker_of(way: str, address: str) -> Breaker:
    """One for the mail server, one for each kind of service: where one is away the others go on."""
    if way == "mail":
        return breaker_named("mail")
    return breaker_named(f"webhook {address.split(':', 1)[0] if way == 'chat' else way}")


def pass_breaker(breaker: Breaker) -> None:
    """BreakerOpen while nothing shall be tried."""
    if not breaker.allows():
        raise BreakerOpen


def note(breaker: Breaker, failure: SendingFailed) -> SendingFailed:
    """Tells the breaker: a side that refuses one address is well, and others are not to wait for it."""
    if failure.is_final:
        breaker.record_success()
    else:
        breaker.record_failure(failure.code)
    return failure


def write_mail(address: str, title: str, body: str, reference: str) -> EmailMessage:
    """A mail no machine answers; mail systems that sort out repetitions do so by its Message-ID."""
    try:
        validate_email(address)
    except ValidationError as error:
        raise AddressUnreadable from error
    headers = {"Auto-Submitted": "auto-generated"}
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2]
    if reference:
        headers["Message-ID"] = f"<{reference}@{domain}>"
    return EmailMessage(title, body, to=[address], headers=headers)


def send_mail(breaker: Breaker, mail: EmailMessage) -> None:
    """Hands the mail over; a server that takes longer than the limit is no longer waited for."""
    pass_breaker(breaker)
    connection = get_connection()
    try:
        within_limit(lambda: hand_over(connection, mail), lambda: close(connection))
    except (OSError, ValueError) as error:
        # Not chained: an answer of the server repeats the address.
        raise note(breaker, failure_of_mail(error)) from None
    breaker.record_success()


def within_limit(work: Callable[[], Any], afterwards: Callable[[], None] = lambda: None) -> Any:
    """What the work gives, or TimeoutError; what is done afterwards does not decide whether the work was done.

    In a thread of its own, which a process does not wait for when it stops.
    """
    outcome: Future[Any] = Future()

    def carry_out() -> None:
        try:
            outcome.set_result(work())
        except BaseException as error:  # noqa: BLE001  (raised again where it is waited for)
            outcome.set_exception(error)
        finally:
            afterwards()

    threading.Thread(target=carry_out, name="sending", daemon=True).start()
    return outcome.result(LIMIT_SECONDS)


def hand_over(connection: Any, mail: EmailMessage) -> None:
    """The talk with the server up to its word that it has the mail."""
    connection.open()
    connection.send_messages([mail])


def close(connection: Any) -> None:
    """Ends the talk, however the server takes it."""
    with suppress(OSError):
        connection.close()


def failure_of_mail(error: OSError | ValueError) -> SendingFailed:
    """What the mail server's answer, or its silence, means."""
    if isinstance(error, ValueError):
        return AddressUnreadable()
    if isinstance(error, SMTPRecipientsRefused):
        codes = [code for code, _ in error.recipients.values()]
        return AddressRefused() if min(codes, default=500) >= 500 else ReceiverFailing()
    if isinstance(error, SMTPSenderRefused | SMTPAuthenticationError | SMTPNotSupportedError):
        return SenderRefused()
    if isinstance(error, SMTPDataError):
        return MessageRefused() if error.smtp_code >= 500 else ReceiverFailing()
    return ReceiverFailing() if isinstance(error, SMTPException) else ReceiverSilent()


@cache
def load_library() -> Any:
    """The library, loaded when something is sent first; its log speaks of addresses and goes nowhere."""
    with warnings.catch_warnings():
        # Some of its plugins, which it loads all at its first address, import what Python is about to drop.
        warnings.simplefilter("ignore", DeprecationWarning)
        import apprise

        apprise.Apprise.instantiate("json://localhost")
    for name in ("apprise", "urllib3"):
        logger = logging.getLogger(name)
        logger.addHandler(logging.NullHandler())
        logger.propagate = False
    # What it says of a failure is read from its result, whatever the site's level is.
    logging.getLogger("apprise").setLevel(logging.WARNING)
    return apprise


def open_service(way: str, address: str) -> Any:
    """The service an address is of, alone in a sender of its own: no redirects, nothing on disk, no pictures."""
    apprise = load_library()
    asset = apprise.AppriseAsset(
        app_id="Netra",
        app_desc="Netra",
        app_url=settings.ALLOWED_ORIGINS[0],
        image_url_mask="",
        image_url_logo="",
        http_redirects=False,
        async_mode=False,
        storage_mode="memory",
        # Its own limit would use six threads shared by all: six services that hang would silence the others.
        service_timeout=0,
    )
    url = settings.SMS_URL.replace("{phone}", quote(address, safe="")) if way == "sms" else address
    service = apprise.Apprise.instantiate(url, asset=asset) if url else None
    if service is None:
        raise AddressUnreadable
    # A slow answer is an answer: asked again too early, the message would be there twice.
    service.socket_read_timeout = LIMIT_SECONDS
    sender = apprise.Apprise(asset=asset)
    sender.add(service)
    return sender


def notify(breaker: Breaker, sender: Any, title: str, body: str) -> None:
    """Sends by the library and reads what became of it."""
    pass_breaker(breaker)
    try:
        result = within_limit(lambda: sender.notify(title=title, body=body, body_format="text"))
    except TimeoutError:
        raise note(breaker, ReceiverSilent()) from None
    if not result:
        raise note(breaker, failure_of_service(result))
    breaker.record_success()


def failure_of_service(result: Any) -> SendingFailed:
    """By the status of the answer; without one there was none."""
    statuses = [int(found[1]) for entry in result.logs() if (found := STATUS.search(entry.message))]
    if not statuses:
        return ReceiverSilent()
    return AddressRefused() if 300 <= statuses[-1] < 500 and statuses[-1] not in PASSING else ReceiverFailing()
