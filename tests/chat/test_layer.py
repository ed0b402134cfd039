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


async def test_what_has_come_is_received_together_and_in_order() -> None:
    layer = get_channel_layer()
    channel = await layer.new_channel()
    await layer.group_add("user.a", channel)
    await layer.group_send_many([("user.a", {"type": "user.events", "number": number}) for number in range(50)])
    numbers: list[int] = []
    turns = 0
    async with asyncio.timeout(15):
        while len(numbers) < 50:
            numbers += [message["number"] for message in await layer.receive_many(channel)]
            turns += 1
    assert numbers == list(range(50))
    assert turns < 50
    await layer.flush()
