"""Every staff page in a real browser: nothing is refused by the policy, everybody can read it, it fits a phone."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import BrowserContext, Page, expect
from pytest_django.live_server_helper import LiveServer

from accounts.models import ApiKey, AuditEntry, User
from agents.models import AgentSettings, DataSet, DataSetVersion, PriceOverride
from chat.models import Agent, Heartbeat, Run
from chat.runs import retry_run
from netra.config import PROJECT_FOLDER
from tests.chat.telling import begin, fail, lose_worker, take, told_run, use_tool
from tests.chat.test_admin_timeline import tell_team
from tests.conftest import make_user
from tests.page.look import is_too_wide, picture, violations
from tests.staff import VIEW, make_staff, make_superuser, signed_in

pytestmark = pytest.mark.django_db(transaction=True)
SHOTS = PROJECT_FOLDER / "test-results" / "admin"
SCHEMES = {"light": (1280, 900), "dark": (1280, 900), "phone": (390, 844)}


@pytest.fixture
def troubled(owner: User, agent: Agent) -> Run:
    """A run that lost its worker once, thought, called tools that came back or not, and failed."""
    run = begin(owner, "troubled", text="What do we spend on the support bot?")
    use_tool(run, begin=1.4, end=3.1)
    lose_worker(run)
    take(run, at=34.0)
    use_tool(run, begin=35.0, end=41.0, call_id="c2")
    use_tool(run, begin=41.5, end=42.0, call_id="c3", outcome="failed")
    fail(run, at=44.0)
    return run


@pytest.fixture
def world(owner: User, troubled: Run) -> dict[str, Any]:
    """Something on every page."""
    now = timezone.now()
    told = told_run(owner, "told")
    retry_run(owner, told.id, "again")
    team = tell_team(owner)
    fail(team, at=9.0)
    begin(make_user("somebody.with.a.long.address@subsidiary.example.com"), "running")
    key, _ = ApiKey.objects.create(user=owner, name="nightly report")
    data = DataSet.objects.create(user=owner, title="Invoices", status="ready")
    days = {"first_day": now.date(), "last_day": now.date()}
    DataSetVersion.objects.create(data_set=data, number=1, rows=120_000, bytes=5_400_000, **days)
    settings = AgentSettings.objects.create(name="netra", request_limit=8)
    for name, kind in (("web-1", "web"), ("worker-1", "worker")):
        Heartbeat.objects.create(name=name, kind=kind, version="0.1.0", started_at=now, seen_at=now)
    price = PriceOverride.objects.create(
        provider="anthropic",
        model="claude-sonnet-4-5",
        token_class="output",
        price=Decimal(12),
        valid_from=now.date(),
        note="Contract of November",
        created_by=owner,
    )
    entry = AuditEntry.objects.create(action="signed_in", user=owner, actor=owner, ip="192.0.2.7")
    return {
        "run": told,
        "troubled": troubled,
        "team": team,
        "key": key,
        "data": data,
        "settings": settings,
        "entry": entry,
        "price": price,
    }


@pytest.fixture
def boss(context: BrowserContext, live_server: LiveServer) -> User:
    """A superuser, signed in to the browser."""
    person = make_superuser()
    sign_in(context, live_server, person)
    return person


def sign_in(context: BrowserContext, live_server: LiveServer, person: User) -> None:
    session = signed_in(person).cookies["sessionid"].value
    context.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])


def addresses(world: dict[str, Any], owner: User) -> dict[str, str]:
    """Every page of the staff, by the name of its picture."""
    run, troubled = world["run"], world["troubled"]
    return {
        "overview": "",
        "app": "chat/",
        "runs": "chat/run/",
        "runs-filtered": "chat/run/?status__exact=failed&person=owner",
        "runs-nothing": "chat/run/?q=nothing+like+it",
        "run": f"chat/run/{run.id}/change/",
        "run-troubled": f"chat/run/{troubled.id}/change/",
        "run-team": f"chat/run/{world['team'].id}/change/",
        "threads": "chat/thread/",
        "thread": f"chat/thread/{run.thread_id}/change/",
        "users": "accounts/user/",
        "user": f"accounts/user/{owner.id}/change/",
        "user-add": "accounts/user/add/",
        "user-password": f"accounts/user/{owner.id}/password/",
        "keys": "accounts/apikey/",
        "key": f"accounts/apikey/{world['key'].pk}/change/",
        "key-delete": f"accounts/apikey/{world['key'].pk}/delete/",
        "trail": "accounts/auditentry/",
        "trail-entry": f"accounts/auditentry/{world['entry'].pk}/change/",
        "agents": "chat/agent/",
        "agent": "chat/agent/netra/change/",
        "settings-list": "agents/agentsettings/",
        "settings": f"agents/agentsettings/{world['settings'].pk}/change/",
        "settings-add": "agents/agentsettings/add/",
        "data-sets": "agents/dataset/",
        "data-set": f"agents/dataset/{world['data'].pk}/change/",
        "prices": "agents/priceoverride/",
        "price": f"agents/priceoverride/{world['price'].pk}/change/",
        "price-add": "agents/priceoverride/add/",
        "price-models": "agents/priceoverride/models/?q=gpt-4o",
        "price-history": "agents/priceoverride/models/prices/?provider=anthropic&model=claude-sonnet-4-5",
        "broken-filter": "chat/run/?e=1&p=99999",
    }


def complaints(page: Page, page_errors: list[str]) -> list[str]:
    """What axe finds; the styles it tries out are not the page's complaints."""
    before = list(page_errors)
    found = violations(page)
    page_errors[:] = before
    return found


