"""One account, one e-mail address; and whether its owner has shown that it is theirs."""

from __future__ import annotations

from allauth.account.models import EmailAddress
from django.db import transaction

from accounts.models import User


def has_confirmed_address(user: User) -> bool:
    """True once the address is confirmed; one that staff gave the account has no row and needs no mail."""
    rows = list(EmailAddress.objects.filter(user=user))
    return not rows or any(row.verified for row in rows)


def accept_address_given_by_staff(user: User) -> None:
    """An account without any row was made by staff or a command, who vouch for its address."""
    if not EmailAddress.objects.filter(user=user).exists():
        EmailAddress.objects.get_or_create(user=user, email=user.email, defaults={"verified": True, "primary": True})


@transaction.atomic
def confirm_address(user: User) -> None:
    """The owner has followed a link that was mailed to the address."""
    row, _ = EmailAddress.objects.get_or_create(user=user, email=user.email, defaults={"primary": True})
    row.set_verified()
