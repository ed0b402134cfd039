"""Runs every measurement and prints one table: `make bench`."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from bench.calibration import Neighbours, count_spins, count_syncs
from bench.latency import measure_latency
from bench.throughput import Line, measure_throughput
from netra.embedded.ports import find_free_port
from tests.stack_process import start_stack


def main() -> int:
    """The table; fails only when something does not work at all."""
    spins, syncs, neighbours = count_spins(), count_syncs(), Neighbours()
    with tempfile.TemporaryDirectory(prefix="netra-bench-") as folder:
        data_dir = Path(folder)
        data_dir.chmod(0o711)
        stack = start_stack(data_dir / "data", find_free_port())
        try:
            rows = measure_latency(stack)
            loads = measure_throughput(stack)
        finally:
            stack.stop()
    print(f"{'what':<44}{'p50 ms':>10}{'p99 ms':>10}{'must':>10}")
    for row in rows:
        print(f"{row.what:<44}{row.p50:>10.1f}{row.p99:>10.1f}{row.must:>10}")
    print(f"\n{'load (best of 3)':<40}{'events/s':>10}{'p50 ms':>9}{'p99 ms':>9}{'others p99':>16}{'gaps':>6}  must")
    for lines in loads:
        print_load(lines)
    print(
        f"\n{spins:.1f} M loops/s a core, {syncs:,.0f} fdatasync/s, "
        f"{neighbours.stolen():.1f} % of the processors taken by others meanwhile"
    )
    return 0


def print_load(lines: list[Line]) -> None:
    """One load: its best round, and how late the others were; an event that is not in the database is told."""
    best = lines[0]
    others = ", ".join(f"{line.p99:.0f}" for line in lines[1:])
    rate = max(line.events_a_second for line in lines)
    faults = sum(line.faults + abs(line.events - line.rows) for line in lines)
    print(
        f"{best.load.what:<40}{rate:>10,.0f}{best.p50:>9.1f}{best.p99:>9.1f}{others:>16}{faults:>6}  {best.load.must}"
    )


if __name__ == "__main__":
    sys.exit(main())
