"""The viewers of a measurement, in a process of their own: count, check order, and tell how late events were."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from array import array

import orjson
import websockets

ACK_EVENTS = 100
ACK_SECONDS = 0.5
IDLE_SECONDS = 30.0


async def view(address: str, key: str, expected: int, ready: asyncio.Event, lags: array[float]) -> int:
    """Reads one person's events until all are there; gives how many came out of order."""
    cursor, seen, faults, acked_at = 0, 0, 0, time.monotonic()
    headers = {"authorization": f"Bearer {key}"}
    async with websockets.connect(address, additional_headers=headers, compression=None, max_size=None) as socket:
        await socket.send('{"command":"hello","v":1,"cursor":null,"epoch":null}')
        cursor = orjson.loads(await socket.recv())["head"]
        acked = cursor
        ready.set()
        while seen < expected:
            frame = orjson.loads(await asyncio.wait_for(socket.recv(), IDLE_SECONDS))
            now = time.time()
            if frame["type"] != "events":
                continue
            faults += frame["prev"] != cursor
            for event in frame["events"]:
                if event["type"] == "message_delta":
                    lags.append(now - float(event["data"]["delta"][:17]))
                    seen += 1
            cursor = frame["to"]
            if cursor - acked >= ACK_EVENTS or time.monotonic() - acked_at > ACK_SECONDS:
                await socket.send(f'{{"command":"ack","seq":{cursor}}}')
                acked, acked_at = cursor, time.monotonic()
    return faults


async def view_all(address: str, viewers: list[tuple[str, int]]) -> None:
    """Says `ready` when every socket is, and the figures when every socket has everything."""
    lags: array[float] = array("d")
    events = [asyncio.Event() for _ in viewers]
    tasks = [
        asyncio.create_task(view(address, key, expected, ready, lags))
        for (key, expected), ready in zip(viewers, events, strict=True)
    ]
    await asyncio.gather(*(ready.wait() for ready in events))
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    faults = sum(await asyncio.gather(*tasks))
    ordered = sorted(lags)
    figures = {
        "events": len(ordered),
        "faults": faults,
        "p50": ordered[len(ordered) // 2] * 1000,
        "p99": ordered[int(len(ordered) * 0.99)] * 1000,
        "last_at": time.time(),
    }
    sys.stdout.write(json.dumps(figures) + "\n")


if __name__ == "__main__":
    order = json.loads(sys.stdin.readline())
    asyncio.run(view_all(order["address"], [(key, expected) for key, expected in order["viewers"]]))
