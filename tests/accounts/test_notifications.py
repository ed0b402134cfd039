"""By what people are told that an answer waits: on the page and over REST, theirs alone, and no secret comes back."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import LazySettings
from django.core import mail
from django.test import Client

from accounts.addresses import choice_of, contacts_of
from accounts.models import AuditEntry, ContactChoice, User
from chat import breaker as breakers
from tests.accounts.test_keys import bearer, browser, call
from tests.receivers import Webhook, webhook_receiver

pytestmark = [pytest.mark.usefixtures("quick_hash"), pytest.mark.django_db]
PAGE = "/account/notifications/"
SECRET = "TIiajkdnlazkcOXrIdevi7"
SLACK = f"https://hooks.slack.com/services/T1JJ3T3L2/A1BRTD4JD/{SECRET}"
SLACK_STORED = f"slack://T1JJ3T3L2/A1BRTD4JD/{SECRET}/"
PHONE = "+491701234567"


@pytest.fixture(autouse=True)
def own_breakers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(breakers, "_breakers", {})


@pytest.fixture
def webhook(settings: LazySettings) -> Iterator[Webhook]:
    """A receiver that this site's people may use."""
    settings.CHAT_SCHEMES = ("json",)
    with webhook_receiver() as webhook:
        yield webhook


def put(client: Client, **wish: Any) -> Any:
    return call(client, "put", "me/notifications/", wish)


def kept(user: User) -> tuple[Any, ...]:
    choice = choice_of(user)
    return choice.mail, choice.phone, choice.chat_service, choice.chat_address


def test_everything_is_off_until_somebody_chooses(owner: User) -> None:
    answer = call(bearer(owner, "read"), "get", "me/notifications/").json()
    assert (answer["mail"], answer["sms"], answer["chat"]) == (False, False, False)
    assert contacts_of(owner) == []


def test_mail_is_switched_on_and_off_on_the_page(owner: User) -> None:
    client = browser(owner)
    assert "Saved." in client.post(PAGE, {"mail": "on"}, follow=True).content.decode()
    assert [contact.address for contact in contacts_of(owner)] == [owner.email]
    client.post(PAGE, {"sms": ""})
    assert contacts_of(owner) == []


def test_a_change_is_in_the_trail_without_number_and_address(owner: User, settings: LazySettings) -> None:
    settings.SMS_URL = "twilio://sid:token@from/{phone}"
    client = browser(owner)
    form = {"mail": "on", "sms": "on", "phone": "+49 170 / 123-45.67", "chat": "on", "chat_address": SLACK}
    client.post(PAGE, form)
    client.post(PAGE, {**form, "chat_address": ""})
    entry = AuditEntry.objects.get(action="notifications_changed")
    assert (entry.user, entry.actor) == (owner, owner)
    assert entry.detail == {"mail": True, "sms": True, "chat": "slack"}
    assert kept(owner) == (True, PHONE, "slack", SLACK_STORED)
    assert "Notifications changed" in client.get("/account/").content.decode()


def test_the_chat_address_never_comes_back(owner: User) -> None:
    client = browser(owner)
    client.post(PAGE, {"chat": "on", "chat_address": SLACK})
    page = client.get(PAGE)
    assert "no-store" in page["Cache-Control"]
    assert "Slack (…evi7)" in page.content.decode()
    answers = [page.content.decode(), call(client, "get", "me/notifications/").content.decode()]
    export = b"".join(client.post("/account/data/export/").streaming_content)  # type: ignore[attr-defined]
    archive = zipfile.ZipFile(io.BytesIO(export))
    answers += [archive.read(name).decode() for name in archive.namelist()]
    for part in (SECRET, "T1JJ3T3L2", "A1BRTD4JD"):
        assert not [answer for answer in answers if part in answer]
    assert json.loads(archive.read("notifications.json")) == {
        "mail": False, "sms": False, "phone": None, "chat": True, "chat_service": "slack"
    }  # fmt: skip


def test_an_empty_field_keeps_the_address_and_switching_off_forgets_it(owner: User) -> None:
    client = browser(owner)
    client.post(PAGE, {"chat": "on", "chat_address": SLACK})
    client.post(PAGE, {"chat": "on", "chat_address": "", "mail": "on"})
    assert kept(owner) == (True, "", "slack", SLACK_STORED)
    client.post(PAGE, {"mail": "on"})
    assert kept(owner) == (True, "", "", "")


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        ({"sms": "on", "phone": "0170 1234567"}, "Write the number with a plus"),
        ({"sms": "on", "phone": ""}, "Write the number with a plus"),
        ({"sms": "on", "phone": "+49170123456789012"}, "Write the number with a plus"),
        ({"sms": "on", "phone": "+٤٩١٧٠١٢٣٤٥٦٧"}, "Write the number with a plus"),
        ({"chat": "on", "chat_address": ""}, "Say where"),
        ({"chat": "on", "chat_address": "https://evil.example/x"}, "This is no address that can be used here"),
        ({"chat_address": SLACK}, "Switch chat messages on to use this address"),
    ],
)
def test_what_cannot_be_used_is_said_at_its_field(
    owner: User, settings: LazySettings, form: dict[str, str], sentence: str
) -> None:
    settings.SMS_URL = "twilio://sid:token@from/{phone}"
    page = browser(owner).post(PAGE, form).content.decode()
    assert sentence in page
    assert 'aria-invalid="true"' in page
    assert not ContactChoice.objects.exists()


