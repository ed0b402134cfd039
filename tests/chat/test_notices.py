"""Notices: what a page is told once of ends the person has not heard of, and nobody else is."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from chat.channels import banner
from chat.channels.banner import waiting_notices
from chat.emitter import append_now
from chat.escalation import settle_attempts
from chat.events import EventType
from chat.log import Ending
from chat.models import Agent, DeliveryAttempt, Run, Thread
from chat.serializers import shape_run
from tests.chat.ends import acknowledge_up_to, ended_run, make_notice, thread_of
from tests.chat.telling import OWNER, complete, event_of, fail, fence_of
from tests.chat.test_api import Api, assert_error

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def api(owner: User, agent: Agent) -> Api:
    return Api(owner)


def cancel(run: Run) -> None:
    """The run's end because the person stopped it."""
    run.refresh_from_db()
    ending = Ending("cancelled", OWNER, run.created_at)
    data = {"run": shape_run(run), "text": ""}
    append_now([event_of(run, EventType.AGENT_CANCELLED, 9.0, data)], fence=fence_of(run), ending=ending)


def notices(api: Api) -> Any:
    answer = api.get("notices/")
    assert answer.status_code == 200
    return answer.json()


def test_a_notice_says_what_became_of_which_conversation(api: Api, owner: User) -> None:
    made = make_notice(owner, "Costs in May")
    [notice] = notices(api)["notices"]
    assert notice["text"] == "Your answer in “\u2068Costs in May\u2069” is ready."
    assert (notice["id"], notice["seq"], notice["type"]) == (made.id, made.seq, "agent_completed")
    assert (notice["title"], notice["href"]) == ("Costs in May", f"/t/{thread_of(made)}/")
    assert (notice["run_id"], notice["thread_id"]) == (str(made.run_id), str(thread_of(made)))


@pytest.mark.parametrize(("ending", "words"), [(complete, "is ready."), (fail, "failed."), (cancel, "was stopped.")])
def test_a_notice_tells_a_failure_and_a_stop_apart(api: Api, owner: User, ending: Any, words: str) -> None:
    make_notice(owner, "Costs", ending=ending)
    [notice] = notices(api)["notices"]
    assert notice["text"] == f"Your answer in “\u2068Costs\u2069” {words}"


def test_a_conversation_without_a_title_has_a_name_all_the_same(api: Api, owner: User) -> None:
    make_notice(owner, "")
    assert notices(api)["notices"][0]["title"] == "New chat"


def test_nothing_of_the_answer_is_in_a_notice(api: Api, owner: User) -> None:
    make_notice(owner)
    assert "canary-answer" not in api.get("notices/").content.decode()


def test_an_end_that_is_no_banner_yet_is_no_notice(api: Api, owner: User) -> None:
    ended_run(owner, seconds_ago=1)
    assert notices(api) == {"notices": [], "total": 0}


def test_a_notice_is_told_until_it_was_seen_and_then_never_again(api: Api, owner: User) -> None:
    made = make_notice(owner)
    assert notices(api)["total"] == 1
    assert api.post(f"notices/{made.id}/seen/").status_code == 204
    made.refresh_from_db()
    assert made.state == "sent"
    assert made.sent_at is not None
    assert notices(api) == {"notices": [], "total": 0}


def test_seeing_it_twice_keeps_the_first_time(api: Api, owner: User) -> None:
    made = make_notice(owner)
    api.post(f"notices/{made.id}/seen/")
    made.refresh_from_db()
    first = made.sent_at
    assert api.post(f"notices/{made.id}/seen/").status_code == 204
    made.refresh_from_db()
    assert made.sent_at == first


def test_an_acknowledged_notice_vanishes_at_once(api: Api, owner: User) -> None:
    made = make_notice(owner)
    acknowledge_up_to(owner, made.seq)
    assert notices(api) == {"notices": [], "total": 0}
    settle_attempts()
    made.refresh_from_db()
    assert made.state == "cancelled"


def test_seeing_what_was_acknowledged_before_changes_nothing(api: Api, owner: User) -> None:
    made = make_notice(owner)
    acknowledge_up_to(owner, made.seq)
    settle_attempts()
    assert api.post(f"notices/{made.id}/seen/").status_code == 204
    made.refresh_from_db()
    assert (made.state, made.sent_at) == ("cancelled", None)


def test_somebody_elses_notice_is_neither_told_nor_marked(api: Api, owner: User, stranger: User) -> None:
    made = make_notice(stranger)
    assert notices(api) == {"notices": [], "total": 0}
    assert_error(api.post(f"notices/{made.id}/seen/"), 404, "notice_not_found")
    made.refresh_from_db()
    assert made.state == "pending"


@pytest.mark.parametrize("number", [0, 12345, 10**40])
def test_an_invented_notice_is_not_found(api: Api, number: int) -> None:
    assert_error(api.post(f"notices/{number}/seen/"), 404, "notice_not_found")


def test_an_attempt_of_another_channel_is_no_notice(api: Api, owner: User) -> None:
    made = make_notice(owner)
    DeliveryAttempt.objects.filter(id=made.id).update(channel="message")
    assert notices(api)["total"] == 0
    assert_error(api.post(f"notices/{made.id}/seen/"), 404, "notice_not_found")


def test_nobody_is_told_anything_without_signing_in(db: None) -> None:
    assert_error(Client().get("/api/v1/notices/"), 401, "not_authenticated")


def test_the_newest_come_first_and_the_rest_is_counted(api: Api, owner: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(banner, "MOST_NOTICES", 2)
    _, _, second, newest = [make_notice(owner, f"Thread {number}") for number in range(4)]
    told = notices(api)
    assert [notice["id"] for notice in told["notices"]] == [newest.id, second.id]
    assert told["total"] == 4


def test_with_the_channel_off_nothing_is_told(api: Api, owner: User, settings: Any) -> None:
    make_notice(owner)
    settings.CHANNELS = ("push", "replay")
    assert notices(api) == {"notices": [], "total": 0}


def test_many_people_are_asked_for_at_once(
    owner: User, stranger: User, agent: Agent, django_assert_num_queries: Any
) -> None:
    one, other = make_notice(owner), make_notice(stranger)
    with django_assert_num_queries(1):
        found = waiting_notices([owner.id, stranger.id])
    assert {user_id: [notice["id"] for notice in told.newest] for user_id, told in found.items()} == {
        owner.id: [one.id],
        stranger.id: [other.id],
    }


def test_a_conversation_that_was_given_away_is_not_named(api: Api, owner: User, stranger: User) -> None:
    """The title is read through the thread's owner, whatever the attempt says."""
    made = make_notice(owner)
    Thread.objects.filter(id=thread_of(made)).update(user=stranger)
    assert notices(api)["total"] == 0
