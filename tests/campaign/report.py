"""The table, and the file it is kept in."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from tests.campaign.checker import CLASSES
from tests.campaign.scene import Result

SHORT: Final = ("ackd", "unex", "lost", "dup", "ordr", "seq", "cros", "2trm", "0trm", "sha")
HEADER: Final = (
    f"{'row':>3} {'fault':<38}{'cycles':>7}{'events':>9}{'under':>9} "
    + " ".join(f"{name:>4}" for name in SHORT)
    + f"{'unsure':>8}{'calm':>6}{'lag':>6}{'p99':>6}{'took s':>8}  promise of the row"
)


def line_of(result: Result) -> str:
    """A result as a line of the table."""
    zeros = " ".join(f"{result.findings.counts[name]:>4}" for name in CLASSES)
    promise = "held" if not result.broken else "BROKEN: " + "; ".join(result.broken)
    promise = f"not played, the machine lacks {result.lacks}" if result.lacks else promise
    unsure = f"{result.findings.ambiguous}" + (f"!{result.findings.unresolved}" if result.findings.unresolved else "")
    lag = f"{result.lag.calm:>6.2f}{result.lag.worst:>6.2f}{result.lag.p99:>6.2f}"
    return (
        f"{result.row:>3} {result.name:<38}{result.cycles:>7}{result.events:>9}{result.under_faults:>9} {zeros}"
        f"{unsure:>8}{lag}{result.seconds:>8.0f}  {promise}"
    )


def describe(results: Sequence[Result], seed: int) -> str:
    """The whole report."""
    total = sum(result.under_faults for result in results if result.row != 1)
    played = [result for result in results if not result.lacks]
    good = sum(result.is_good for result in played)
    lines = [f"Fault campaign, {time.strftime('%Y-%m-%d %H:%M UTC', time.gmtime())}, seed {seed}", "", HEADER]
    lines += [line_of(result) for result in results]
    lines += ["", "Short names of the classes: " + ", ".join(f"{s} {n}" for s, n in zip(SHORT, CLASSES, strict=True))]
    lines += [f"{total:,} events under faults (the soak not counted); {good} of {len(played)} rows good"]
    for result in results:
        lines += [f"row {result.row} {name}: {text}" for name, text in result.notes.items()]
        lines += [f"row {result.row} {example}" for example in result.findings.examples]
    return "\n".join(lines) + "\n"


def write_report(path: Path, results: Sequence[Result], seed: int) -> None:
    """Keeps it, however far the campaign has come."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(describe(results, seed))
