"""The page where people choose how they are told, in a browser: light, dark, on a phone, by keyboard."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.conf import LazySettings
from playwright.sync_api import expect

from accounts.models import ContactChoice, User
from tests.page.test_account_pages import Visit, person, visit
from tests.receivers import Webhook, webhook_receiver

__all__ = ["person", "visit"]
pytestmark = pytest.mark.django_db(transaction=True)
PAGE = "/account/notifications/"
ALL_SERVICES = ("discord", "gchat", "msteams", "slack", "tgram")


@pytest.fixture
def webhook(settings: LazySettings) -> Iterator[Webhook]:
    with webhook_receiver() as webhook:
        settings.SMS_URL = f"json://{webhook.host}/{{phone}}/"
        settings.CHAT_SCHEMES = (*ALL_SERVICES, "json")
        yield webhook


def test_choosing_saving_and_trying(visit: Visit, person: User, webhook: Webhook) -> None:
    page = visit.open("/account/")
    page.get_by_role("link", name="Notifications").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Notifications")
    expect(page.locator(".lead")).to_contain_text("have not seen it for 10 minutes")
    expect(page.get_by_role("button", name="Send a test message")).to_have_count(0)
    visit.look("notifications-off")
    page.get_by_label(f"E-mail to {person.email}").check()
    page.get_by_label("Text message").check()
    visit.fill(Mobile_number="+49 170 1234567")
    page.get_by_label("Chat message").check()
    visit.fill(Webhook_address=f"json://{webhook.host}/a-long-secret/")
    visit.press("Save")
    expect(page.locator("main .hint")).to_have_text("Saved.")
    expect(page.locator("main")).to_contain_text("json (…cret)")
    assert "a-long-secret" not in page.content()
    visit.look("notifications-on")
    webhook.status = 404
    visit.press("Send a test message")
    expect(page.locator("main .hint").first).to_have_text(f"{person.email}: sent.")
    expect(page.locator("main .hint").last).to_contain_text("json (…cret): The other side refuses this address.")
    visit.look("notifications-tried")
    assert next(visit.mails.iterdir())


def test_a_wrong_address_is_said_at_the_field(visit: Visit, person: User, webhook: Webhook) -> None:
    page = visit.open(PAGE)
    page.get_by_label("Chat message").check()
    visit.fill(Webhook_address="https://example.com/hook")
    visit.press("Save")
    expect(page.get_by_role("alert")).to_contain_text(
        "Allowed are webhooks, without options, of: Discord, Google Chat,"
    )
    expect(page.get_by_label("Webhook address")).to_have_attribute("aria-invalid", "true")
    visit.look("notifications-refused")
    assert not ContactChoice.objects.exists()


def test_the_page_works_by_keyboard_alone(visit: Visit, person: User, webhook: Webhook) -> None:
    page = visit.open(PAGE)
    page.get_by_label(f"E-mail to {person.email}").focus()
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    expect(page.locator("main .hint")).to_have_text("Saved.")
    assert ContactChoice.objects.get(user=person).mail


def test_only_what_the_site_can_send_by_is_offered(visit: Visit, person: User, settings: LazySettings) -> None:
    settings.SMS_URL, settings.CHAT_SCHEMES, settings.CHANNELS = "", (), ("push",)
    page = visit.open(PAGE)
    expect(page.locator("main input:visible")).to_have_count(1)
    expect(page.locator(".hint")).to_contain_text("sends no messages at the moment")
    visit.look("notifications-mail-only")
