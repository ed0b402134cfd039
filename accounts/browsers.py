"""Browsers that signed in before: known by a signed cookie that says nothing but that, and for which account."""

from __future__ import annotations

import secrets
from typing import Final

from django.conf import settings
from django.core import signing
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.crypto import salted_hmac

COOKIE: Final = "netra_browser"
SALT: Final = "accounts.browsers"
ONE_YEAR: Final = 365 * 24 * 3_600


def remember_browser(request: HttpRequest, response: HttpResponseBase, address: str) -> None:
    """From now on this browser has tries of its own at this account; the last account that signed in counts."""
    name = known_browser(request, address) or secrets.token_hex(8)
    response.set_cookie(
        COOKIE,
        signing.dumps([mark_of(address), name], salt=SALT),
        max_age=ONE_YEAR,
        httponly=True,
        samesite="Lax",
        secure=bool(settings.SESSION_COOKIE_SECURE),
    )


def known_browser(request: HttpRequest, address: str) -> str | None:
    """The name of the browser, if it has signed in to this account before."""
    try:
        mark, name = signing.loads(request.COOKIES.get(COOKIE, ""), salt=SALT, max_age=ONE_YEAR)
    except (signing.BadSignature, TypeError, ValueError):
        return None
    return str(name) if mark == mark_of(address) else None


def mark_of(address: str) -> str:
    """Stands for the account in the cookie: who reads the cookie learns no address."""
    return salted_hmac(SALT, address.lower()).hexdigest()[:32]
