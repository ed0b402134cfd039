"""The staff's delivery page in a real browser: everybody can read it, it fits a phone, the policy refuses nothing."""

from __future__ import annotations

import math
from datetime import datetime, timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from chat.models import Alert, BreakerChange
from tests.accounts.conftest import own_limits
from tests.chat.delivery_rows import add_attempt, add_minute, add_process, add_stream
from tests.conftest import make_user
from tests.page.look import is_too_wide, picture
from tests.page.test_admin_pages import SCHEMES, SHOTS, boss, complaints

__all__ = ["boss", "own_limits"]
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("own_limits")]
SPANS = ("1h", "24h", "7d")


@pytest.fixture
def troubled_hour(owner: User, boss: User) -> None:
    """An hour in which the push failed for a while, with a gap of twelve minutes, and what came of it."""
    now = timezone.now()
    for minute in range(1, 60):
        if not 20 <= minute < 32:
            count_minute(now - timedelta(minutes=minute), minute)
    add_stream(owner, head=400, acked=120, waits=140, floor=12, health=44)
    add_stream(make_user("somebody.with.a.long.address@subsidiary.example.com"), head=31, acked=None, waits=7_000)
    closed, opened = {"state": "closed", "open_seconds": 0}, {"state": "open", "open_seconds": 95}
    users = {str(owner.id): 2, str(boss.id): 1}
    add_process(
        "web host-a.example.internal web-1",
        hub="deaf",
        sockets=3,
        sockets_of_users=users,
        oldest_unacknowledged=14.2,
        breakers={"publish": opened},
    )
    add_process("web host-a.example.internal web-2", hub="live", sockets=0, sockets_of_users={})
    add_process("worker host-b.example.internal worker-1", "worker", breakers={"publish": opened, "mail": closed})
    changes = (("open", "ConnectionError"), ("half_open", "one try after the pause"), ("open", "ConnectionError"))
    for number, (state, cause) in enumerate(changes):
        at = now - timedelta(seconds=95 - number)
        process = "worker host-b.example.internal worker-1"
        BreakerChange.objects.create(name="publish", process=process, state=state, cause=cause, at=at)
    for seq, (channel, state) in enumerate((("message", "sent"), ("message", "failed"), ("banner", "pending"))):
        add_attempt(owner, channel, state, seq=seq, reason="address refused" if state == "failed" else "")
    add_alerts(now)


def count_minute(at: datetime, minute: int) -> None:
    bad = 40 <= minute < 50
    judged = 200 + minute % 7
    add_minute(
        at,
        judged=judged,
        in_time=judged - (30 if bad else minute % 3),
        pushed=900 + 300 * math.sin(minute / 5),
        appended__notice=1_000 + 300 * math.sin(minute / 5),
        channel__replay=12 + 60 * bad,
        channel__direct=3 * bad,
        live__push=80,
        live__direct=20 * bad + 8,
    )
    add_minute(
        at, "web two", **{"lag__stored_acked__notice__0.025": 90, "lag__stored_acked__notice__2.5": 5 + 60 * bad}
    )


def add_alerts(now: datetime) -> None:
    for rule, severity, evidence, minutes, lasted in (
        ("breaker_open publish", "critical", {"breaker": "publish", "seconds": 95, "process": "worker-1"}, 1, None),
        ("fallback_share", "warning", {"share": 0.091, "push": 80, "direct": 8, "minutes": 5}, 4, None),
        ("delivery_rate", "critical", {"rate": 0.85, "in_time": 170, "of": 200, "minutes": 5}, 48, 9),
    ):
        began = now - timedelta(minutes=minutes)
        ended = began + timedelta(minutes=lasted) if lasted else None
        Alert.objects.create(rule=rule, severity=severity, evidence=evidence, started_at=began, ended_at=ended)


def look(page: Page, address: str, name: str, page_errors: list[str]) -> None:
    """Opens the page, keeps its picture, and holds it to what every staff page has to stand up to."""
    answer = page.goto(address)
    assert answer is not None
    assert answer.status == 200
    assert "default-src 'self'" in answer.headers["content-security-policy"]
    page.wait_for_load_state("networkidle")
    picture(page, SHOTS / f"{name}.png")
    assert not is_too_wide(page), name
    assert complaints(page, page_errors) == [], name
    assert page_errors == [], name


@pytest.mark.long
@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_troubled_hour_can_be_read_everywhere(
    page: Page, live_server: LiveServer, troubled_hour: None, page_errors: list[str], scheme: str
) -> None:
    width, height = SCHEMES[scheme]
    page.set_viewport_size({"width": width, "height": height})
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    for span in SPANS:
        look(page, f"{live_server.url}/admin/delivery/?span={span}", f"delivery-{span}-{scheme}", page_errors)
    look(page, f"{live_server.url}/admin/", f"overview-alarms-{scheme}", page_errors)
    for name in ("alert", "deliveryattempt", "breakerchange"):
        look(page, f"{live_server.url}/admin/chat/{name}/", f"{name}-{scheme}", page_errors)


def test_an_empty_page_can_be_read(page: Page, live_server: LiveServer, boss: User, page_errors: list[str]) -> None:
    look(page, f"{live_server.url}/admin/delivery/", "delivery-empty-light", page_errors)
    expect(page.get_by_text("Nothing is wrong.")).to_be_visible()


def test_the_way_from_the_index_to_the_figures_of_a_week(
    page: Page, live_server: LiveServer, troubled_hour: None, page_errors: list[str]
) -> None:
    page.goto(f"{live_server.url}/admin/")
    page.locator(".alarms a").first.click()
    expect(page.locator("h1")).to_have_text("Delivery")
    page.get_by_role("navigation", name="Span of the charts").get_by_role("link", name="7 days").click()
    expect(page.locator("#charts")).to_have_text("Over 7 days")
    chart = page.get_by_role("img", name="Delivery rate, 7 days")
    expect(chart).to_be_visible()
    expect(chart.locator("desc")).to_contain_text("delivery rate: from")
    table = page.get_by_role("group", name="Delivery rate as a table")
    expect(table).to_be_hidden()
    page.get_by_text("The same figures as a table").first.click()
    expect(table).to_be_visible()
    picture(page, SHOTS / "delivery-table-light.png")
    assert page_errors == []


def test_a_line_stops_where_nothing_was_counted(
    page: Page, live_server: LiveServer, troubled_hour: None, page_errors: list[str]
) -> None:
    page.goto(f"{live_server.url}/admin/delivery/")
    line = page.get_by_role("img", name="Delivery rate, 1 hour").locator("path.line-0")
    assert (line.get_attribute("d") or "").count("M") == 2
