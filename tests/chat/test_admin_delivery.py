"""The staff's delivery page: who sees it, what each part says of known rows, and that it quotes nobody."""

from __future__ import annotations

import re
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.utils import timezone

from accounts.admin.forms import grantable_permissions
from accounts.models import User
from accounts.staff import NOTHING
from chat.admin.delivery_alerts import name_rule
from chat.admin.delivery_channels import WAYS
from chat.admin.delivery_now import PAUSES_SECONDS, describe_next_try, figures_of
from chat.alerts.rules import RULES, Figures
from chat.breaker import OPEN_SECONDS, breaker_named
from chat.emitter.publisher import Publisher
from chat.heartbeats import Beat
from chat.models import Agent, Alert, BreakerChange, DeliveryAttempt
from chat.threads import post_message
from netra.delivery_choices import CHANNELS
from tests.accounts.conftest import own_limits
from tests.chat.delivery_rows import add_attempt, add_minute, add_process, add_stream
from tests.chat.test_admin import NONSENSE
from tests.conftest import make_user
from tests.staff import VIEW, count_queries, make_staff, make_superuser, signed_in

__all__ = ["own_limits"]
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_limits")]
PAGE = "/admin/delivery/"
LISTS = ("chat/alert", "chat/deliveryattempt", "chat/breakerchange")
SECRET = "what-somebody-wrote-7d21"


@pytest.fixture
def admin() -> Client:
    return signed_in(make_superuser())


def read(client: Client, path: str = PAGE) -> str:
    """The page as it came."""
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.content.decode()


def part(client: Client, name: str, path: str = PAGE) -> str:
    """One section's words, with one space between them."""
    found = re.search(rf'<section [^>]*aria-labelledby="{name}">.*?</section>', read(client, path), re.DOTALL)
    assert found, name
    return words(found[0])


def words(html: str) -> str:
    """The text without its marks, with a plain dash for nothing."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html)).strip().replace(NOTHING, "-")


def rows(client: Client, name: str) -> list[str]:
    """The words of each row of a section's tables, without their heads."""
    found = re.search(rf'<section [^>]*aria-labelledby="{name}">.*?</section>', read(client), re.DOTALL)
    assert found, name
    return [words(row) for row in re.findall(r"<tr>(.*?)</tr>", found[0]) if "<td" in row]


def figure(client: Client, label: str) -> str:
    """A figure of the first section: its value and its note."""
    found = re.search(rf'<span class="label">{label}</span>(.*?)(<details|</div>)', read(client))
    assert found, label
    return words(found[1])


def open_alert(rule: str, severity: str = "critical", *, minutes_ago: float = 3, **evidence: Any) -> Alert:
    began = timezone.now() - timedelta(minutes=minutes_ago)
    return Alert.objects.create(rule=rule, severity=severity, evidence=evidence, started_at=began)


@pytest.mark.parametrize("path", ["delivery", *LISTS])
def test_only_staff_who_may_see_runs_see_delivery(owner: User, path: str) -> None:
    url = f"/admin/{path}/"
    assert Client().get(url).status_code == 302
    assert signed_in(owner).get(url).status_code == 302
    others = [name for name in VIEW if name != "chat.view_run"]
    assert signed_in(make_staff("idle@example.com", *others)).get(url).status_code == 403
    assert signed_in(make_staff("viewer@example.com", "chat.view_run")).get(url).status_code == 200


def test_the_page_only_answers_questions(admin: Client) -> None:
    assert admin.post(PAGE).status_code == 405
    assert admin.head(PAGE).status_code == 200


def test_no_right_is_offered_that_no_page_uses() -> None:
    offered = set(grantable_permissions().values_list("codename", flat=True))
    stock = Permission.objects.filter(content_type__model__in=["alert", "deliveryattempt", "breakerchange"])
    assert stock.exists()
    assert offered.isdisjoint(stock.values_list("codename", flat=True))


def test_the_page_is_linked_for_those_who_may_see_it() -> None:
    assert PAGE in read(signed_in(make_staff("viewer@example.com", "chat.view_run")), "/admin/")
    assert PAGE not in read(signed_in(make_staff("clerk@example.com", "accounts.view_user")), "/admin/")


