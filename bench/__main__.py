"""Runs every measurement and prints one table: `make bench`."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from bench.latency import measure_latency
from bench.throughput import measure_throughput
from netra.embedded.ports import find_free_port
from tests.stack_process import start_stack


def main() -> int:
    """The table; fails only when something does not work at all."""
    with tempfile.TemporaryDirectory(prefix="netra-bench-") as folder:
        data_dir = Path(folder)
        data_dir.chmod(0o711)
        stack = start_stack(data_dir / "data", find_free_port())
        try:
            rows = measure_latency(stack)
            lines = measure_throughput(stack)
        finally:
            stack.stop()
    print(f"{'what':<44}{'p50 ms':>10}{'p99 ms':>10}{'must':>10}")
    for row in rows:
        print(f"{row.what:<44}{row.p50:>10.1f}{row.p99:>10.1f}{row.must:>10}")
    print(f"\n{'load':<40}{'events/s':>10}{'p50 ms':>9}{'p99 ms':>9}{'seen':>8}{'rows':>8}{'gaps':>6}  must")
    for line in lines:
        print(
            f"{line.load.what:<40}{line.events_a_second:>10,.0f}{line.p50:>9.1f}{line.p99:>9.1f}{line.events:>8}"
            f"{line.rows:>8}{line.faults:>6}  {line.load.must}"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
