"""Workers die at every point, stand still, get a task thrice or never; people cancel; providers misbehave."""

from __future__ import annotations

import os
import signal
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Final

from tests.campaign.answering import (
    ASKERS,
    Runs,
    all_ended,
    ask_everybody,
    invite,
    read_runs,
    stream_long,
    wait_runs,
    with_fault,
)
from tests.campaign.faults import Fault
from tests.campaign.faults.redis import client_of
from tests.campaign.scene import Scene
from tests.campaign.stage import LEASE_SECONDS
from tests.models.replies import BreakOff, FailInside, Hang, Inject, Refuse, Truncate
from tests.models.replies import Fault as ProviderFault
from tests.stack.team import Gate, before_event, closed_gate

WORKERS: Final = ("worker", "worker-2")
# The lease, the duties' round and the way back into work; the machine does other things too.
TAKEN_OVER_SECONDS: Final = LEASE_SECONDS + 30.0
ENDED_SECONDS: Final = 60.0
ENDS: Final = "('agent_completed', 'agent_failed', 'agent_cancelled')"
POINTS: Final = {
    "after the claim": before_event("NEW.type = 'agent_started'"),
    "in triage": Gate("agents_agentwork", "NEW.agent = 'triage'"),
    "in the first words": before_event("NEW.type = 'message_delta'"),
    "in later words": before_event("NEW.type = 'message_delta' AND NEW.run_seq > 60"),
    "before the end": before_event(f"NEW.terminal AND NEW.type IN {ENDS}"),
    "with the answer": Gate("chat_message", "NEW.role = 'assistant'"),
}
PROVIDER_FAULTS: Final[tuple[ProviderFault, ...]] = (
    Refuse(500, "server_error"),
    Refuse(429, "rate_limit_error", headers={"Retry-After": "1"}),
    BreakOff(after=20),
    BreakOff(after=20, cleanly=True),
    Hang(after=10),
    Hang(),
    Inject(b'data: {"choices": [{"delta": {"content": "\xff\xfe"}}]}\n\n', after=6),
    FailInside(after=12),
    Truncate(),
)


def wipe_broker(scene: Scene) -> None:
    """Row 7: the workers stand still, questions queue up, Redis forgets everything, the workers go on."""
    invite(scene, 30)
    for _ in range(scene.cycles):
        signal_workers(scene, signal.SIGSTOP)
        ask_everybody(scene)
        with scene.fault():
            with client_of(scene) as client:
                client.flushall()
            signal_workers(scene, signal.SIGCONT)
            wait_runs(scene, all_ended, "a run never ended")
    tell_ends(scene)


def kill_at_points(scene: Scene) -> None:
    """Row 11: kill -9 of a worker that stands at a point of its runs; before a claim it dies with the queue full."""
    invite(scene, 20)
    names = list(POINTS)
    for number in range(scene.cycles):
        point = names[number % len(names)]
        with scene.fault():
            with closed_gate(scene.stage.stack, POINTS[point]) as gate:
                ask_everybody(scene)
                gate.wait_until_reached()
                kill_workers(scene)
            began = time.monotonic()
            wait_runs(scene, all_ended, "a run never ended")
        scene.notes[f"killed {point}"] = f"all ended after {time.monotonic() - began:.1f} s"
        scene.require(time.monotonic() - began <= ENDED_SECONDS, f"killed {point}: more than {ENDED_SECONDS:.0f} s")
    tell_ends(scene)


def kill_workers(scene: Scene) -> None:
    """kill -9 of both; the supervisor brings successors."""
    for name in WORKERS:
        scene.stage.stack.kill(name)


def signal_workers(scene: Scene, number: signal.Signals) -> None:
    """The same signal to both."""
    for name in WORKERS:
        os.kill(scene.stage.stack.pid(name), number)


def kill_whole_worker(scene: Scene) -> None:
    """Row 12: kill -9 of the workers with everybody's runs in the middle of their words."""
    invite(scene, 30)
    for _ in range(scene.cycles):
        ask_everybody(scene)
        wait_runs(scene, lambda runs: count_status(runs, "running") >= 15, "too few runs began")
        with scene.fault():
            held = {run: attempt for run, status, attempt in read_runs(scene) if status == "running"}
            kill_workers(scene)
            began = time.monotonic()

            wait_runs(scene, partial(were_taken_over, held), "a run was not taken over")
            took = time.monotonic() - began
            wait_runs(scene, all_ended, "a run never ended")
        scene.notes["taken over"] = f"after {took:.1f} s, lease {LEASE_SECONDS} s"
        scene.require(took <= TAKEN_OVER_SECONDS, f"taken over after {took:.1f} s")
    tell_ends(scene)


