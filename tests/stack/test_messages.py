"""The message channel alone on a whole Netra: the end of a run arrives as one mail, whatever the mail server does."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import psycopg
import pytest

from tests.receivers import Mailbox, Webhook, smtp_server, wait_for, webhook_receiver
from tests.stack.clients import Caller
from tests.stack.conftest import own_stack
from tests.stack.people import browser_session, csrf, database_of, new_person, sign_in_as
from tests.stack_process import Stack

# No limit of time, only of patience: the machine may be busy.
PATIENCE_SECONDS: Final = 60.0
QUIET_SECONDS: Final = 5.0
FIND_ATTEMPTS: Final = (
    "SELECT state, tries, reason FROM chat_deliveryattempt WHERE user_id = %s AND channel = 'message'"
)


@dataclass(frozen=True)
class Site:
    """A Netra whose only way to people is a message."""

    stack: Stack
    database: psycopg.Connection[Any]
    mailbox: Mailbox
    webhook: Webhook

    def mails_to(self, email: str) -> list[Any]:
        return [mail for mail in self.mailbox.mails if mail["To"] == email]

    def attempts(self, user_id: uuid.UUID) -> list[tuple[str, int, str]]:
        return list(self.database.execute(FIND_ATTEMPTS, (user_id,)).fetchall())

    def logs(self) -> str:
        return "".join(self.stack.log(name) for name in ("web", "worker", "duties"))


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    with smtp_server() as (mailbox, port), webhook_receiver() as webhook:
        variables = {
            "NETRA_SMTP_URL": f"smtp://127.0.0.1:{port}",
            "NETRA_MAIL_FROM": "Netra <netra@example.com>",
            "NETRA_CHANNELS": "message",
            "NETRA_MESSAGE_SECONDS": "1",
            "NETRA_CHAT_SCHEMES": "json",
        }
        with own_stack(variables) as stack, database_of(stack) as database:
            yield Site(stack, database, mailbox, webhook)


@pytest.fixture
def person(site: Site) -> tuple[Caller, str, uuid.UUID]:
    """Somebody with a key, who has chosen nothing yet."""
    email, user_id = new_person(site.database)
    return sign_in_as(site.stack, email), email, user_id


def ask(caller: Caller) -> str:
    """Starts a run in a thread called Costs, gives the thread's id."""
    thread = caller.post("threads/", {"title": "Costs"})
    caller.post(f"threads/{thread['id']}/messages/", {"text": "What do we spend?", "client_id": uuid.uuid4().hex})
    return str(thread["id"])


def test_the_end_of_a_run_arrives_as_one_mail(site: Site, person: tuple[Caller, str, uuid.UUID]) -> None:
    caller, email, user_id = person
    caller.put("me/notifications/", {"mail": True, "chat": True, "chat_address": f"json://{site.webhook.host}/s3cret/"})
    thread_id = ask(caller)
    wait_for(lambda: site.attempts(user_id) == [("sent", 1, "")], PATIENCE_SECONDS)
    time.sleep(QUIET_SECONDS)
    (mail,) = site.mails_to(email)
    assert mail["Subject"] == "Your answer in “Costs” is ready"
    assert f"{site.stack.url.rsplit(':', 1)[1]}/t/{thread_id}/" in mail.get_content()
    assert [path for path, _ in site.webhook.calls] == ["/s3cret/"]
    assert site.attempts(user_id) == [("sent", 1, "")]
    for secret in ("s3cret", email, "Costs"):
        assert secret not in site.logs()


@pytest.mark.long
def test_a_mail_server_that_dies_delays_the_mail_and_nothing_else(
    site: Site, person: tuple[Caller, str, uuid.UUID]
) -> None:
    caller, email, user_id = person
    caller.put("me/notifications/", {"mail": True})
    site.mailbox.behaviour = "dies"
    ask(caller)
    wait_for(lambda: site.attempts(user_id) == [("pending", 1, "mail: receiver_failing")], PATIENCE_SECONDS)
    site.mailbox.behaviour = "well"
    wait_for(lambda: site.attempts(user_id) == [("sent", 2, "")], PATIENCE_SECONDS)
    assert len(site.mails_to(email)) == 1


def test_who_has_chosen_nothing_gets_no_mail(site: Site, person: tuple[Caller, str, uuid.UUID]) -> None:
    caller, email, user_id = person
    ask(caller)
    wait_for(lambda: site.attempts(user_id) == [("cancelled", 1, "nothing chosen")], PATIENCE_SECONDS)
    assert site.mails_to(email) == []


def test_the_test_message_of_the_page_comes_from_the_web_server(
    site: Site, person: tuple[Caller, str, uuid.UUID]
) -> None:
    caller, email, _ = person
    caller.put("me/notifications/", {"mail": True})
    with browser_session(site.stack, email) as browser:
        browser.get("/account/notifications/")
        page = browser.post("/account/notifications/test/", data=csrf(browser)).text
    assert f"{email}: sent." in page
    assert [mail["Subject"] for mail in site.mails_to(email)] == ["A test message from Netra"]
