"""Checks an e-mail and a password under the same limits as the sign-in page."""

from __future__ import annotations

from allauth.account.adapter import get_adapter
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from accounts.addresses import has_confirmed_address
from accounts.errors import AddressNotConfirmed, BadCredentials, TooManyAttempts
from accounts.models import User


def check_credentials(request: HttpRequest, *, email: str, password: str) -> User:
    """The account they belong to; one answer for a wrong address, a wrong password and a disabled account."""
    try:
        user = get_adapter(request).authenticate(request, email=email, password=password)
    except ValidationError as error:
        raise TooManyAttempts from error
    if not isinstance(user, User):
        raise BadCredentials
    if not has_confirmed_address(user):
        raise AddressNotConfirmed
    return user
