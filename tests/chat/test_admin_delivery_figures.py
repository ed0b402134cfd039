"""What was counted, summed over processes and stretches of time; estimates from buckets; the cost of a week."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from chat.admin.delivery_charts import draw_charts, show_lag, show_number, show_percent
from chat.admin.delivery_figures import SPANS, Point, estimate_lag, read_points, share_of
from chat.models import DeliveryMinute
from tests.accounts.conftest import own_limits
from tests.chat.delivery_rows import add_minute
from tests.staff import make_superuser, signed_in

__all__ = ["own_limits"]
pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 21, 14, 40, 30, tzinfo=UTC)
HOUR, DAY, WEEK = SPANS["1h"], SPANS["24h"], SPANS["7d"]


def counted(points: list[Point], name: str) -> dict[str, float]:
    """The points in which this was counted, by their beginning."""
    return {f"{point.begin:%d %H:%M}": point.sums[name] for point in points if point.sums and name in point.sums}


def test_an_hour_has_a_point_a_minute_and_ends_with_the_last_full_one() -> None:
    for minutes, judged in ((0, 1), (1, 10), (60, 100), (61, 1_000)):
        add_minute(NOW - timedelta(minutes=minutes), judged=judged)
    points = read_points(HOUR, NOW)
    assert (len(points), points[0].seconds, points[-1].seconds) == (60, 60, 60)
    assert counted(points, "judged") == {"21 13:40": 100, "21 14:39": 10}


def test_all_processes_and_types_are_summed() -> None:
    at = NOW - timedelta(minutes=5)
    add_minute(at, "worker one", appended__notice=3, appended__message_delta=40)
    add_minute(at, "worker two", appended__notice=7)
    add_minute(at, "web one", pushed=45, channel__replay=5, lag__stored_acked__notice__5=2, lag__stored_acked__x__5=1)
    add_minute(at, "web two", pushed=5, lag__stored_acked__notice__5=4, lag__stored_pushed__notice__5=999)
    (sums,) = [point.sums for point in read_points(HOUR, NOW) if point.sums is not None]
    assert sums == {"appended": 50, "pushed": 50, "channel|replay": 5, "lag|5": 7}


def test_a_day_has_a_point_a_quarter_of_which_the_last_has_begun_only() -> None:
    for hour, minute, judged in ((14, 30, 1), (14, 39, 2), (14, 40, 4), (14, 29, 8), (14, 15, 16)):
        add_minute(NOW.replace(hour=hour, minute=minute), judged=judged)
    points = read_points(DAY, NOW)
    assert (len(points), points[-2].seconds, points[-1].seconds) == (96, 900, 600)
    assert f"{points[0].begin:%d %H:%M}" == "20 14:45"
    assert counted(points, "judged") == {"21 14:15": 24, "21 14:30": 3}


def test_a_week_has_a_point_an_hour() -> None:
    for days, minutes, judged in ((0, 0, 1), (0, 10, 2), (0, 100, 4), (6, 1, 8), (7, 0, 16)):
        add_minute(NOW - timedelta(days=days, minutes=minutes + 1), judged=judged)
    points = read_points(WEEK, NOW)
    assert (len(points), points[-1].seconds) == (168, 40 * 60)
    # A week and a minute ago lies before the first whole hour that is shown.
    assert f"{points[0].begin:%d %H:%M}" == "14 15:00"
    assert counted(points, "judged") == {"21 14:00": 3, "21 12:00": 4, "15 14:00": 8}


def test_nothing_counted_is_not_the_same_as_nothing_to_count() -> None:
    add_minute(NOW - timedelta(minutes=3), claimed__regular=1)
    points = read_points(HOUR, NOW)
    assert [point.sums for point in points[-4:]] == [None, {}, None, None]


def test_stretches_that_are_over_are_read_once_until_rows_come(own_limits: None) -> None:
    old = NOW - timedelta(hours=3)
    add_minute(old, judged=5)
    add_minute(NOW - timedelta(minutes=1), judged=7)
    first = read_points(DAY, NOW)
    with CaptureQueriesContext(connection) as queries:
        assert read_points(DAY, NOW) == first
    asked = [query["sql"] for query in queries if "jsonb_each" in query["sql"]]
    assert len(asked) == 1
    # Only the stretch that goes on is read again.
    assert "2026-11-21 14:30:00+00:00" in asked[0]
    add_minute(old, "web two", judged=1)
    assert counted(read_points(DAY, NOW), "judged") == {"21 11:30": 6, "21 14:30": 7}


def test_a_stretch_that_has_just_ended_is_read_again(own_limits: None) -> None:
    now = NOW.replace(minute=46)
    add_minute(NOW.replace(minute=44), judged=5)
    read_points(DAY, now)
    DeliveryMinute.objects.update(figures={"judged": 6})
    assert counted(read_points(DAY, now), "judged") == {"21 14:30": 6}


def test_lag_is_estimated_linearly_inside_a_bucket() -> None:
    # 50 up to 5 ms, 40 from 50 to 100 ms, 10 from 0.5 to 1 s.
    sums = {"lag|0.005": 50, "lag|0.1": 40, "lag|1": 10}
    assert estimate_lag(sums, 0.25) == pytest.approx(0.0025)
    assert estimate_lag(sums, 0.5) == pytest.approx(0.005)
    assert estimate_lag(sums, 0.6) == pytest.approx(0.05 + 0.05 * 10 / 40)
    assert estimate_lag(sums, 0.99) == pytest.approx(0.5 + 0.5 * 9 / 10)


def test_lag_beyond_the_last_bucket_is_at_least_its_end() -> None:
    assert estimate_lag({"lag|0.005": 1, "lag|inf": 9}, 0.5) == 30.0
    assert show_lag(30.0) == "30 s or more"
    assert estimate_lag({"judged": 3}, 0.5) is None


def test_a_share_of_nothing_is_none() -> None:
    assert (share_of(19, 20), share_of(0, 0)) == (95.0, None)


def test_percent_is_never_rounded_up_to_all() -> None:
    assert [show_percent(value) for value in (100.0, 99.99, 95.0, 0.04)] == ["100.0 %", "99.9 %", "95.0 %", "0.0 %"]


def test_numbers_are_as_exact_as_their_size_makes_sense() -> None:
    assert [show_number(value) for value in (0.0, 3.0, 0.125, 12.34, 1_234.5)] == ["0", "3", "0.12", "12.3", "1,234"]


def test_the_charts_of_known_rows() -> None:
    at = NOW - timedelta(minutes=1)
    add_minute(at, judged=200, in_time=190, appended__notice=90, pushed=60, channel__replay=12, channel__redelivery=3)
    add_minute(at - timedelta(minutes=2), lag__stored_acked__notice__1=100)
    rate, lag, events, ways = draw_charts(HOUR, read_points(HOUR, NOW))
    assert [chart.words.id for chart in (rate, lag, events, ways)] == ["rate", "lag", "events", "ways"]
    assert rate.description == "delivery rate: from 95.0 % to 95.0 %, 95.0 % at the end."
    assert "The axis begins at 90 %." in rate.words.note
    # 100 events evenly between half a second and a second: the 50th at 0.75 s, the 99th at 0.995 s.
    assert "half of all (p50): from 0.750 s to 0.750 s" in lag.description
    assert "99 of 100 (p99): from 0.995 s to 0.995 s" in lag.description
    assert events.description == (
        "appended: from 0 to 1.50, 1.50 at the end. pushed: from 0 to 1, 1 at the end."
    )  # 90 and 60 in 60 seconds
    assert [line.name for line in ways.lines] == ["replay", "redelivery", "direct"]
    first_row = '<tr><th scope="row">2026-11-21 14:39</th><td class="number">12</td><td class="number">3</td>'
    assert ways.table.startswith(first_row + '<td class="number">0</td></tr>')
    assert ways.table.count("<tr>") == 60
    assert [label for _, label in rate.times] == ["13:40", "13:55", "14:10", "14:25", "now"]


def test_charts_without_figures_are_empty() -> None:
    assert [chart.is_empty for chart in draw_charts(WEEK, read_points(WEEK, NOW))] == [True] * 4


FILL = """
WITH types AS (SELECT 'type_number_' || n AS type FROM generate_series(1, 8) AS n),
web AS (SELECT jsonb_object_agg(name, 17) AS figures FROM (
    SELECT 'lag|' || hop || '|' || type || '|' || bucket AS name
      FROM types, unnest(ARRAY['stored_pushed', 'pushed_acked', 'stored_acked']) AS hop,
           unnest(ARRAY['0.005', '0.01', '0.025', '0.1', '1', 'sum']) AS bucket
     UNION ALL SELECT unnest(ARRAY['judged', 'in_time', 'pushed', 'acknowledged', 'live|push', 'channel|direct'])
) AS names),
worker AS (SELECT jsonb_object_agg('appended|' || type, 20) AS figures FROM types)
INSERT INTO chat_deliveryminute (minute, process, figures)
SELECT date_trunc('minute', now()) - make_interval(mins => n), 'process ' || process,
       CASE WHEN process < 3 THEN web.figures ELSE worker.figures END
  FROM generate_series(1, %s) AS n, generate_series(1, 6) AS process, web, worker
