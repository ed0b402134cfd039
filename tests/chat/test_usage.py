"""What one person uses moves nobody else's counters."""

from __future__ import annotations

import pytest
from django.test import Client

from accounts.models import User
from chat.heartbeats import Pulse
from chat.models import Agent, Run
from chat.selectors import usage_for
from chat.threads import post_message

pytestmark = pytest.mark.django_db(transaction=True)
NOTHING = {
    "runs": 0,
    "runs_last_hour": 0,
    "events": 0,
    "sockets": 0,
    "tokens": {"input": 0, "cached_read": 0, "cache_write": 0, "output": 0, "reasoning": 0},
    "cost": "0",
}


def test_counters_are_each_persons_own(owner: User, stranger: User, agent: Agent) -> None:
    for number in range(3):
        run = post_message(owner, text="Hello", client_id=f"c{number}").run
        usage = {"input_tokens": 100, "output_tokens": 7, "cached_read_tokens": 40}
        Run.objects.filter(id=run.id).update(usage=usage, cost="0.25")
    sockets = {"sockets_of_users": {str(owner.id): 2}}
    Pulse("web", lambda: sockets).beat()
    assert usage_for(stranger) == NOTHING
    assert usage_for(owner) == {
        "runs": 3,
        "runs_last_hour": 3,
        "events": 6,
        "sockets": 2,
        "tokens": {"input": 300, "cached_read": 120, "cache_write": 0, "output": 21, "reasoning": 0},
        "cost": "0.750000",
    }


def test_the_api_answers_for_who_asks(owner: User, stranger: User, agent: Agent) -> None:
    post_message(owner, text="Hello", client_id="c1")
    client = Client()
    client.force_login(stranger)
    body = client.get("/api/v1/usage/").json()
    assert {name: body[name] for name in NOTHING} == NOTHING
    assert body["allowed"]["sockets"] == stranger.limits.sockets
    assert Client().get("/api/v1/usage/").status_code == 401
