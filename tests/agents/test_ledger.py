"""The ledger in the database: the first result stays, and connections are given back."""

from __future__ import annotations

import asyncio
import uuid

import pytest

from accounts.models import User
from agents.engine.ledger import StoredLedger
from agents.models import ToolCall
from chat.models import Message, Run, Thread

RESULT = {"block": {"title": "T"}, "facts": {"cost": "1.000000"}}


@pytest.fixture
def run(thread: Thread, owner: User) -> Run:
    """A run of the owner."""
    question = Message.objects.create(thread=thread, role=Message.Role.USER, text="Why?")
    return Run.objects.create(
        user=owner,
        thread=thread,
        agent_id="netra",
        question=question,
        request_id="r",
        client_id=str(uuid.uuid4()),
    )


@pytest.mark.django_db(transaction=True)
def test_a_recorded_result_is_found_again_and_stays(run: Run) -> None:
    async def record_twice() -> tuple[object, object]:
        ledger = StoredLedger(run.id)
        before = await ledger.find("key")
        await ledger.record("key", "spend_breakdown", {"by": ["team"]}, RESULT, 0.5)
        await ledger.record("key", "spend_breakdown", {"by": ["team"]}, {"facts": {}}, 0.5)
        return before, await StoredLedger(run.id).find("key")

    assert asyncio.run(record_twice()) == (None, RESULT)
    assert ToolCall.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_the_ledger_of_another_run_is_another(run: Run) -> None:
    async def find_elsewhere() -> object:
        await StoredLedger(run.id).record("key", "spend_breakdown", {}, RESULT, 0.5)
        return await StoredLedger(uuid.uuid4()).find("key")

    assert asyncio.run(find_elsewhere()) is None
