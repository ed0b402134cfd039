"""A web process that is told to stop is gone soon, whatever it was in the middle of."""

from __future__ import annotations

import signal
import threading
import time

import pytest

from tests.stack.clients import NO_ANSWER, Caller, sign_in
from tests.stack.conftest import own_stack
from tests.stack_process import wait_until

ASKERS = 16
WITHIN_SECONDS = 30.0


def keep_asking(caller: Caller, answered: list[int], stopping: threading.Event) -> None:
    """One request after the other, whatever becomes of them."""
    while not stopping.is_set():
        try:
            answered.append(caller.call("GET", "threads/").status)
        except NO_ANSWER:
            time.sleep(0.01)


@pytest.mark.long
def test_requests_under_way_do_not_keep_a_stopped_web_process() -> None:
    stopping = threading.Event()
    answered: list[int] = []
    with own_stack() as stack:
        caller = sign_in(stack.port)
        askers = [threading.Thread(target=keep_asking, args=(caller, answered, stopping)) for _ in range(ASKERS)]
        for asker in askers:
            asker.start()
        try:
            wait_until(lambda: len(answered) > 5 * ASKERS, 30, "the requests are not answered")
            old_pid = stack.kill("web", signal.SIGTERM)
            stack.wait_restarted("web", old_pid, WITHIN_SECONDS)
        finally:
            stopping.set()
            for asker in askers:
                asker.join()
        assert caller.call("GET", "threads/").status == 200
