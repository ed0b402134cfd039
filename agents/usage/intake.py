"""One upload becomes one part of a data set: found out, read, checked, written; all of it or an error."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import duckdb

from agents.errors import DataLimitReached, FormatUnknown, MappingWrong, NoUsableRows, UploadUnreadable
from agents.usage.archives import Member, Meter, find_members
from agents.usage.checks import check_row
from agents.usage.drafts import Draft
from agents.usage.formats import detect, format_named
from agents.usage.lines import Line
from agents.usage.records import (
    PART_NAME,
    Format,
    Found,
    ImportStopped,
    Intake,
    Progress,
    Reader,
    Reading,
    Sample,
    Unusable,
    Wish,
)
from agents.usage.rejects import Reject, RejectFile
from agents.usage.sources import Source, open_source

# How many records are read between two looks at whether to go on.
RECORDS_A_LOOK: Final = 2_000


def take_in(
    upload: Path,
    name: str,
    wish: Wish,
    folder: Path,
    progress: Progress,
    *,
    earlier: Sequence[Path] = (),
    most_rows: int = 2**62,
) -> Intake:
    """Writes the upload's rows as one part into the folder, and what could not be used beside it."""
    draft = Draft(folder)
    try:
        with RejectFile(folder) as rejects:
            taking = Taking(wish, draft, rejects, progress, most_rows)
            found = [kind for member in find_members(upload, name) if (kind := taking.take_member(member))]
        taking.check_anything_found(found)
        kept = draft.finish(earlier, folder / PART_NAME, lambda connection: watch(connection, progress))
    except duckdb.InterruptException as error:
        raise ImportStopped from error
    finally:
        draft.discard()
    return Intake(found[0], progress.rows_read, kept.rows, kept.repeated, rejects.count, rejects.reasons())


def watch(connection: duckdb.DuckDBPyConnection, progress: Progress) -> None:
    """From here on a wish to stop interrupts the database."""
    progress.interrupt = connection.interrupt
    progress.look()


@dataclass(frozen=True, slots=True)
class Taking:
    """An upload while it is read: where its rows go, and how many there may be."""

    wish: Wish
    draft: Draft
    rejects: RejectFile
    progress: Progress
    most_rows: int

    def take_member(self, member: Member) -> Found | None:
        """Reads one file; in an archive a file that is no usage data is told as a reject."""
        try:
            source = open_source(member)
            format, found = recognise(source, self.wish)
        except (UploadUnreadable, FormatUnknown) as error:
            if member.inside is None:
                raise
            self.refuse(Reject(member.name, 0, error.sentence, ""))
            return None
        reader = format.open_reader(Reading(found.mapping, found.options))
        meter = Meter()
        for line in source.lines(meter):
            self.progress.rows_read += 1
            if self.progress.rows_read % RECORDS_A_LOOK == 0:
                self.progress.bytes_read = meter.tell()
                self.look()
            self.take_line(line, reader, member.name)
        self.look()
        return found

    def look(self) -> None:
        """Whether to go on: ImportStopped, or DataLimitReached beyond what the account may keep."""
        self.progress.look()
        if self.draft.rows > self.most_rows:
            raise DataLimitReached(
                f"The file has more rows than this account has room for ({self.most_rows:,})."
                " Delete data you no longer need, or import less."
            )

    def take_line(self, line: Line, reader: Reader, file: str) -> None:
        """A record's rows, all of them or none."""
        try:
            if line.record is None:
                raise Unusable(line.problem)
            rows = list(reader(line.record))
            for row in rows:
                check_row(row)
        except Unusable as unusable:
            self.refuse(Reject(file, line.number, str(unusable), line.shown()))
            return
        for row in rows:
            self.draft.add(row)

    def refuse(self, reject: Reject) -> None:
        """Counts and keeps what could not be used."""
        self.progress.rows_rejected += 1
        self.rejects.add(reject)

    def check_anything_found(self, found: Sequence[Found]) -> None:
        """An import without a single row is a failure with a reason, not an empty success."""
        if not found:
            raise FormatUnknown
        if not self.draft.rows:
            reasons = self.rejects.reasons()
            first = f" Most often: {reasons[0]['reason']}" if reasons else ""
            raise NoUsableRows(f"No row of this file could be used.{first}")


def recognise(source: Source, wish: Wish) -> tuple[Format, Found]:
    """The format of a file and how it is read; FormatUnknown says what was seen."""
    sample = source.sample()
    if not sample.records:
        raise UploadUnreadable(f"{source.member.name} holds no records below its header.")
    detection = detect(sample)
    name = wish.format or generic_for(sample, wish) or detection.format
    if name is None:
        raise FormatUnknown(f"The format of {source.member.name} is not known. {detection.why}")
    format = format_named(name)
    if format.propose and sample.kind == "table":
        check_columns(wish.reading.mapping, sample.columns)
    why = detection.why if name == detection.format else "You chose this format."
    return format, describe(format, sample, why, wish, source)


def check_columns(mapping: Mapping[str, Any], columns: Sequence[str]) -> None:
    """MappingWrong for a column the table does not have: its field would be empty in every row."""
    for field, column in mapping.items():
        if isinstance(column, str) and column and column not in columns:
            raise MappingWrong(f"The file has no column “{column}” (chosen for {field}).")


def generic_for(sample: Sample, wish: Wish) -> str:
    """A mapping makes every table or JSON a generic one."""
    if not wish.reading.mapping:
        return ""
    return "delimited" if sample.kind == "table" else "json_records"


def describe(format: Format, sample: Sample, why: str, wish: Wish, source: Source) -> Found:
    """What the file is, with the mapping that holds: the proposed one, as the person has changed it."""
    proposed = format.propose(sample) if format.propose else Reading()
    return Found(
        format=format.name,
        title=format.title,
        why=why,
        shape=source.shape.describe(),
        columns=sample.columns,
        mapping=without_empty({**proposed.mapping, **wish.reading.mapping}),
        options=without_empty({**proposed.options, **wish.reading.options}),
        notes=proposed.notes,
        file=source.member.name,
    )


def without_empty(given: Mapping[str, Any]) -> dict[str, Any]:
    """Only what was chosen: null takes a proposal back."""
    return {name: value for name, value in given.items() if value is not None and value != ""}
