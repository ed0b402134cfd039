"""Tables: the record, and how it was delivered."""

from chat.models.delivery import Alert, BreakerChange, DeliveryAttempt, DeliveryMinute, Receipt
from chat.models.record import Agent, Blob, Event, Heartbeat, JsonText, Message, Run, Thread, UserStream

__all__ = [
    "Agent",
    "Alert",
    "Blob",
    "BreakerChange",
    "DeliveryAttempt",
    "DeliveryMinute",
    "Event",
    "Heartbeat",
    "JsonText",
    "Message",
    "Receipt",
    "Run",
    "Thread",
    "UserStream",
]
