"""How many durable events a second reach sockets, and how late: the product's emitter, servers and sockets."""

from __future__ import annotations

import asyncio
import os
import statistics
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Final

import psutil

from bench.emitting import emit_all, precise_loop
from bench.loads import BURST, Load
from bench.naive import emit_naively
from bench.people import end_runs, make_person, make_runs
from bench.servers import Server, daphne_of, environment_of, naive_beside, uvicorn_beside
from bench.sockets import DUE
from bench.viewing import viewing
from tests.stack_process import Stack

CROWD: Final = 2_000
SOCKETS_A_PERSON: Final = 10
NAIVE_EVENTS: Final = 400
KIBIBYTE: Final = 1_024


@dataclass(frozen=True)
class Line:
    """What one round of one load showed."""

    events: int
    deliveries: int
    faults: int
    p50: float
    p99: float
    # Of all viewers together, from the moment the first event was due.
    deliveries_a_second: float
    # Processor time for each event, which neighbours change least: who emits, the server, and the viewers.
    microseconds: tuple[float, float, float]


@dataclass
class Results:
    """Everything that was measured."""

    rounds: dict[tuple[Load, str], list[Line]] = field(default_factory=dict)
    naive: list[Line] = field(default_factory=list)
    idle_kibibytes: dict[str, float] = field(default_factory=dict)

    @property
    def ratio(self) -> float:
        """How many times as many events a second as the naive way, in the same minutes."""
        ours = statistics.median(line.deliveries_a_second for line in self.rounds[BURST, "daphne"])
        return ours / statistics.median(line.deliveries_a_second for line in self.naive)

    @property
    def faults(self) -> int:
        """Events lost, doubled, out of order or not in the database, in any round."""
        return sum(line.faults for lines in (*self.rounds.values(), self.naive) for line in lines)


def use_stack(stack: Stack) -> None:
    """From here on this process is a part of the stack: it makes people and emits."""
    os.environ |= environment_of(stack)
    import django

    django.setup()


def measure_throughput(stack: Stack, loads: tuple[Load, ...], rounds: int, *, beside: bool) -> Results:
    """Every load on every server, as often; the burst and the naive way by turns."""
    results = Results()
    with ExitStack() as opened:
        servers = [daphne_of(stack)]
        if beside:
            servers.append(opened.enter_context(uvicorn_beside(stack)))
        for server in servers:
            measure(server, BURST.shortened())
            measure_server(server, loads, rounds, results)
        naive = opened.enter_context(naive_beside(stack))
        measure_naive(naive)
        for _ in range(rounds):
            results.naive.append(measure_naive(naive))
            for server in servers:
                results.rounds.setdefault((BURST, server.name), []).append(measure(server, BURST))
    return results


def measure_server(server: Server, loads: tuple[Load, ...], rounds: int, results: Results) -> None:
    """The loads beside a crowd first: in memory that large frames left free an idle socket seems to cost nothing."""
    with crowd(server, results):
        for load in loads:
            if load.is_crowded:
                results.rounds[load, server.name] = [measure(server, load) for _ in range(rounds)]
    for load in loads:
        if not load.is_crowded:
            results.rounds[load, server.name] = [measure(server, load) for _ in range(rounds)]


@contextmanager
def crowd(server: Server, results: Results) -> Iterator[None]:
    """Many people's sockets to which nothing happens, and what one of them costs."""
    keys = [make_person()[1] for _ in range(CROWD // SOCKETS_A_PERSON)]
    process = psutil.Process(server.pid)
    before = process.memory_info().rss
    with viewing(server.url, [(key, 0) for key in keys for _ in range(SOCKETS_A_PERSON)]):
        time.sleep(1)
        results.idle_kibibytes[server.name] = (process.memory_info().rss - before) / CROWD / KIBIBYTE
        yield


def measure(server: Server, load: Load) -> Line:
    """Opens the sockets in another process, emits on a clock, waits until the last event was seen."""
    from chat.models import Event

    runs, keys = make_runs(load.runs, load.mode)
    viewers = [(key, load.events_a_run) for key in keys for _ in range(load.tabs)]
    with viewing(server.url, viewers) as seen:
        own, served = time.process_time(), processor_seconds(server)
        with asyncio.Runner(loop_factory=precise_loop) as runner:
            begun = runner.run(emit_all(runs, load))
        own = time.process_time() - own
        figures = seen.figures()
        served = processor_seconds(server) - served
    end_runs(runs)
    rows = Event.objects.filter(run__in=[run.id for run in runs]).values_list("data", flat=True)
    # In regular mode a row has several texts.
    stored = sum(len(DUE.findall(str(data).encode())) for data in rows.iterator())
    line = line_of(figures, begun, load, stored, (own, served))
    tell(f"{load.what}, {server.name}: {line.deliveries_a_second:,.0f}/s, p50 {line.p50:.1f}, p99 {line.p99:.1f} ms")
    return line


def line_of(figures: dict[str, float], begun: float, load: Load, stored: int, spent: tuple[float, float]) -> Line:
    """A round's figures."""
    events, deliveries = load.events_a_run * load.runs, int(figures["events"])
    faults = int(figures["faults"]) + abs(events - stored) + abs(events * load.tabs - deliveries)
    seconds = (*spent, figures["cpu_seconds"])
    return Line(
        events,
        deliveries,
        faults,
        figures["p50"],
        figures["p99"],
        deliveries / max(figures["last_at"] - begun, 0.001),
        (1e6 * seconds[0] / events, 1e6 * seconds[1] / events, 1e6 * seconds[2] / events),
    )


def measure_naive(server: Server) -> Line:
    """The naive way, one person, one socket."""
    from chat.models import Event

    runs, keys = make_runs(1)
    load = Load("naive", 1, 0, NAIVE_EVENTS)
    with viewing(server.url, [(keys[0], NAIVE_EVENTS)]) as seen:
        own, served = time.process_time(), processor_seconds(server)
        begun = emit_naively(runs[0], NAIVE_EVENTS)
        own = time.process_time() - own
        figures = seen.figures()
        served = processor_seconds(server) - served
    end_runs(runs)
    return line_of(figures, begun, load, Event.objects.filter(run=runs[0]).count(), (own, served))


def tell(progress: str) -> None:
    """A measurement of a quarter of an hour says where it is; the tables come at its end."""
    print(f"{time.strftime('%H:%M:%S')} {progress}", file=sys.stderr, flush=True)


def processor_seconds(server: Server) -> float:
    """What the server has spent so far."""
    spent = psutil.Process(server.pid).cpu_times()
    return float(spent.user + spent.system)