def were_taken_over(held: dict[str, int], runs: Runs) -> bool:
    """Whether each of these runs has ended or is somebody else's now."""
    return all(
        attempt > held[run] or status not in ("queued", "running") for run, status, attempt in runs if run in held
    )


def count_status(runs: Runs, status: str) -> int:
    """How many runs are in this state."""
    return sum(found == status for _, found, _ in runs)


def wake_zombie(scene: Scene) -> None:
    """Row 13: a worker stands still for longer than its lease while another one takes its runs, then goes on."""
    invite(scene, 30)
    for number in range(scene.cycles):
        ask_everybody(scene)
        wait_runs(scene, lambda runs: count_status(runs, "running") >= 15, "too few runs began")
        pid = scene.stage.stack.pid(WORKERS[number % 2])
        with scene.fault():
            os.kill(pid, signal.SIGSTOP)
            scene.pause(LEASE_SECONDS * 2)
            os.kill(pid, signal.SIGCONT)
            wait_runs(scene, all_ended, "a run never ended")
        scene.require(scene.stage.stack.pid(WORKERS[number % 2]) == pid, "the worker was replaced")
    taken = sum(attempt > 1 for _, _, attempt in read_runs(scene))
    scene.notes["taken from the zombie"] = f"{taken} runs"
    scene.require(taken > 0, "no run was taken from the worker that stood still")
    tell_ends(scene)


def deliver_thrice(scene: Scene) -> None:
    """Row 14: every task reaches the workers three more times, at once."""
    invite(scene, 30)
    from uuid import UUID

    from chat.queue import EXECUTE_RUN, send

    for _ in range(scene.cycles):
        with scene.fault():
            runs = [run for _, run in ask_everybody(scene)]
            with ThreadPoolExecutor(ASKERS) as pool:
                sent = list(pool.map(lambda run: send(EXECUTE_RUN, UUID(run)), runs * 3))
            scene.require(all(sent), "a task was not sent")
            wait_runs(scene, all_ended, "a run never ended")
    attempts = Counter(attempt for _, _, attempt in read_runs(scene))
    scene.require(set(attempts) == {1}, f"runs were claimed more than once: {dict(attempts)}")
    tell_ends(scene)


def cancel_at_random(scene: Scene) -> None:
    """Row 28: each run is cancelled at a moment of its own, from before it begins to after it ended."""
    invite(scene, 25)
    waits: list[float] = []
    for _ in range(scene.cycles):
        with scene.fault():
            asked = [(place, scene.chance.uniform(0, 4)) for place in ask_everybody(scene, times=2)]
            began = time.monotonic()
            for (caller, run), delay in sorted(asked, key=lambda pair: pair[1]):
                scene.pause(max(began + delay - time.monotonic(), 0))
                answer = caller.insist("POST", f"runs/{run}/cancel/", {}, 30)
                scene.require(answer.status in (200, 409), f"cancelling answered {answer.status}")
            wait_runs(scene, all_ended, "a run never ended")
            waits.append(time.monotonic() - began - 4)
    scene.notes["after the last cancel"] = f"all ended {max(waits):.1f} s later at most"
    tell_ends(scene)


def spoil_answers(scene: Scene) -> None:
    """Row 29: the provider refuses, hangs, breaks off, sends bytes that are no text: every run has its end."""
    invite(scene, 20)
    for number in range(scene.cycles):
        fault = PROVIDER_FAULTS[number % len(PROVIDER_FAULTS)]
        with scene.fault():
            scene.stage.models.brain = with_fault(fault)
            ask_everybody(scene)
            wait_runs(scene, all_ended, f"a run never ended under {fault}")
        scene.stage.models.brain = stream_long
    tell_ends(scene)


def tell_ends(scene: Scene) -> None:
    """Notes how the runs ended, and puts the provider's pace back."""
    runs = read_runs(scene)
    ends = Counter(status for _, status, _ in runs)
    attempts = Counter(attempt for _, _, attempt in runs)
    scene.notes["ends"] = f"{dict(ends)}, attempts {dict(sorted(attempts.items()))}"
    scene.stage.models.pause_seconds = 0.0


FAULTS: Final = [
    Fault(7, "broker wiped with 30 queued runs", 1, wipe_broker),
    Fault(11, "worker kill -9 at six points", 6, kill_at_points),
    Fault(12, "workers kill -9, 30 runs in hand", 2, kill_whole_worker),
    Fault(13, "worker stopped beyond its lease", 2, wake_zombie),
    Fault(14, "every task delivered four times", 2, deliver_thrice),
    Fault(28, "cancels at random moments", 2, cancel_at_random),
    Fault(29, "provider hangs, 500, 429, cuts", 9, spoil_answers),
]
