"""Many groups' messages in one round trip arrive as if they had been sent one by one."""

from __future__ import annotations

import asyncio

from channels.layers import get_channel_layer


async def test_each_group_gets_its_own_messages_in_order() -> None:
    layer = get_channel_layer()
    channels = {name: await layer.new_channel() for name in ("user.a", "user.b", "user.c")}
    for group, channel in channels.items():
        await layer.group_add(group, channel)
    sent = [(f"user.{name}", {"type": "user.events", "number": number}) for number in range(20) for name in "abx"]
    await layer.group_send_many(sent)
    for group in ("user.a", "user.b"):
        async with asyncio.timeout(15):
            received = [await layer.receive(channels[group]) for _ in range(20)]
        assert [message["number"] for message in received] == list(range(20))
    await layer.group_send("user.c", {"type": "user.events", "number": -1})
    async with asyncio.timeout(15):
        assert (await layer.receive(channels["user.c"]))["number"] == -1
    await layer.flush()
