"""How long an import takes and how much memory it needs: `python -m bench.imports [ROWS …]` (default one million)."""

from __future__ import annotations

import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import orjson

MODELS = (
    ("openai", "gpt-4o"),
    ("openai", "gpt-4o-mini"),
    ("anthropic", "claude-sonnet-4-5"),
    ("google", "gemini-2.5-flash"),
)
START = datetime(2026, 8, 1)


def main(arguments: list[str]) -> int:
    """One line a size; each import in a process of its own, so that its peak is its own."""
    sizes = [int(argument) for argument in arguments] or [1_000_000]
    print(f"{'rows':>12}{'file MB':>10}{'seconds':>10}{'rows/s':>10}{'peak MB':>10}{'part MB':>10}")
    for rows in sizes:
        with tempfile.TemporaryDirectory(prefix="netra-bench-") as folder:
            upload = Path(folder) / "usage.jsonl"
            write_log(upload, rows)
            words = [sys.executable, "-m", "bench.imports", "--one", str(upload)]
            measured = subprocess.run(words, check=True, capture_output=True, text=True).stdout.split()
            seconds, peak, part, kept = (float(word) for word in measured)
            assert kept == rows
            size = upload.stat().st_size / 1e6
            print(f"{rows:>12,}{size:>10.0f}{seconds:>10.1f}{rows / seconds:>10,.0f}{peak:>10.0f}{part:>10.1f}")
    return 0


def write_log(path: Path, rows: int) -> None:
    """Calls as an application logs them, a line each."""
    with path.open("wb") as file:
        for call in make_calls(rows):
            file.write(orjson.dumps(call, option=orjson.OPT_APPEND_NEWLINE))


def make_calls(rows: int) -> Iterator[dict[str, Any]]:
    """The same calls for the same number."""
    dice = random.Random(1)
    for number in range(rows):
        provider, model = MODELS[dice.randrange(len(MODELS))]
        tokens, written = dice.randrange(50, 4_000), dice.randrange(5, 800)
        yield {
            "id": f"req_{number:010d}",
            "timestamp": (START + timedelta(seconds=number * 7.3)).isoformat() + "Z",
            "provider": provider,
            "model": model,
            "prompt_tokens": tokens,
            "cached_tokens": tokens // (2 + dice.randrange(4)),
            "completion_tokens": written,
            "total_tokens": tokens + written,
            "latency_ms": dice.randrange(100, 5_000),
            "status": "ok" if dice.random() < 0.99 else "error",
            "team": f"team-{dice.randrange(8)}",
            "feature": f"feature-{dice.randrange(20)}",
        }


def import_one(upload: Path) -> None:
    """Takes one file in as the worker does, and prints seconds, peak and size."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "netra.settings")
    import django

    django.setup()
    from agents.prices import PriceBook
    from agents.usage.intake import take_in
    from agents.usage.profile import summarise_parts
    from agents.usage.records import PART_NAME, Progress, Wish
    from agents.usage.summary import summarise_costs

    with tempfile.TemporaryDirectory(prefix="netra-bench-", dir=upload.parent) as folder:
        started = time.monotonic()
        intake = take_in(upload, upload.name, Wish(), Path(folder), Progress())
        part = Path(folder) / PART_NAME
        summarise_parts([part])
        summarise_costs([part], PriceBook())
        seconds = time.monotonic() - started
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(seconds, peak, part.stat().st_size / 1e6, intake.rows_kept)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        import_one(Path(sys.argv[2]))
    else:
        sys.exit(main(sys.argv[1:]))
