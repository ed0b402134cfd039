"""The viewers: frames are found wherever the network cuts them, and what is wrong in one is told."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from bench.sockets import read_frame
from bench.websocket import find_frame


def event(seq: int, due: float) -> dict[str, Any]:
    return {"seq": seq, "timestamp": "2026-11-21T10:00:00.000001Z", "data": {"delta": f"{due:.6f}".ljust(40)}}


def frame(prev: int, *events: dict[str, Any]) -> bytes:
    return orjson.dumps({"type": "events", "prev": prev, "to": events[-1]["seq"], "events": events})


@pytest.mark.parametrize("size", [0, 125, 126, 65_535, 65_536])
def test_a_frame_is_found_only_when_all_of_it_has_come(size: int) -> None:
    if size < 126:
        head = bytes((0x81, size))
    elif size < 65_536:
        head = bytes((0x81, 126)) + size.to_bytes(2, "big")
    else:
        head = bytes((0x81, 127)) + size.to_bytes(8, "big")
    whole = b"xyz" + head + b"a" * size
    assert find_frame(bytearray(whole), 3) == (1, 3 + len(head), len(whole))
    for cut in range(3, min(len(whole), 3 + len(head) + 1)):
        assert find_frame(bytearray(whole[:cut]), 3) is None
    assert find_frame(bytearray(whole[:-1]), 3) is None


def test_every_due_time_of_a_frame_is_read_also_of_texts_that_were_merged() -> None:
    merged = event(8, 1_796_057_666.25)
    merged["data"]["delta"] += event(9, 1_796_057_666.5)["data"]["delta"]
    found = read_frame(frame(7, merged))
    assert found is not None
    assert (found.dues, found.faults) == ([1_796_057_666.25, 1_796_057_666.5], 0)


@pytest.mark.parametrize(
    "events",
    [
        (event(9, 1_796_057_666.0),),
        (event(8, 1_796_057_666.0), event(8, 1_796_057_666.0)),
        (event(8, 1_796_057_666.0), event(10, 1_796_057_666.1)),
        (event(8, 1_796_057_666.1), event(9, 1_796_057_666.0)),
    ],
    ids=["the first is missing", "doubled", "one is missing", "reordered"],
)
def test_what_is_wrong_in_a_frame_is_a_fault(events: tuple[dict[str, Any], ...]) -> None:
    found = read_frame(frame(7, *events))
    assert found is not None
    assert found.faults


def test_a_frame_without_events_is_none_of_theirs() -> None:
    assert read_frame(b'{"type":"pong"}') is None
