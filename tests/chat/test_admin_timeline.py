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
from chat.emitter import append_now
from chat.events import EventType
from chat.log import Step, read_run_steps
from chat.models import Agent, Event, Run
from tests.chat.telling import (
    begin,
    event_of,
    fail,
    fence_of,
    lose_worker,
    take,
    tell,
    tell_many,
    told_run,
    use_tool,
)
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
    # That the run was sent is noted in the background: it may be known by now, and then it waited for a moment.
    assert [kind for kind in kinds if kind != "waited"] == ["queued", "agent", "thinking", "tool", "writing"]


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


def tell_part(run: Run, agent: str, kind: EventType, /, *, at: float, **data: Any) -> None:
    """One event of an agent that works for the run's own one."""
    run.refresh_from_db()
    event = event_of(run, kind, at, data | {"parent": "netra"})
    append_now([event._replace(agent_name=agent)], fence=fence_of(run))


def begin_part(run: Run, agent: str, *, at: float) -> None:
    tell_part(run, agent, EventType.AGENT_STARTED, at=at, title=agent.title(), model="gpt-5.2")


def end_part(run: Run, agent: str, *, at: float, **more: Any) -> None:
    tell_part(run, agent, EventType.AGENT_COMPLETED, at=at, title=agent.title(), seconds=1.0, **more)


@pytest.fixture
def team_run(owner: User, agent: Agent) -> Run:
    return tell_team(owner)


def tell_team(owner: User) -> Run:
    """A run of several agents: one reused, one that called a tool and switched its model, one that failed."""
    run = begin(owner, "team")
    end_part(run, "triage", at=1.5, reused=True, summary="canary-summary")
    begin_part(run, "data", at=2)
    tell_part(run, "data", EventType.AGENT_THINKING, at=2.5, delta="hm")
    switched = {"from": "gpt-5.2", "to": "claude-sonnet-4-6", "code": "model_unavailable", "reason": "canary-reason"}
    tell_part(run, "data", EventType.MODEL_SWITCHED, at=3, **switched)
    tell_part(run, "data", EventType.TOOL_EXECUTING, at=4, call_id="data:1", tool="spend_trend", arguments={})
    tell_part(
        run, "data", EventType.TOOL_COMPLETED, at=5, call_id="data:1", tool="spend_trend", outcome="success", seconds=1
    )
    begin_part(run, "actions", at=5.5)
    end_part(run, "data", at=6)
    failed = {"title": "Actions", "code": "limit_reached", "message": "canary-sentence"}
    tell_part(run, "actions", EventType.AGENT_FAILED, at=7, **failed)
    begin_part(run, "reporting", at=8)
    return run


def nested_rows(run: Run) -> list[tuple[int, str, str, str]]:
    rows = [row for group in waterfall_of(run).groups[1:] for row in group.rows]
    return [(row.depth, row.within, row.label, row.note) for row in rows]


def test_what_an_agent_did_for_another_one_stands_below_it(team_run: Run) -> None:
    fail(team_run, at=9)
    assert nested_rows(team_run) == [
        (0, "", "netra", "model_unavailable"),
        (1, "", "triage", "reused"),
        (1, "", "data", "completed"),
        (2, "data", "thinking", "2 characters"),
        (2, "data", "model switched", "to claude-sonnet-4-6"),
        (2, "data", "spend_trend", "success"),
        (1, "", "actions", "limit_reached"),
        (1, "", "reporting", "not finished"),
    ]


def test_the_end_of_a_part_is_not_the_end_of_its_run(team_run: Run) -> None:
    assert nested_rows(team_run)[0] == (0, "", "netra", "not ended")
    assert nested_rows(team_run)[-1] == (1, "", "reporting", "not ended")


def test_the_bars_of_a_part_lie_where_its_time_is(team_run: Run) -> None:
    fail(team_run, at=10)
    rows = {row.label: (row.x, row.width) for group in waterfall_of(team_run).groups for row in group.rows}
    assert (rows["data"], rows["actions"]) == (("20.00%", "40.00%"), ("55.00%", "15.00%"))
    assert rows["reporting"] == ("80.00%", "20.00%")


def test_the_parts_of_a_lost_attempt_are_lost_with_it(owner: User, agent: Agent) -> None:
    run = begin(owner)
    begin_part(run, "data", at=2)
    lose_worker(run)
    assert nested_rows(run)[:2] == [(0, "", "netra", "worker_lost"), (1, "", "data", "worker_lost")]


def test_the_table_tells_parts_from_the_run_and_shows_their_words_to_readers_only(team_run: Run) -> None:
    lines = [
        line
        for attempt in build_timeline(team_run.created_at, steps_of(team_run), quoted=True)
        for line in attempt.lines
    ]
    told = [(line.agent, line.is_part, line.what, line.outcome) for line in lines][3:]
    assert told == [
        ("triage", True, "The result of a former attempt was used again", "reused"),
        ("data", True, "Began on the model gpt-5.2", ""),
        ("data", True, "Thought 2 characters in 1 piece", ""),
        ("data", True, "Went on with the model claude-sonnet-4-6 after gpt-5.2", "model_unavailable"),
        ("data", True, "Called the tool spend_trend", ""),
        ("data", True, "The tool spend_trend came back", "success"),
        ("actions", True, "Began on the model gpt-5.2", ""),
        ("data", True, "Finished its part", "completed"),
        ("actions", True, "Failed; the run went on", "limit_reached"),
        ("reporting", True, "Began on the model gpt-5.2", ""),
    ]
    assert [line.is_part for line in lines[:3]] == [False] * 3
    quoted = {text for line in lines for _, text in line.quotes}
    assert {"canary-summary", "canary-reason", "canary-sentence"} <= quoted
    assert "canary-" not in page_of(team_run)


def test_a_new_try_with_the_same_model_is_called_one(owner: User, agent: Agent) -> None:
    run = begin(owner)
    tell(
        run,
        EventType.MODEL_SWITCHED,
        at=2,
        **{"from": "gpt-5.2"},
        to="gpt-5.2",
        code="model_failed",
        reason="It broke.",
    )
    assert "Tried again with the model gpt-5.2" in page_of(run)
