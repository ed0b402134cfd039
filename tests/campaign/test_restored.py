"""What a backup did not have is excused after it was put back, and nothing else is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.campaign.evidence import Evidence, Got, Jump, Row
from tests.campaign.restored import Restore, check_restored
from tests.campaign.test_checker import ANNA, BERT, DELTAS, got_of, make_row, tell_story

KEPT = 3
NEW = {ANNA: "another log of anna", BERT: "another log of bert"}


def later_row(user: str, place: int) -> Row:
    """An event of the run a worker writes after the restore, where the former log had others."""
    row = make_row(user, 11 + KEPT + place, place)
    return row._replace(run=f"run of {user}", attempt=2)


def later_got(row: Row) -> Got:
    """The same at a client."""
    return got_of(row)._replace(event_id=f"{NEW[row.user]}-{row.seq}")


def tell_restored() -> tuple[Evidence, Restore]:
    """Each person's run is set back to its third event, and a worker begins it anew; a new run follows."""
    story = tell_story()
    former = list(story.rows)
    kept = [row for row in former if row.run_seq is not None and row.run_seq < KEPT]
    restore = Restore(
        former, set(story.emitted.acked), set(story.emitted.runs), kept, NEW,
        set(story.emitted.runs), set(story.emitted.runs),
    )  # fmt: skip
    added = [later_row(user, place) for user in (ANNA, BERT) for place in range(DELTAS + 2)]
    story.rows = [*kept, *added]
    for client in story.clients:
        client.jumps.append(Jump(len(client.got), 10 + KEPT, NEW[client.user]))
        client.got += [later_got(row) for row in added if row.user == client.user]
    return story, restore


def test_a_restore_everybody_followed_is_clean() -> None:
    story, restore = tell_restored()
    findings = check_restored(story, [restore])
    assert findings.examples == []
    assert findings.is_clean
    assert len(restore.forgotten) == 2 * (DELTAS + 2 - KEPT)


def stay_with_the_former_log(story: Evidence) -> None:
    client = story.clients[0]
    client.got = client.got[: client.jumps[0].applied]
    client.jumps.clear()


def apply_a_former_event(story: Evidence) -> None:
    client = story.clients[0]
    first = client.jumps[0].applied
    client.got[first] = got_of(next(row for row in story.rows if row.user == client.user))._replace(seq=14)


def miss_an_event_before_it(story: Evidence) -> None:
    client = story.clients[0]
    del client.got[1]
    client.jumps[0] = client.jumps[0]._replace(applied=client.jumps[0].applied - 1)


def lose_an_event_the_backup_had(story: Evidence) -> None:
    story.rows = [row for row in story.rows if not (row.user == ANNA and row.seq == 12)]


def leave_a_run_open(story: Evidence) -> None:
    story.rows = [row for row in story.rows if not (row.user == ANNA and row.terminal)]


@pytest.mark.parametrize(
    ("bug", "name"),
    [
        (stay_with_the_former_log, "client_lost"),
        (apply_a_former_event, "unexpected"),
        (miss_an_event_before_it, "client_lost"),
        (lose_an_event_the_backup_had, "acked_missing"),
        (leave_a_run_open, "no_terminal"),
    ],
    ids=lambda value: getattr(value, "__name__", value),
)
def test_what_goes_wrong_around_a_restore_is_found(bug: Callable[[Evidence], None], name: str) -> None:
    story, restore = tell_restored()
    bug(story)
    assert check_restored(story, [restore]).counts[name] > 0


def test_what_was_acknowledged_after_the_restore_is_not_excused() -> None:
    story, restore = tell_restored()
    story.emitted.acked.add((f"run of {ANNA}", 3, 0))
    assert check_restored(story, [restore]).counts["acked_missing"] == 1


def test_a_backup_has_nothing_that_was_not_there() -> None:
    story, restore = tell_restored()
    invented = restore.kept[0]._replace(digest="made up")
    assert check_restored(story, [replace(restore, kept=[invented])]).counts["unexpected"] > 0


def test_each_of_several_restores_begins_a_log_of_its_own() -> None:
    """A second backup, which had nothing of what came after the first one but one event."""
    story, first = tell_restored()
    newest = {user: f"the newest log of {user}" for user in NEW}
    kept = [row for row in story.rows if row.seq <= 11 + KEPT]
    second = replace(first, former=list(story.rows), kept=kept, epochs=newest)
    added = [later_row(user, place)._replace(attempt=3) for user in NEW for place in range(DELTAS + 2)]
    story.rows = [*kept, *(row._replace(seq=row.seq + 1) for row in added)]
    for client in story.clients:
        client.jumps.append(Jump(len(client.got), 11 + KEPT, newest[client.user]))
        own = [row for row in story.rows if row.user == client.user and row.seq > 11 + KEPT]
        client.got += [got_of(row)._replace(event_id=f"{newest[row.user]}-{row.seq}") for row in own]
    findings = check_restored(story, [first, second])
    assert findings.examples == []
    del story.clients[1].jumps[1]
    assert check_restored(story, [first, second]).counts["unexpected"] > 0
