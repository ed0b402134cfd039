"""A run of several agents on the page: who works, what each found, what is folded, what a switch takes back."""

import re
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.page.conftest import Run
from tests.page.server_log import ServerLog, table_block
from tests.page.team_story import ANSWER, TEAM, Team, analyse, begin_team, findings, record_team, report, switch
from tests.page.test_store import assert_folds
from tests.page.test_timeline import draw_prefixes
from tests.page.visit import Visit


def agent_row(page: Page, title: str) -> Locator:
    return page.locator(".agent-row", has=page.locator(".agent-title", has_text=re.compile(f"^{title}$")))


def states(page: Page) -> list[tuple[str, str]]:
    titles = page.locator(".agent-title").all_inner_texts()
    return list(zip(titles, page.locator(".agent-state").all_inner_texts(), strict=True))


@pytest.fixture
def team(visit: Visit) -> Team:
    """A run whose triage is done, on an open page."""
    team = begin_team(visit.log)
    page = visit.open(visit.log.open_thread)
    expect(page.locator("#connection")).to_have_text("Live")
    return team


def test_every_cut_of_the_teams_run_folds_to_its_end(run: Run) -> None:
    log = record_team()
    last = len(log.snapshots) - 1
    for start in range(0, last, 3):
        assert_folds(run, log, start, last)


def test_every_prefix_of_the_teams_run_draws_the_same_growing_and_fresh(run: Run) -> None:
    for growing, fresh in draw_prefixes(run, record_team()):
        assert growing == fresh


def test_agents_stand_in_the_order_of_the_log_with_what_became_of_them(visit: Visit, team: Team) -> None:
    said = len(visit.log.events)
    assert states(visit.page) == [
        ("Triage", "done"), ("Data helper", "waiting"), ("Data", "waiting"), ("Optimization", "waiting"),
        ("Actions", "waiting"), ("Report", "waiting"),
    ]  # fmt: skip
    analyse(team)
    team.start("reporting")
    visit.say(said)
    expect(agent_row(visit.page, "Report").locator(".agent-state")).to_have_text("working")
    assert states(visit.page) == [
        ("Triage", "done"), ("Data helper", "reused"), ("Data", "done"), ("Optimization", "done"),
        ("Actions", "failed"), ("Report", "working"),
    ]  # fmt: skip
    expect(agent_row(visit.page, "Actions").locator(".agent-problem")).to_have_text(
        "The plan took longer than its time limit. The answer goes on without it."
    )
    expect(visit.page.locator(".run-status")).to_have_text("Working")


def test_the_agent_at_work_is_open_and_folds_when_it_is_done(visit: Visit, team: Team) -> None:
    said = len(visit.log.events)
    team.start("data")
    team.use("data", 1, "Spend by model", table_block())
    visit.say(said)
    head = agent_row(visit.page, "Data").locator(".agent-head")
    expect(head).to_have_attribute("aria-expanded", "true")
    expect(visit.page.locator(".step.tool")).to_be_visible()
    said = len(visit.log.events)
    team.finish("data", "Read.")
    visit.say(said)
    expect(head).to_have_attribute("aria-expanded", "false")
    expect(visit.page.locator(".step.tool")).to_be_hidden()
    head.press("Enter")
    expect(visit.page.locator(".step.tool")).to_be_visible()


def test_what_the_reader_uses_stays_open_when_its_agent_is_done(visit: Visit, team: Team) -> None:
    said = len(visit.log.events)
    team.start("data")
    team.use("data", 1, "Spend by model", table_block())
    visit.say(said)
    visit.page.locator(".step.tool summary").first.click()
    said = len(visit.log.events)
    team.finish("data", "Read.")
    team.start("optimization")
    visit.say(said)
    expect(agent_row(visit.page, "Optimization").locator(".agent-state")).to_have_text("working")
    expect(visit.page.locator(".step.tool table")).to_be_visible()


def test_a_switch_in_mid_answer_takes_back_text_and_thoughts_but_no_call(visit: Visit, team: Team) -> None:
    said = len(visit.log.events)
    team.start("reporting", "gpt-5.2")
    team.think("reporting", "A thought that is void.")
    team.use("reporting", 1, "Spend by model", table_block())
    team.write("A beginning that is void.\n\n")
    visit.say(said)
    expect(visit.page.locator(".answer")).to_have_text("A beginning that is void.")
    said = len(visit.log.events)
    team.tell("reporting", "model_switched", **switch("gpt-5.2", "claude-sonnet-4-6"))
    visit.say(said)
    row = agent_row(visit.page, "Report")
    expect(row.locator(".switch-line")).to_have_text("Went on with claude-sonnet-4-6: the provider does not answer")
    expect(row.locator(".agent-model")).to_have_text("Model: claude-sonnet-4-6")
    expect(visit.page.locator(".answer")).to_be_hidden()
    expect(row.locator(".thought")).to_have_count(0)
    expect(row.locator(".step.tool")).to_have_count(1)
    expect(visit.page.locator("#announcer")).to_have_text("Went on with claude-sonnet-4-6.")
    said = len(visit.log.events)
    team.write("The true one.\n\n")
    visit.say(said)
    expect(visit.page.locator(".answer")).to_have_text("The true one.")


