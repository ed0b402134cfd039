"""Records out of one file, whatever its shape: a table, JSON lines, or one JSON document; never all at once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import IO, Final

from agents.errors import UploadUnreadable
from agents.usage.archives import Member, Meter
from agents.usage.documents import find_json, read_document, read_json_lines
from agents.usage.lines import Line, Shape
from agents.usage.records import Sample
from agents.usage.tables import find_table, read_table

HEAD_BYTES: Final = 512 * 1024
SAMPLE_RECORDS: Final = 200


@dataclass(frozen=True, slots=True)
class Source:
    """One file with its shape."""

    member: Member
    shape: Shape
    # Only the beginning of a file, which may break off anywhere.
    cut: bool = False

    def lines(self, meter: Meter | None = None) -> Iterator[Line]:
        """Every record, and what should have been one."""
        try:
            with self.member.open(meter) as stream:
                yield from read_lines(stream, self.shape)
        except UploadUnreadable:
            if not self.cut:
                raise

    def sample(self) -> Sample:
        """The first records."""
        records = (line.record for line in self.lines() if line.record is not None)
        kind = "table" if self.shape.kind == "table" else "json"
        return Sample(kind, tuple(islice(records, SAMPLE_RECORDS)), self.shape.columns, self.member.name)


def open_source(member: Member, *, cut: bool = False) -> Source:
    """The file with its shape found out; UploadUnreadable for what holds no records."""
    with member.open() as stream:
        head = read_head(stream, cut)
    if not head.strip():
        raise UploadUnreadable(f"{member.name} is empty.")
    if b"\x00" in head:
        raise UploadUnreadable(f"{member.name} is no text file. Export the data as CSV, JSON or JSONL.")
    return Source(member, find_shape(head, member.name), cut)


def read_head(stream: IO[bytes], cut: bool) -> bytes:
    """The first bytes; of a file that breaks off, as many as there are."""
    head = b""
    try:
        while len(head) < HEAD_BYTES and (piece := stream.read(HEAD_BYTES // 8)):
            head += piece
    except UploadUnreadable:
        if not cut:
            raise
    return head


def find_shape(head: bytes, name: str) -> Shape:
    """The shape by the first bytes."""
    return find_json(head) if head.lstrip()[:1] in (b"{", b"[") else find_table(head, name)


def read_lines(stream: IO[bytes], shape: Shape) -> Iterator[Line]:
    """The records of a stream of this shape."""
    if shape.kind == "table":
        return read_table(stream, shape)
    return read_json_lines(stream) if shape.kind == "lines" else read_document(stream, shape.path)