def test_where_nothing_happens_every_part_says_so(admin: Client) -> None:
    page = words(read(admin))
    for sentence in (
        "Nothing is wrong.", "No web process has said anything for a minute.", "Nobody with an open socket waits.",
        "Everybody has acknowledged everything.", "No process has used a breaker yet.", "No breaker has ever opened.",
        "There was none.", "nothing to deliver in 5 minutes", "nothing was handed on in 5 minutes", "all are closed",
        "nothing waits on an open socket",
    ):  # fmt: skip
        assert sentence in page, sentence
    assert page.count("Nothing was counted in this span.") == 4


@pytest.mark.parametrize(("asked", "title"), [("", "1 hour"), ("?span=24h", "24 hours"), ("?span=7d", "7 days")])
def test_the_span_is_chosen_by_a_link(admin: Client, asked: str, title: str) -> None:
    page = read(admin, PAGE + asked)
    assert f"Over {title}</h2>" in page
    assert re.findall(r'aria-current="page">([^<]+)</a>', page) == [title]
    assert set(re.findall(r'href="\?span=(\w+)#charts"', page)) == {"1h", "24h", "7d"}


@pytest.mark.parametrize("asked", ["nonsense", "", "1H", "%00", "7d'--", "9" * 5_000])
def test_an_unknown_span_is_an_hour(admin: Client, asked: str) -> None:
    assert "Over 1 hour</h2>" in read(admin, f"{PAGE}?span={asked}")


def test_open_alerts_stand_first_in_words_with_what_was_seen(admin: Client) -> None:
    open_alert("performance_mode", "info", runs=10, performance=6)
    open_alert("fallback_share", "warning", share=0.0625, push=30.0, direct=2.0)
    open_alert("breaker_open publish", breaker="publish", seconds=75, process="worker one")
    over = open_alert("cross_user", messages=1)
    Alert.objects.filter(id=over.id).update(ended_at=timezone.now())
    now = part(admin, "now")
    breaker = "A breaker has not closed for more than 60 s: publish since"
    assert now.index(breaker) < now.index("More than 5 % of the events came another way") < now.index("event by event")
    assert "breaker publish, process worker one, seconds 1 min 15 s" in now
    assert "push 30, share 6.25 %, direct 2" in now
    assert "somebody it was not for" not in now
    assert "Nothing is wrong" not in now


def test_every_rule_has_its_words() -> None:
    told = {"judged": 100, "in_time": 1, "live|push": 1, "live|direct": 99, "foreign": 1}
    breakers = {"publish": {"state": "open", "open_seconds": 99}}
    details = {"oldest_unacknowledged": 99, "breakers": breakers}
    beat = Beat(("web one", "web", "1", datetime(2026, 11, 21, tzinfo=UTC), 0.5, details))
    figures = Figures(short=told, long={"claimed|performance": 100, "claimed|regular": 0}, beats=[beat])
    found = [finding for rule in RULES for finding in rule(figures)]
    assert len(found) == len(RULES)
    for finding in found:
        assert name_rule(finding.rule) != finding.rule
    assert name_rule("a rule of tomorrow") == "a rule of tomorrow"


def test_the_figures_of_now(admin: Client) -> None:
    at = timezone.now() - timedelta(minutes=2)
    add_minute(at, "web one", judged=150, in_time=140, live__push=90, live__direct=6)
    add_minute(at - timedelta(minutes=1), "web two", judged=50, in_time=50, live__push=4)
    add_minute(at - timedelta(minutes=30), judged=1_000)
    owner, other = uuid.uuid4(), uuid.uuid4()
    add_process("web one", sockets=3, sockets_of_users={str(owner): 2, str(other): 1}, oldest_unacknowledged=4.5)
    add_process("web two", sockets=1, sockets_of_users={str(owner): 1}, oldest_unacknowledged=0.5)
    add_process("web gone", seconds_ago=10, sockets=70, sockets_of_users={}, oldest_unacknowledged=99)
    breakers = {"publish": {"state": "open", "open_seconds": 3}, "mail": {"state": "closed", "open_seconds": 0}}
    add_process("worker one", "worker", breakers=breakers)
    add_process("worker two", "worker", breakers=breakers)
    assert figure(admin, "Sockets open") == "4 of 2 people"
    assert figure(admin, "Delivery rate") == "95.0 % 190 of 200 events"
    assert figure(admin, "Came another way") == "6.0 % 6 of 100 events"
    assert figure(admin, "Oldest unacknowledged") == "4.5 s on an open socket"
    assert figure(admin, "Breakers not closed") == "1 publish"
    formula = "acknowledged within 10 s / stored while their person had a socket open, of those whose fate is known"
    assert formula in part(admin, "now")


