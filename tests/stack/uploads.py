"""Uploads to a running Netra, as a script would send them."""

from __future__ import annotations

import time
from typing import Any

import httpx2

from tests.stack.clients import Caller
from tests.stack_process import Stack

OPEN = {"queued", "running"}


def upload(stack: Stack, key: str, content: bytes, name: str = "usage.jsonl", path: str = "datasets/") -> Any:
    """Sends a file and gives the data set."""
    answer = httpx2.post(
        f"{stack.url}/api/v1/{path}",
        files={"file": (name, content)},
        headers={"Authorization": f"Bearer {key}"},
        timeout=60,
    )
    assert answer.status_code == 201, answer.text
    return answer.json()


def wait_imported(caller: Caller, dataset_id: str, timeout_seconds: float = 60) -> dict[str, Any]:
    """The data set once its import has ended in one way or another."""
    deadline = time.monotonic() + timeout_seconds
    while True:
        found: dict[str, Any] = caller.get(f"datasets/{dataset_id}/")
        if found["import"]["status"] not in OPEN:
            return found
        assert time.monotonic() < deadline, found
        time.sleep(0.1)
