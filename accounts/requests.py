"""How often one may ask for what costs something."""

from __future__ import annotations

from typing import Final

from allauth.core.internal import ratelimit
from django.http import HttpRequest

from accounts.errors import TooManyRequests
from accounts.models import User

RATES: Final = {
    "token": "30/m/ip",
    "new_key": "60/h/user",
    "export": "6/h/user",
    "test_message": "10/h/user",
}


def refuse_too_many(request: HttpRequest, action: str, user: User | None = None) -> None:
    """TooManyRequests once the limit of this action is used up; a dead cache refuses nobody."""
    allowed = ratelimit.consume(request, app="accounts", action=action, config=RATES, user=user, limit_get=True)
    if allowed is None:
        raise TooManyRequests