def test_events_a_second_are_those_of_the_minutes_so_far() -> None:
    now = datetime(2026, 11, 21, 14, 40, 30, tzinfo=UTC)
    figures = list(figures_of([], {"appended|notice": 200.0, "appended|message_delta": 340.0}, now))
    # 540 events in four whole minutes and 30 seconds.
    assert [item.value for item in figures if item.label == "Events a second"] == ["2.0"]


@pytest.mark.parametrize(("in_time", "tone"), [(94, "bad"), (95, "")])
def test_a_figure_beyond_its_limit_is_marked(in_time: int, tone: str) -> None:
    now = timezone.now()
    figures = figures_of([], {"judged": 100, "in_time": in_time}, now)
    assert [item.tone for item in figures if item.label == "Delivery rate"] == [tone]


def test_the_charts_show_what_was_counted(admin: Client) -> None:
    at = timezone.now() - timedelta(minutes=3)
    add_minute(at, judged=40, in_time=39, appended__notice=120, channel__replay=5, lag__stored_acked__notice__1=100)
    charts = part(admin, "charts")
    assert f"{at:%Y-%m-%d %H:%M} 97.5 %" in charts
    assert f"{at:%Y-%m-%d %H:%M} 0.750 s 0.995 s" in charts
    assert f"{at:%Y-%m-%d %H:%M} 2 0" in charts
    assert f"{at:%Y-%m-%d %H:%M} 5 0 0" in charts
    assert "An estimate: times are counted in stretches" in charts
    assert charts.count("The same figures as a table") == 4


def test_nothing_of_the_page_is_refused_by_the_sites_policy(admin: Client) -> None:
    add_minute(timezone.now() - timedelta(minutes=3), judged=40, in_time=39)
    page = read(admin)
    assert not re.search(r"<script|<style|\sstyle=|\son\w+=", page.partition("<main")[2])


def test_sockets_are_listed_by_web_process(admin: Client) -> None:
    users = {str(uuid.uuid4()): 2, str(uuid.uuid4()): 1}
    add_process("web one", hub="live", sockets=3, sockets_of_users=users, oldest_unacknowledged=0.0)
    add_process("web two", hub="deaf", sockets=0, sockets_of_users={}, oldest_unacknowledged=12.5)
    add_process("web gone", seconds_ago=9, hub="live", sockets=5, sockets_of_users={})
    add_process("worker one", "worker")
    assert rows(admin, "web") == [
        "web gone silent - - -",
        "web one live 3 2 -",
        "web two deaf 0 0 12.5 s",
    ]


def test_the_largest_backlogs_come_first(admin: Client, owner: User, stranger: User) -> None:
    add_stream(owner, head=40, acked=10, waits=90, floor=5, health=64)
    add_stream(stranger, head=50, acked=None, waits=7_200)
    add_stream(make_user("whole@example.com"), head=9, acked=9, waits=60)
    add_process("web one", sockets=2, sockets_of_users={str(owner.id): 2})
    listed = rows(admin, "backlog")
    assert len(listed) == 2
    assert re.fullmatch(r"stranger@example.com 50 \S+ \S+ 2 h 0 min 50 0 0 never - 0", listed[0])
    assert re.fullmatch(r"owner@example.com 30 \S+ \S+ 1 min 3\d s 40 5 10 \S+ \S+ 64 2", listed[1])
    assert "+2 for an acknowledged batch, -10 for a failure or a timeout, from 0 to 100" in part(admin, "backlog")


