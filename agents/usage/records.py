"""What an import is made of: records, the rows they become, why one is refused, how far it is, what came of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final

PART_NAME: Final = "part-0001.parquet"
# A line of a table by its columns (text), or a JSON object.
Record = Mapping[str, Any]


class Grain(StrEnum):
    """What one row stands for."""

    CALL = "call"
    BUCKET = "bucket"
    COST = "cost"


class Unusable(Exception):
    """A record that cannot become a row; the text is the reason the person reads."""


@dataclass(slots=True)
class UsageRow:
    """One normalised row, in the order of `rows.COLUMNS`; token classes never overlap.

    `input_tokens` is without what was read from or written to a cache, `output_tokens` without reasoning.
    `source_total` is the source's own total, checked against the classes and not kept.
    """

    grain: str
    request_id: str | None = None
    requests: int = 1
    time: datetime | None = None
    provider: str | None = None
    model: str | None = None
    input_tokens: int = 0
    cached_read_tokens: int = 0
    cache_write_5m_tokens: int = 0
    cache_write_1h_tokens: int = 0
    output_tokens: int = 0
    reasoning_tokens: int = 0
    billed_cost: Decimal | None = None
    currency: str | None = None
    latency_ms: int | None = None
    first_token_ms: int | None = None
    status: str | None = None
    error: str | None = None
    user_name: str | None = None
    team: str | None = None
    feature: str | None = None
    prompt_hash: str | None = None
    session: str | None = None
    extra: str | None = None
    source_total: int | None = None


@dataclass(frozen=True, slots=True)
class Sample:
    """The beginning of a source, enough to recognise it."""

    kind: str  # "table" or "json"
    records: tuple[Record, ...]
    columns: tuple[str, ...] = ()
    file_name: str = ""


@dataclass(frozen=True, slots=True)
class Match:
    """How sure a format is that a sample is its own (0 to 100), and by what it knows."""

    score: int
    why: str


@dataclass(frozen=True, slots=True)
class Reading:
    """How a file is to be read: what the person chose, or what was proposed to them.

    `mapping` is for generic data: our field -> the source's column (dotted for nested JSON), or {"value": constant}.
    `options`: time_zone, time_unit, time_start, input_includes_cached, output_includes_reasoning, grain, currency.
    """

    mapping: Mapping[str, Any] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)
    # What was assumed while proposing, a sentence each: time zone, what the input includes, …
    notes: tuple[str, ...] = ()


# Turns one record into its rows (none for a record that is no usage); raises Unusable. It may keep state for its file.
Reader = Callable[[Record], Iterable[UsageRow]]


@dataclass(frozen=True, slots=True)
class Format:
    """One format, in a file of its own below `formats/`, offered as FORMAT."""

    name: str
    title: str
    recognise: Callable[[Sample], Match | None]
    # Called anew for each file, and for each member of an archive.
    open_reader: Callable[[Reading], Reader]
    # Generic formats only: proposes mapping and options for a sample.
    propose: Callable[[Sample], Reading] | None = None


class ImportStopped(Exception):
    """Somebody asked this import to stop, or it is no longer ours."""


@dataclass(slots=True)
class Progress:
    """How far an import is; written by the import, read by whoever tells about it."""

    bytes_read: int = 0
    rows_read: int = 0
    rows_rejected: int = 0
    stop: bool = False
    # Stopped because its worker stops, not because nobody wants it.
    given_back: bool = False
    interrupt: Callable[[], None] = lambda: None

    def look(self) -> None:
        """ImportStopped once somebody has asked for it."""
        if self.stop:
            raise ImportStopped


@dataclass(frozen=True, slots=True)
class Wish:
    """How the person wants the upload to be read; empty parts are found out."""

    format: str = ""
    reading: Reading = field(default_factory=Reading)


@dataclass(frozen=True, slots=True)
class Found:
    """What a file was found to be."""

    format: str | None
    title: str
    why: str
    shape: str
    columns: tuple[str, ...]
    mapping: Mapping[str, Any]
    options: Mapping[str, Any]
    notes: tuple[str, ...]
    file: str = ""

    def as_data(self) -> dict[str, Any]:
        """What was found, as clients get it."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Intake:
    """What became of an upload."""

    found: Found
    rows_read: int
    rows_kept: int
    rows_repeated: int
    rows_rejected: int
    reasons: list[dict[str, Any]]
