"""Taking one's data along, and leaving."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator, Iterator
from typing import IO, Final

from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST, require_safe

from accounts.browsers import COOKIE
from accounts.clients import acting_user, client_ip
from accounts.errors import TooManyRequests
from accounts.export import write_export
from accounts.forms import DeletionForm
from accounts.leaving import delete_account
from accounts.requests import refuse_too_many

PIECE_BYTES: Final = 256 * 1024


@never_cache
@login_required
@require_safe
def show_data(request: HttpRequest) -> HttpResponse:
    """What is kept of somebody: to take along, or to be rid of."""
    return render(request, "account/data.html", {"section": "data", "form": DeletionForm(acting_user(request))})


@never_cache
@login_required
@require_POST
def export_data(request: HttpRequest) -> HttpResponseBase:
    """Everything of somebody as one file, built on disk and sent in pieces: memory does not grow with it."""
    try:
        refuse_too_many(request, "export", acting_user(request))
    except TooManyRequests as error:
        messages.error(request, error.sentence)
        return redirect("account_data")
    file = tempfile.TemporaryFile(dir=settings.DATA_DIR)  # noqa: SIM115  (closed when it has been sent)
    write_export(acting_user(request), file, ip=client_ip(request))
    size = file.tell()
    file.seek(0)
    pieces = PiecesWithoutWaiting(file) if isinstance(request, ASGIRequest) else Pieces(file)
    response = StreamingHttpResponse(pieces, content_type="application/zip")
    response["Content-Length"] = str(size)
    response["Content-Disposition"] = 'attachment; filename="netra-export.zip"'
    return response


class Pieces:
    """A file from where it stands, a piece at a time; closed with the answer, also one that is never read."""

    def __init__(self, file: IO[bytes]) -> None:
        self.file = file
        self.close = file.close

    def __iter__(self) -> Iterator[bytes]:
        while piece := self.file.read(PIECE_BYTES):
            yield piece


class PiecesWithoutWaiting:
    """The same for an asynchronous server, which would take in a plain iterator whole."""

    def __init__(self, file: IO[bytes]) -> None:
        self.file = file
        self.close = file.close

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while piece := await sync_to_async(self.file.read)(PIECE_BYTES):
            yield piece


@never_cache
@login_required
@require_POST
@sensitive_post_parameters("password")
def delete_own_account(request: HttpRequest) -> HttpResponse:
    """The end of the account, for whoever knows its password and types so."""
    form = DeletionForm(acting_user(request), request.POST)
    if not form.is_valid():
        return render(request, "account/data.html", {"section": "data", "form": form})
    delete_account(acting_user(request))
    logout(request)
    messages.success(request, "Your account and everything in it are deleted.")
    response = redirect("account_login")
    response.delete_cookie(COOKIE)
    return response