def test_no_more_than_twenty_people_are_listed(admin: Client) -> None:
    for number in range(22):
        add_stream(User.objects.create(email=f"person{number}@example.com"), head=number + 1, acked=None, waits=5)
    listed = rows(admin, "backlog")
    assert [row.split()[:2] for row in listed] == [[f"person{n}@example.com", str(n + 1)] for n in range(21, 1, -1)]


def test_an_acknowledgement_of_a_former_epoch_counts_for_nothing(admin: Client, owner: User) -> None:
    add_stream(owner, head=4, acked=4, waits=5)
    owner.stream.epoch = uuid.uuid4()
    owner.stream.save(update_fields=["epoch"])
    assert [row.split()[:2] for row in rows(admin, "backlog")] == [["owner@example.com", "4"]]


def test_viewers_are_stuck_when_an_open_page_waits_for_ten_seconds(admin: Client, owner: User, stranger: User) -> None:
    add_stream(owner, head=3, acked=2, waits=11)
    add_stream(stranger, head=3, acked=2, waits=4)
    add_stream(make_user("away@example.com"), head=3, acked=2, waits=600)
    add_process("web one", sockets=2, sockets_of_users={str(owner.id): 1, str(stranger.id): 1})
    assert [row.split()[:2] for row in rows(admin, "stuck")] == [["owner@example.com", "1"]]


def test_people_are_ids_to_those_who_may_not_see_people(owner: User, agent: Agent) -> None:
    add_stream(owner, head=3, acked=0, waits=60)
    add_process("web one", sockets=1, sockets_of_users={str(owner.id): 1})
    add_attempt(owner, "banner", "pending", seq=1)
    seer = signed_in(make_staff("seer@example.com", "chat.view_run", "accounts.view_user"))
    viewer = signed_in(make_staff("viewer@example.com", "chat.view_run"))
    for path in (PAGE, "/admin/chat/deliveryattempt/"):
        assert owner.email in read(seer, path)
        assert owner.email not in read(viewer, path)
        assert str(owner.id) in read(viewer, path)


def test_who_may_not_see_addresses_cannot_ask_for_them(owner: User) -> None:
    add_attempt(owner, "banner", "pending", seq=1)
    seer = signed_in(make_staff("seer@example.com", "chat.view_run", "accounts.view_user"))
    viewer = signed_in(make_staff("viewer@example.com", "chat.view_run"))
    path = "/admin/chat/deliveryattempt/?person="
    assert "result_list" in read(seer, f"{path}owner@")
    assert "result_list" not in read(viewer, f"{path}owner@")
    assert "result_list" in read(viewer, f"{path}{owner.id}")


def test_every_channel_says_whether_it_is_on_and_what_became_of_its_attempts(
    admin: Client, owner: User, settings: Any
) -> None:
    settings.CHANNELS = ("message", "push", "banner")
    settings.MESSAGE_SECONDS = 600.0
    for seq, state in enumerate(("sent", "sent", "failed", "cancelled")):
        add_attempt(owner, "message", state, seq=seq, hours_ago=2 + seq)
    add_attempt(owner, "message", "sent", seq=9, hours_ago=25)
    add_attempt(owner, "banner", "pending", seq=1)
    last = DeliveryAttempt.objects.get(seq=0, channel="message").sent_at
    assert last is not None
    listed = rows(admin, "channels")
    assert [row.split()[0] for row in listed[:3]] == ["message", "push", "banner"]
    message = "on 10 min 0 s unacknowledged 0 2 1 1"
    assert f"{message} {last:%Y-%m-%d %H:%M:%S} Attempts of message" in listed[0]
    assert "on at once - - - - - -" in listed[1]
    assert "on 30.0 s unacknowledged 1 0 0 0 - Attempts of banner" in listed[2]
    assert [" off " in row for row in listed] == [False] * 3 + [True] * 4
    assert 'href="/admin/chat/deliveryattempt/?channel=message"' in read(admin)


def test_every_way_of_the_setting_is_described() -> None:
    assert tuple(way.name for way in WAYS) == CHANNELS


