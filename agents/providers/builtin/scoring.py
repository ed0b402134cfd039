"""Weighs what a question holds against what each meaning would show."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from agents.providers.builtin.evidence import EVIDENCE, ORDER
from agents.providers.builtin.learning import weigh_traits
from agents.providers.builtin.relevance import (
    count_far,
    count_unknown,
    is_about_something_else,
    is_anchored,
    is_errand,
    is_firmly_anchored,
    is_named,
)
from agents.providers.builtin.spotting import NEAR, Reading, join_readings, read_sentence, split_sentences
from agents.usage.questions import Question

# What else speaks for a meaning counts for this share beside the strongest evidence.
SHARE_OF_THE_REST: Final = 0.15
# What other questions in such words asked, beside the evidence.
SHARE_OF_THE_LEARNT: Final = 0.4
GOALS_WEIGHT: Final = 4.6
LEAST: Final = 1.0
FEW_WORDS: Final = 5
# In so short a text every sentence belongs to the question.
SHORT_TEXT: Final = 15
SIDE_BY_SIDE: Final = 2
ASKING: Final = re.compile(
    r"^\W*(?:[^,]{0,60},\s)?(?:so\s|and\s|but\s|ok\s|now\s|please\s|kindly\s|hi\s|hello\s)*(?:what|which|how|why|where"
    r"|who|when|can|could|should|would|will|is|are|was|were|do|does|did|has|have|may|show|give"
    r"|tell|list|compare|find|explain|help|i want|i need|i'd like|we want|we need|i would like"
    r"|we'd like|we would like|please|(?:\w+\s){1,3}(?:wants?|asks?|asked|demands?|would like|expects)\s|"
    r"make|cut|reduce|lower|trim|bring|save|speed|write|prepare|create|draft|put|generate|build"
    r"|analy[sz]e|break|calculate|estimate|forecast|predict|suggest|recommend|identify|check"
    r"|tell|get|look|let|looking for|any|halve|slash)\b"
)
# What must merely stay as it is is no goal.
CONSTRAINT: Final = re.compile(
    r"\b(?:(?<!do )(?<!live )(?<!go )without|while (?:keeping|holding|maintaining|preserving|staying)|but (?:keep|hold"
    r"|maintain)(?:ing)?|and keep(?:ing)?|keeping|maintaining|preserving|not at the expense of"
    r"|no (?:loss|drop|increase|change|impact) (?:of|in|on)|must (?:not|stay|remain)"
    r"|as long as|provided|with (?:no|the same|unchanged|constant|identical)|(?:at|for|on|within"
    r"|with) (?:the |our |an? )?(?:same|current|constant|unchanged|equal|existing|given) (?!time|answer|question|prompt"
    r"|text|input|request|thing|repl|respons|output|context|document|words?\b)\w+"
    r"|same (?:budget|cost|money|price|quality)|(?:should|must|can|may) (?:not|stay)|(?:should|must)n't|don't want to"
    r"|doesn't matter|not sacrificing)\b"
    r"(?:(?!\s(?:and|but|while|then|also)\s(?:we|i|to|cut|reduce|make|get|speed|handle|scale"
    r"|grow|lower|trim|how|what|double|triple|halve|save|support|still|x[A-Z]))[^,;.?!\n])*"
)
# A last question that only points at what was said is no question without it.
POINTING: Final = re.compile(
    r"^(?=.*\b(?:then|that|this|it|so|they|them|these|those|he|she|out)\b)\W*(?:\S+\s+){0,7}\S*$"
)
ASKED: Final = re.compile(r"([?!.;\n])")
# `Report: spend, plan, risks` orders one.
TITLED: Final = re.compile(
    r"^\W*(?:(?:management|board|executive|monthly|weekly|short|full)\s)?(?:report|memo|briefing)\s*[:\n]"
)
# `How fast is a cheetah?` asks about a kind of thing, not about what somebody has.
IN_GENERAL: Final = re.compile(r"^\W*(?:how|what|why|when|where)\b[^.?!]{0,30}?\b(?:is|are|was|does|do|can)\san?\s")
GOAL: Final = re.compile(r"\bx(?:Cut|Growth|Speed|Cap)\b")
# An errand that names one of these may still ask for figures: `e-mail me the cost report`.
SUBJECTS_OF_USAGE: Final = ("cost", "latency", "tokens", "errors", "limits", "model")
EFFORT: Final = re.compile(
    r"code|coding|deploy|engineer|releas|develop|ship|effort|program|rewrit|dev\b|urgen|hurry|rush"
)
HOLD: Final = re.compile(r"cost|budget|spend|money|bill|price|pay|expens")


@dataclass(frozen=True, slots=True)
class Term:
    """One condition: a concept, two close together, or one of several; perhaps that it is absent."""

    options: tuple[tuple[str, ...], ...]
    is_absent: bool

    def holds(self, reading: Reading) -> bool:
        """Whether the text fulfils it."""
        return any(self.occurs(reading, names) for names in self.options) is not self.is_absent

    def occurs(self, reading: Reading, names: tuple[str, ...]) -> bool:
        """Whether the concept, or the pair of them, occurs."""
        if len(names) == 1:
            return reading.has(names[0])
        return reading.near(names[0], names[-1], NEAR if len(names) == 2 else SIDE_BY_SIDE)


@dataclass(frozen=True, slots=True)
class Rule:
    """So much speaks for a meaning when all terms hold."""

    weight: float
    terms: tuple[Term, ...]

    def holds(self, reading: Reading) -> bool:
        """Whether the text shows this."""
        return all(term.holds(reading) for term in self.terms)


def read_rule(line: str) -> Rule:
    """One line of evidence."""
    weight, *terms = line.split()
    return Rule(float(weight), tuple(read_term(term) for term in terms))


def read_term(term: str) -> Term:
    """One term of a line."""
    plain = term.removeprefix("!")
    return Term(tuple(tuple(option.split("~")) for option in plain.split("|")), plain != term)


RULES: Final = {
    question: tuple(read_rule(line) for line in lines.strip().splitlines()) for question, lines in EVIDENCE.items()
}
COST_GOAL: Final = tuple(map(read_rule, ("1 cut~cost", "1 xCut", "1 cheaper !smaller~model", "1 save~cost")))
SPEED_GOAL: Final = tuple(
    map(read_rule, ("1 cut~latency", "1 faster !faster~model", "1 xSpeed", "1 complaint~slow", "1 improve~latency"))
)
GROWTH_GOAL: Final = tuple(map(read_rule, ("1 xGrowth", "1 grow~volume !past", "1 grow~volume future")))


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a text asks, how much speaks for it, and what it holds."""

    question: Question
    score: float
    reading: Reading
    # What merely must stay as it is counts here, too.
    whole: Reading


