"""Staff stop and retry runs through the same services as their users, and each deed is on record."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest

from accounts.audit import Action
from accounts.errors import NetraError
from accounts.staff import record_deed, shorten_id
from chat.models import Run
from chat.runs import cancel_run, retry_run

MOST_AT_ONCE: Final = 200


@dataclass(frozen=True, slots=True)
class Deed:
    """Something staff may do to a run: its words for the page, and the service that does it."""

    name: str
    question: str
    carry_out: Callable[[HttpRequest, Run], tuple[Run, str]]


def stop(request: HttpRequest, run: Run) -> tuple[Run, str]:
    """Stops the locked run as its user would; asking twice changes nothing and is recorded once."""
    if run.cancel_requested_at and not run.is_final:
        return run, "is being stopped already"
    before = run.status
    ended = cancel_run(run.user, run.id)
    note(request, Action.RUN_CANCELLED, run, was=before)
    return ended, "stopped" if ended.is_final else "is being stopped"


def retry(request: HttpRequest, run: Run) -> tuple[Run, str]:
    """Asks the locked run's question again; staff retry a run once, after that its retry is the one to retry."""
    client_id = f"staff-{run.id}"
    earlier = Run.objects.filter(user_id=run.user_id, client_id=client_id).first()
    if earlier:
        return earlier, f"was retried before, as {shorten_id(earlier.id)}"
    new = retry_run(run.user, run.id, client_id, request_id=getattr(request, "request_id", ""))
    note(request, Action.RUN_RETRIED, run, retried_as=str(new.id))
    return new, f"retried as {shorten_id(new.id)}"


def note(request: HttpRequest, action: Action, run: Run, **detail: str) -> None:
    """Records the deed in the transaction that does it."""
    record_deed(request, action, run.user, run, thread=str(run.thread_id), **detail)


DEEDS: Final = {
    "cancel": Deed("stop", "Stop these runs?", stop),
    "retry": Deed("retry", "Retry these runs?", retry),
}


def act(request: HttpRequest, deed: Deed, run: Run) -> Run | None:
    """Does it to one run and tells what became of it; the run the page should go to, None if it was refused."""
    try:
        with transaction.atomic():
            locked = Run.objects.select_for_update(no_key=True, of=("self",)).select_related("user").get(id=run.id)
            shown, became = deed.carry_out(request, locked)
    except NetraError as error:
        messages.warning(request, f"Run {shorten_id(run.id)}: {error.sentence}")
        return None
    messages.success(request, f"Run {shorten_id(run.id)} {became}.")
    return shown


def act_on_all(request: HttpRequest, deed: Deed, runs: Iterable[Run]) -> None:
    """Does it to every chosen run, each in its own transaction."""
    for run in runs:
        act(request, deed, run)
