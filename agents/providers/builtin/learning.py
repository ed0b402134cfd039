"""What the words of many questions have taught: which of them speak for which meaning."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path
from typing import Final

from agents.providers.builtin.spotting import TOKEN
from agents.providers.builtin.words import stem
from agents.usage.questions import TALK, Question

# One line a word, or a pair of neighbours: in how many questions of each meaning it occurs.
COUNTS_FILE: Final = Path(__file__).with_name("learnt.tsv")
TOTAL: Final = "*"
LEAST_COUNT: Final = 2
# Counts are too few to be sure: each meaning is granted a share of what all have, and a little more.
PRIOR: Final = 0.3
FLOOR: Final = 0.02
# Weights are whole hundredths, so that their sum does not depend on the order.
HUNDREDTHS: Final = 100
# A long story has many words; together they count no more than so many.
MOST_TRAITS: Final = 25

Counts = dict[str, dict[str, int]]
Weights = dict[str, dict[Question, int]]


def list_traits(outline: str) -> list[str]:
    """The words of a sketched question without their plural endings, and the pairs of neighbours, each once."""
    words = [stem(word) for word in TOKEN.findall(outline)]
    return list(dict.fromkeys([*words, *map(" ".join, pairwise(words))]))


def count_traits(examples: Iterable[tuple[Question, str]]) -> Counts:
    """How many questions of each meaning hold each trait; those that occur once teach nothing."""
    counts: dict[str, Counter[str]] = {TOTAL: Counter()}
    for question, outline in examples:
        if question not in TALK:
            for trait in (TOTAL, *list_traits(outline)):
                counts.setdefault(trait, Counter())[question.value] += 1
    return {
        trait: dict(sorted(found.items()))
        for trait, found in sorted(counts.items())
        if trait == TOTAL or found.total() >= LEAST_COUNT
    }


def write_counts(counts: Counts) -> str:
    """The counts as the lines of the file."""
    lines = (
        f"{trait}\t{' '.join(f'{name}:{count}' for name, count in found.items())}\n" for trait, found in counts.items()
    )
    return "".join(lines)


def read_counts(text: str) -> Counts:
    """The counts from the lines of the file."""
    rows = (line.split("\t") for line in text.splitlines())
    return {
        trait: {name: int(count) for name, count in (pair.split(":") for pair in found.split())}
        for trait, found in rows
    }


def weigh_counts(counts: Counts) -> Weights:
    """How much each trait speaks for or against each meaning: the logarithm of how much more often it occurs there."""
    totals = {Question(name): count for name, count in counts[TOTAL].items()}
    whole = sum(totals.values())
    weights: Weights = {}
    for trait, found in counts.items():
        share = (sum(found.values()) + PRIOR) / (whole + PRIOR)
        weights[trait] = {
            question: round(HUNDREDTHS * math.log(estimate(found.get(question.value, 0), share, total) / share))
            for question, total in totals.items()
        }
    return weights


def estimate(count: int, share: float, total: int) -> float:
    """The share of one meaning's questions that hold a trait."""
    return (count + PRIOR * share + FLOOR) / (total + PRIOR + FLOOR)


WEIGHTS: Final = weigh_counts(read_counts(COUNTS_FILE.read_text(encoding="utf-8")))


def weigh_traits(outline: str) -> dict[Question, float]:
    """How much the words of a sketched question speak for each meaning."""
    known = [WEIGHTS[trait] for trait in list_traits(outline) if trait in WEIGHTS and trait != TOTAL]
    sums: Counter[Question] = Counter()
    for weights in known:
        sums.update(weights)
    scale = HUNDREDTHS * max(1.0, len(known) / MOST_TRAITS)
    return {question: total / scale for question, total in sums.items()}
