"""A run told step by step and as bars: what is counted, what is separated, what is paged."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import User
from chat.admin.timeline import STEPS_A_PAGE, build_timeline
from chat.admin.waterfall import Waterfall, draw_waterfall
from chat.admin.words import WORDS
from chat.events import EventType
from chat.log import Step, read_run_steps
from chat.models import Agent, Event, Run
from tests.chat.telling import begin, fail, lose_worker, take, tell, tell_many, told_run, use_tool
from tests.staff import VIEW, count_queries, make_staff, make_superuser, signed_in

pytestmark = pytest.mark.django_db(transaction=True)


def steps_of(run: Run, *, after: int = 0, most: int = 1_000) -> tuple[Step, ...]:
    return read_run_steps(run.user_id, run.id, after=after, most=most).steps


def waterfall_of(run: Run) -> Waterfall:
    return draw_waterfall(run, steps_of(run), timezone.now(), was_cut=False)


def rows_of(run: Run) -> list[tuple[str, str, str, str]]:
    return [(group.title, row.kind, row.label, row.note) for group in waterfall_of(run).groups for row in group.rows]


def page_of(run: Run, query: str = "") -> str:
    client = signed_in(make_staff(f"viewer{User.objects.count()}@example.com", *VIEW))
    return client.get(f"/admin/chat/run/{run.id}/change/{query}").content.decode()


@pytest.fixture
def troubled(owner: User, agent: Agent) -> Run:
    """A run whose first worker was lost in a tool, and whose second attempt failed."""
    run = begin(owner)
    tell(run, EventType.TOOL_EXECUTING, at=2, call_id="c1", tool="spend_trend", arguments={})
    lose_worker(run)
    take(run, at=34)
    use_tool(run, begin=35, end=41, call_id="c2")
    use_tool(run, begin=42, end=43, call_id="c3", outcome="failed")
    fail(run, at=44)
    return run


def test_every_event_type_has_words() -> None:
    assert set(WORDS) == set(EventType)


def test_streamed_pieces_are_one_step_with_their_sum(owner: User, agent: Agent) -> None:
    streamed = {step.type: (step.pieces, step.characters) for step in steps_of(told_run(owner)) if step.pieces > 1}
    assert streamed == {EventType.AGENT_THINKING: (3, 57), EventType.MESSAGE_DELTA: (4, 72)}


def test_streams_are_separated_by_what_comes_between(owner: User, agent: Agent) -> None:
    run = begin(owner)
    for text in ("one", "two"):
        tell_many(run, EventType.AGENT_THINKING, [{"delta": text}] * 2, at=2)
        tell_many(run, EventType.MESSAGE_DELTA, [{"delta": text, "part": 0}] * 3, at=3)
    tell_many(run, EventType.MESSAGE_DELTA, [{"delta": "x", "part": 1}], at=4)
    streamed = [
        (step.type.value, step.pieces) for step in steps_of(run) if step.type in ("agent_thinking", "message_delta")
    ]
    assert streamed == [("agent_thinking", 2), ("message_delta", 3), ("agent_thinking", 2), ("message_delta", 4)]


def test_pages_of_steps_leave_nothing_out_and_repeat_nothing(owner: User, agent: Agent) -> None:
    run = told_run(owner)
    whole = steps_of(run)
    seen: list[Step] = []
    after: int | None = 0
    while after is not None:
        page = read_run_steps(run.user_id, run.id, after=after, most=2)
        seen += page.steps
        after = page.next_after
    assert seen == list(whole)
    assert sum(step.pieces for step in whole) == Event.objects.filter(run=run).count()


def test_a_read_is_bounded_and_goes_on_where_it_stopped(
    owner: User, agent: Agent, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chat.log.steps.MOST_EVENTS_READ", 5)
    run = told_run(owner)
    first = read_run_steps(run.user_id, run.id, most=100)
    assert sum(step.pieces for step in first.steps) == 5
    assert first.next_after == first.steps[-1].seq
    rest = read_run_steps(run.user_id, run.id, after=first.next_after, most=100)
    assert rest.steps[0].seq > first.next_after


def test_attempts_are_separated_and_what_others_append_stays_in_its_attempt(owner: User, agent: Agent) -> None:
    run = begin(owner)
    tell(run, EventType.TOOL_EXECUTING, at=2, call_id="c1", tool="spend_trend", arguments={})
    signed_in(make_superuser()).post(f"/admin/chat/run/{run.id}/cancel/")
    run.refresh_from_db()
    tell(run, EventType.TOOL_COMPLETED, at=3, call_id="c1", tool="spend_trend", outcome="success")
    titles = [attempt.title for attempt in build_timeline(run.created_at, steps_of(run), quoted=False)]
    assert titles == ["Before the first attempt", "Attempt 1"]


def test_the_page_tells_the_story(troubled: Run) -> None:
    text = re.sub(r"<[^>]+>|\s+", " ", page_of(troubled))
    story = re.sub(r" +", " ", text)
    for told in (
        "Before the first attempt", "Queued", "Attempt 1", "1.0 s netra Began on the model builtin",
        "Called the tool spend_trend", "Went back into the queue worker_lost", "Attempt 2",
        "41.0 s netra The tool spend_trend came back success 6.0 s", "44.0 s netra Failed model_unavailable",
        "The model provider does not answer. Retry in a moment.",
    ):  # fmt: skip
        assert told in story, told


def test_bars_show_waits_agents_and_tools_by_attempt(troubled: Run) -> None:
    assert rows_of(troubled) == [
        ("Before the first attempt", "queued", "queued", ""),
        ("Attempt 1", "agent", "netra", "worker_lost"),
        ("Attempt 1", "tool", "spend_trend", "did not come back"),
        ("Attempt 2", "waited", "waited for a worker", ""),
        ("Attempt 2", "agent", "netra", "model_unavailable"),
        ("Attempt 2", "tool", "spend_trend", "success"),
        ("Attempt 2", "tool", "spend_trend", "failed"),
    ]


def test_bars_lie_where_their_time_is(troubled: Run) -> None:
    rows = [row for group in waterfall_of(troubled).groups for row in group.rows]
    places = {(row.label, row.note): (row.x, row.width) for row in rows}
    assert places["spend_trend", "success"] == ("79.55%", "13.64%")
    assert places["netra", "model_unavailable"] == ("77.27%", "22.73%")
    assert places["waited for a worker", ""] == ("72.73%", "4.55%")
    assert [label for _, label in waterfall_of(troubled).ticks] == ["0.000 s", "11.0 s", "22.0 s", "33.0 s", "44.0 s"]


def test_a_run_that_waits_is_one_growing_bar(owner: User, agent: Agent) -> None:
    run = begin(owner)
    Run.objects.filter(id=run.id).update(status="queued", started_at=None, dispatched_at=None)
    run.refresh_from_db()
    bars = [row.kind for group in draw_waterfall(run, [], timezone.now(), was_cut=False).groups for row in group.rows]
    assert bars == ["queued"]


def test_thinking_and_writing_have_bars(owner: User, agent: Agent) -> None:
    kinds = [kind for _, kind, _, _ in rows_of(told_run(owner))]
    assert kinds == ["queued", "agent", "thinking", "tool", "writing"]


def test_a_tool_name_a_model_made_up_is_not_shown(owner: User, agent: Agent) -> None:
    run = begin(owner)
    tell(run, EventType.TOOL_EXECUTING, at=2, call_id="c1", tool="what the person said", arguments={})
    page = page_of(run)
    assert "what the person said" not in page
    assert "Called the tool (unnamed)" in page


def test_a_long_run_is_cut_says_so_and_pages_on(owner: User, agent: Agent) -> None:
    run = begin(owner)
    calls: list[dict[str, Any]] = [{"call_id": f"c{number}", "note": "on"} for number in range(450)]
    tell_many(run, EventType.TOOL_PROGRESS, calls, at=2)
    page = page_of(run)
    assert page.count("The tool reported progress") == STEPS_A_PAGE - 3
    assert f"Only {STEPS_A_PAGE} steps are shown at once." in page
    assert "more steps than can be drawn" in page
    seen = page.count("The tool reported progress")
    while found := re.search(r'href="(\?after=\d+)#steps"', page):
        page = page_of(run, found[1])
        assert "These are later steps." in page
        seen += page.count("The tool reported progress")
    assert seen == 450


@pytest.mark.parametrize(
    "query", ["?after=-1", "?after=x", "?after=99999999999999999999999", "?after=%00", "?after=9e9"]
)
def test_a_place_that_does_not_exist_is_no_fault(owner: User, agent: Agent, query: str) -> None:
    assert "Step by step" in page_of(told_run(owner), query)


def test_a_run_of_five_hundred_events_needs_as_many_queries_as_a_short_one(owner: User, agent: Agent) -> None:
    short, long = begin(owner, "short"), begin(owner, "long")
    for number in range(50):
        tell_many(long, EventType.MESSAGE_DELTA, [{"delta": "x", "part": 0}] * 8, at=2)
        use_tool(long, begin=3, end=4, call_id=f"c{number}")
    assert Event.objects.filter(run=long).count() >= 500
    client = signed_in(make_superuser())
    client.get(f"/admin/chat/run/{short.id}/change/")
    client.get(f"/admin/chat/run/{long.id}/change/")
    few = count_queries(client, f"/admin/chat/run/{short.id}/change/")
    assert count_queries(client, f"/admin/chat/run/{long.id}/change/") == few
    assert few <= 14
