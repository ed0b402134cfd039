"""The only way an event comes into being: merge, group commit through the log, publish."""

from chat.emitter.direct import append_now
from chat.emitter.publisher import group_of, publisher_thread
from chat.emitter.stream import RunStream
from chat.emitter.writer import RunWrites, Writer

__all__ = ["RunStream", "RunWrites", "Writer", "append_now", "group_of", "publisher_thread"]
