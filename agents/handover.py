"""What agents hand to each other: typed, so that any model of any agent can follow any other."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from agents.usage.causes import Metric
from agents.usage.questions import LOOK_UPS, TALK, Question, Sufficiency

Level = Literal["low", "medium", "high"]
MOST_TEXT = 2_000


class Handed(BaseModel):
    """The shape every handover has: nothing beside what is declared."""

    model_config = ConfigDict(extra="forbid")


class LatencyBudget(Handed):
    """How slow a feature may be at p95."""

    feature: str
    p95_ms: int = Field(gt=0)


class Entities(Handed):
    """What the question names; only what it says, nothing assumed."""

    metric: Metric | None = None
    cost_cut_percent: Decimal | None = Field(default=None, description="By how many percent cost is to go down.")
    saving_amount: Decimal | None = Field(
        default=None, description="How much money is to be saved a month, in US dollars."
    )
    budget_amount: Decimal | None = Field(default=None, description="What may be spent a month, in US dollars.")
    speed_factor: Decimal | None = Field(default=None, description="How many times faster answers are to be.")
    growth_percent_low: Decimal | None = Field(default=None, description="Growth in percent; tripling is 200.")
    growth_percent_high: Decimal | None = Field(default=None, description="The upper end where a range is named.")
    latency_budgets: list[LatencyBudget] = Field(default_factory=list)
    latency_limit_ms: int | None = Field(default=None, description="A latency that must hold for everything.")
    requests_per_minute: int | None = None
    tokens_per_minute: int | None = None
    models: list[str] = Field(default_factory=list)
    from_model: str | None = None
    to_model: str | None = None
    providers: list[str] = Field(default_factory=list)
    teams: list[str] = Field(default_factory=list)
    features: list[str] = Field(default_factory=list)
    users: list[str] = Field(default_factory=list)
    statuses: list[str] = Field(default_factory=list)
    first_day: date | None = None
    last_day: date | None = None
    counted_from_data: bool = Field(
        default=False, description="Relative days such as last week count from the data's last day."
    )
    around: date | None = Field(default=None, description="The day something happened on.")
    before_first_day: date | None = None
    before_last_day: date | None = None
    after_first_day: date | None = None
    after_last_day: date | None = None
    by: list[str] = Field(default_factory=list, description="Dimensions to show, such as model or team.")
    step: Literal["day", "week", "month"] | None = None
    top: int | None = Field(default=None, ge=1, le=50)
    config_only: bool = Field(default=False, description="Only changes of configuration.")
    as_report: bool = Field(default=False, description="The answer is to be a report.")
    follows_up: bool = Field(default=False, description="The question goes on from the one before.")


class Verdict(Handed):
    """Triage: what is asked, what it names, and whether the data suffices."""

    question: Question
    entities: Entities = Entities()
    data: Sufficiency
    missing: list[str] = Field(default_factory=list, description="Fields of the data that are missing.")
    reason: str = Field(default="", max_length=MOST_TEXT)

    @property
    def course(self) -> str:
        """Which course the run takes; agents name the courses they join."""
        if self.question in TALK:
            return "talk"
        if self.data is Sufficiency.NONE:
            return "none"
        return "look_up" if self.question in LOOK_UPS else self.data.value


class WantedField(Handed):
    """A field of the data that is asked for."""

    name: str
    label: str
    why: str
    sources: dict[str, str] = Field(default_factory=dict, description="Where each provider or tool has it.")


class DataRequest(Handed):
    """Data helper: exactly which fields to bring, why, and where to get them."""

    fields: list[WantedField]
    without: str = Field(
        default="", max_length=MOST_TEXT, description="What cannot be said as long as they are missing."
    )


class Observation(Handed):
    """One thing the rows show, and the tool call that shows it."""

    text: str = Field(max_length=MOST_TEXT)
    call_id: str = ""


class Findings(Handed):
    """Data: what the rows say. Figures stay in the tool results, which are handed on as a whole."""

    observations: list[Observation] = Field(default_factory=list)
    quality: list[str] = Field(default_factory=list, description="What limits these figures.")


class Strategy(Handed):
    """One recommended change, named by the tool result that computed it."""

    id: str = Field(description="The id of the strategy in the tool result.")
    call_id: str = Field(default="", description="The tool call it comes from.")
    title: str
    why: str = Field(default="", max_length=MOST_TEXT)


class Strategies(Handed):
    """Optimization: what to change, the best first."""

    ranked: list[Strategy] = Field(default_factory=list)
    left_out: list[str] = Field(default_factory=list)


class PlanStep(Handed):
    """One step of a plan."""

    title: str
    owner: str = Field(description="The role that does it.")
    effort: Level
    change: str = Field(max_length=MOST_TEXT)
    validation: str = Field(max_length=MOST_TEXT)
    roll_back: str = Field(max_length=MOST_TEXT)
    monitoring: str = Field(max_length=MOST_TEXT)
    strategy_id: str = ""


class ActionPlan(Handed):
    """Actions: the steps in the order they are done."""

    steps: list[PlanStep] = Field(default_factory=list)
