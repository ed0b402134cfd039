"""Everything that was read is taken out of a question, with a word left in its place."""

from __future__ import annotations

from agents.providers.builtin.sketches import blank, draw_sketch, mark
from tests.agents.builtin.known import KNOWN


def test_amounts_names_and_days_leave_a_word_of_their_kind() -> None:
    sketch = draw_sketch("Cut ticket-triage by 20 % on 2026-09-16 for gpt-4o , $500 , 900 RPM", KNOWN)
    words = "cut xFeature by xCut on xDay for xModel , xCut , xRate"
    assert sketch.outline.split() == words.split()


def test_a_frame_is_taken_out_as_a_whole() -> None:
    sketch = draw_sketch("cut cost; the search must stay at 200 ms", KNOWN)
    assert sketch.outline.split() == ["cut", "cost;", "xBudget"]
    assert sketch.mentions == ()


def test_a_word_that_is_an_amount_stays_readable() -> None:
    assert draw_sketch("double the users", KNOWN).outline.split() == ["xGrowth", "double", "the", "users"]


def test_overlapping_marks_keep_the_first() -> None:
    assert mark("abcdef", [(0, 4, "xDay"), (2, 6, "xSpan")]).split() == ["xDay", "ef"]


def test_blanking_keeps_places() -> None:
    class Place:
        start, end = 1, 3

    assert blank("abcd", [Place()]) == "a  d"
