"""Emits through the product's emitter at a steady pace: one writer and one publisher for all runs, as in a worker."""

from __future__ import annotations

import asyncio
import selectors
import time
from typing import Any, Final

from bench.loads import Load

EVENT_TEXT_BYTES: Final = 40
TICK_SECONDS: Final = 0.0005
# Whoever is late catches up in steps, so that the writer has its turn.
MOST_A_STEP: Final = 32


def precise_loop() -> asyncio.AbstractEventLoop:
    """The usual one rounds every pause up to a millisecond, which would be measured as the product's."""
    return asyncio.SelectorEventLoop(selectors.SelectSelector())


async def emit_all(runs: list[Any], load: Load) -> float:
    """Emits the load; gives the moment it began, when everything is in the log."""
    from chat.emitter import RunStream, Writer, publisher_thread
    from chat.readiness import settle_memory

    settle_memory()
    publisher_thread.start()
    writer = Writer(publisher_thread.submit)
    writing = asyncio.create_task(writer.run())
    streams = [RunStream.of(writer, run, merge_deltas=load.mode == "regular") for run in runs]
    await warm_up(streams)
    begun = await emit_in_turn(streams, load)
    await asyncio.gather(*(stream.drain() for stream in streams))
    await asyncio.sleep(0.3)
    writing.cancel()
    await asyncio.gather(writing, return_exceptions=True)
    await writer.close()
    return begun


async def warm_up(streams: list[Any]) -> None:
    """One event of each run, that is not timed: a worker's connections are open and its plans made long before."""
    for stream in streams:
        await stream.emit("agent_thinking", {"delta": "warm", "part": 0}, "netra")
    for stream in streams:
        await stream.drain()


async def emit_in_turn(streams: list[Any], load: Load) -> float:
    """Each event when it is due or at once if that has passed; its text begins with the time it was due."""
    # Events that are further apart than a tick are emitted by themselves.
    tick = TICK_SECONDS if load.pause < TICK_SECONDS else 0.0
    begun = time.time()
    for number in range(load.events_a_run * len(streams)):
        due = begun + number * load.pause
        if number % MOST_A_STEP == 0:
            await asyncio.sleep(0)
        await wait_until(due, tick)
        text = f"{due:.6f}".ljust(EVENT_TEXT_BYTES)
        await streams[number % len(streams)].emit("message_delta", {"delta": text, "part": 0}, "netra")
    return begun


async def wait_until(due: float, tick: float) -> None:
    """Never returns early; what is due within a tick is emitted together."""
    while (left := due - time.time()) > 0:  # noqa: ASYNC110  (it is time that is waited for)
        await asyncio.sleep(max(left, tick))
