"""The banner in a browser: what a page says once of answers nobody has seen, and how it is put away."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from playwright.sync_api import BrowserContext, Locator, Page, WebSocketRoute, expect

from accounts.models import User
from chat.models import Agent, DeliveryAttempt
from netra.config import PROJECT_FOLDER
from tests.chat.ends import acknowledge_up_to, make_notice, thread_of
from tests.chat.telling import fail
from tests.conftest import make_user
from tests.page.conftest import Run
from tests.page.look import is_too_wide, picture, violations
from tests.page.test_account_pages import DESK, PHONE, TELL_VIOLATIONS, Visit

PICTURES = PROJECT_FOLDER / "test-results" / "banner"
READY = "Your answer in “\u2068{}\u2069” is ready."


def notice(number: int) -> dict[str, Any]:
    """What the API tells of one end."""
    return {"id": number, "type": "agent_completed", "text": f"Answer {number}", "href": f"/t/{number}/"}


TAKE = """
async ({ takeAnswer, fillPlaces, countMore }, { known, answer, path }) => {
  const taken = takeAnswer({ shown: [], queued: [], unlisted: 0, ...known }, answer, path);
  const { state, fresh } = fillPlaces(taken.state);
  const ids = (notices) => notices.map((notice) => notice.id);
  const places = { shown: ids(state.shown), queued: ids(state.queued), more: countMore(state) };
  return { ...places, fresh: ids(fresh), opened: ids(taken.opened) };
}
"""


def take(run: Run, numbers: list[int], *, total: int | None = None, path: str = "/", **known: list[int]) -> Any:
    told = {"notices": [notice(number) for number in numbers], "total": len(numbers) if total is None else total}
    state = {name: [notice(number) for number in found] for name, found in known.items()}
    return run("banner", TAKE, {"known": state, "answer": told, "path": path})


def test_two_are_shown_and_the_rest_is_counted(run: Run) -> None:
    taken = take(run, [9, 8, 7, 6, 5], total=30)
    assert (taken["shown"], taken["queued"], taken["more"]) == ([9, 8], [7, 6, 5], 28)


def test_what_is_on_the_screen_is_not_shown_again(run: Run) -> None:
    taken = take(run, [9, 8], shown=[9])
    assert (taken["shown"], taken["fresh"], taken["more"]) == ([9, 8], [8], 0)


def test_what_waited_for_a_place_and_was_acknowledged_elsewhere_is_dropped(run: Run) -> None:
    taken = take(run, [7], shown=[9, 8], queued=[7, 6])
    assert (taken["shown"], taken["queued"], taken["fresh"]) == ([9, 8], [7], [])


def test_the_page_of_the_answer_itself_needs_no_banner(run: Run) -> None:
    taken = take(run, [9, 8], path="/t/9/")
    assert (taken["shown"], taken["opened"], taken["more"]) == ([8], [9], 0)


@pytest.fixture
def tab(
    page: Page, context: BrowserContext, live_server: Any, settings: LazySettings, tmp_path: Path
) -> Iterator[Visit]:
    """A tab on the running site, whose sockets connect and then say nothing."""
    complaints: list[str] = []
    context.add_init_script(TELL_VIOLATIONS)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.route_web_socket(re.compile("/ws/$"), _keep_silent)
    settings.CACHES = {"default": {**settings.CACHES["default"], "KEY_PREFIX": f"test-{tmp_path}"}}
    settings.DATA_DIR = tmp_path
    settings.ALLOWED_ORIGINS = [live_server.url]
    page.set_viewport_size(DESK)  # type: ignore[arg-type]
    yield Visit(page, live_server.url, tmp_path / "mail")
    page.wait_for_load_state("networkidle")
    page.goto("about:blank")
    assert complaints == []


def _keep_silent(socket: WebSocketRoute) -> None:
    socket.on_message(lambda _: None)


@pytest.fixture
def person(tab: Visit, transactional_db: None) -> User:
    """Somebody who is signed in."""
    Agent.objects.get_or_create(name="netra", defaults={"title": "Netra"})
    user = make_user("owner@example.com")
    tab.sign_in(user.email)
    tab.page.wait_for_load_state("networkidle")
    return user


def open_account(tab: Visit) -> Locator:
    """The notices of a page that has asked for them."""
    with tab.page.expect_response("**/api/v1/notices/"):
        tab.open("/account/")
    return tab.page.locator("#notices .notice")


def wait_seen(made: DeliveryAttempt, page: Page) -> None:
    """Returns when the server has heard that it was shown."""
    for _ in range(100):
        made.refresh_from_db()
        if made.state == "sent":
            return
        page.wait_for_timeout(50)
    pytest.fail("the page did not say that it has shown the notice")


def test_the_next_page_says_once_that_the_answer_is_ready(tab: Visit, person: User) -> None:
    made = make_notice(person, "Costs in May")
    shown = open_account(tab)
    expect(shown).to_have_count(1)
    expect(shown).to_contain_text(READY.format("Costs in May"))
    expect(tab.page.locator("#notices [aria-live]")).to_have_text(READY.format("Costs in May"))
    wait_seen(made, tab.page)
    assert made.sent_at is not None
    open_account(tab)
    expect(tab.page.locator("#notices [aria-live]")).to_have_text("")
    expect(shown).to_have_count(0)


def test_the_link_leads_to_the_conversation(tab: Visit, person: User) -> None:
    made = make_notice(person)
    open_account(tab).get_by_role("link").click()
    expect(tab.page).to_have_url(f"{tab.url}/t/{thread_of(made)}/")


def test_dismissing_by_keyboard_makes_room_for_the_next(tab: Visit, person: User) -> None:
    for number in range(5):
        make_notice(person, f"Thread {number}")
    shown = open_account(tab)
    expect(shown).to_have_count(2)
    expect(shown.first).to_contain_text("Thread 4")
    expect(tab.page.locator(".notice-more")).to_have_text("and 3 more")
    first = tab.page.get_by_role("button", name="Dismiss: Your answer in “\u2068Thread 4\u2069” is ready.")
    first.focus()
    tab.page.keyboard.press("Enter")
    expect(shown).to_have_count(2)
    expect(shown.nth(1)).to_contain_text("Thread 2")
    expect(tab.page.locator(".notice-more")).to_have_text("and 2 more")
    expect(shown.first.get_by_role("button")).to_be_focused()
    for count in (2, 2, 1, 0):
        tab.page.keyboard.press("Escape")
        expect(shown).to_have_count(count)
    expect(tab.page.locator(".notice-more")).to_be_hidden()


@pytest.mark.long
def test_what_had_no_place_is_shown_by_the_page_after(tab: Visit, person: User) -> None:
    made = [make_notice(person, f"Thread {number}") for number in range(3)]
    expect(open_account(tab)).to_have_count(2)
    for attempt in made[1:]:
        wait_seen(attempt, tab.page)
    shown = open_account(tab)
    expect(shown).to_have_count(1)
    expect(shown).to_contain_text("Thread 0")


@pytest.mark.long
def test_looking_at_the_page_again_asks_again(tab: Visit, person: User) -> None:
    tab.page.clock.install()
    shown = open_account(tab)
    expect(shown).to_have_count(0)
    make_notice(person, "Meanwhile")
    tab.page.clock.fast_forward(11_000)
    tab.page.evaluate("dispatchEvent(new Event('focus'))")
    expect(shown).to_contain_text("Meanwhile")


def test_a_page_that_acknowledges_over_its_socket_shows_nothing(tab: Visit, person: User) -> None:
    made = make_notice(person)
    tab.page.clock.install()
    tab.open("/")
    acknowledge_up_to(person, made.seq)
    with tab.page.expect_response("**/api/v1/notices/"):
        tab.page.clock.fast_forward(7_000)
    expect(tab.page.locator("#notices .notice")).to_have_count(0)


def test_opening_the_conversation_marks_its_notice_as_seen(tab: Visit, person: User) -> None:
    made = make_notice(person)
    other = make_notice(person, "Another one", ending=fail)
    tab.page.clock.install()
    tab.open(f"/t/{thread_of(made)}/")
    tab.page.clock.fast_forward(7_000)
    wait_seen(made, tab.page)
    shown = tab.page.locator("#notices .notice")
    expect(shown).to_have_count(1)
    expect(shown).to_contain_text("“\u2068Another one\u2069” failed.")
    wait_seen(other, tab.page)


def test_a_strangers_page_says_nothing(tab: Visit, person: User) -> None:
    made = make_notice(make_user("stranger@example.com"))
    expect(open_account(tab)).to_have_count(0)
    made.refresh_from_db()
    assert made.state == "pending"


def test_who_is_not_signed_in_is_not_asked_for(tab: Visit, transactional_db: None) -> None:
    asked: list[str] = []
    tab.page.on("request", lambda request: asked.append(request.url))
    tab.open("/accounts/login/")
    tab.page.wait_for_load_state("networkidle")
    assert tab.page.locator("#notices").count() == 0
    assert not [url for url in asked if "notices" in url or "banner.js" in url]


def test_a_title_is_text_whatever_it_holds(tab: Visit, person: User) -> None:
    make_notice(person, "<img src=x onerror=alert(1)> & عربي")
    shown = open_account(tab)
    expect(shown).to_contain_text("<img src=x onerror=alert(1)> & عربي")
    assert shown.locator("img").count() == 0


@pytest.mark.long
def test_the_banner_can_be_read_by_everybody(tab: Visit, person: User) -> None:
    """Light, dark and on a phone: three ends each, one of them a failure with a long name."""
    for scheme, size, name in (("light", DESK, "light"), ("dark", DESK, "dark"), ("light", PHONE, "phone")):
        DeliveryAttempt.objects.all().delete()
        made = [make_notice(person, title) for title in ("Costs in May", "Which team spends most?")]
        made.append(make_notice(person, "A" * 60 + " very long name of a conversation", ending=fail))
        tab.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
        tab.page.set_viewport_size(size)  # type: ignore[arg-type]
        shown = open_account(tab)
        expect(shown).to_have_count(2)
        assert shown.first.evaluate("(node) => getComputedStyle(node).animationName") == "none"
        picture(tab.page, PICTURES / f"{name}.png")
        assert not is_too_wide(tab.page)
        assert violations(tab.page) == []
