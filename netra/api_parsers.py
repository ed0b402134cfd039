"""Reads a JSON body: bounded, and without the parser's own surprises."""

from __future__ import annotations

from collections.abc import Mapping
from typing import IO, Any

import orjson
from django.conf import settings
from rest_framework.exceptions import APIException, ParseError
from rest_framework.parsers import BaseParser


class BodyTooLarge(APIException):
    """More than the limit of a JSON body; a view may allow more than others."""

    status_code = 413
    default_code = "body_too_large"


class StrictJSONParser(BaseParser):
    """JSON objects only; deep nesting, lone surrogates and half a document are a 400, never a fault."""

    media_type = "application/json"

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        """The object in the body."""
        view = (parser_context or {}).get("view")
        most = getattr(view, "most_body_bytes", settings.DATA_UPLOAD_MAX_MEMORY_SIZE)
        body = stream.read(most + 1)
        if len(body) > most:
            raise BodyTooLarge(f"The request is too large: a JSON body may have {most // 2**20} MB here.")
        try:
            value = orjson.loads(body)
        except orjson.JSONDecodeError as error:
            raise ParseError(f"The body is not JSON: {error.msg}", code="bad_json") from None
        if not isinstance(value, dict):
            raise ParseError("The body must be a JSON object.", code="bad_json")
        return value
