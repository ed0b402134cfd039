"""Lines over time as paths: places, gaps, round marks."""

from __future__ import annotations

import pytest

from chat.admin.lines import Line, Scale, draw_path, marks_of, scale_from_zero


def test_values_lie_in_the_middle_of_their_steps_on_the_scale() -> None:
    scale = Scale(0.0, 100.0, (0.0, 100.0))
    assert draw_path([0.0, 50.0, 100.0, 25.0], scale) == "M125.0 140L375.0 70L625.0 0L875.0 105"


def test_a_line_stops_where_there_is_nothing_and_begins_anew() -> None:
    scale = Scale(0.0, 1.0, (0.0, 1.0))
    assert draw_path([1.0, 1.0, None, 0.0, 0.0], scale) == "M100.0 0L300.0 0M700.0 140L900.0 140"


def test_a_value_on_its_own_is_a_point() -> None:
    scale = Scale(0.0, 1.0, (0.0, 1.0))
    assert draw_path([None, 1.0, None], scale) == "M500.0 0h0"
    assert draw_path([None, None], scale) == ""


def test_what_lies_beyond_the_scale_is_drawn_at_its_end() -> None:
    scale = Scale(90.0, 100.0, (90.0, 100.0))
    assert (scale.place(80.0), scale.place(95.0), scale.place(120.0)) == (140.0, 70.0, 0.0)


def test_on_a_logarithmic_scale_ten_times_as_much_is_always_as_far() -> None:
    scale = Scale(0.01, 100.0, (0.01, 1.0, 100.0), is_logarithmic=True)
    assert [scale.place(value) for value in (0.01, 0.1, 1.0, 10.0, 100.0)] == [140.0, 105.0, 70.0, 35.0, 0.0]
    assert scale.place(0.0) == 140.0


@pytest.mark.parametrize(
    ("largest", "marks"),
    [
        (0.0, (0.0, 1.0)),
        (7.0, (0.0, 2.0, 4.0, 6.0, 8.0)),
        (400.0, (0.0, 100.0, 200.0, 300.0, 400.0)),
        (0.9, (0.0, 0.25, 0.5, 0.75, 1.0)),
        (41.0, (0.0, 20.0, 40.0, 60.0)),
    ],
)
def test_a_scale_from_zero_ends_at_a_round_mark(largest: float, marks: tuple[float, ...]) -> None:
    scale = scale_from_zero([Line("one", [None, largest]), Line("two", [0.0])])
    assert scale.marks == pytest.approx(marks)
    assert scale.high == pytest.approx(marks[-1])


def test_marks_are_written_at_their_places() -> None:
    assert marks_of(Scale(0.0, 10.0, (0.0, 5.0, 10.0)), "{:g} %".format) == [
        (140.0, "0 %"),
        (70.0, "5 %"),
        (0.0, "10 %"),
    ]