@pytest.mark.long
@pytest.mark.parametrize("scheme", SCHEMES)
def test_every_page_can_be_read_and_the_policy_refuses_nothing(
    page: Page, live_server: LiveServer, boss: User, world: dict[str, Any], owner: User, page_errors: list[str],
    scheme: str,
) -> None:  # fmt: skip
    width, height = SCHEMES[scheme]
    page.set_viewport_size({"width": width, "height": height})
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    faults: dict[str, Any] = {}
    for name, address in addresses(world, owner).items():
        answer = page.goto(f"{live_server.url}/admin/{address}")
        assert answer is not None
        assert answer.status == 200, name
        assert "default-src 'self'" in answer.headers["content-security-policy"]
        page.wait_for_load_state("networkidle")
        found = [*page_errors, *(["scrolls sideways"] if is_too_wide(page) else [])]
        picture(page, SHOTS / f"{name}-{scheme}.png")
        found += complaints(page, page_errors)
        page_errors.clear()
        if found:
            faults[name] = found
    assert faults == {}, json.dumps(faults, indent=1)


def test_staff_stop_a_run_in_the_browser(
    page: Page, live_server: LiveServer, boss: User, world: dict[str, Any], page_errors: list[str]
) -> None:
    running = Run.objects.get(client_id="running")
    page.goto(f"{live_server.url}/admin/chat/run/{running.id}/change/")
    page.get_by_role("button", name="Stop").click()
    expect(page.locator(".messagelist")).to_contain_text("is being stopped")
    running.refresh_from_db()
    assert running.cancel_requested_at is not None


@pytest.mark.long
def test_staff_choose_several_runs_and_confirm(
    page: Page, live_server: LiveServer, boss: User, world: dict[str, Any], page_errors: list[str]
) -> None:
    page.goto(f"{live_server.url}/admin/chat/run/")
    for box in page.locator("input.action-select").all():
        box.check()
    page.locator("select[name=action]").select_option(label="Stop the selected runs")
    page.get_by_role("button", name="Go").click()
    expect(page.locator("h1")).to_have_text("Stop these runs?")
    picture(page, SHOTS / "confirm-light.png")
    page.get_by_role("button", name="Yes, do it").click()
    expect(page.locator(".messagelist")).to_contain_text("stopped")


def test_a_person_is_found_by_typing_into_the_filter(
    page: Page, live_server: LiveServer, boss: User, world: dict[str, Any], page_errors: list[str]
) -> None:
    page.goto(f"{live_server.url}/admin/chat/run/?status__exact=running")
    page.get_by_label("Person: address or id").fill("long.address")
    page.keyboard.press("Enter")
    expect(page.locator("#result_list tbody tr")).to_have_count(1)
    assert "status__exact=running" in page.url


def test_a_viewer_sees_times_and_no_words(
    page: Page, context: BrowserContext, live_server: LiveServer, world: dict[str, Any], page_errors: list[str]
) -> None:
    sign_in(context, live_server, make_staff("viewer@example.com", *VIEW))
    for path in (f"run/{world['troubled'].id}", f"thread/{world['troubled'].thread_id}"):
        page.goto(f"{live_server.url}/admin/chat/{path}/change/")
        expect(page.locator("body")).to_contain_text("shown to staff with the permission to read it")
        expect(page.locator("body")).not_to_contain_text("support bot")
        assert complaints(page, page_errors) == []


def test_staff_get_back_to_the_chat_and_out(
    page: Page, live_server: LiveServer, boss: User, world: dict[str, Any], page_errors: list[str]
) -> None:
    page.goto(f"{live_server.url}/admin/")
    expect(page.get_by_role("link", name="Back to the chat")).to_have_attribute("href", "/")
    expect(page).to_have_title("Overview · Netra")
    page.get_by_role("button", name="Sign out").click()
    page.goto(f"{live_server.url}/admin/chat/run/")
    assert "/chat/run/" not in page.url.split("?")[0]


@pytest.mark.long
def test_an_agents_settings_are_refused_in_sentences(
    page: Page, live_server: LiveServer, boss: User, world: dict[str, Any], page_errors: list[str]
) -> None:
    page.goto(f"{live_server.url}/admin/chat/agent/")
    page.get_by_role("link", name="changed by staff").click()
    page.get_by_label("Model:", exact=True).fill("oracle:big")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(".errorlist")).to_contain_text("No model provider is called “oracle”.")
    picture(page, SHOTS / "settings-refused-light.png")
    assert complaints(page, page_errors) == []


def test_a_telling_step_by_step(
    page: Page, live_server: LiveServer, boss: User, world: dict[str, Any], page_errors: list[str]
) -> None:
    page.goto(f"{live_server.url}/admin/chat/run/{world['troubled'].id}/change/")
    titles = page.locator(".steps tr.attempt").all_inner_texts()
    assert [title.strip() for title in titles] == ["Before the first attempt", "Attempt 1", "Attempt 2"]
    assert page.locator(".bars rect.tool").count() == 3
    assert page.locator(".bars rect.bad").count() >= 2
    page.locator(".steps summary").first.click()
    expect(page.locator(".quote pre").first).to_be_visible()
