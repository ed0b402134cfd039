"""The account pages in a browser: every one light, dark and on a phone, with axe and without a refused script."""

from __future__ import annotations

import email
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from django.utils import timezone
from playwright.sync_api import BrowserContext, Page, expect

from accounts.keys import make_key
from accounts.models import ApiKey, Session, User
from netra.config import PROJECT_FOLDER
from tests.conftest import PASSWORD, make_user
from tests.page.look import is_too_wide, picture, violations

pytestmark = pytest.mark.django_db(transaction=True)
PICTURES = PROJECT_FOLDER / "test-results" / "account"
PHONE = {"width": 390, "height": 844}
DESK = {"width": 1280, "height": 860}
NEW = "somebody.with-a-long-name@department.example.com"
OTHER_PASSWORD = "another horse battery staple"
TELL_VIOLATIONS = """
addEventListener("securitypolicyviolation", (event) => console.error("refused", event.violatedDirective));
"""


class Visit:
    """One tab on the running site, and the mails that it was sent."""

    def __init__(self, page: Page, url: str, mails: Path) -> None:
        self.page = page
        self.url = url
        self.mails = mails

    def open(self, path: str) -> Page:
        self.page.goto(self.url + path)
        return self.page

    def sign_in(self, address: str, password: str = PASSWORD, then: str = "/account/") -> None:
        self.open(f"/accounts/login/?next={then}")
        self.fill(Email=address, Password=password)
        self.press("Sign in")
        expect(self.page).to_have_url(self.url + then)

    def fill(self, **fields: str) -> None:
        for label, text in fields.items():
            self.page.get_by_label(label.replace("_", " "), exact=True).fill(text)

    def press(self, name: str) -> None:
        self.page.get_by_role("button", name=name, exact=True).click()

    def follow_mail(self) -> str:
        """Opens the link of the newest mail; gives the mail's text."""
        newest = max(self.mails.iterdir(), key=lambda path: path.stat().st_mtime_ns)
        text = mail_text(newest)
        found = re.search(rf"{self.url}\S+", text)
        assert found, text
        self.page.goto(found[0])
        return text

    def look(self, name: str) -> None:
        """Takes the three pictures, asks axe each time, and measures that nothing sticks out."""
        for scheme in ("light", "dark"):
            self.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            self.look_at(f"{name}-{scheme}", DESK)
        self.page.emulate_media(color_scheme="light", reduced_motion="reduce")
        self.look_at(f"{name}-phone", PHONE)
        self.page.set_viewport_size(DESK)  # type: ignore[arg-type]

    def look_at(self, name: str, size: dict[str, int]) -> None:
        self.page.set_viewport_size(size)  # type: ignore[arg-type]
        picture(self.page, PICTURES / f"{name}.png")
        assert not is_too_wide(self.page), name
        assert violations(self.page) == [], name


def mail_text(path: Path) -> str:
    message = email.message_from_string(path.read_text().split("-" * 79)[0])
    payload = message.get_payload(decode=True)
    assert isinstance(payload, bytes)
    return payload.decode()


@pytest.fixture
def visit(
    page: Page, context: BrowserContext, live_server: Any, settings: LazySettings, tmp_path: Path
) -> Iterator[Visit]:
    complaints: list[str] = []
    context.add_init_script(TELL_VIOLATIONS)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    settings.CACHES = {"default": {**settings.CACHES["default"], "KEY_PREFIX": f"test-{tmp_path}"}}
    settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    settings.EMAIL_FILE_PATH = tmp_path / "mail"
    settings.DATA_DIR = tmp_path
    settings.ALLOWED_ORIGINS = [live_server.url]
    page.set_viewport_size(DESK)  # type: ignore[arg-type]
    yield Visit(page, live_server.url, tmp_path / "mail")
    assert complaints == []


@pytest.fixture
def person(visit: Visit) -> User:
    """Somebody who is signed in."""
    user = make_user("owner@example.com")
    visit.sign_in(user.email)
    return user


