"""The checker finds each of ten seeded bugs, and nothing in a story without one."""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.campaign import checker, evidence, recording, restored
from tests.campaign.checker import CLASSES, Findings, check, check_answers
from tests.campaign.evidence import Client, Evidence, Got, Jump, Row
from tests.campaign.recording import digest_of, mark_of, marks_in

SECRET = "a secret of this test"
ANNA, BERT = "aaaaaaaa-0000-4000-8000-000000000001", "bbbbbbbb-0000-4000-8000-000000000002"
DELTAS = 4


def make_row(user: str, seq: int, run_seq: int) -> Row:
    """One event of a run of a start, some deltas and an end."""
    text = f"{mark_of(SECRET, user)} word {run_seq} "
    answer = "".join(f"{mark_of(SECRET, user)} word {number} " for number in range(1, DELTAS + 1))
    is_delta, is_end = 0 < run_seq <= DELTAS, run_seq == DELTAS + 1
    type = "message_delta" if is_delta else "agent_completed" if is_end else "agent_started"
    return Row(
        user, seq, f"run of {user}", 1, run_seq, type, is_end, digest_of(f"{user} {run_seq}".encode()),
        text if is_delta else None, hashlib.sha256(answer.encode()).hexdigest() if is_end else None,
        marks_in(text) if is_delta else "",
    )  # fmt: skip


def got_of(row: Row) -> Got:
    """The event as a client without faults applies it."""
    return Got(
        row.seq, f"epoch of {row.user}-{row.seq}", row.user, row.run, row.attempt, row.run_seq, row.type, row.terminal,
        row.digest, row.marks, 1.0, 0.5,
    )  # fmt: skip


def tell_story() -> Evidence:
    """Two people with a run and two clients each, without a fault; a commit's answer was lost and found."""
    story = Evidence(SECRET, scripted=True)
    for user in (ANNA, BERT):
        rows = [make_row(user, 11 + run_seq, run_seq) for run_seq in range(DELTAS + 2)]
        story.rows += rows
        story.emitted.runs[f"run of {user}"] = user
        for row in rows:
            assert row.place is not None
            story.emitted.tried[row.place] = row.digest
            story.emitted.acked.add(row.place)
        story.emitted.unsure.add((f"run of {user}", 1, 2))
        for number in range(2):
            story.clients.append(Client(f"{user}/{number}", user, 10, [got_of(row) for row in rows]))
    return story


def drop_row(story: Evidence) -> None:
    del story.rows[DELTAS]


def drop_event_of_a_client(story: Evidence) -> None:
    del story.clients[0].got[2]


def drop_last_event_of_a_client(story: Evidence) -> None:
    del story.clients[0].got[-1]


def swap_two(story: Evidence) -> None:
    got = story.clients[1].got
    got[1], got[2] = got[2], got[1]


def double_one(story: Evidence) -> None:
    story.clients[2].got.insert(3, story.clients[2].got[2])


def leak_row_into_a_log(story: Evidence) -> None:
    story.rows[2] = story.rows[2]._replace(marks=mark_of(SECRET, BERT))


def leak_event_to_a_client(story: Evidence) -> None:
    story.clients[0].got[2] = story.clients[2].got[2]._replace(seq=story.clients[0].got[2].seq)


def drop_terminal(story: Evidence) -> None:
    story.rows = [row for row in story.rows if not (row.terminal and row.user == ANNA)]


def add_second_terminal(story: Evidence) -> None:
    end = next(row for row in story.rows if row.terminal)
    story.rows.append(end._replace(seq=end.seq + 1, run_seq=DELTAS + 2))


def change_text_in_the_log(story: Evidence) -> None:
    story.rows[2] = story.rows[2]._replace(text=f"{mark_of(SECRET, ANNA)} another word ")


def change_text_at_a_client(story: Evidence) -> None:
    story.clients[0].got[2] = story.clients[0].got[2]._replace(digest="changed on the way")


def change_stored_data(story: Evidence) -> None:
    story.rows[2] = story.rows[2]._replace(digest="not what was emitted")


def invent_event(story: Evidence) -> None:
    last = story.rows[DELTAS + 1]
    story.rows.append(last._replace(seq=last.seq + 1, run="a run nobody began", run_seq=0, terminal=False, sha256=None))


