"""`python -m tests.campaign`: every fault in turn on one stage, one table, exit code 1 where anything is not zero."""

from __future__ import annotations

import argparse
import random
import sys
import time
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from tests.campaign.faults import Fault, find_faults
from tests.campaign.report import HEADER, describe, line_of, write_report
from tests.campaign.scene import Result, Scene
from tests.campaign.stage import Stage, build_stage

USUAL_MINUTES: Final = 30.0


def main(arguments: Sequence[str] | None = None) -> int:
    """Plays the faults that were asked for."""
    options = read_options(arguments)
    results: list[Result] = []
    print(HEADER, flush=True)
    with build_stage(options.seed) as stage:
        until = time.monotonic() + options.minutes * 60
        for fault in choose_faults(options):
            results.append(play(stage, fault, options))
            print(line_of(results[-1]), flush=True)
            write_report(options.report, results, options.seed)
            if options.minutes < USUAL_MINUTES and time.monotonic() > until:
                break
    print(describe(results, options.seed))
    return 0 if all(result.is_good for result in results) else 1


def read_options(arguments: Sequence[str] | None) -> argparse.Namespace:
    """What was asked for."""
    parser = argparse.ArgumentParser(prog="python -m tests.campaign", description=__doc__)
    parser.add_argument("--only", type=int, nargs="*", metavar="ROW", help="only these rows of the list")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--cycles", type=int, help="so many cycles of every fault")
    parser.add_argument("--minutes", type=float, default=USUAL_MINUTES, help="less than 30: a slice the seed chooses")
    parser.add_argument(
        "--patience", type=float, default=1.0, help="how many times as long as promised things may take"
    )
    parser.add_argument("--report", type=Path, default=Path("test-results/faults.txt"))
    return parser.parse_args(arguments)


def choose_faults(options: argparse.Namespace) -> list[Fault]:
    """The rows in their order; for a slice in one the seed gives, as many as there is time for."""
    faults = [fault for fault in find_faults() if not options.only or fault.row in options.only]
    if options.minutes < USUAL_MINUTES:
        random.Random(options.seed).shuffle(faults)
    return faults


def play(stage: Stage, fault: Fault, options: argparse.Namespace) -> Result:
    """One fault on a scene of its own; the stage is as before when this returns."""
    if lacks := fault.lacks():
        return Result.of_a_lack(fault.row, fault.name, lacks)
    cycles = options.cycles or fault.cycles
    folder = stage.folder / f"row-{fault.row}-{time.monotonic_ns()}"
    folder.mkdir()
    began = time.monotonic()
    scene = Scene(stage, folder, cycles, options.seed * 1_000 + fault.row, options.patience)
    try:
        fault.play(scene)
        result = scene.finish(fault.row, fault.name)
    except Exception as error:  # noqa: BLE001  (one fault that cannot be played must not hide the others)
        traceback.print_exc()
        result = Result.of_a_crash(fault.row, fault.name, cycles, error)
    finally:
        stage.reset()
        scene.close()
    if fault.most_lag_seconds is not None and result.lag.added > fault.most_lag_seconds * options.patience:
        result.broken.append(f"events were {result.lag.added:.2f} s later than without it")
    result.seconds = time.monotonic() - began
    return result


if __name__ == "__main__":
    sys.exit(main())
