"""The one live reader of a web process: groups in, sockets out."""

from chat.hub.feed import Access, Feed
from chat.hub.hub import Hub, describe_hub, running_hub
from chat.hub.reader import LogReader

__all__ = ["Access", "Feed", "Hub", "LogReader", "describe_hub", "running_hub"]
