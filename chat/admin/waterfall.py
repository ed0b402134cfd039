"""A run's time as bars: where it waited, and what each agent and tool took of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby
from typing import Final

from accounts.staff import describe_seconds
from chat.admin.timeline import names_of_parts, title_of_attempt, with_attempts
from chat.admin.words import is_part, is_reused, name_in, outcome_of
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
    "switch": "went on with another model, or tried again",
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
    agent: str = ""
    depth: int = 0


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
    within: str
    depth: int


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
    parts = names_of_parts(steps)
    told = [*waiting_bars(run, clock), *working_bars(list(with_attempts(steps)), clock)]
    bars = in_order([nest(bar, parts) for bar in told], parts)
    whole = max([clock.end, 0.001, *(bar.end for bar in bars)])
    groups = [
        Group(title_of_attempt(number), [place(bar, whole) for bar in of_attempt])
        for number, of_attempt in groupby(bars, lambda bar: bar.attempt)
    ]
    drawn = {bar.kind for bar in bars} | {bar.tone for bar in bars}
    legend = {kind: meaning for kind, meaning in LEGEND.items() if kind in drawn}
    return Waterfall(groups, list(ticks_of(whole)), legend, was_cut)


def nest(bar: Bar, parts: frozenset[str]) -> Bar:
    """The bar one step in for each agent it belongs to."""
    if not bar.agent:
        return bar
    return replace(bar, depth=int(bar.agent in parts) + int(bar.kind != "agent"))


def in_order(bars: Sequence[Bar], parts: frozenset[str]) -> list[Bar]:
    """By time; what an agent did for another one stands together, below it."""
    begins: dict[tuple[int, str], float] = {}
    for bar in bars:
        if bar.agent in parts:
            lane = (bar.attempt, bar.agent)
            begins[lane] = min(begins.get(lane, bar.begin), bar.begin)

    def rank(bar: Bar) -> tuple[int, float, str, bool, float, float]:
        lane = bar.agent if bar.agent in parts else ""
        begin = begins.get((bar.attempt, lane), bar.begin)
        return bar.attempt, begin, lane, bar.kind != "agent", bar.begin, -bar.end

    return sorted(bars, key=rank)


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
        within=bar.agent if bar.kind != "agent" else "",
        depth=bar.depth,
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
        end = clock.at(last.ended_at) if ends_attempt(last) else clock.end
        lost_at = end
        yield from agent_bars(number, within, clock, end)
        yield from tool_bars(number, within, clock, end)
        yield from streamed_bars(number, within, clock)
        yield from switch_bars(number, within, clock)


def ends_attempt(step: Step) -> bool:
    """True where nothing of the attempt comes after; the end of an agent's part is none."""
    return step.type == EventType.AGENT_RESTARTED or (step.type in TERMINAL_TYPES and not is_part(step))


def agent_bars(attempt: int, steps: list[Step], clock: Clock, end: float) -> Iterator[Bar]:
    """Each agent from its start to its own end, or to the attempt's; one that was reused took no time."""
    endings = {step.agent_name: step for step in steps if step.type in TERMINAL_TYPES}
    began = {step.agent_name for step in steps if step.type == EventType.AGENT_STARTED}
    for step in steps:
        name = step.agent_name or "agent"
        at = clock.at(step.began_at)
        if step.type == EventType.AGENT_STARTED:
            ending = endings.get(step.agent_name)
            tone, note = outcome_of(ending) if ending else outcome_without_end(step, steps)
            until = clock.at(ending.ended_at) if ending else end
            yield Bar(attempt, "agent", name, at, until, tone, note, name)
        elif is_reused(step) and step.agent_name not in began:
            yield Bar(attempt, "agent", name, at, at, *outcome_of(step), name)


def outcome_without_end(began: Step, steps: list[Step]) -> tuple[str, str]:
    """What came of an agent that did not say its end: its worker was lost, its run ended, or it is at work."""
    over = next((step for step in reversed(steps) if ends_attempt(step)), None)
    if over is None:
        return "busy", "not ended"
    is_lost = over.type == EventType.AGENT_RESTARTED or not is_part(began)
    return outcome_of(over) if is_lost else ("ended", "not finished")


def tool_bars(attempt: int, steps: list[Step], clock: Clock, end: float) -> Iterator[Bar]:
    """Each tool call until it came back; one that did not lasts to the attempt's end."""
    returned = {step.data.get("call_id"): step for step in steps if step.type == EventType.TOOL_COMPLETED}
    for step in steps:
        if step.type != EventType.TOOL_EXECUTING:
            continue
        back = returned.get(step.data.get("call_id"))
        tone, note = outcome_of(back) if back else ("bad", "did not come back")
        until = clock.at(back.ended_at) if back else end
        begin = clock.at(step.began_at)
        yield Bar(attempt, "tool", name_in(step.data, "tool"), begin, until, tone, note, step.agent_name or "")


def streamed_bars(attempt: int, steps: list[Step], clock: Clock) -> Iterator[Bar]:
    """Each stretch of thinking and of writing."""
    for step in steps:
        kind = STREAMED.get(step.type)
        if kind:
            note = f"{step.characters:,} characters"
            begin, end = clock.at(step.began_at), clock.at(step.ended_at)
            yield Bar(attempt, kind, kind, begin, end, note=note, agent=step.agent_name or "")


def switch_bars(attempt: int, steps: list[Step], clock: Clock) -> Iterator[Bar]:
    """Each moment at which an agent went on with another model, or tried again."""
    for step in steps:
        if step.type == EventType.MODEL_SWITCHED:
            at = clock.at(step.began_at)
            note = f"to {name_in(step.data, 'to')}"
            yield Bar(attempt, "switch", "model switched", at, at, note=note, agent=step.agent_name or "")
