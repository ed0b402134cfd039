"""The one shape of an API error: code, message, extra, request_id."""

from __future__ import annotations

from typing import Any

import structlog
from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.db import OperationalError
from django.http import Http404
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import exception_handler

from accounts.errors import NetraError
from chat.log.connections import first_line

log = structlog.get_logger(__name__)


def answer_error(error: Exception, context: dict[str, Any]) -> Response | None:
    """Translates what a view raised; None leaves a real fault to the 500 page and the log."""
    request_id = getattr(context["request"], "request_id", "")
    if isinstance(error, NetraError):
        return shape(error.status, error.code, error.sentence, error.extra, request_id)
    if isinstance(error, OperationalError):
        log.warning("database_unavailable", error=first_line(error))
        sentence = "The database does not answer right now. Nothing is lost; try again in a moment."
        answer = shape(503, "database_unavailable", sentence, {}, request_id)
        answer["Retry-After"] = "2"
        return answer
    if isinstance(error, RequestDataTooBig):
        sentence = "The fields of the form are too large. Send long texts as a file."
        return shape(413, "body_too_large", sentence, {}, request_id)
    if isinstance(error, SuspiciousOperation):
        return shape(400, "bad_request", "The request cannot be read.", {}, request_id)
    translated = exception_handler(error, context)
    if translated is None:
        return None
    code, sentence, extra = describe(error)
    answer = shape(translated.status_code, code, sentence, extra, request_id)
    for name in ("WWW-Authenticate", "Retry-After"):
        if name in translated.headers:
            answer[name] = translated.headers[name]
    return answer


def describe(error: Exception) -> tuple[str, str, dict[str, Any]]:
    """Code, sentence and details of one of REST framework's own errors."""
    if isinstance(error, Http404 | exceptions.NotFound):
        return "not_found", "There is nothing here, or it is not yours.", {}
    if isinstance(error, PermissionDenied):
        return "forbidden", "You are not allowed to do this.", {}
    if isinstance(error, exceptions.ValidationError):
        return "invalid", "Some fields are not usable; see extra.", {"fields": error.detail}
    if isinstance(error, exceptions.APIException):
        return str(getattr(error.detail, "code", error.default_code)), str(error.detail), {}
    return "error", str(error), {}


def shape(status: int, code: str, message: str, extra: dict[str, Any], request_id: str) -> Response:
    """The error as every client knows it."""
    return Response({"code": code, "message": message, "extra": extra, "request_id": request_id}, status=status)
