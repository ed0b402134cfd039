"""Error pages of the site: a sentence and a way on; JSON where an API client asked."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

SENTENCES = {
    403: ("forbidden", "This request was refused. Reload the page and try again."),
    404: ("not_found", "There is nothing here, or it is not yours."),
    429: ("too_many_requests", "That was too often in a short time. Wait a few minutes and try again."),
    500: ("server_error", "Something went wrong on our side. Nothing you wrote is lost; please try again."),
}


def answer_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404 for an unknown address."""
    return answer(request, 404)


def answer_too_many(request: HttpRequest) -> HttpResponse:
    """429 for more of something than anybody needs."""
    return answer(request, 429)


def answer_server_error(request: HttpRequest) -> HttpResponse:
    """500 for our own fault; the cause is in the log under the same request id."""
    return answer(request, 500)


def answer_csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403 for a form whose token is missing or old."""
    return answer(request, 403)


def answer(request: HttpRequest, status: int) -> HttpResponse:
    """The error in the shape the client can read."""
    code, sentence = SENTENCES[status]
    request_id = getattr(request, "request_id", "")
    if request.path.startswith("/api/"):
        body: dict[str, object] = {"code": code, "message": sentence, "extra": {}, "request_id": request_id}
        return JsonResponse(body, status=status)
    return render(request, f"{status}.html", {"message": sentence, "request_id": request_id}, status=status)
