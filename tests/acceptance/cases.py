"""The twelve questions as cases: how each is asked, which tools answer it, and what less data lacks."""

from __future__ import annotations

from dataclasses import dataclass

from agents.usage.questions import DEMANDS, Question
from tests.acceptance.wordings import OF_THE_TWELVE


@dataclass(frozen=True)
class Case:
    """One of the twelve: any one of `tools` answers it; with less data, any one of `fewer`."""

    question: Question
    tools: frozenset[str]
    fewer: frozenset[str]
    essential: str = "tokens"

    @property
    def wording(self) -> str:
        """The plainest way to ask it."""
        return next(wording.text for wording in OF_THE_TWELVE if wording.question is self.question)

    @property
    def useful(self) -> tuple[str, ...]:
        """What a full answer needs beside the essential."""
        return DEMANDS[self.question].useful

    def lacking(self, *removed: str) -> list[str]:
        """Which fields this question misses when these are removed from complete rows."""
        gone = set(removed)
        if "call" in gone:
            # Totals of many calls have no latency, no status and no prompt.
            gone |= {"latency_ms", "first_token_ms", "status|error", "prompt_hash", "session"}
        return [name for name in (*DEMANDS[self.question].essential, *self.useful) if name in gone]


def case(question: Question, tools: str, fewer: str, essential: str = "tokens") -> Case:
    """A case; tools are named in one line."""
    return Case(question, frozenset(tools.split()), frozenset(fewer.split()), essential)


CASES = (
    case(Question.CUT_COST, "savings_plan", "spend_breakdown model_swap_whatif", "model"),
    case(Question.SPEED_UP, "latency_profile", "latency_profile", "latency_ms"),
    case(Question.GROWTH, "growth_forecast", "growth_forecast"),
    case(Question.SPEND, "spend_breakdown", "spend_breakdown", "model"),
    case(Question.MODEL_CHOICE, "model_swap_whatif", "model_swap_whatif"),
    case(Question.MODEL_CHANGE, "compare_periods anomaly_scan", "compare_periods anomaly_scan"),
    case(Question.CACHING, "cache_opportunity", "spend_breakdown cache_opportunity", "model"),
    case(Question.TRADEOFF, "tradeoff", "spend_breakdown growth_forecast latency_profile"),
    case(Question.QUICK_WINS, "savings_plan prompt_waste", "spend_breakdown prompt_waste"),
    case(Question.JUMP, "anomaly_scan", "anomaly_scan", "model"),
    case(Question.AGENT_WASTE, "agent_log_waste", "agent_log_waste", "session"),
    case(Question.REPORT, "savings_plan", "spend_breakdown"),
)
BY_QUESTION = {item.question: item for item in CASES}
# What is asked for in particular is answered by the tool for it.
IN_PARTICULAR = {
    "Do we hit our rate limits at +40%?": "rate_limit_check",
    "Our limit is 500 RPM and 200k TPM. Is it enough when requests go up by 25 %?": "rate_limit_check",
    "Can the current quota carry twice the load?": "rate_limit_check",
    "Give me a weekly trend of our AI bill": "spend_trend",
    "What can we run overnight in batches?": "batch_opportunity",
    "Which jobs could use the batch API?": "batch_opportunity",
    "Would batching invoice-extraction help?": "batch_opportunity",
    "Are our max tokens, retries or temperature settings wasting money?": "prompt_waste",
}
