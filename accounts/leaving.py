"""The end of an account, and of everything that belongs to it."""

from __future__ import annotations

from typing import Final

import structlog
from django.db import OperationalError, transaction

from accounts.audit import Action
from accounts.belongings import kept_by
from accounts.models import AuditEntry, User

log = structlog.get_logger(__name__)
MOST_TRIES: Final = 3


def delete_account(user: User) -> None:
    """Stops what runs, then removes the account and all of its rows in one transaction, and its files after that.

    Sockets see within two seconds that nobody is behind them any more. A worker that still executes a run of this
    account finds the run gone at its next write, and can write nothing: no event, no message, no memory.
    """
    for belongings in reversed(kept_by.values()):
        belongings.stop(user)
    for attempt in range(1, MOST_TRIES + 1):
        try:
            remove_everything(user)
        except OperationalError as error:
            # A write of the same person at the same moment: whoever comes second waits, or is told to try again.
            if attempt == MOST_TRIES:
                raise
            log.warning("deletion_repeated", attempt=attempt, error=type(error).__name__)
        else:
            log.info("account_deleted")
            return


@transaction.atomic
def remove_everything(user: User) -> None:
    """All or nothing; the app that builds on the others goes first."""
    for belongings in reversed(kept_by.values()):
        belongings.remove(user)
    # From here on no row can come into being that points to the account.
    locked = User.objects.select_for_update().get(id=user.id)
    forget_trail(locked)
    locked.delete()
    AuditEntry.objects.create(action=str(Action.ACCOUNT_DELETED))


def forget_trail(user: User) -> None:
    """The person's own deeds go; what administrators did stays, without the account's name on it."""
    AuditEntry.objects.filter(user=user, actor=None).delete()
    AuditEntry.objects.filter(user=user, actor=user).delete()
    AuditEntry.objects.filter(actor=user).update(ip=None)