"""


def milliseconds(client: Client, path: str, rounds: int = 5) -> float:
    """The best of some rounds: others use the machine too."""
    taken = []
    for _ in range(rounds):
        began = time.perf_counter()
        assert client.get(path).status_code == 200
        taken.append((time.perf_counter() - began) * 1000)
    return min(taken)


@pytest.mark.long
def test_a_week_of_six_processes_costs_hardly_more_than_an_hour(own_limits: None, settings: Any) -> None:
    admin = signed_in(make_superuser())
    few = {span: milliseconds(admin, f"/admin/delivery/?span={span}") for span in SPANS}
    with connection.cursor() as cursor:
        cursor.execute(FILL, [7 * 24 * 60])
        cursor.execute("ANALYZE chat_deliveryminute")
    assert DeliveryMinute.objects.count() == 60_480
    first = {span: milliseconds(admin, f"/admin/delivery/?span={span}", rounds=1) for span in SPANS}
    many = {span: milliseconds(admin, f"/admin/delivery/?span={span}") for span in SPANS}
    for span in SPANS:
        print(f"{span:4} {few[span]:6.1f} -> first {first[span]:7.1f}, then {many[span]:6.1f} ms")
    for span in SPANS:
        assert many[span] < max(100.0, 5 * few[span]), span
        # The first look since the cache was emptied reads every row once.
        assert first[span] < 15_000, span
    points = read_points(WEEK, timezone.now())
    whole = [point.sums["judged"] for point in points[1:-1] if point.sums]
    assert whole == [17 * 60 * 2] * 166
