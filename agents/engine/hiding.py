"""Takes a key out of errors: what a provider writes into them is not in our hands."""

from __future__ import annotations

from typing import Any, Final

MARK: Final = "[key]"


def hide_secret(error: BaseException, secret: str) -> None:
    """Replaces the secret in this error and in every error it came from."""
    seen: set[int] = set()
    waiting: list[BaseException | None] = [error]
    while secret and waiting:
        current = waiting.pop()
        if current is None or id(current) in seen:
            continue
        seen.add(id(current))
        clean_error(current, secret)
        waiting += [current.__cause__, current.__context__]


def clean_error(error: BaseException, secret: str) -> None:
    """One error without the secret in what it says."""
    error.args = tuple(without(item, secret) for item in error.args)
    for place, value in list(vars(error).items()):
        setattr(error, place, without(value, secret))
    if isinstance(error, UnicodeDecodeError):
        error.object = without(error.object, secret)


def without(value: Any, secret: str) -> Any:
    """The value without the secret in any of its strings."""
    if isinstance(value, str):
        return value.replace(secret, MARK)
    if isinstance(value, bytes):
        return value.replace(secret.encode(), MARK.encode())
    if isinstance(value, dict):
        return {without(key, secret): without(item, secret) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [without(item, secret) for item in value]
    return value