def test_breakers_are_listed_by_process_those_that_are_not_closed_first(admin: Client) -> None:
    now = timezone.now()
    closed, opened = {"state": "closed", "open_seconds": 0}, {"state": "open", "open_seconds": 90}
    add_process("worker one", "worker", breakers={"mail": closed, "webhook slack": opened})
    add_process("worker two", "worker", breakers={"mail": closed})
    at = now - timedelta(seconds=10)
    BreakerChange.objects.create(name="webhook slack", process="worker one", state="open", cause="timeout", at=at)
    first, *others, change = rows(admin, "breakers")
    assert re.fullmatch(r"webhook slack worker one open \S+ \S+ about \d\d:\d\d:\d\d, with the next that asks", first)
    assert f"about {at + timedelta(seconds=30):%H:%M:%S}" in first
    assert others == ["mail worker one closed - -", "mail worker two closed - -"]
    assert change == f"{at:%Y-%m-%d %H:%M:%S} webhook slack worker one open timeout"


def test_a_breaker_whose_pause_is_over_waits_for_the_next_that_asks() -> None:
    now = timezone.now()
    assert describe_next_try("mail", now - timedelta(seconds=31), now) == "with the next that asks"
    assert describe_next_try("publish", now - timedelta(seconds=2), now) == "with the next that asks"
    assert describe_next_try("mail", None, now) == "with the next that asks"


def test_the_pauses_are_those_of_the_breakers() -> None:
    assert {"publish": Publisher().breaker._open_seconds} == PAUSES_SECONDS
    assert breaker_named("mail")._open_seconds == OPEN_SECONDS


def test_only_the_last_twenty_changes_are_shown(admin: Client) -> None:
    at = timezone.now() - timedelta(hours=1)
    for number in range(22):
        moment = at + timedelta(seconds=number)
        BreakerChange.objects.create(name="mail", process="worker one", state="half_open", cause=f"{number}", at=moment)
    listed = rows(admin, "breakers")
    assert [row.split()[-1] for row in listed] == [str(number) for number in range(21, 1, -1)]
    assert "half open" in listed[0]


def test_alerts_of_seven_days_say_how_long_they_lasted_and_who_was_told(admin: Client, settings: Any) -> None:
    settings.OPS_URLS = "slack://one/two/three"
    began = timezone.now() - timedelta(days=1)
    told = began + timedelta(seconds=7)
    ended = {"started_at": began, "ended_at": began + timedelta(seconds=95)}
    Alert.objects.create(rule="cross_user", severity="critical", evidence={"messages": 2}, told_at=told, **ended)
    open_alert("delivery_rate", minutes_ago=61, rate=0.9)
    Alert.objects.filter(ended_at=None).update(tries=2)
    Alert.objects.create(rule="x", severity="info", started_at=began - timedelta(days=7), ended_at=began)
    listed = rows(admin, "alerts")
    assert len(listed) == 2
    assert "it goes on 1 h 1 min critical Less than 95 % of the events" in listed[0]
    assert listed[0].endswith("rate 90.00 % not yet: 2 tries")
    assert "1 min 35 s critical A message was kept from a socket of somebody it was not for messages 2" in listed[1]
    assert listed[1].endswith(f"{told:%Y-%m-%d %H:%M:%S}")


@pytest.mark.parametrize(
    ("channels", "addresses", "reason"),
    [(("push",), "slack://a/b/c", "no: the channel is off"), (CHANNELS, "", "no: no address is set")],
)
def test_where_staff_cannot_be_told_the_reason_is(
    admin: Client, settings: Any, channels: tuple[str, ...], addresses: str, reason: str
) -> None:
    settings.CHANNELS, settings.OPS_URLS = channels, addresses
    open_alert("cross_user")
    Alert.objects.update(told_at=timezone.now())
    assert rows(admin, "alerts")[0].endswith(reason)


