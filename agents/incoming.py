"""What clients send to be imported: a file, a text or rows, and how they want it read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

import orjson
from django.core.files.uploadedfile import UploadedFile
from rest_framework.parsers import BaseParser, MultiPartParser
from rest_framework.request import Request

from agents.errors import MappingWrong, NothingToImport
from agents.imports import Incoming
from chat.api import RecordView

PASTED: Final = "pasted text"
SENT_ROWS: Final = "rows.jsonl"


class UploadView(RecordView):
    """A view that takes files, texts and rows."""

    most_body_bytes = 16 * 1024 * 1024

    def get_parsers(self) -> list[BaseParser]:
        """JSON as everywhere, and forms with files."""
        return [*super().get_parsers(), MultiPartParser()]


def read_incoming(request: Request, request_id: str, *, empty: bool = False) -> Incoming:
    """What was sent; NothingToImport without any of it, unless only its reading is wanted."""
    data = read_fields(request)
    pieces, name = find_content(data)
    if pieces is None and not empty:
        raise NothingToImport
    return Incoming(
        pieces=pieces or (),
        file_name=name,
        format=read_word(data, "format"),
        mapping=read_object(data, "mapping"),
        options=read_object(data, "options"),
        request_id=request_id,
    )


def read_fields(request: Request) -> Mapping[str, Any]:
    """The fields of a form or of a JSON object; both parsers give nothing else."""
    assert isinstance(request.data, Mapping)
    return request.data


def find_content(data: Mapping[str, Any]) -> tuple[Iterable[bytes] | None, str]:
    """The bytes of a file, a text or rows, and a name for them."""
    file, text, rows = data.get("file"), data.get("text"), data.get("rows")
    if isinstance(file, UploadedFile):
        return file.chunks(), file.name or "file"
    if isinstance(text, str) and text.strip():
        return (text.encode("utf-8", "replace"),), PASTED
    if isinstance(rows, list) and rows:
        return write_lines(rows), SENT_ROWS
    return None, ""


def write_lines(rows: list[Any]) -> Iterator[bytes]:
    """Rows as lines of JSON: from here on they are a file like any other."""
    return (orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE) for row in rows)


def read_word(data: Mapping[str, Any], name: str) -> str:
    """A text field; anything else counts as not given."""
    value = data.get(name)
    return value.strip() if isinstance(value, str) else ""


def read_object(data: Mapping[str, Any], name: str) -> dict[str, Any]:
    """A JSON object, which a form sends as text."""
    value = data.get(name)
    if isinstance(value, str) and value.strip():
        try:
            value = orjson.loads(value)
        except orjson.JSONDecodeError:
            raise MappingWrong(f"`{name}` is not JSON.") from None
    if value is None or value == "":
        return {}
    if not isinstance(value, dict):
        raise MappingWrong(f"`{name}` must be a JSON object.")
    return value


def read_head(incoming: Incoming) -> bytes:
    """The beginning of what was sent, as much as is looked at."""
    from agents.usage.recognition import HEAD_BYTES  # brings the database of usage data along

    head = b""
    for piece in incoming.pieces:
        head += piece
        if len(head) >= HEAD_BYTES:
            break
    return head[:HEAD_BYTES]
