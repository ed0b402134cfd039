"""The channel layer, with many groups' messages in one round trip and one turn."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from channels_redis.pubsub import RedisPubSubChannelLayer


class PipelinedLayer(RedisPubSubChannelLayer):
    """The library's layer sends one message a round trip; a commit of twenty runs has twenty of them to send."""

    async def group_send_many(self, messages: Iterable[tuple[str, dict[str, Any]]]) -> None:
        """Sends each message to its group, in order, all in one write."""
        layer = self._get_layer()
        # One host is configured, so there is one shard: groups need not be told apart by it.
        (shard,) = layer._shards
        async with shard._lock:
            shard._ensure_redis()
            async with shard._redis.pipeline(transaction=False) as pipeline:
                for group, message in messages:
                    pipeline.publish(layer._get_group_channel_name(group), self.serialize(message))
                await pipeline.execute()

    async def receive_many(self, channel: str) -> list[dict[str, Any]]:
        """The next message of a channel of this process, and whatever else has come by then."""
        queue = self._get_layer().channels[channel]
        received = [await queue.get()]
        while not queue.empty():
            received.append(queue.get_nowait())
        return [self.deserialize(message) for message in received]
