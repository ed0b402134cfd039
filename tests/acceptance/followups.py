"""Conversations: what each further question keeps of those before it, and what it changes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from agents.usage.questions import Question


@dataclass(frozen=True)
class Turn:
    """One question of a conversation, what it means there, and what it names."""

    text: str
    question: Question
    names: dict[str, Any] = field(default_factory=dict)
    # A report on something is that question, too.
    also: frozenset[Question] = frozenset()

    @property
    def readings(self) -> frozenset[Question]:
        """What it may be taken for."""
        return self.also | {self.question}


CUT = frozenset({Question.CUT_COST})
CONVERSATIONS: dict[str, tuple[Turn, ...]] = {
    "a team, then why": (
        Turn("What do we spend, on which models?", Question.SPEND),
        Turn("and for the support team only?", Question.SPEND, {"teams": ["support"]}),
        Turn("why did it go up?", Question.JUMP, {"teams": ["support"]}),
    ),
    "a bare why": (
        Turn("Give me a weekly trend of our spend", Question.SPEND, {"step": "week"}),
        Turn("why?", Question.JUMP),
    ),
    "made a report": (
        Turn("Cut our LLM bill by 20 % without hurting quality.", Question.CUT_COST, {"cost_cut_percent": 20}),
        Turn("make it a report", Question.REPORT, {"as_report": True, "cost_cut_percent": 20}, CUT),
    ),
    "another period": (
        Turn("Show cost by team for September 2026", Question.SPEND, {"by": ["team"], "first_day": "2026-09-01"}),
        Turn(
            "what about October?", Question.SPEND, {"by": ["team"], "first_day": "2026-10-01", "last_day": "2026-10-31"}
        ),
    ),
    "another dimension": (
        Turn("Show cost by model", Question.SPEND, {"by": ["model"]}),
        Turn("by team instead", Question.SPEND, {"by": ["team"]}),
        Turn("and by feature?", Question.SPEND, {"by": ["feature"]}),
    ),
    "more growth": (
        Turn("What if usage grows by 50 %?", Question.GROWTH, {"growth_percent_low": 50}),
        Turn("and with 80 %?", Question.GROWTH, {"growth_percent_low": 80}),
        Turn("and if it doubles?", Question.GROWTH, {"growth_percent_low": 100}),
    ),
    "another model": (
        Turn("Is gpt-5.4-mini good enough for ticket-triage?", Question.MODEL_CHOICE, {"to_model": "gpt-5.4-mini"}),
        Turn(
            "what about gpt-5.4-nano?",
            Question.MODEL_CHOICE,
            {"to_model": "gpt-5.4-nano", "features": ["ticket-triage"]},
        ),
    ),
    "meant otherwise": (
        Turn("Why did it jump in September?", Question.JUMP),
        Turn("no, I meant latency", Question.JUMP, {"metric": "latency"}),
    ),
    "a goal more": (
        Turn("Cut cost by 20 %", Question.CUT_COST, {"cost_cut_percent": 20}),
        Turn(
            "and twice as fast at the same time?",
            Question.TRADEOFF,
            {"cost_cut_percent": 20, "speed_factor": 2},
        ),
    ),
    "a new question starts afresh": (
        Turn("How much did the support team spend?", Question.SPEND, {"teams": ["support"]}),
        Turn("Where would caching or batching save most?", Question.CACHING, {"teams": []}),
    ),
    "thanks in between": (
        Turn("Which calls could move to a smaller model?", Question.MODEL_CHOICE),
        Turn("thanks!", Question.GREETING),
        Turn("Which prompts repeat?", Question.CACHING),
    ),
    "one feature, then all": (
        Turn("Which feature costs the most?", Question.SPEND, {"by": ["feature"]}),
        Turn("only contract-review please", Question.SPEND, {"features": ["contract-review"]}),
        Turn("and how do we make it cheaper?", Question.CUT_COST, {"features": ["contract-review"]}),
        Turn("write that up for management", Question.REPORT, {"as_report": True}, CUT),
    ),
    "in German": (
        Turn("Was geben wir pro Team aus?", Question.SPEND, {"by": ["team"]}),
        Turn("und nur im Oktober?", Question.SPEND, {"by": ["team"], "first_day": "2026-10-01"}),
    ),
}
