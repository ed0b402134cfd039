"""JSON: one object a line, or the items of one document, of which never more than one is held."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import IO

import ijson
import orjson

from agents.errors import UploadUnreadable
from agents.usage.lines import LONGEST_RECORD_BYTES, Line, Shape, bounded_lines


def find_json(head: bytes) -> Shape:
    """Whether JSON stands a line each or in one document, and where in it the records are."""
    first, *others = head.strip().split(b"\n", 2)
    if is_object(first) and (others or not find_path(first)):
        return Shape("lines")
    return Shape("document", path=find_path(head))


def is_object(text: bytes) -> bool:
    """Whether the text is one whole JSON object."""
    try:
        return isinstance(orjson.loads(text), dict)
    except orjson.JSONDecodeError:
        return False


def find_path(head: bytes) -> str:
    """The first list of objects in the beginning of a document, at most two names deep."""
    try:
        for prefix, event, _ in ijson.parse(io.BytesIO(head)):
            if event == "start_map" and prefix.endswith("item") and prefix.count(".") <= 2:
                return str(prefix)
    except ijson.JSONError:
        return ""
    return ""


def read_json_lines(stream: IO[bytes]) -> Iterator[Line]:
    """One object a line; empty lines are nothing, others that are no object are told."""
    for number, line in enumerate(bounded_lines(stream), 1):
        if line is None:
            yield Line(number, None, f"The line is longer than {LONGEST_RECORD_BYTES // 2**20} MB.")
            continue
        if not line.strip():
            continue
        try:
            record = orjson.loads(line)
        except orjson.JSONDecodeError as error:
            yield Line(number, None, f"The line is not JSON: {error.msg}.", line.decode("utf-8", "replace").strip())
            continue
        if isinstance(record, dict):
            yield Line(number, record)
        else:
            yield Line(number, None, "The line is not a JSON object.", line.decode("utf-8", "replace").strip())


class OneRecord:
    """Lets a parser read no further than a record may reach."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self.left = LONGEST_RECORD_BYTES

    def read(self, size: int = -1) -> bytes:
        """The next piece, or UploadUnreadable where a single record takes too much."""
        if self.left < 0:
            raise UploadUnreadable(f"One record of the file is longer than {LONGEST_RECORD_BYTES // 2**20} MB.")
        piece = self._stream.read(size)
        self.left -= len(piece)
        return piece


def read_document(stream: IO[bytes], path: str) -> Iterator[Line]:
    """The items of a list in a document; UploadUnreadable where it breaks off: nobody knows how much is missing."""
    bounded = OneRecord(stream)
    number = 0
    try:
        for item in ijson.items(bounded, path, use_float=True, multiple_values=True):
            number += 1
            bounded.left = LONGEST_RECORD_BYTES
            if isinstance(item, dict):
                yield Line(number, item)
            else:
                yield Line(number, None, "The item is not a JSON object.", str(item))
    except ijson.JSONError as error:
        sentence = f"The JSON breaks off or is wrong after record {number:,}: {first_words(error)}."
        raise UploadUnreadable(sentence) from error


def first_words(error: Exception) -> str:
    """The parser's own words on one line."""
    return " ".join(str(error).split())[:200].rstrip(".") or type(error).__name__
