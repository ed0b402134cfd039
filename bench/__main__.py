"""Runs every measurement and prints the tables: `make bench`, or `python -m bench --quick` in under 90 seconds."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from bench.calibration import Neighbours, calibrate
from bench.latency import measure_latency
from bench.loads import LOADS, QUICK_LOADS
from bench.report import find_failures, print_calibration, print_latency, print_throughput
from bench.throughput import Results, measure_throughput, use_stack
from netra.embedded.ports import find_free_port
from tests.stack_process import Stack, start_stack

ROUNDS = 3


def main(*, is_quick: bool) -> int:
    """The tables; fails where the gate is missed or an event was not delivered as promised."""
    neighbours = Neighbours()
    with tempfile.TemporaryDirectory(prefix="netra-bench-") as folder:
        data_dir = Path(folder)
        data_dir.chmod(0o711)
        stack = start_stack(data_dir / "data", find_free_port())
        try:
            use_stack(stack)
            before = calibrate(stack.addresses["REDIS_URL"])
            results = measure_all(stack, is_quick=is_quick)
            after = calibrate(stack.addresses["REDIS_URL"])
        finally:
            stack.stop()
    print_throughput(results)
    print_calibration(before, after, neighbours.stolen())
    failures = find_failures(results)
    print("\n".join(failures))
    return 1 if failures else 0


def measure_all(stack: Stack, *, is_quick: bool) -> Results:
    """Everything, or a quick look at the most telling loads on the product's own server."""
    if is_quick:
        return measure_throughput(stack, QUICK_LOADS, 1, beside=False)
    print_latency(measure_latency(stack))
    return measure_throughput(stack, LOADS, ROUNDS, beside=True)


if __name__ == "__main__":
    sys.exit(main(is_quick="--quick" in sys.argv[1:]))