def test_the_whole_way_from_signing_up_to_a_new_password(visit: Visit) -> None:
    page = visit.open("/accounts/login/?next=/account/")
    visit.look("sign-in")
    page.get_by_role("link", name="Sign up").click()
    expect(page.get_by_label("Email")).to_be_focused()
    expect(page.locator(".field-help")).to_contain_text("at least 10 characters")
    visit.look("sign-up")
    visit.fill(**{"Email": NEW, "Password": PASSWORD, "Password (again)": PASSWORD})
    visit.press("Sign up")
    expect(page.get_by_role("heading")).to_have_text("Check your mail")
    expect(page.locator("main")).to_contain_text(NEW)
    visit.look("check-your-mail")
    assert "open" in visit.follow_mail()
    visit.look("confirm-address")
    visit.press("Yes, confirm")
    expect(page).to_have_url(f"{visit.url}/account/")
    visit.look("profile-new")
    visit.open("/accounts/logout/")
    visit.look("sign-out")
    visit.press("Sign out")
    expect(page.get_by_role("status")).to_have_text("You are signed out.")
    page.get_by_role("link", name="Forgot your password?").click()
    visit.look("forgot-password")
    visit.fill(Email=NEW)
    visit.press("Send the link")
    expect(page.get_by_role("heading")).to_have_text("Check your mail")
    visit.look("reset-sent")
    visit.follow_mail()
    expect(page.get_by_role("heading")).to_have_text("Choose a new password")
    visit.look("choose-password")
    visit.fill(**{"New password": OTHER_PASSWORD, "New password (again)": OTHER_PASSWORD})
    visit.press("Set the password")
    expect(page.get_by_role("heading")).to_have_text("Your password is changed")
    visit.look("password-set")
    visit.sign_in(NEW, OTHER_PASSWORD)


@pytest.mark.long
def test_a_refused_sign_in_says_why(visit: Visit) -> None:
    visit.open("/accounts/login/")
    visit.fill(Email="nobody@example.com", Password="wrong")
    visit.press("Sign in")
    expect(visit.page.get_by_role("alert")).to_have_text("E-mail or password is not right.")
    visit.look("sign-in-refused")


@pytest.mark.long
def test_a_refused_sign_up_says_why_at_the_field(visit: Visit) -> None:
    visit.open("/accounts/signup/")
    visit.fill(**{"Email": "new@example.com", "Password": "12345", "Password (again)": "12345"})
    visit.press("Sign up")
    expect(visit.page.get_by_role("alert")).to_contain_text("too short")
    wrong = visit.page.get_by_label("Password", exact=True)
    expect(wrong).to_have_attribute("aria-invalid", "true")
    expect(wrong).to_be_focused()
    visit.look("sign-up-refused")


@pytest.mark.long
def test_pages_that_only_say_something(visit: Visit, settings: LazySettings) -> None:
    for name, path in (
        ("inactive", "/accounts/inactive/"),
        ("bad-confirmation", "/accounts/confirm-email/invented/"),
        ("bad-reset", "/accounts/password/reset/key/abc-def/"),
    ):
        visit.open(path)
        visit.look(name)
    settings.SIGN_UP_OPEN = False
    visit.open("/accounts/signup/")
    expect(visit.page.get_by_role("heading")).to_have_text("Sign-up is closed")
    visit.look("sign-up-closed")


@pytest.mark.long
def test_the_confirmation_is_asked_for_again_by_keyboard(visit: Visit) -> None:
    page = visit.open("/accounts/confirm-email/")
    expect(page.get_by_label("Email")).to_be_focused()
    visit.look("confirm-again")
    page.get_by_label("Email").fill("nobody@example.com")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("the mail is on its way")
    page.get_by_text("No mail came").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_label("Email")).to_be_visible()
    visit.look("sent-again")


@pytest.mark.long
def test_what_a_password_manager_needs_is_there(visit: Visit) -> None:
    wanted = {
        "/accounts/login/": ["username", "current-password"],
        "/accounts/signup/": ["username", "new-password", "new-password"],
        "/accounts/password/reset/": ["username"],
    }
    for path, values in wanted.items():
        page = visit.open(path)
        assert page.locator("main input:visible").evaluate_all("(nodes) => nodes.map((n) => n.autocomplete)") == values


@pytest.mark.long
def test_the_profile_says_who_one_is_and_what_happened(visit: Visit, person: User) -> None:
    make_key(person, name="nightly report")
    page = visit.open("/account/")
    expect(page.locator("main")).to_contain_text("owner@example.com")
    expect(page.locator(".limits li")).to_have_count(7)
    expect(page.locator(".activity li")).to_have_count(2)
    expect(page.locator(".activity li").first).to_contain_text("API key made: nightly report")
    expect(page.get_by_role("link", name="Profile")).to_have_attribute("aria-current", "page")
    expect(page.get_by_role("link", name="Back to the chat")).to_have_attribute("href", "/")
    visit.look("profile")


@pytest.mark.long
def test_every_page_is_reached_from_every_other(visit: Visit, person: User) -> None:
    page = visit.open("/account/")
    for name in ("Password", "Sessions", "API keys", "Data and deletion", "Profile"):
        page.get_by_role("navigation").get_by_role("link", name=name).click()
        expect(page.get_by_role("heading", level=1)).to_have_text(name)
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()


