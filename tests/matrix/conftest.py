"""The matrix asks more often than any person may: its counters are its own."""

from tests.accounts.conftest import own_limits

__all__ = ["own_limits"]
