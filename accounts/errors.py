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


class AddressNotConfirmed(NetraError):
    """E-mail and password are right, but nobody has shown yet that the address is theirs."""

    code = "address_not_confirmed"
    status = 403
    message = "Confirm your e-mail address first: follow the link we sent you."


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


class TooManyKeys(NetraError):
    """The account has as many keys as its tier allows."""

    code = "too_many_keys"
    status = 409
    message = "You have as many API keys as your plan allows. Revoke one you no longer need."


class TooManyRequests(NetraError):
    """More of this in a short time than anybody needs."""

    code = "too_many_requests"
    status = 429
    message = "That was too often in a short time. Wait a few minutes and try again."


class KeyNotFound(NetraError):
    """No such key, or not this person's."""

    code = "key_not_found"
    status = 404
    message = "There is no such API key."


class ContactNotUsable(NetraError):
    """A number or an address no message can be sent to from here; `field` says which."""

    code = "contact_not_usable"
    status = 400
    message = "No message can be sent there."


class SessionNotFound(NetraError):
    """No such session, or not this person's."""

    code = "session_not_found"
    status = 404
    message = "There is no such session; it may have ended already."


class ReadOnlyKey(NetraError):
    """The key may only read, and this changes something."""

    code = "read_only_key"
    status = 403
    message = "This API key may only read. Use a key with the scope “read and write”."
