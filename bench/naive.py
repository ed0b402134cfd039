"""The way one would write it first, as a yardstick: a row by the ORM and a group message for every single event.

`python -m daphne bench.naive:application` is its server: a stock consumer and the stock layer, and no project.
"""

from __future__ import annotations

import os
import time
from typing import Any, Final

import orjson

TEXT_BYTES: Final = 40
GROUP: Final = "naive"


def layers() -> dict[str, Any]:
    """The library's usual layer on the Redis of the measurement."""
    hosts = {"hosts": [os.environ["REDIS_URL"]], "prefix": "naive"}
    return {"default": {"BACKEND": "channels_redis.core.RedisChannelLayer", "CONFIG": hosts}}


def make_application() -> Any:
    """An ASGI application with nothing in it but the consumer."""
    from django.conf import settings

    settings.configure(CHANNEL_LAYERS=layers())
    from channels.generic.websocket import AsyncWebsocketConsumer

    class NaiveConsumer(AsyncWebsocketConsumer):  # type: ignore[misc]  # the library has no types
        """One socket in one group."""

        groups = (GROUP,)

        async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
            """Answers hello, so that the viewers can be the same."""
            if text_data and '"hello"' in text_data:
                await self.send(text_data='{"type":"ready","head":0}')

        async def event(self, message: dict[str, Any]) -> None:
            """Passes an event on."""
            await self.send(text_data=message["text"])

    return NaiveConsumer.as_asgi()


def emit_naively(run: Any, events: int) -> float:
    """As many events as fast as it goes; gives the moment it began."""
    from asgiref.sync import async_to_sync
    from channels_redis.core import RedisChannelLayer
    from django.utils import timezone

    from chat.models import Event

    layer = RedisChannelLayer(**layers()["default"]["CONFIG"])
    begun = time.time()
    for number in range(1, events + 1):
        data = {"delta": f"{time.time():.6f}".ljust(TEXT_BYTES), "part": 0}
        event = Event.objects.create(
            user_id=run.user_id, seq=number, thread_id=run.thread_id, run_id=run.id, attempt=1, run_seq=number - 1,
            type="message_delta", agent_name="netra", terminal=False, created_at=timezone.now(),
            data=orjson.dumps(data).decode(),
        )  # fmt: skip
        async_to_sync(layer.group_send)(GROUP, {"type": "event", "text": frame_of(event, data)})
    return begun


def frame_of(event: Any, data: dict[str, Any]) -> str:
    """A frame with the one event, in the words of the protocol."""
    seq = event.seq
    content = {
        "v": 1, "seq": seq, "event_id": f"{event.run_id}-{seq}", "type": event.type, "user_id": event.user_id,
        "thread_id": event.thread_id, "run_id": event.run_id, "run_seq": event.run_seq, "attempt": event.attempt,
        "terminal": False, "timestamp": event.created_at, "agent_name": event.agent_name, "data": data,
    }  # fmt: skip
    return orjson.dumps({"type": "events", "prev": seq - 1, "to": seq, "events": [content]}).decode()


if os.environ.get("NAIVE_SERVER"):
    application = make_application()
