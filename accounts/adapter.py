"""Rules of sign-in and sign-up that differ from the library's."""

from __future__ import annotations

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest


class AccountAdapter(DefaultAccountAdapter):
    """Accounts are made by staff: there is no open sign-up."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """False: the sign-up page says that it is closed."""
        return False
