"""The figures as a table in Markdown, and whether they will do."""

from __future__ import annotations

import statistics

from bench.calibration import Calibration
from bench.latency import Row
from bench.loads import Load
from bench.throughput import Line, Results

LEAST_RATIO = 60.0


def print_latency(rows: list[Row]) -> None:
    """How soon a person sees something."""
    print("\n| | p50 ms | p99 ms | must |\n|---|---|---|---|")
    for row in rows:
        print(f"| {row.what} | {row.p50:.1f} | {row.p99:.1f} | {row.must} |")


def print_throughput(results: Results) -> None:
    """Every load: the median round by its p99, the p99 of all rounds, and the processor time an event costs."""
    print(
        "\n| load, median of its rounds | server | deliveries/s | p50 ms | p99 ms | p99 of each | must | aim |", end=""
    )
    print(" µs of processor an event: emitter, server, viewers |\n|---|---|---|---|---|---|---|---|---|")
    for (load, server), lines in results.rounds.items():
        print_load(load, server, lines)
    naive = middle(results.naive)
    print(f"| the naive way, one run | its own | {naive.deliveries_a_second:,.0f} | | | | | |", end="")
    print(f" {' '.join(f'{cost:,.0f}' for cost in naive.microseconds)} |")
    print(f"\nburst against the naive way: {results.ratio:.0f}x (gate {LEAST_RATIO:.0f}x, aim 100x)")
    for server, kibibytes in results.idle_kibibytes.items():
        print(f"an idle socket, {server}: {kibibytes:.1f} KiB (must 45, aim 30)")
    print(f"lost, doubled, out of order or not stored: {results.faults}")


def print_load(load: Load, server: str, lines: list[Line]) -> None:
    """One row."""
    line = middle(lines)
    each = ", ".join(f"{one.p99:.0f}" for one in lines)
    costs = " ".join(f"{cost:.0f}" for cost in line.microseconds)
    rate = statistics.median(one.deliveries_a_second for one in lines)
    print(f"| {load.what} | {server} | {rate:,.0f} | {line.p50:.1f} | {line.p99:.1f} | {each} |", end="")
    print(f" {load.must} | {load.aim} | {costs} |", flush=True)


def middle(lines: list[Line]) -> Line:
    """The round in the middle by its p99."""
    return sorted(lines, key=lambda line: line.p99)[len(lines) // 2]


def print_calibration(before: Calibration, after: Calibration, stolen: float) -> None:
    """What the machine was worth meanwhile."""
    print("\n| the machine | before | after |\n|---|---|---|")
    print(f"| M loops/s a core | {before.spins:.1f} | {after.spins:.1f} |")
    print(f"| fdatasync/s | {before.syncs:,.0f} | {after.syncs:,.0f} |")
    print(f"| PUBLISH/s, one connection | {before.publishes:,.0f} | {after.publishes:,.0f} |")
    print(f"| programs that wanted a core | {before.waiting:.1f} | {after.waiting:.1f} |")
    print(f"\n{stolen:.1f} % of the processors were taken by other machines meanwhile")


def find_failures(results: Results) -> list[str]:
    """Why this run is to be looked at; latencies are never a reason, for they are the machine's as well."""
    failures = []
    if results.ratio < LEAST_RATIO:
        failures.append(f"The burst is {results.ratio:.0f}x of the naive way, less than {LEAST_RATIO:.0f}x.")
    if results.faults:
        failures.append(f"{results.faults} events were lost, doubled, out of order or not stored.")
    return failures
