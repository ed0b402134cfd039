"""Plays triage: which question this is, what it names, whether the data suffices."""

from __future__ import annotations

from agents.handover import Entities, Verdict
from agents.providers.builtin.triage import judge_question
from agents.providers.builtin.turns import Reply, Turn
from agents.usage.questions import DEMANDS, Sufficiency

DATA_WORDS = {
    Sufficiency.SUFFICIENT: "The data has everything it needs.",
    Sufficiency.PARTIAL: "The data answers it in part.",
    Sufficiency.NONE: "The data it needs is not there.",
    Sufficiency.NOT_NEEDED: "It needs no usage data.",
}


def sort_question(turn: Turn) -> Reply:
    """The verdict, with the understanding told."""
    verdict = judge_question(turn.question, turn.earlier, turn.known)
    thoughts = (
        f"I read this as: {DEMANDS[verdict.question].title} ",
        *tell_names(verdict.entities),
        DATA_WORDS[verdict.data],
    )
    return Reply(thoughts, output=verdict.model_dump(mode="json", exclude_defaults=True) | name_data(verdict))


def name_data(verdict: Verdict) -> dict[str, str]:
    """What has no default is always said."""
    return {"question": verdict.question.value, "data": verdict.data.value}


def tell_names(entities: Entities) -> list[str]:
    """What the question names, in words."""
    kinds = ("models", "providers", "teams", "features", "users", "statuses")
    named = [f"{kind}: {', '.join(values)}" for kind in kinds if (values := getattr(entities, kind))]
    if entities.first_day or entities.last_day:
        named.append(f"days: {entities.first_day or 'the first'} to {entities.last_day or 'the last'}")
    goals = {
        "a cut of": entities.cost_cut_percent,
        "growth of": entities.growth_percent_low,
    }
    named += [f"{words} {value} %" for words, value in goals.items() if value is not None]
    return [f"It names {'; '.join(named)}. "] if named else []
