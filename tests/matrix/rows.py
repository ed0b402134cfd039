"""The matrix: for each route and method, what each kind of person gets."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from chat.models import UserStream
from tests.matrix.actors import Actor, World

# What may come back, in words.
OK, SIGN_IN, REFUSED, HIDDEN, BAD, WRONG_METHOD = "ok", "sign in", "refused", "hidden", "bad", "wrong method"
Kwargs = Callable[[World], dict[str, Any]]


def nothing(world: World) -> dict[str, Any]:
    """A route without parameters, or a request without a body."""
    return {}


@dataclass(frozen=True)
class Row:
    """One route and method; `everybody` holds what each actor gets."""

    method: str
    everybody: Mapping[Actor, str]
    kwargs: Kwargs = nothing
    body: Kwargs = nothing
    query: Kwargs = nothing
    json: bool = field(default=False)


def row(method: str, *outcomes: str, **more: Any) -> Row:
    """A row from outcomes in the order of the actors."""
    return Row(method, dict(zip(Actor, outcomes, strict=True)), **more)


def public(method: str, outcome: str = OK, **more: Any) -> Row:
    """The same for everybody."""
    return row(method, *[outcome] * 6, **more)


def page(method: str = "GET", outcome: str = OK, **more: Any) -> Row:
    """A page about oneself: only a session opens it, a key is no session."""
    return row(method, SIGN_IN, outcome, outcome, SIGN_IN, SIGN_IN, outcome, **more)


def page_of_owner(method: str, outcome: str = OK, **more: Any) -> Row:
    """A page about a thing of the owner's: for others it does not exist."""
    return row(method, SIGN_IN, outcome, HIDDEN, SIGN_IN, SIGN_IN, HIDDEN, **more)


def reading(**more: Any) -> Row:
    """An answer about oneself."""
    return row("GET", SIGN_IN, OK, OK, OK, SIGN_IN, OK, json=True, **more)


def reading_of_owner(**more: Any) -> Row:
    """An answer about a thing of the owner's."""
    return row("GET", SIGN_IN, OK, HIDDEN, OK, SIGN_IN, HIDDEN, json=True, **more)


def writing(method: str, outcome: str = OK, **more: Any) -> Row:
    """A change of one's own things."""
    return row(method, SIGN_IN, outcome, outcome, REFUSED, SIGN_IN, outcome, json=True, **more)


def writing_of_owner(method: str, outcome: str = OK, **more: Any) -> Row:
    """A change of a thing of the owner's."""
    return row(method, SIGN_IN, outcome, HIDDEN, REFUSED, SIGN_IN, HIDDEN, json=True, **more)


def thread(world: World) -> dict[str, Any]:
    return {"thread_id": world.thread.id}


def run(world: World) -> dict[str, Any]:
    return {"run_id": world.run.id}


def ended_run(world: World) -> dict[str, Any]:
    return {"run_id": world.ended_run.id}


def blob(world: World) -> dict[str, Any]:
    return {"blob_id": world.blob.id}


def notice(world: World) -> dict[str, Any]:
    return {"notice_id": world.notice.id}


def key(world: World) -> dict[str, Any]:
    return {"public_id": world.key.public_id}


def session(world: World) -> dict[str, Any]:
    return {"public_id": world.session_id}


def message(world: World) -> dict[str, Any]:
    return {"text": "hello", "client_id": "c3"}


def data_set(world: World) -> dict[str, Any]:
    return {"dataset_id": world.data_set.id}


def some_rows(world: World) -> dict[str, Any]:
    return {"rows": [{"time": "2026-10-01T00:00:00Z", "model": "gpt-4o", "input_tokens": 1, "output_tokens": 1}]}


def no_notifications(world: World) -> dict[str, Any]:
    return {"mail": False, "chat": False}


def place_of_owner(world: World) -> dict[str, Any]:
    return {"seq": 0, "epoch": str(UserStream.objects.get(user=world.owner).epoch)}


def new_title(world: World) -> dict[str, Any]:
    return {"title": "Invoices"}


def no_data(world: World) -> dict[str, Any]:
    return {"dataset_id": None}


def new_key(world: World) -> dict[str, Any]:
    return {"name": "mine", "scope": "read"}


def credentials(world: World) -> dict[str, Any]:
    return {"email": "nobody@example.com", "password": "wrong"}


def confirmation(world: World) -> dict[str, Any]:
    return {"key": "x:y:z"}


def reset(world: World) -> dict[str, Any]:
    return {"uidb36": "1", "key": "x-y"}


