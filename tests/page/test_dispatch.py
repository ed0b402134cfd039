"""Every event of the protocol has one function that folds it, and one valid example."""

import json
import re
from collections import Counter

from netra.config import PROJECT_FOLDER
from tests.page.conftest import Run

EVENTS = json.loads((PROJECT_FOLDER / "tests" / "fixtures" / "events.json").read_text())


def documented_types() -> list[str]:
    """The first column of the event table in docs/protocol.md."""
    text = (PROJECT_FOLDER / "docs" / "protocol.md").read_text()
    table = text.split("| type | data |")[1].split("\n\n")[0]
    cells = [line.split("|")[1] for line in table.splitlines() if line.startswith("| ") and "---" not in line]
    return sorted(name for cell in cells for name in re.findall(r"[a-z_]+", cell))


def test_every_documented_event_has_a_reducer(run: Run) -> None:
    assert run("dispatch", "(dispatch) => Object.keys(dispatch.reducers).sort()") == documented_types()


def test_the_examples_show_every_documented_event_once() -> None:
    counts = Counter(event["type"] for event in EVENTS)
    assert sorted(counts) == documented_types()
    assert set(counts.values()) == {1}


def test_every_example_folds_and_draws_on_its_own(run: Run) -> None:
    source = """(store, timeline, events) => events.map((event) => {
      const start = { ...store.emptyState(), thread_id: event.thread_id, cursor: 0 };
      const root = document.createElement("div");
      timeline.createTimeline(root, { actions: {} })(store.applyEvent(start, event), []);
      return root.textContent.includes("undefined");
    })"""
    assert run("store timeline", source, EVENTS) == [False] * len(EVENTS)


def test_an_unknown_event_changes_nothing_and_is_counted(run: Run) -> None:
    source = """(store, dispatch) => {
      const event = { seq: 1, type: "agent_dreamed", run_id: null, thread_id: null, data: {} };
      const before = { ...store.emptyState(), cursor: 0 };
      const after = store.applyEvent(before, event);
      return [{ ...after, cursor: 0 }, before, dispatch.countsOfUnknown()];
    }"""
    after, before, counts = run("store dispatch", source)
    assert after == before
    assert counts == {"agent_dreamed": 1}
