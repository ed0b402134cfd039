"""Reading the log over plain HTTP: server-sent events and the long poll.

A request goes through Django like any other, which knows who asks, what for and whether they may; a connection that
stays open is then taken over from it, so that waiting holds no thread.
"""

from chat.streams.connection import with_direct_connections

__all__ = ["with_direct_connections"]
