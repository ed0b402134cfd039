"""A run's time as bars: where it waited, and what each agent and tool took of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Final

from accounts.staff import describe_seconds
from chat.admin.timeline import title_of_attempt, with_attempts
from chat.admin.words import name_in, outcome_of
from chat.events import TERMINAL_TYPES, EventType
from chat.log import Step
from chat.models import Run

MOST_STEPS_DRAWN: Final = 400
NARROWEST_PERCENT: Final = 0.5
TICKS: Final = 4
LEGEND: Final = {
    "queued": "queued, not yet sent to a worker",
    "waited": "waited for a worker",
    "agent": "an agent at work",
    "tool": "a tool",
    "thinking": "thinking",
    "writing": "writing the answer",
    "bad": "ended badly",
}
STREAMED: Final = {EventType.AGENT_THINKING: "thinking", EventType.MESSAGE_DELTA: "writing"}


@dataclass(frozen=True, slots=True)
class Bar:
    """One stretch of the run's time, in seconds since it was queued."""

    attempt: int
    kind: str
    label: str
    begin: float
    end: float
    tone: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """A bar as the page draws it: places in percent of the whole."""

    kind: str
    label: str
    x: str
    width: str
    begin: str
    took: str
    tone: str
    note: str


@dataclass(frozen=True, slots=True)
class Group:
    """The bars of one attempt."""

    title: str
    rows: list[Row]


@dataclass(frozen=True, slots=True)
class Waterfall:
    """All bars of a run on one scale."""

    groups: list[Group]
    ticks: list[tuple[str, str]]
    legend: dict[str, str]
    was_cut: bool


class Clock:
    """Seconds since the run was queued; never negative: the clocks of two machines may differ a little."""

    def __init__(self, run: Run, now: datetime) -> None:
        self.zero = run.created_at
        self.end = self.at(run.finished_at or now)

    def at(self, moment: datetime) -> float:
        """The place of a moment."""
        return max(0.0, (moment - self.zero).total_seconds())


def draw_waterfall(run: Run, steps: Sequence[Step], now: datetime, *, was_cut: bool) -> Waterfall:
    """The waterfall of a run from its steps."""
    clock = Clock(run, now)
    bars = sorted(
        [*waiting_bars(run, clock), *working_bars(list(with_attempts(steps)), clock)],
        key=lambda bar: (bar.attempt, bar.begin, bar.kind != "agent", -bar.end),
    )
    whole = max([clock.end, 0.001, *(bar.end for bar in bars)])
    groups = [
        Group(title_of_attempt(number), [place(bar, whole) for bar in of_attempt])
        for number, of_attempt in groupby(bars, lambda bar: bar.attempt)
    ]
    drawn = {bar.kind for bar in bars} | {bar.tone for bar in bars}
    legend = {kind: meaning for kind, meaning in LEGEND.items() if kind in drawn}
    return Waterfall(groups, list(ticks_of(whole)), legend, was_cut)


def place(bar: Bar, whole: float) -> Row:
    """The bar in percent of the run; nothing is too short to be seen."""
    width = max(NARROWEST_PERCENT, 100 * (bar.end - bar.begin) / whole)
    x = min(100 * bar.begin / whole, 100 - width)
    return Row(
        kind=bar.kind,
        label=bar.label,
        x=f"{max(0.0, x):.2f}%",
        width=f"{width:.2f}%",
        begin=describe_seconds(bar.begin),
        took=describe_seconds(bar.end - bar.begin),
        tone=bar.tone,
        note=bar.note,
    )


def ticks_of(whole: float) -> Iterator[tuple[str, str]]:
    """Where the scale is marked, and with what."""
    for number in range(TICKS + 1):
        yield f"{100 * number / TICKS:.0f}%", describe_seconds(whole * number / TICKS)


def waiting_bars(run: Run, clock: Clock) -> Iterator[Bar]:
    """Until the first worker took the run: first for being sent, then for being taken."""
    taken = clock.at(run.started_at) if run.started_at else clock.end
    sent = clock.at(run.dispatched_at) if run.dispatched_at else taken
    # A run that lost its worker was sent again; when it was first sent is not kept.
    sent = min(sent, taken)
    yield Bar(0, "queued", "queued", 0.0, sent)
    if sent < taken:
        yield Bar(0, "waited", "waited for a worker", sent, taken)


def working_bars(steps: list[tuple[int, Step]], clock: Clock) -> Iterator[Bar]:
    """What each attempt did, and how long it waited for its turn."""
    lost_at: float | None = None
    for number, of_attempt in groupby(steps, lambda pair: pair[0]):
        within = [step for _, step in of_attempt]
        if number == 0:
            continue
        first, last = within[0], within[-1]
        if lost_at is not None:
            yield Bar(number, "waited", "waited for a worker", lost_at, clock.at(first.began_at))
        is_over = last.type in TERMINAL_TYPES or last.type == EventType.AGENT_RESTARTED
        end = clock.at(last.ended_at) if is_over else clock.end
        lost_at = end
        yield from agent_bars(number, within, clock, end)
        yield from tool_bars(number, within, clock, end)
        yield from streamed_bars(number, within, clock)


def agent_bars(attempt: int, steps: list[Step], clock: Clock, end: float) -> Iterator[Bar]:
    """Each agent from its start to its own end, or to the attempt's."""
    endings = {step.agent_name: step for step in steps if step.type in TERMINAL_TYPES}
    for step in steps:
        if step.type != EventType.AGENT_STARTED:
            continue
        ending = endings.get(step.agent_name) or last_restart(steps)
        tone, note = outcome_of(ending) if ending else ("busy", "not ended")
        until = clock.at(ending.ended_at) if ending else end
        yield Bar(attempt, "agent", step.agent_name or "agent", clock.at(step.began_at), until, tone, note)


def last_restart(steps: list[Step]) -> Step | None:
    """The event that says the attempt lost its worker."""
    return next((step for step in reversed(steps) if step.type == EventType.AGENT_RESTARTED), None)


def tool_bars(attempt: int, steps: list[Step], clock: Clock, end: float) -> Iterator[Bar]:
    """Each tool call until it came back; one that did not lasts to the attempt's end."""
    returned = {step.data.get("call_id"): step for step in steps if step.type == EventType.TOOL_COMPLETED}
    for step in steps:
        if step.type != EventType.TOOL_EXECUTING:
            continue
        back = returned.get(step.data.get("call_id"))
        tone, note = outcome_of(back) if back else ("bad", "did not come back")
        until = clock.at(back.ended_at) if back else end
        yield Bar(attempt, "tool", name_in(step.data, "tool"), clock.at(step.began_at), until, tone, note)


def streamed_bars(attempt: int, steps: list[Step], clock: Clock) -> Iterator[Bar]:
    """Each stretch of thinking and of writing."""
    for step in steps:
        kind = STREAMED.get(step.type)
        if kind:
            note = f"{step.characters:,} characters"
            yield Bar(attempt, kind, kind, clock.at(step.began_at), clock.at(step.ended_at), note=note)