def find_meaning(sketch: str) -> Meaning:
    """The meaning of a sketched question."""
    sketch = TITLED.sub("xReport ", sketch)
    sentences = split_sentences(mark_constraints(sketch))
    read = {text: read_sentence(text) for text in {*split_sentences(sketch), *sentences}}
    whole = join_readings(read[sentence] for sentence in split_sentences(sketch))
    reading = join_readings(read[sentence] for sentence in sentences)
    asking = join_readings(read[sentence] for sentence in choose_asking(sketch, sentences))
    scores = {question: weigh(question, reading) + weigh(question, asking) for question in ORDER}
    learnt = weigh_traits(sketch) if any(scores.values()) else {}
    best = max(ORDER, key=lambda question: scores[question] + SHARE_OF_THE_LEARNT * learnt.get(question, 0.0))
    score = max(scores.values()) / 2
    if not is_relevant(sketch, score, whole):
        talk = Question.GREETING if is_greeting(sketch, whole) else Question.OTHER
        return Meaning(talk, 0.0, reading, whole)
    return Meaning(best, score, reading, whole)


def is_greeting(sketch: str, reading: Reading) -> bool:
    """Whether it is a greeting, or asks what can be asked here."""
    if is_errand(sketch) or not (reading.has("greeting") or reading.has("meta")):
        return False
    return not count_far(reading) and count_unknown(reading) < 3


def is_relevant(sketch: str, score: float, reading: Reading) -> bool:
    """Whether enough speaks for a question about usage, against what speaks for another subject."""
    if score < LEAST or (is_about_something_else(sketch) and not reading.has("us")):
        return False
    if is_errand(sketch) and not any(reading.has(concept) for concept in SUBJECTS_OF_USAGE):
        return False
    far, unknown = count_far(reading), count_unknown(reading)
    if is_anchored(reading) and (not far or is_firmly_anchored(reading) or (far == 1 and reading.has("us"))):
        return far < 2 or reading.has("us") or (far < 3 and is_named(reading))
    if far:
        return False
    if reading.has("meta") and score < 2:
        return False
    weight = weigh_unknown(reading) * (2 if IN_GENERAL.match(sketch) else 1)
    return score - min(unknown, 6) * weight >= LEAST


def weigh_unknown(reading: Reading) -> float:
    """How much a word of another subject speaks against a question: little where it says whose figures it means."""
    if reading.has("us"):
        return 0.12
    return 0.45 if reading.has("spendword") or reading.has("replies") else 1.5


def mark_constraints(sketch: str) -> str:
    """The sketch without what must only stay as it is; a cost that must not rise leaves a mark."""
    return CONSTRAINT.sub(replace_constraint, sketch)


def replace_constraint(match: re.Match[str]) -> str:
    """What stands for one constraint."""
    words = match.group()
    if EFFORT.search(words):
        return words
    return " xHold " if HOLD.search(words) else " "


def choose_asking(sketch: str, sentences: Sequence[str]) -> Sequence[str]:
    """The sentences that ask, or say what is wanted; all of them where none does."""
    parts = ASKED.split(mark_constraints(sketch))
    asked = {part.strip() for part, end in zip(parts[::2], parts[1::2], strict=False) if end == "?"}
    if sum(len(sentence.split()) for sentence in sentences) <= SHORT_TEXT:
        return sentences
    if len(sentences) > 1 and (POINTING.match(sentences[-1]) or len(sentences[-1].split()) < FEW_WORDS):
        return sentences
    asking = [
        sentence for sentence in sentences if sentence in asked or ASKING.match(sentence) or GOAL.search(sentence)
    ]
    return asking or sentences


def weigh(question: Question, reading: Reading) -> float:
    """How much speaks for one meaning: the strongest evidence, and a share of the rest."""
    weights = [rule.weight for rule in RULES[question] if rule.holds(reading)]
    if question is Question.TRADEOFF and count_goals(reading) > 1:
        weights.append(GOALS_WEIGHT)
    return max(weights) + SHARE_OF_THE_REST * min(sum(weights) - max(weights), 6) if weights else 0.0


def count_goals(reading: Reading) -> int:
    """How many of lower cost, speed and growth are wanted."""
    return sum(any_holds(rules, reading) for rules in (COST_GOAL, SPEED_GOAL, GROWTH_GOAL))


def any_holds(rules: Iterable[Rule], reading: Reading) -> bool:
    """Whether any of the rules holds."""
    return any(rule.holds(reading) for rule in rules)
