"""Alerts on a running Netra: each rule's cause is provoked, staff hear of it once, and it ends by itself."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any, Final

import psycopg
import pytest
from redis import Redis

from netra.embedded.server import EmbeddedServer
from tests.receivers import Webhook, webhook_receiver
from tests.stack.clients import Caller
from tests.stack.conftest import own_stack
from tests.stack.people import database_of, new_person, sign_in_as
from tests.stack.sockets import open_ready_socket, with_key
from tests.stack.streams import fill_log
from tests.stack_process import Stack, wait_until

pytestmark = pytest.mark.long

PATIENCE_SECONDS: Final = 90.0
# As if an hour had passed: what was counted is older than what the rules look at. A process writes the row of a minute
# until that minute is over.
LATER: Final = "DELETE FROM chat_deliveryminute"
MINUTE_SECONDS: Final = 60.0


@dataclass(frozen=True)
class House:
    """A Netra without the push, whose staff hear of alerts at a webhook."""

    stack: Stack
    database: psycopg.Connection[Any]
    webhook: Webhook

    def newcomer(self) -> tuple[Caller, uuid.UUID]:
        email, user_id = new_person(self.database)
        return sign_in_as(self.stack, email), user_id

    def open_alerts(self) -> dict[str, tuple[str, dict[str, Any]]]:
        """Severity and evidence of what is wrong now, by rule."""
        rows = self.database.execute("SELECT rule, severity, evidence FROM chat_alert WHERE ended_at IS NULL")
        return {rule: (severity, evidence) for rule, severity, evidence in rows.fetchall()}

    def wait_alert(self, rule: str) -> tuple[str, dict[str, Any]]:
        wait_until(lambda: rule in self.open_alerts(), PATIENCE_SECONDS, f"no alert {rule}: {self.open_alerts()}")
        return self.open_alerts()[rule]

    def wait_over(self, *rules: str, counted: bool = True) -> None:
        """Returns when the alerts have ended by themselves; what was counted for them is made to be long ago."""

        def look() -> bool:
            if counted:
                self.database.execute(LATER)
            return not set(rules) & self.open_alerts().keys()

        wait_until(look, MINUTE_SECONDS + PATIENCE_SECONDS, f"{rules} do not end: {self.open_alerts()}")

    def told(self, rule: str) -> int:
        """How often staff heard of it."""
        return sum(rule in str(body["title"]) for _, body in self.webhook.calls)

    def assert_told_once(self, rule: str) -> None:
        wait_until(lambda: self.told(rule) == 1, PATIENCE_SECONDS, f"staff heard of {rule} {self.told(rule)} times")
        count = self.database.execute("SELECT count(*) FROM chat_alert WHERE rule = %s", (rule,)).fetchone()
        assert count == (1,)


@pytest.fixture(scope="module")
def house() -> Iterator[House]:
    with webhook_receiver() as webhook, ExitStack() as opened:
        chosen = {"NETRA_CHANNELS": "replay,direct,ops", "NETRA_OPS_URLS": f"json://{webhook.host}/alerts"}
        stack = opened.enter_context(own_stack(chosen))
        database = opened.enter_context(database_of(stack))
        yield House(stack, database, webhook)


def test_a_page_that_does_not_acknowledge_is_noticed_and_so_is_the_rate_of_all(house: House) -> None:
    """Three rules have one cause here: nothing is pushed, and a socket is silent about what it got."""
    caller, _ = house.newcomer()
    with open_ready_socket(house.stack.port, with_key(caller.key)):
        fill_log(house.stack, caller, 60, 20)
        severity, evidence = house.wait_alert("oldest_unacknowledged")
        assert severity == "warning"
        assert evidence["seconds"] > 10
        severity, evidence = house.wait_alert("delivery_rate")
        assert (severity, evidence["in_time"], evidence["of"]) == ("critical", 0, 60)
        severity, evidence = house.wait_alert("fallback_share")
        assert (severity, evidence["share"], evidence["direct"]) == ("warning", 1.0, 60)
    house.wait_over("oldest_unacknowledged", counted=False)
    house.wait_over("delivery_rate", "fallback_share")
    for rule in ("oldest_unacknowledged", "delivery_rate", "fallback_share"):
        house.assert_told_once(rule)


def test_a_message_that_names_somebody_else_is_kept_out_and_staff_hear_of_it(house: House) -> None:
    caller, user_id = house.newcomer()
    _, stranger_id = house.newcomer()
    with open_ready_socket(house.stack.port, with_key(caller.key)) as socket:
        wait_until(lambda: forge(house.stack, user_id, stranger_id) > 0, 30, "the web process has not joined the group")
        severity, evidence = house.wait_alert("cross_user")
        assert (severity, evidence["messages"] >= 1) == ("critical", True)
        with pytest.raises(TimeoutError):
            socket.recv(timeout=1)
    house.wait_over("cross_user")
    house.assert_told_once("cross_user")


def forge(stack: Stack, user_id: uuid.UUID, stranger_id: uuid.UUID) -> int:
    """Publishes a stranger's event to this person's group, as a fault of ours might; how many processes got it."""
    from channels_redis.pubsub import RedisPubSubChannelLayer

    layer = RedisPubSubChannelLayer(hosts=[stack.addresses["REDIS_URL"]])
    body = f'{{"v":1,"seq":1,"type":"notice","user_id":"{stranger_id}"}}'.encode()
    entry = [1, "", body, "notice", time.time()]
    message = {"type": "user.events", "user": str(user_id), "epoch": "", "prev": 0, "to": 1, "entries": [entry]}
    # A browser's loop may be running in this thread.
    with ThreadPoolExecutor(1) as pool:
        name = pool.submit(asyncio.run, named(layer, f"user.{user_id.hex}")).result()
    with Redis.from_url(stack.addresses["REDIS_URL"]) as redis:
        return int(redis.publish(name, layer.serialize(message)))


async def named(layer: Any, group: str) -> str:
    """The layer's name of a group's topic."""
    return str(layer._get_layer()._get_group_channel_name(group))


def test_mostly_runs_in_performance_mode_are_worth_a_word(house: House) -> None:
    caller, user_id = house.newcomer()
    house.database.execute("UPDATE accounts_user SET tier = 'enterprise' WHERE id = %s", (user_id,))
    for _ in range(11):
        thread = caller.post("threads/", {})["id"]
        caller.post(f"threads/{thread}/messages/", {"text": "Hello.", "client_id": uuid.uuid4().hex})
    severity, evidence = house.wait_alert("performance_mode")
    assert severity == "info"
    assert evidence["performance"] > evidence["runs"] / 2
    house.wait_over("performance_mode")
    house.assert_told_once("performance_mode")


def test_an_answer_that_reached_nobody_is_told_to_staff_once_and_not_after_it_was_heard() -> None:
    """Channel 6 alone."""
    with webhook_receiver() as webhook, ExitStack() as opened:
        chosen = {"NETRA_CHANNELS": "ops", "NETRA_OPS_URLS": f"json://{webhook.host}/", "NETRA_OPS_SECONDS": "1"}
        stack = opened.enter_context(own_stack(chosen))
        house = House(stack, opened.enter_context(database_of(stack)), webhook)
        caller, user_id = house.newcomer()
        run = ask(caller)
        wait_until(lambda: bool(webhook.calls), PATIENCE_SECONDS, "staff heard nothing")
        assert [run in str(body["message"]) for _, body in webhook.calls] == [True]
        heard = ask(caller)
        wait_until(lambda: (heard, "pending") in attempts(house, user_id), PATIENCE_SECONDS, "nothing is pending")
        log = caller.get("events/?after=0&limit=1")
        said = {"seq": log["head"], "epoch": log["epoch"]}
        assert caller.call("POST", "events/ack/", said).status == 204
        done = [(run, "sent"), (heard, "cancelled")]
        wait_until(lambda: attempts(house, user_id) == done, PATIENCE_SECONDS, "the acknowledgement cancelled nothing")
        assert len(webhook.calls) == 1


def ask(caller: Caller) -> str:
    """A run that has ended; its id."""
    thread = caller.post("threads/", {})["id"]
    asked = caller.post(f"threads/{thread}/messages/", {"text": "Hello.", "client_id": uuid.uuid4().hex})
    run = str(asked["run"]["id"])
    wait_until(lambda: caller.get(f"runs/{run}/")["status"] == "completed", PATIENCE_SECONDS, "the run did not end")
    return run


def attempts(house: House, user_id: uuid.UUID) -> list[tuple[str, str]]:
    rows = house.database.execute(
        "SELECT run_id::text, state FROM chat_deliveryattempt WHERE user_id = %s AND channel = 'ops' ORDER BY seq",
        (user_id,),
    )
    return list(rows.fetchall())


def test_a_redis_that_is_away_for_a_minute_is_an_alert_and_its_return_ends_it(redis: EmbeddedServer) -> None:
    with webhook_receiver() as webhook, ExitStack() as opened:
        chosen = {"REDIS_URL": redis.url, "NETRA_OPS_URLS": f"json://{webhook.host}/"}
        stack = opened.enter_context(own_stack(chosen))
        house = House(stack, opened.enter_context(database_of(stack)), webhook)
        caller, _ = house.newcomer()
        redis.stop()
        until = time.monotonic() + 180
        while "breaker_open publish" not in house.open_alerts():
            assert time.monotonic() < until, "no alert of the breaker"
            caller.post("threads/", {"title": "Somebody is at work"})
            time.sleep(0.5)
        severity, evidence = house.open_alerts()["breaker_open publish"]
        assert (severity, evidence["breaker"], evidence["seconds"] > 60) == ("critical", "publish", True)
        redis.restart()
        until = time.monotonic() + 60
        while "breaker_open publish" in house.open_alerts():
            assert time.monotonic() < until, "the alert does not end"
            caller.post("threads/", {"title": "Somebody is at work"})
            time.sleep(0.5)
        house.assert_told_once("breaker_open publish")