def invent_event_of_a_client(story: Evidence) -> None:
    last = story.clients[0].got[-1]
    story.clients[0].got.append(last._replace(seq=99, event_id="made up", terminal=False))


def skip_place_of_a_run(story: Evidence) -> None:
    row = story.rows[2]
    del story.emitted.tried[row.place]  # type: ignore[arg-type]
    story.rows[2] = row._replace(run_seq=7)


def write_in_an_old_attempt(story: Evidence) -> None:
    story.rows[1] = story.rows[1]._replace(attempt=2)


BUGS: list[tuple[Callable[[Evidence], None], str]] = [
    (drop_row, "acked_missing"),
    (drop_row, "seq_break"),
    (invent_event, "unexpected"),
    (invent_event_of_a_client, "unexpected"),
    (drop_event_of_a_client, "client_lost"),
    (drop_last_event_of_a_client, "client_lost"),
    (double_one, "dup_applied"),
    (swap_two, "order"),
    (skip_place_of_a_run, "seq_break"),
    (write_in_an_old_attempt, "seq_break"),
    (leak_row_into_a_log, "cross_user"),
    (leak_event_to_a_client, "cross_user"),
    (add_second_terminal, "two_terminals"),
    (drop_terminal, "no_terminal"),
    (change_text_in_the_log, "sha_mismatch"),
    (change_text_at_a_client, "sha_mismatch"),
    (change_stored_data, "sha_mismatch"),
]


def test_a_story_without_a_bug_is_clean() -> None:
    findings = check(tell_story())
    assert findings.examples == []
    assert findings.is_clean
    assert (findings.ambiguous, findings.unresolved) == (2, 0)


@pytest.mark.parametrize(("bug", "name"), BUGS, ids=lambda value: getattr(value, "__name__", value))
def test_each_seeded_bug_is_caught(bug: Callable[[Evidence], None], name: str) -> None:
    story = tell_story()
    bug(story)
    findings = check(story)
    assert findings.counts[name] > 0, findings.examples
    assert not findings.is_clean


def test_every_class_has_a_seeded_bug() -> None:
    assert {name for _, name in BUGS} == set(CLASSES)


def test_a_commit_that_stays_in_doubt_is_told() -> None:
    story = tell_story()
    story.emitted.acked.discard((f"run of {ANNA}", 1, 2))
    assert check(story).unresolved == 1


def test_what_was_streamed_before_another_model_took_over_is_no_part_of_the_answer() -> None:
    rows = [row for row in tell_story().rows if row.user == ANNA]
    void = rows[1]._replace(text="void")
    taken_over, kept = Findings(), Findings()
    check_answers([void, rows[0]._replace(type="model_switched"), *rows], taken_over)
    check_answers([void, *rows], kept)
    assert (taken_over.counts["sha_mismatch"], kept.counts["sha_mismatch"]) == (0, 1)


def test_a_snapshot_stands_for_what_lies_before_it_and_for_nothing_after() -> None:
    story = tell_story()
    del story.clients[0].got[1:4]
    story.clients[0].jumps.append(Jump(1, 14))
    assert check(story).is_clean
    story.clients[0].jumps[0] = Jump(1, 13)
    assert check(story).counts["client_lost"] == 1


def test_who_was_told_to_leave_needs_nothing_that_came_later() -> None:
    story = tell_story()
    del story.clients[0].got[-2:]
    story.clients[0].left_at = story.clients[0].got[-1].seq
    assert check(story).is_clean
    story.clients[0].left_at += 1
    assert check(story).counts["client_lost"] == 1


@pytest.mark.parametrize("module", [checker, evidence, recording, restored])
def test_the_checker_shares_no_code_with_the_product(module: object) -> None:
    tree = ast.parse(Path(str(getattr(module, "__file__", ""))).read_text())
    names = [node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    names += [alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names]
    foreign = [name for name in names if name.split(".")[0] in ("netra", "accounts", "chat", "agents", "bench")]
    assert foreign == []
    assert all(name.startswith("tests.campaign") for name in names if name.startswith("tests"))