@pytest.mark.long
def test_the_password_is_changed_and_this_browser_stays(visit: Visit, person: User) -> None:
    page = visit.open("/account/password/")
    visit.look("password")
    visit.fill(**{"Current password": "wrong", "New password": OTHER_PASSWORD, "New password (again)": OTHER_PASSWORD})
    visit.press("Change the password")
    expect(page.get_by_role("alert")).to_have_text("This is not your current password.")
    visit.look("password-refused")
    visit.fill(**{"Current password": PASSWORD, "New password": OTHER_PASSWORD, "New password (again)": OTHER_PASSWORD})
    visit.press("Change the password")
    expect(page.get_by_role("status")).to_have_text("Your password is changed.")
    visit.look("password-changed")
    assert "was changed on" in mail_text(next(visit.mails.iterdir()))


def add_sessions(user: User) -> None:
    """A phone elsewhere, and a script that says nothing of itself."""
    now = timezone.now()
    agents = ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1", "")
    for number, agent in enumerate(agents):
        Session.objects.create(
            session_key=f"{number}" * 32,
            user=user,
            ip=("203.0.113.5", "2001:db8:85a3:1234:5678:8a2e:370:7334")[number],
            user_agent=agent,
            began_at=now - timedelta(days=3),
            seen_at=now - timedelta(hours=1),
            expire_date=now + timedelta(days=1),
        )


@pytest.mark.long
def test_another_session_is_ended(visit: Visit, person: User) -> None:
    add_sessions(person)
    page = visit.open("/account/sessions/")
    expect(page.locator(".rows li")).to_have_count(3)
    expect(page.locator(".rows li").first).to_contain_text("This one")
    visit.look("sessions")
    page.get_by_role("button", name=re.compile("Sign out Safari on iPhone")).click()
    expect(page.get_by_role("status")).to_have_text("Safari on iPhone is signed out.")
    expect(page.locator(".rows li")).to_have_count(2)


def test_signing_out_everywhere_ends_at_the_sign_in_page(visit: Visit, person: User) -> None:
    visit.open("/account/sessions/")
    visit.press("Sign out everywhere")
    expect(visit.page.get_by_role("status")).to_have_text("You are signed out everywhere.")
    visit.look("signed-out-everywhere")
    visit.open("/account/")
    expect(visit.page).to_have_url(f"{visit.url}/accounts/login/?next=/account/")


def test_a_key_is_made_copied_once_and_revoked(visit: Visit, person: User, context: BrowserContext) -> None:
    context.grant_permissions(["clipboard-read", "clipboard-write"], origin=visit.url)
    page = visit.open("/account/keys/")
    expect(page.locator(".empty")).to_be_visible()
    visit.look("keys-none")
    visit.fill(Name="nightly report")
    page.get_by_label("Ends after").select_option("365")
    visit.press("Make the key")
    text = page.locator("#new-key").inner_text()
    assert text.startswith("netra_")
    visit.look("keys-new")
    visit.press("Copy")
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == text
    visit.open("/account/keys/")
    expect(page.get_by_text(text)).to_have_count(0)
    ended, _ = make_key(person, name="an older key with a name that is rather long for such a small list of keys")
    ApiKey.objects.filter(digest=ended.digest).update(expiry=timezone.now() - timedelta(days=1))
    page.reload()
    visit.look("keys")
    page.get_by_role("link", name="Revoke nightly report").click()
    visit.look("key-revoke")
    visit.press("Revoke the key")
    expect(page.get_by_role("status")).to_have_text("The key “nightly report” is revoked.")


@pytest.mark.long
def test_the_export_is_a_download(visit: Visit, person: User, tmp_path: Path) -> None:
    visit.open("/account/data/")
    visit.look("data")
    with visit.page.expect_download() as download:
        visit.press("Export my data")
    assert download.value.suggested_filename == "netra-export.zip"
    download.value.save_as(tmp_path / "export.zip")
    assert (tmp_path / "export.zip").read_bytes().startswith(b"PK")


def test_an_account_is_deleted_with_password_and_words(visit: Visit, person: User) -> None:
    page = visit.open("/account/data/")
    words = "Type “delete my account”"
    visit.fill(**{"Password": "wrong", words: "delete my account"})
    visit.press("Delete my account")
    expect(page.get_by_role("alert")).to_have_text("This is not your password.")
    visit.look("delete-refused")
    visit.fill(**{"Password": PASSWORD, words: "delete my account"})
    visit.press("Delete my account")
    expect(page.get_by_role("status")).to_have_text("Your account and everything in it are deleted.")
    visit.look("deleted")
    assert not User.objects.exists()


@pytest.mark.long
def test_a_key_can_be_copied_by_hand_where_the_clipboard_is_closed(visit: Visit, person: User) -> None:
    page = visit.open("/account/keys/")
    page.add_init_script("Object.defineProperty(navigator, 'clipboard', { value: undefined })")
    visit.fill(Name="by hand")
    visit.press("Make the key")
    visit.press("Copy")
    expect(page.get_by_role("button", name="Press Ctrl+C")).to_be_visible()
    assert page.evaluate("String(getSelection())") == page.locator("#new-key").inner_text()
