"""What to ask next, by what was asked: never the same again, and only what the data can answer."""

from __future__ import annotations

from typing import Final

from agents.engine.context import DataHandle
from agents.handover import Verdict
from agents.usage.questions import Question, Sufficiency, judge_data

MOST_QUESTIONS: Final = 3
ASKED_AS: Final[dict[Question, str]] = {
    Question.SPEND: "What do we spend, on what, and how does it trend?",
    Question.QUICK_WINS: "What can we change this week by configuration alone?",
    Question.CUT_COST: "How can we cut cost by 20 % without losing quality?",
    Question.MODEL_CHOICE: "Which calls could move to a smaller model?",
    Question.CACHING: "Where would caching or batching save most?",
    Question.JUMP: "Why did the bill jump?",
    Question.GROWTH: "What if usage grows by 50 %?",
    Question.SPEED_UP: "How do responses get twice as fast at the same budget?",
    Question.TRADEOFF: "Cut cost by 20 %, twice as fast, with 30 % more usage: what is the trade-off?",
    Question.REPORT: "Write this up as a report for management.",
    Question.MODEL_CHANGE: "Was the last change of model worth it?",
    Question.ERRORS: "Which calls fail, and what does that cost?",
    Question.GAPS: "What does my data lack?",
}
FOLLOWING: Final[dict[Question, tuple[Question, ...]]] = {
    Question.SPEND: (Question.JUMP, Question.CUT_COST, Question.MODEL_CHOICE),
    Question.CUT_COST: (Question.QUICK_WINS, Question.TRADEOFF, Question.REPORT),
    Question.SPEED_UP: (Question.MODEL_CHOICE, Question.TRADEOFF, Question.ERRORS),
    Question.GROWTH: (Question.CUT_COST, Question.TRADEOFF, Question.REPORT),
    Question.MODEL_CHOICE: (Question.CACHING, Question.QUICK_WINS, Question.REPORT),
    Question.MODEL_CHANGE: (Question.JUMP, Question.MODEL_CHOICE, Question.REPORT),
    Question.CACHING: (Question.MODEL_CHOICE, Question.QUICK_WINS, Question.REPORT),
    Question.TRADEOFF: (Question.REPORT, Question.QUICK_WINS, Question.GROWTH),
    Question.QUICK_WINS: (Question.CUT_COST, Question.CACHING, Question.REPORT),
    Question.JUMP: (Question.MODEL_CHANGE, Question.CUT_COST, Question.SPEND),
    Question.AGENT_WASTE: (Question.CACHING, Question.SPEND, Question.REPORT),
    Question.REPORT: (Question.QUICK_WINS, Question.GROWTH, Question.TRADEOFF),
}
USUALLY: Final = (Question.SPEND, Question.JUMP, Question.CUT_COST, Question.GAPS)


def suggest_questions(verdict: Verdict, data: DataHandle | None) -> list[str]:
    """Up to three questions the data can answer; what it lacks is offered last."""
    profile = None if data is None else data.profile
    candidates = dict.fromkeys((*FOLLOWING.get(verdict.question, ()), *USUALLY))
    answerable = [
        question
        for question in candidates
        if question is not verdict.question and judge_data(question, None, profile).data is not Sufficiency.NONE
    ]
    return [ASKED_AS[question] for question in answerable][:MOST_QUESTIONS]
