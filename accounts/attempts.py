"""How often somebody may try to sign in: one count for the page, the token endpoint and the admin.

Only failures count, and they count by what was typed, so that an unknown address behaves as a known one.
Why it is done like this: docs/decisions/0007-sign-in-limits.md.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Any, Final

from allauth.core.internal import ratelimit
from django.core.cache import cache
from django.http import HttpRequest

from accounts.browsers import known_browser

HOUR_SECONDS: Final = 3_600
RATES: Final = {
    # One client (IPv6: its /64) over all accounts.
    "client": "30/10m/key",
    # One client at one account; the second where many clients have failed at the account already.
    "client_at_account": "5/5m/key",
    "client_at_besieged_account": "1/5m/key",
    # A browser that signed in to the account before: neither its neighbours nor a siege take its tries away.
    "known_browser": "5/5m/key",
    # Clients that failed at one account.
    "failed_clients": "10/1h/key",
}


@dataclass(slots=True)
class Attempt:
    """A try that may go on: counted as failed from the start, so that parallel tries cannot outrun the count."""

    request: HttpRequest
    account: str
    client: str
    taken: list[Any] = field(default_factory=list)

    def take(self, kind: str, key: str) -> bool:
        """Counts the try under one limit; False when that is used up."""
        usage = consume(self.request, kind, key)
        if usage is not None:
            self.taken.append(usage)
        return usage is not None

    def take_back(self) -> None:
        """The try succeeded or never happened: it does not count."""
        for usage in self.taken:
            usage.rollback()

    def note_failure(self) -> None:
        """Counts the client among those that failed at this account, once an hour."""
        digest = hashlib.sha256(f"{self.account}|{self.client}".encode()).hexdigest()
        if cache.add(f"accounts:failed:{digest}", 1, HOUR_SECONDS):
            consume(self.request, "failed_clients", self.account)


def begin_attempt(request: HttpRequest, address: str) -> Attempt | None:
    """The next try at this address; None once its limits are used up. A dead cache refuses nobody."""
    account = address.strip().lower()
    attempt = Attempt(request, account, ratelimit.get_ip(request))
    if all(attempt.take(kind, key) for kind, key in limits_of(attempt)):
        return attempt
    attempt.take_back()
    return None


def limits_of(attempt: Attempt) -> list[tuple[str, str]]:
    """What counts for this try: a known browser's own tries, else those of its client."""
    browser = known_browser(attempt.request, attempt.account)
    if browser:
        return [("known_browser", f"{attempt.account}|{browser}")]
    besieged = consume(attempt.request, "failed_clients", attempt.account, dry_run=True) is None
    kind = "client_at_besieged_account" if besieged else "client_at_account"
    return [("client", attempt.client), (kind, f"{attempt.account}|{attempt.client}")]


def forgive(request: HttpRequest, address: str) -> None:
    """Forgets this client's failures at an account whose owner has just set a new password by mail."""
    account = address.strip().lower()
    key = f"{account}|{ratelimit.get_ip(request)}"
    for kind in ("client_at_account", "client_at_besieged_account"):
        ratelimit.clear(request, app="accounts", action=kind, config=RATES, key=key)


def consume(request: HttpRequest, kind: str, key: str, *, dry_run: bool = False) -> Any:
    """One more under a limit of ours, by the sign-in library's own counters; None when it is used up."""
    return ratelimit.consume(
        request, app="accounts", action=kind, config=RATES, key=key, dry_run=dry_run, limit_get=True
    )
