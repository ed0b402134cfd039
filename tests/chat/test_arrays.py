"""What is packed for the database is what the database reads."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chat.log.arrays import Kind, pack
from chat.log.connections import connection_parameters

pytestmark = pytest.mark.django_db

TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))
MOMENTS = st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC))
VALUES: list[tuple[Kind, str, st.SearchStrategy[Any]]] = [
    (Kind.BOOLEAN, "boolean", st.booleans()),
    (Kind.INTEGER, "int", st.integers(-(2**31), 2**31 - 1)),
    (Kind.BIGINT, "bigint", st.integers(-(2**63), 2**63 - 1)),
    (Kind.TEXT, "text", TEXTS),
    (Kind.TIMESTAMPTZ, "timestamptz", MOMENTS),
    (Kind.UUID, "uuid", st.uuids()),
]


def read_back(kind: Kind, type: str, values: list[Any]) -> Any:
    """The array as the database has it."""
    with psycopg.connect(**connection_parameters()) as connection:
        row = connection.execute(f"SELECT %b::{type}[]".encode(), (pack(kind, values),)).fetchone()
    assert row is not None
    return row[0]


@pytest.mark.parametrize(("kind", "type", "one"), VALUES, ids=[type for _, type, _ in VALUES])
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_an_array_is_read_as_it_was_meant(
    kind: Kind, type: str, one: st.SearchStrategy[Any], data: st.DataObject
) -> None:
    values = data.draw(st.lists(st.none() | one, min_size=1, max_size=8))
    assert read_back(kind, type, values) == values


def test_a_moment_of_another_zone_is_the_same_moment() -> None:
    moment = datetime(2026, 11, 30, 12, 0, 0, 123_457, tzinfo=timezone(timedelta(hours=5, minutes=30)))
    assert read_back(Kind.TIMESTAMPTZ, "timestamptz", [moment]) == [moment]


def test_an_array_of_another_kind_is_refused() -> None:
    with pytest.raises(psycopg.DatabaseError):
        read_back(Kind.INTEGER, "uuid", [1])
    assert read_back(Kind.UUID, "uuid", [uuid.UUID(int=1)]) == [uuid.UUID(int=1)]
