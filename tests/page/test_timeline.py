"""What the reader sees of a log: every prefix of it draws, and says what is true at that point."""

from typing import Any

from hypothesis import HealthCheck, given, settings

from tests.page.conftest import Run
from tests.page.server_log import ServerLog
from tests.page.stories import ANSWER, logs, record_story

# Draws every prefix twice: one timeline that grows event by event, and a fresh one.
DRAW_PREFIXES = """(store, timeline, { snapshot, events }) => {
  const growing = document.createElement("div");
  const updateGrowing = timeline.createTimeline(growing, { actions: {} });
  let state = store.loadSnapshot(snapshot);
  const told = ".text, .agent-name, .run-status, .step-title, .step-side, .step-time, .thought, .markdown, .run-note, "
    + ".run-problem, .meta, .agent-title, .agent-state, .agent-summary, .agent-problem, .agent-model, .switch-line, "
    + ".figure, .checks, .findings h3, .recommendation, .next-question";
  const words = (root) => [...root.querySelectorAll(told)]
    .filter((node) => !node.closest("[hidden]")).map((node) => node.textContent);
  return events.map((event) => {
    state = store.applyEvent(state, event);
    const fresh = document.createElement("div");
    timeline.createTimeline(fresh, { actions: {} })(state, []);
    updateGrowing(state, []);
    return [words(growing), words(fresh)];
  });
}"""


def draw_prefixes(run: Run, log: ServerLog) -> list[Any]:
    argument = {"snapshot": log.snapshots[0], "events": log.events}
    drawn: list[Any] = run("store timeline", DRAW_PREFIXES, argument)
    return drawn


def test_every_prefix_of_the_story_shows_what_was_written_so_far(run: Run) -> None:
    log = record_story()
    written = ""
    for event, (growing, fresh) in zip(log.events, draw_prefixes(run, log), strict=True):
        assert growing == fresh
        if event["type"] == "message_delta" and event["run_id"] == log.events[1]["run_id"]:
            written += event["data"]["delta"]
            # The last character may be held back: it could open a link or a table.
            assert any(written.startswith(word) and len(written) - len(word) <= 1 for word in growing)


def test_a_restart_takes_back_what_the_former_attempt_streamed(run: Run) -> None:
    log = record_story()
    restarted = next(index for index, event in enumerate(log.events) if event["type"] == "agent_restarted")
    drawn = draw_prefixes(run, log)
    assert "This attempt is lost." in drawn[restarted - 1][0]
    assert "This attempt is lost." not in drawn[restarted][0]


def test_the_end_of_the_story_is_told_in_full(run: Run) -> None:
    words = draw_prefixes(run, record_story())[-1][0]
    text = "\n".join(words)
    assert ANSWER in words
    assert "This attempt is lost." not in text
    assert "Started again: The worker went away." in words
    assert "The support team" in words
    assert "You stopped this answer. What was written so far is kept." in words
    assert "The model could not be reached. Try again in a minute." in words
    assert [word for word in words if word in ("Done", "Stopped", "Failed")] == ["Done", "Stopped", "Failed"]


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(log=logs)
def test_every_prefix_of_any_log_draws_the_same_growing_and_fresh(run: Run, log: ServerLog) -> None:
    for growing, fresh in draw_prefixes(run, log):
        assert growing == fresh


def test_a_tool_shows_arguments_table_chart_and_its_demo_mark_when_opened(run: Run) -> None:
    log = record_story()
    source = """async (store, timeline, snapshot) => {
      const root = document.querySelector("#root");
      timeline.createTimeline(root, { actions: {} })(store.loadSnapshot(snapshot), []);
      const step = root.querySelector("[data-tool=spend_by] details");
      const before = step.querySelectorAll("table").length;
      step.open = true;
      await new Promise((resolve) => step.addEventListener("toggle", resolve, { once: true }));
      const cells = [...step.querySelectorAll("tbody td")].map((cell) => cell.textContent);
      const demo = step.querySelector(".badge.demo").textContent;
      return [before, cells, demo, step.querySelectorAll(".bar").length, step.querySelector("dd").textContent];
    }"""
    shown = run("store timeline", source, log.snapshots[-1])
    assert shown == [0, ["gpt-5.2", "$5,121.42", "claude-haiku-4-5", "$2,468.60"], "Demo data", 2, "model"]


def test_a_question_on_its_way_is_marked_and_replaced_by_the_posted_one(run: Run) -> None:
    log = ServerLog()
    asked = log.ask(log.open_thread, "What do we spend?")
    entry = {"kind": "send", "client_id": asked["client_id"], "thread_id": log.open_thread}
    entry |= {"text": "What do we spend?", "created_at": log.now(), "error": None}
    source = """(store, timeline, { before, after, entry }) => [before, after].map((snapshot) => {
      const root = document.createElement("div");
      timeline.createTimeline(root, { actions: {} })(store.loadSnapshot(snapshot), [entry]);
      const shown = [...root.querySelectorAll(".message.user:not([hidden])")];
      return shown.map((node) => node.classList.contains("pending"));
    })"""
    argument = {"before": log.snapshots[0], "after": log.snapshots[-1], "entry": entry}
    assert run("store timeline", source, argument) == [[True], [False]]
