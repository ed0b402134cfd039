"""The mix of latencies: percentiles of weighed values."""

from __future__ import annotations

import pytest

from agents.savings.options import quantile


def test_a_percentile_lies_between_the_two_values_it_lies_between() -> None:
    assert quantile([(100.0, 1), (200.0, 1)], 0.5) == pytest.approx(150)
    assert quantile([(100.0, 1), (200.0, 1)], 0.95) == 200
    assert quantile([(100.0, 1), (200.0, 1)], 0.1) == 100


def test_weight_counts_like_that_many_values() -> None:
    assert quantile([(100.0, 3), (200.0, 1)], 0.5) == pytest.approx(quantile([(100.0, 30), (200.0, 10)], 0.5))
    assert quantile([(100.0, 99), (900.0, 1)], 0.5) == pytest.approx(100, abs=20)


def test_what_weighs_nothing_does_not_count() -> None:
    assert quantile([(100.0, 1), (9000.0, 0)], 0.95) == 100
    assert quantile([], 0.95) is None
