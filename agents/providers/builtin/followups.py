"""Understands a question that goes on from the one before it."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any, Final

from agents.handover import Entities
from agents.providers.builtin.entities import read_entities
from agents.providers.builtin.merging import adopt_amounts, merge_entities
from agents.providers.builtin.relevance import count_far, count_unknown
from agents.providers.builtin.scoring import Meaning, find_meaning
from agents.providers.builtin.sketches import Sketch, draw_sketch
from agents.usage.causes import Metric
from agents.usage.questions import TALK, Question

Known = dict[str, Any]
# So much must speak for a meaning of its own, for a question that could also go on from another one.
OWN: Final = 2.0
MOST_WORDS: Final = 14
GOING_ON: Final = re.compile(
    r"^\W*(?:ok(?:ay)?|yes|no|nope|right|fine|great|thanks|good|hm+|so|well|please)?\W*"
    r"(?:and|but|or|also|plus|what about|how about|what of|same|the same|only|just|now|then"
    r"|instead|rather|i meant|i mean|sorry|actually|not|for|with|without|by|per|in|on|since"
    r"|until|during|excluding|except|split|broken|"
    r"group|grouped|filter|narrow|limit it|restrict|make (?:it|that|this)|do (?:it|that|this"
    r"|the same)|show (?:it|that|this)|put (?:it|that|this)|turn (?:it|that|this)|can (?:you"
    r"|i|we) (?:\w+ )?(?:it|that|this)|could (?:you|i|we) (?:\w+ )?(?:it|that|this)|(?:give"
    r"|send) (?:me )?(?:it|that|this)|as an?|last|this|yesterday|again|repeat|once more)\b"
)
INSTEAD: Final = re.compile(
    r"\b(?:instead|rather than that|(?:it|that|this|them|those) (?:by|per|for|in|with|as)|too"
    r"|as well)\b\W*(?:please)?\W*$|\b(?:break|split|group|show) (?:it|that|this|them)\b"
)
WHY: Final = re.compile(
    r"^\W*(?:ok\W+|and\W+|but\W+|hm+\W+)?(?:why|how come|why so|what for|for what reason)(?:\s(?:is"
    r"|was|did|does|are|were|has)\s(?:that|this|it|they|so|the case|happen\w*)[\w\s]{0,20})?(?:\s(?:so"
    r"|that|then|though|exactly|is that|so much|so high))?\W*$"
)
MORE: Final = re.compile(
    r"^\W*(?:yes|yes please|please do|go on|continue|carry on|more|tell me more|more details?"
    r"|in more detail|details|elaborate|explain|can you elaborate|go ahead|next|show me|do it"
    r"|try again|again|repeat)\W*(?:please)?\W*$"
)
AS_REPORT: Final = re.compile(
    r"\b(?:it|that|this|these|them|everything|above|all of it|as an?|into an?|as one)\b|^\W*(?:and\s)?(?:now\s)?"
    r"(?:the\s"
    r"|a\s|as a\s)?(?:report|summary|business case|one pager)\W*(?:please)?\W*$"
)
GOALS: Final = frozenset((Question.CUT_COST, Question.SPEED_UP, Question.TRADEOFF, Question.QUICK_WINS))
BEHIND: Final = {
    Question.SPEND: Metric.COST, Question.COMPARISON: Metric.COST, Question.LATENCY: Metric.LATENCY,
    Question.ERRORS: Metric.ERRORS,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Understanding:
    """What one question means, by itself or as it goes on from another one."""

    question: Question
    entities: Entities
    sketch: Sketch
    meaning: Meaning


def understand(question: str, known: Known | None) -> Understanding:
    """What a question means by itself."""
    sketch = draw_sketch(question, known)
    meaning = find_meaning(sketch.outline)
    return Understanding(meaning.question, read_entities(sketch, meaning, known), sketch, meaning)


def follow(before: Understanding | None, now: Understanding, known: Known | None) -> Understanding:
    """The question as it goes on from the one before; a full one of its own starts afresh."""
    if before is None:
        return now
    text = now.sketch.text
    if WHY.match(text):
        return ask_why(before)
    if MORE.match(text):
        return replace(before, entities=before.entities.model_copy(update={"follows_up": True}))
    if not goes_on(text, now.meaning):
        return now
    question = choose_question(before.question, now.sketch, now.meaning)
    found = read_entities(now.sketch, replace(now.meaning, question=question), known)
    found = adopt_amounts(found, now.sketch.goals, question)
    keeps_goals = question is before.question or question is Question.TRADEOFF
    merged = merge_entities(before.entities, found, text, keeps_goals=keeps_goals)
    if now.meaning.question is Question.REPORT and question is not Question.REPORT:
        merged = merged.model_copy(update={"as_report": True})
    return replace(now, question=question, entities=merged)


def goes_on(text: str, meaning: Meaning) -> bool:
    """Whether the words make sense only with the question before them."""
    reading = meaning.whole
    words = [word for word in reading.words if word]
    if not words or len(words) > MOST_WORDS or count_far(reading):
        return False
    if is_mere_greeting(meaning, len(words)):
        return False
    if meaning.question is Question.REPORT:
        return AS_REPORT.search(text) is not None
    begins = GOING_ON.match(text) is not None or INSTEAD.search(text) is not None
    if begins:
        return count_unknown(reading) < 3 and not (meaning.score >= OWN and has_own_subject(text, meaning))
    return meaning.score < OWN and count_unknown(reading) == 0 and has_anything(meaning)


def is_mere_greeting(meaning: Meaning, count: int) -> bool:
    """Whether it is a greeting or thanks, and no more."""
    reading = meaning.whole
    return (
        meaning.question is Question.GREETING
        and count <= reading.count("greeting", "meta") + 3
        and not has_anything(meaning)
    )


def has_anything(meaning: Meaning) -> bool:
    """Whether it names an amount, a day, a name, or a way to show the answer."""
    concepts = ("breakdown", "trend", "lastperiod", "xDay", "xSpan", "xModel", "xTeam", "xFeature", "xProvider")
    amounts = ("xCut", "xGrowth", "xSpeed", "xPercent", "xCap", "xMoney", "xBudget", "xRate", "config", "report")
    return any(meaning.whole.has(concept) for concept in concepts + amounts)


def has_own_subject(text: str, meaning: Meaning) -> bool:
    """Whether a question that begins like one that goes on is a whole one: it has a verb of its own and says whose."""
    asks = re.match(
        r"^\W*(?:in|on|for|with|since|by|last|this|now|per|during|just)\b.*\b(?:what|how|why|which"
        r"|who|where|compare|show|give|cut|reduce|did|do)\b",
        text,
    )
    return asks is not None and (meaning.whole.has("us") or len(meaning.whole.words) > 16)


def choose_question(before: Question, sketch: Sketch, meaning: Meaning) -> Question:
    """What is asked now: the same as before, something else about the same rows, or one more goal."""
    kinds = {goal.kind for goal in sketch.goals}
    if meaning.question is Question.REPORT:
        return before
    if before in GOALS and kinds & {"growth", "speed", "cut", "cheaper"}:
        return before if is_same_goal(before, kinds) else Question.TRADEOFF
    if before is Question.JUMP and meaning.question in (Question.LATENCY, Question.ERRORS):
        return before
    if meaning.question in TALK or meaning.score < OWN:
        return Question.GROWTH if "growth" in kinds and before is not Question.REPORT else before
    return meaning.question


def is_same_goal(before: Question, kinds: set[str]) -> bool:
    """Whether the goal named now is the one the question before was about."""
    same = {
        Question.CUT_COST: {"cut", "cheaper", ""},
        Question.QUICK_WINS: {"cut", "cheaper", ""},
        Question.SPEED_UP: {"speed", ""},
    }
    return before is Question.TRADEOFF or kinds <= same.get(before, set())


def ask_why(before: Understanding) -> Understanding:
    """`Why?` after figures asks what moved them; after advice it asks for the same again."""
    update: dict[str, Any] = {"follows_up": True}
    metric = BEHIND.get(before.question)
    if metric is None:
        return replace(before, entities=before.entities.model_copy(update=update))
    entities = before.entities
    update |= {"metric": metric if before.question is not Question.SPEND else entities.metric or metric}
    if before.question is Question.COMPARISON:
        update |= {
            "first_day": entities.before_first_day or entities.after_first_day,
            "last_day": entities.after_last_day,
        }
        update |= dict.fromkeys(("before_first_day", "before_last_day", "after_first_day", "after_last_day"))
    return replace(before, question=Question.JUMP, entities=entities.model_copy(update=update))
