"""Arrays in the database's binary format, packed a column at a time.

The driver's own way looks at each element several times: of an append of one event with its sixteen arrays it was a
third of what the writer did.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from enum import Enum
from struct import Struct
from typing import Any, Final

import psycopg
from psycopg.abc import Buffer
from psycopg.adapt import Dumper
from psycopg.pq import Format

# One dimension that begins at 1, and there may be nulls.
HEAD: Final = Struct("!iiIii")
LENGTH: Final = Struct("!i")
NULL: Final = LENGTH.pack(-1)
NO_TIME: Final = datetime(2000, 1, 1, tzinfo=UTC)
MICROSECOND: Final = timedelta(microseconds=1)
LONG: Final = Struct("!q")


def encode_moment(moment: datetime) -> bytes:
    """Microseconds since the turn of the millennium."""
    return LONG.pack((moment - NO_TIME) // MICROSECOND)


class Kind(Enum):
    """What elements are: the number of their type in every Postgres, and how one is written."""

    BOOLEAN = 16, (b"\0", b"\1").__getitem__
    BIGINT = 20, LONG.pack
    INTEGER = 23, LENGTH.pack
    TEXT = 25, str.encode
    TIMESTAMPTZ = 1184, encode_moment
    UUID = 2950, lambda value: value.bytes


class Packed(bytes):
    """An array as it goes over the wire; the statement says of what."""


class PackedDumper(Dumper):
    """Hands it over as it is."""

    format = Format.BINARY

    def dump(self, obj: Packed) -> Buffer:
        """Its bytes."""
        return obj


psycopg.adapters.register_dumper(Packed, PackedDumper)


def pack(kind: Kind, values: Sequence[Any]) -> Packed:
    """The values, of which there is at least one, as an array."""
    number, encode = kind.value
    write: Callable[[Any], bytes] = encode
    encoded = [None if value is None else write(value) for value in values]
    elements = [NULL if one is None else LENGTH.pack(len(one)) + one for one in encoded]
    return Packed(HEAD.pack(1, 1, number, len(values), 1) + b"".join(elements))
