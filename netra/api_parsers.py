"""Reads a JSON body: bounded, and without the parser's own surprises."""

from __future__ import annotations

from collections.abc import Mapping
from typing import IO, Any

import orjson
from django.conf import settings
from rest_framework.exceptions import APIException, ParseError
from rest_framework.parsers import BaseParser


class BodyTooLarge(APIException):
    """More than the limit of a JSON body."""

    status_code = 413
    default_code = "body_too_large"
    default_detail = "The request is too large: a JSON body may have 1 MB."


class StrictJSONParser(BaseParser):
    """JSON objects only; deep nesting, lone surrogates and half a document are a 400, never a fault."""

    media_type = "application/json"

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        """The object in the body."""
        body = stream.read(settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1)
        if len(body) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
            raise BodyTooLarge
        try:
            value = orjson.loads(body)
        except orjson.JSONDecodeError as error:
            raise ParseError(f"The body is not JSON: {error.msg}", code="bad_json") from None
        if not isinstance(value, dict):
            raise ParseError("The body must be a JSON object.", code="bad_json")
        return value
