"""A live path that drops, doubles and reorders on purpose, as the channel layer's specification lets it."""

from __future__ import annotations

import random
from collections.abc import Iterable
from typing import Any

Message = tuple[str, dict[str, Any]]


class Disturbance:
    """Stands between a process' publisher and its channel layer."""

    def __init__(self, layer: Any, seed: int, drop: float, double: float, swap: float) -> None:
        self._layer = layer
        self._chance = random.Random(seed)
        self._drop, self._double, self._swap = drop, double, swap
        # A message that waits to be overtaken by what is published next.
        self._late: list[Message] = []

    async def group_send_many(self, messages: Iterable[Message]) -> None:
        """Sends what is left of the messages, in the order they end up in."""
        passed: list[Message] = []
        late, self._late = self._late, []
        for message in messages:
            if self._chance.random() < self._drop:
                continue
            if self._chance.random() < self._swap:
                self._late.append(message)
                continue
            passed.append(message)
            if self._chance.random() < self._double:
                passed.append(message)
        if passed or late:
            await type(self._layer).group_send_many(self._layer, [*passed, *late])


def disturb_layer(seed: int = 0, drop: float = 0.0, double: float = 0.0, swap: float = 0.0) -> None:
    """From now on this process' messages are disturbed like this; all zero: not at all."""
    from channels.layers import get_channel_layer

    layer = get_channel_layer()
    layer.group_send_many = Disturbance(layer, seed, drop, double, swap).group_send_many