def test_the_index_says_what_is_wrong_and_nothing_when_nothing_is(admin: Client) -> None:
    over = open_alert("cross_user")
    Alert.objects.filter(id=over.id).update(ended_at=timezone.now())
    open_alert("performance_mode", "info")
    assert "alarms" not in read(admin, "/admin/")
    open_alert("delivery_rate")
    open_alert("oldest_unacknowledged", "warning")
    box = re.search(r'<section class="panel alarms" role="status".*?</section>', read(admin, "/admin/"), re.DOTALL)
    assert box
    assert box[0].count('<a href="/admin/delivery/">') == 2
    assert re.search("critical Less than 95 % of the events .* warning An open page", words(box[0]))
    assert "alarms" not in read(signed_in(make_staff("clerk@example.com", "accounts.view_user")), "/admin/")


def test_nothing_anybody_wrote_is_shown(admin: Client, owner: User, agent: Agent, settings: Any) -> None:
    run = post_message(owner, text=SECRET, client_id="c").run
    run.thread.title = SECRET
    run.thread.save(update_fields=["title"])
    add_process("web one", sockets=1, sockets_of_users={str(owner.id): 1})
    add_attempt(owner, "banner", "pending", seq=1, run=run)
    attempt = DeliveryAttempt.objects.get()
    for path in (PAGE, *(f"/admin/{name}/" for name in LISTS), f"/admin/chat/deliveryattempt/{attempt.id}/change/"):
        page = read(admin, path)
        assert SECRET not in page, path
    assert str(run.id) in read(admin, "/admin/chat/deliveryattempt/")


def fill_lists(owner: User, count: int) -> None:
    now = timezone.now()
    for number in range(count):
        person = User.objects.create(email=f"{uuid.uuid4().hex}@example.com")
        add_attempt(person, "message", "sent", seq=number)
        BreakerChange.objects.create(name="mail", process="worker one", state="open", at=now)
        Alert.objects.create(rule="cross_user", severity="critical", started_at=now, ended_at=now)


@pytest.mark.parametrize("path", ["delivery", *LISTS])
def test_many_rows_need_no_more_queries_than_few(admin: Client, owner: User, path: str) -> None:
    fill_lists(owner, 3)
    few = count_queries(admin, f"/admin/{path}/")
    fill_lists(owner, 50)
    assert count_queries(admin, f"/admin/{path}/") == few
    assert few <= 16


@pytest.mark.parametrize("path", LISTS)
def test_nonsense_in_the_address_is_answered(admin: Client, owner: User, path: str) -> None:
    fill_lists(owner, 1)
    for query in (*NONSENSE, "channel=nonsense", "channel=%00", "state__exact=x", "user__email__startswith=o"):
        assert admin.get(f"/admin/{path}/?{query}", follow=True).status_code in (200, 400), query
    assert admin.get(f"/admin/{path}/?user__email__startswith=o").status_code == 400


@pytest.mark.parametrize("path", LISTS)
def test_what_happened_cannot_be_edited(admin: Client, owner: User, path: str) -> None:
    fill_lists(owner, 1)
    model = {"alert": Alert, "deliveryattempt": DeliveryAttempt, "breakerchange": BreakerChange}[path[5:]]
    key = model._default_manager.get().pk
    assert admin.get(f"/admin/{path}/add/").status_code == 403
    assert admin.get(f"/admin/{path}/{key}/change/").status_code == 200
    assert admin.post(f"/admin/{path}/{key}/change/", {"state": "sent", "rule": "x"}).status_code == 403
    assert admin.post(f"/admin/{path}/{key}/delete/", {"post": "yes"}).status_code == 403
    assert model._default_manager.count() == 1


def test_attempts_are_filtered_by_channel_and_state(admin: Client, owner: User) -> None:
    add_attempt(owner, "message", "failed", seq=1, reason="refused")
    add_attempt(owner, "ops", "sent", seq=2)
    for query, there, not_there in (
        ("channel=message", "refused", '"badge good"'),
        ("state__exact=sent", '"badge good"', "refused"),
    ):
        found = re.search(
            r'<table id="result_list">.*?</table>', read(admin, f"/admin/chat/deliveryattempt/?{query}"), re.S
        )
        assert found
        assert there in found[0]
        assert not_there not in found[0]
