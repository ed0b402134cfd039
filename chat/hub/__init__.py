"""The one live reader of a web process: groups in, sockets out."""

from chat.hub.feed import Access, Feed, Piece
from chat.hub.hub import Hub, describe_hub, running_hub
from chat.hub.reader import LogReader

__all__ = ["Access", "Feed", "Hub", "LogReader", "Piece", "describe_hub", "running_hub"]
