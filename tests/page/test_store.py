"""The fold: a snapshot and the events after it give the same state as a later snapshot."""

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.page.conftest import Run
from tests.page.server_log import ServerLog
from tests.page.stories import logs, record_story

# The page is only a place to compute in: nothing of one example is left for the next.
in_browser = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

FOLD = """(store, { first, events, last }) => {
  const freeze = (value) => {
    if (value && typeof value === "object") Object.values(Object.freeze(value)).forEach(freeze);
    return value;
  };
  const fold = (state, event) => freeze(store.applyEvent(state, freeze(event)));
  const folded = events.reduce(fold, freeze(store.loadSnapshot(first)));
  const twice = events.reduce(store.applyEvent, folded);
  return [folded, store.loadSnapshot(last), twice, JSON.parse(JSON.stringify(folded))];
}"""


def assert_folds(run: Run, log: ServerLog, start: int, end: int) -> None:
    """The state from snapshot `start` and the events up to `end` is the state of snapshot `end`."""
    first, last = log.snapshots[start], log.snapshots[end]
    events = log.events[first["as_of_seq"] : last["as_of_seq"]]
    folded, fresh, twice, copied = run("store", FOLD, {"first": first, "events": events, "last": last})
    assert folded == fresh
    assert twice == folded
    assert copied == folded


@in_browser
@given(log=logs, cuts=st.tuples(st.integers(0, 60), st.integers(0, 60)))
def test_any_cut_of_any_log_folds_to_the_fresh_snapshot(run: Run, log: ServerLog, cuts: tuple[int, int]) -> None:
    start, end = sorted(cut % len(log.snapshots) for cut in cuts)
    assert_folds(run, log, start, end)


def test_every_cut_of_the_told_story_folds_to_its_end(run: Run) -> None:
    log = record_story()
    for start in range(len(log.snapshots)):
        assert_folds(run, log, start, len(log.snapshots) - 1)


@in_browser
@given(log=logs)
def test_a_log_without_its_beginning_still_folds(run: Run, log: ServerLog) -> None:
    source = """(store, { thread, events }) => events.map((_event, index) => {
      const start = { ...store.emptyState(), thread_id: thread, cursor: 0 };
      return events.slice(index).reduce(store.applyEvent, start).cursor;
    })"""
    cursors = run("store", source, {"thread": log.open_thread, "events": log.events})
    assert set(cursors) == {len(log.events)}


APPLY_FRAMES = """(store, { snapshot, frames }) => {
  let state = store.loadSnapshot(snapshot);
  return frames.map((frame) => {
    const next = store.applyFrame(state, frame);
    state = next ?? state;
    return next === null ? "gap" : state.cursor;
  });
}"""


def frame(log: ServerLog, prev: int, to: int) -> dict[str, Any]:
    return {"type": "events", "prev": prev, "to": to, "events": log.events[prev:to]}


def test_a_frame_is_taken_only_where_it_continues_the_state(run: Run) -> None:
    log = record_story()
    frames = [frame(log, 0, 4), frame(log, 6, 8), frame(log, 0, 4), frame(log, 4, 6), frame(log, 6, 8)]
    cursors = run("store", APPLY_FRAMES, {"snapshot": log.snapshots[0], "frames": frames})
    assert cursors == [4, "gap", 4, 6, 8]


def test_a_frame_whose_deltas_were_left_out_moves_the_cursor_to_its_end(run: Run) -> None:
    log = record_story()
    empty = {"type": "events", "prev": 0, "to": 5, "events": []}
    assert run("store", APPLY_FRAMES, {"snapshot": log.snapshots[0], "frames": [empty]}) == [5]


def test_the_full_text_wins_over_a_stream_that_differs(run: Run) -> None:
    log = ServerLog()
    asked = log.ask(log.open_thread, "What do we spend?")
    log.start(asked)
    log.step(asked, "message_delta", delta="Something else entirely", part=0)
    log.complete(asked, "The true answer.")
    source = """(store, timeline, { snapshot, events }) => {
      const state = events.reduce(store.applyEvent, store.loadSnapshot(snapshot));
      const root = document.createElement("div");
      timeline.createTimeline(root, { actions: {} })(state, []);
      return root.textContent;
    }"""
    text = run("store timeline", source, {"snapshot": log.snapshots[0], "events": log.events})
    assert "The true answer." in text
    assert "Something else" not in text
