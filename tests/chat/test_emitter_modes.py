"""The two modes of the emitter, with their numbers."""

from __future__ import annotations

import asyncio
import uuid
from itertools import pairwise
from typing import Any

import pytest

from chat.emitter import publisher as publishing
from chat.emitter.publisher import REGULAR, URGENT, Publisher
from chat.emitter.stream import GROWN_BACKLOG, RunStream
from chat.emitter.writer import Writer
from chat.events import EventType, StoredEvent, build_event
from chat.log import Chunk
from chat.log.append import make_chunk


def stream_of(*, merge: bool) -> RunStream:
    writer = Writer(lambda chunks: None)
    ids = {name: uuid.uuid4() for name in ("user_id", "thread_id", "run_id")}
    return RunStream(writer, **ids, attempt=1, owner="worker", merge_deltas=merge)


async def test_deltas_are_merged_for_fifty_milliseconds_and_longer_where_that_helps() -> None:
    stream = stream_of(merge=True)
    assert stream.window_seconds == 0.05
    stream.writes.health = 49
    assert stream.window_seconds == 0.1
    stream.writes.health = 50
    assert stream.window_seconds == 0.05
    for number in range(GROWN_BACKLOG):
        await stream.emit("tool_progress", {"call_id": "c", "note": str(number)}, "netra")
    assert stream.window_seconds == 0.1


async def test_performance_mode_has_no_window_and_a_lifecycle_event_never_waits() -> None:
    quick, regular = stream_of(merge=False), stream_of(merge=True)
    for stream in (quick, regular):
        for word in ("one ", "two "):
            await stream.emit("message_delta", {"delta": word, "part": 0}, "netra")
    assert (len(quick.writes.waiting), len(regular.writes.waiting)) == (2, 0)
    await regular.emit("tool_executing", {"call_id": "c", "tool": "t", "arguments": {}}, "netra")
    assert [str(event.type) for event in regular.writes.waiting] == ["message_delta", "tool_executing"]
    assert (quick.writes.urgent, regular.writes.urgent) == (True, False)
    regular.close()


def chunk_of(*, urgent: bool) -> Chunk:
    user_id = uuid.uuid4()
    event = build_event(user_id=user_id, type=EventType.NOTICE, data={"kind": "x"})
    return make_chunk(user_id, uuid.uuid4(), [StoredEvent(event, 1, 0, None)], urgent=urgent)


@pytest.mark.parametrize(("urgent", "tries", "pause"), [(False, 3, 0.1), (True, 2, 0.001)])
async def test_a_publish_that_fails_is_tried_again_as_the_mode_says(
    monkeypatch: Any, urgent: bool, tries: int, pause: float
) -> None:
    assert (URGENT if urgent else REGULAR) == (tries, pause)
    tried: list[float] = []
    done = asyncio.Event()

    class Broken:
        async def group_send_many(self, messages: Any) -> None:
            tried.append(asyncio.get_running_loop().time())
            if len(tried) == tries:
                done.set()
            raise OSError

    monkeypatch.setattr(publishing, "get_channel_layer", Broken)
    publisher = Publisher()
    running = asyncio.create_task(publisher.run())
    publisher.submit([chunk_of(urgent=urgent)])
    async with asyncio.timeout(5):
        await done.wait()
    # A further try would come within this time.
    await asyncio.sleep(3 * pause)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert (len(tried), publisher.dropped) == (tries, 1)
    assert all(later - earlier >= pause * 0.9 for earlier, later in pairwise(tried))