ROWS: Final[Mapping[str, tuple[Row, ...]]] = {
    "healthz": (public("GET"),),
    "readyz": (public("GET"),),
    "statusz": (public("GET"),),
    "metrics": (row("GET", SIGN_IN, SIGN_IN, SIGN_IN, SIGN_IN, SIGN_IN, OK),),
    # Only leads to the page of one's own account, which asks who one is.
    "staff_password": (public("GET"),),
    "account_login": (public("GET"), public("POST", body=credentials)),
    "account_logout": (public("GET"), public("POST")),
    "account_inactive": (public("GET"),),
    "account_signup": (public("GET"), public("POST", body=credentials)),
    "account_email_verification_sent": (public("GET"),),
    "account_confirm_email": (public("GET", kwargs=confirmation), public("POST", HIDDEN, kwargs=confirmation)),
    "account_reset_password": (public("GET"), public("POST", body=credentials)),
    "account_reset_password_done": (public("GET"),),
    "account_reset_password_from_key": (public("GET", kwargs=reset), public("POST", kwargs=reset)),
    "account_reset_password_from_key_done": (public("GET"),),
    "account": (page(),),
    "account_change_password": (page(), page("POST", body=credentials)),
    "account_sessions": (page(),),
    # Somebody else's session is as one that has ended: a sentence, and back to the list.
    "account_session_end": (page("POST", kwargs=session),),
    "account_sign_out_everywhere": (page("POST"),),
    "account_keys": (page(), page("POST", body=new_key)),
    "account_key_revoke": (page_of_owner("GET", kwargs=key), page_of_owner("POST", kwargs=key)),
    "account_notifications": (page(), page("POST", body=no_notifications)),
    "account_notifications_test": (page("POST"),),
    "account_data": (page(),),
    "account_export": (page("POST"),),
    # With the wrong password the form comes back.
    "account_delete": (page("POST", body=credentials),),
    "api-me": (reading(),),
    "api-notifications": (reading(), writing("PUT", body=no_notifications)),
    "api-keys": (reading(), writing("POST", body=new_key)),
    "api-key": (writing_of_owner("DELETE", kwargs=key),),
    "api-token": (public("POST", BAD, body=credentials, json=True),),
    "data": (page(),),
    "data-set": (page_of_owner("GET", kwargs=data_set),),
    "api-datasets": (reading(), writing("POST", body=some_rows)),
    # Nothing is stored, but it is work, and work is what a key for reading may not ask for.
    "api-datasets-detect": (writing("POST", body=some_rows),),
    "api-dataset": (
        reading_of_owner(kwargs=data_set),
        writing_of_owner("PATCH", kwargs=data_set, body=new_title),
        writing_of_owner("DELETE", kwargs=data_set),
    ),
    "api-dataset-rows": (
        reading_of_owner(kwargs=data_set),
        writing_of_owner("POST", kwargs=data_set, body=some_rows),
    ),
    "api-dataset-rejects": (reading_of_owner(kwargs=data_set),),
    "api-dataset-spend": (reading_of_owner(kwargs=data_set),),
    # No import made it, so there is nothing to map, cancel or try again.
    "api-dataset-mapping": (
        row("GET", SIGN_IN, HIDDEN, HIDDEN, HIDDEN, SIGN_IN, HIDDEN, json=True, kwargs=data_set),
        writing_of_owner("PUT", HIDDEN, kwargs=data_set),
    ),
    "api-dataset-cancel": (writing_of_owner("POST", HIDDEN, kwargs=data_set),),
    "api-dataset-retry": (writing_of_owner("POST", HIDDEN, kwargs=data_set),),
    "api-thread-dataset": (writing_of_owner("PUT", kwargs=thread, body=no_data),),
    "chat": (page(),),
    "thread": (page_of_owner("GET", kwargs=thread),),
    "api-threads": (reading(), writing("POST")),
    "api-thread": (reading_of_owner(kwargs=thread),),
    "api-messages": (writing_of_owner("POST", kwargs=thread, body=message),),
    "api-snapshot": (reading(), reading_of_owner(query=lambda world: {"thread": world.thread.id})),
    "api-run": (reading_of_owner(kwargs=run),),
    "api-run-cancel": (writing_of_owner("POST", kwargs=run),),
    "api-run-retry": (writing_of_owner("POST", kwargs=ended_run),),
    "api-blob": (reading_of_owner(kwargs=blob),),
    "api-usage": (reading(),),
    "api-events": (reading(), reading(query=lambda world: {"after": 0, "wait": 1})),
    "api-events-stream": (reading(), reading_of_owner(query=lambda world: {"thread": world.thread.id})),
    # The epoch is that of the owner's log.
    "api-events-ack": (row("POST", SIGN_IN, OK, "409", REFUSED, SIGN_IN, "409", json=True, body=place_of_owner),),
    "api-notices": (reading(),),
    "api-notice-seen": (writing_of_owner("POST", kwargs=notice),),
}