def test_text_messages_are_offered_only_where_there_is_a_gateway(owner: User, settings: LazySettings) -> None:
    client = browser(owner)
    for url, offered in (("", False), ("twilio://no/place/for/it", False), ("twilio://a:b@c/{phone}", True)):
        settings.SMS_URL = url
        assert ("id_phone" in client.get(PAGE).content.decode()) is offered
    settings.SMS_URL = ""
    answer = put(client, sms=True, phone=PHONE)
    assert (answer.status_code, answer.json()["code"]) == (400, "contact_not_usable")


def test_a_gateway_that_is_taken_away_ends_the_messages(owner: User, settings: LazySettings) -> None:
    settings.SMS_URL = "twilio://a:b@c/{phone}"
    put(browser(owner), sms=True, phone=PHONE)
    assert [contact.address for contact in contacts_of(owner)] == [PHONE]
    settings.SMS_URL = ""
    assert contacts_of(owner) == []


def test_over_rest_what_is_not_named_stays(owner: User, settings: LazySettings) -> None:
    program = bearer(owner)
    assert put(program, mail=True).json()["mail"] is True
    answer = put(program, chat=True, chat_address=SLACK).json()
    assert (answer["mail"], answer["chat_service"], answer["chat_shown"]) == (True, "slack", "Slack (…evi7)")
    assert put(program, chat=False).json()["chat"] is False
    assert kept(owner) == (True, "", "", "")


@pytest.mark.parametrize(
    "body", [{"mail": "perhaps"}, {"phone": ["+49"]}, {"chat_address": "x" * 2_001}, {"chat": True}, {"phone": "+4"}]
)
def test_over_rest_nonsense_is_refused(owner: User, settings: LazySettings, body: dict[str, Any]) -> None:
    settings.SMS_URL = "twilio://a:b@c/{phone}"
    answer = put(bearer(owner), **body)
    assert answer.status_code == 400
    assert answer.json()["code"]
    assert not ContactChoice.objects.exists()


def test_a_key_for_reading_reads_and_changes_nothing(owner: User) -> None:
    answer = put(bearer(owner, "read"), mail=True)
    assert (answer.status_code, answer.json()["code"]) == (403, "read_only_key")
    assert not ContactChoice.objects.exists()


def test_everybody_has_their_own(owner: User, stranger: User) -> None:
    put(browser(owner), mail=True, chat=True, chat_address=SLACK)
    client = browser(stranger)
    put(client, user=str(owner.id), mail=False, chat=False)
    client.post(PAGE, {"user": str(owner.id)})
    assert kept(owner) == (True, "", "slack", SLACK_STORED)
    assert call(client, "get", "me/notifications/").json()["chat_shown"] is None


def test_the_test_message_goes_to_everything_that_is_on(owner: User, stranger: User, webhook: Webhook) -> None:
    client = browser(owner)
    put(client, mail=True, chat=True, chat_address=f"json://{webhook.host}/")
    page = client.post(f"{PAGE}test/", follow=True).content.decode()
    assert f"{owner.email}: sent." in page
    assert [sent.to for sent in mail.outbox] == [[owner.email]]
    assert webhook.calls[0][1]["title"] == "A test message from Netra"


@pytest.mark.parametrize(
    ("status", "sentence"), [(404, "refuses this address"), (500, "cannot take messages at the moment")]
)
def test_the_test_says_in_words_what_was_wrong(owner: User, webhook: Webhook, status: int, sentence: str) -> None:
    webhook.status = status
    client = browser(owner)
    put(client, chat=True, chat_address=f"json://{webhook.host}/secret-path/")
    page = client.post(f"{PAGE}test/", follow=True).content.decode()
    assert sentence in page
    assert "secret-path" not in page


def test_without_a_choice_there_is_nothing_to_test(owner: User) -> None:
    assert "nowhere to send to" in browser(owner).post(f"{PAGE}test/", follow=True).content.decode()
    assert mail.outbox == []


def test_tests_are_few_in_an_hour(owner: User) -> None:
    client = browser(owner)
    put(client, mail=True)
    pages = [client.post(f"{PAGE}test/", follow=True).content.decode() for _ in range(11)]
    assert [("sent." in page, "too often" in page) for page in pages[-2:]] == [(True, False), (False, True)]
    assert len(mail.outbox) == 10


def test_a_test_that_cannot_be_sent_is_no_error_page(owner: User, settings: LazySettings) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", 1, 1
    client = browser(owner)
    put(client, mail=True)
    answer = client.post(f"{PAGE}test/", follow=True)
    assert answer.status_code == 200
    assert "did not answer in time" in answer.content.decode()


def test_a_site_without_the_channel_says_that_it_sends_nothing(owner: User, settings: LazySettings) -> None:
    client = browser(owner)
    assert "sends no messages" not in client.get(PAGE).content.decode()
    settings.CHANNELS = ("push", "replay")
    assert "sends no messages" in client.get(PAGE).content.decode()


def test_the_choice_goes_with_the_account(owner: User) -> None:
    put(browser(owner), mail=True)
    owner.delete()
    assert not ContactChoice.objects.exists()
