"""The root of the project's error tree, and what can be wrong with an account."""

from __future__ import annotations

from typing import Any, ClassVar


class NetraError(Exception):
    """Something a client did or asked that has a stable code and a sentence it may read."""

    code: ClassVar[str] = "error"
    status: ClassVar[int] = 400
    message: ClassVar[str] = "This cannot be done."

    def __init__(self, message: str | None = None, **extra: Any) -> None:
        self.sentence = message or self.message
        self.extra = extra
        super().__init__(self.sentence)


class BadCredentials(NetraError):
    """E-mail and password do not belong together."""

    code = "bad_credentials"
    status = 400
    message = "E-mail or password is not right."


class TooManyAttempts(NetraError):
    """Too many failed sign-ins for this address and account."""

    code = "too_many_attempts"
    status = 429
    message = "Too many sign-in attempts. Wait a few minutes and try again."


class LimitReached(NetraError):
    """The account's tier does not allow more of this now."""

    code = "limit_reached"
    status = 429
    message = "Your plan's limit is reached."