def test_a_new_try_with_the_same_model_says_so(run: Run) -> None:
    log = ServerLog()
    asked = log.ask(log.open_thread, "What do we spend?")
    log.start(asked)
    log.step(asked, "message_delta", delta="Void. ", part=0)
    log.step(asked, "model_switched", **(switch("gpt-5.2", "gpt-5.2")))
    log.step(asked, "message_delta", delta="True. ", part=0)
    words = draw_prefixes(run, log)[-1][0]
    assert "Tried again with gpt-5.2: the provider does not answer" in words
    assert not any("Void" in word for word in words)
    assert any("True." in word for word in words)


def test_a_switch_leaves_the_other_agents_thoughts_alone(run: Run) -> None:
    log = ServerLog()
    team = begin_team(log)
    team.start("data")
    team.think("data", "A thought of data.")
    team.start("optimization")
    team.tell("optimization", "model_switched", **switch("a", "b"))
    assert "A thought of data." in draw_prefixes(run, log)[-1][0]


@pytest.mark.parametrize(
    ("ending", "word"), [("cancel", "stopped"), ("fail", "not finished"), ("complete", "not finished")]
)
def test_the_end_of_the_run_closes_agents_that_were_at_work(visit: Visit, team: Team, ending: str, word: str) -> None:
    said = len(visit.log.events)
    team.start("data")
    team.tell("data", "tool_executing", call_id="data:1", tool="spend_by", title="Spend by model", arguments={})
    if ending == "fail":
        visit.log.fail(team.run)
    else:
        getattr(visit.log, ending)(team.run, "Half.")
    visit.say(said)
    expect(visit.page.locator(".agent-state")).to_have_text(["done", word])
    agent_row(visit.page, "Data").locator(".agent-head").click()
    expect(visit.page.locator(".step.tool .step-side")).to_contain_text("not finished")
    expect(visit.page.locator(".agent-row[data-state=working], .step.busy")).to_have_count(0)


def test_a_restart_discards_the_agents_of_the_former_attempt(run: Run) -> None:
    log = ServerLog()
    team = begin_team(log)
    log.restart(team.run)
    log.start(team.run)
    words = draw_prefixes(run, log)[-1][0]
    assert not set(TEAM.values()) & set(words)


def test_an_agent_met_in_the_middle_of_its_work_has_its_name(run: Run) -> None:
    log = ServerLog()
    asked = log.ask(log.open_thread, "What do we spend?")
    log.start(asked)
    log.agent_step(asked, "data", "agent_thinking", delta="In the middle.")
    words = draw_prefixes(run, log)[-1][0]
    assert [word for word in words if word in ("data", "working")] == ["data", "working"]


def test_a_run_without_a_team_has_no_agents(run: Run) -> None:
    log = ServerLog()
    asked = log.ask(log.open_thread, "What do we spend?")
    log.start(asked)
    log.step(asked, "agent_thinking", delta="Alone.")
    source = """(store, timeline, snapshot) => {
      const root = document.createElement("div");
      timeline.createTimeline(root, { actions: {} })(store.loadSnapshot(snapshot), []);
      return [root.querySelectorAll(".agent-row").length, root.querySelectorAll(".steps > .step").length];
    }"""
    assert run("store timeline", source, log.snapshots[-1]) == [0, 1]


def test_after_a_reload_the_whole_run_is_there(visit: Visit) -> None:
    visit.log = record_team()
    page = visit.open(visit.log.open_thread)
    expect(page.locator(".run-status")).to_have_text("Done")
    page.locator(".step-group > summary").click()
    assert [state for _, state in states(page)] == ["done", "reused", "done", "done", "failed", "done"]
    expect(page.locator(".answer h3")).to_have_text("You can save $1,204.50 a month")
    expect(page.locator(".recommendation")).to_have_count(len(findings()["recommendations"]))


def test_the_copied_answer_is_what_was_written(visit: Visit, team: Team) -> None:
    said = len(visit.log.events)
    analyse(team)
    report(team)
    visit.log.complete(team.run, ANSWER, **findings())
    visit.say(said)
    visit.page.evaluate("() => { navigator.clipboard.writeText = async (text) => { window.copied = text; }; }")
    visit.page.get_by_role("button", name="Copy").click()
    copied: Any = visit.page.evaluate("window.copied")
    assert copied == ANSWER
