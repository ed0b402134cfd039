"""Ideas are found by words and phrases, and it is known which stand close together."""

from __future__ import annotations

import re

from agents.providers.builtin.concepts import CONCEPTS
from agents.providers.builtin.scoring import RULES
from agents.providers.builtin.spotting import join_readings, read_sentence, split_sentences


def test_words_beginnings_and_phrases_are_found() -> None:
    reading = read_sentence("bring our invoices down")
    assert reading.has("cost")
    assert reading.has("cut")
    assert not reading.has("latency")


def test_two_ideas_are_near_only_within_a_few_words() -> None:
    assert read_sentence("cut the cost").near("cut", "cost")
    assert not read_sentence("cut one two three four five six seven cost").near("cut", "cost")


def test_an_idea_is_not_near_itself() -> None:
    assert not read_sentence("cheaper").near("cheaper", "smaller")


def test_ideas_of_different_sentences_are_not_near() -> None:
    joined = join_readings(map(read_sentence, ("we cut it", "cost")))
    assert joined.has("cost")
    assert not joined.near("cut", "cost")


def test_two_periods_are_an_idea_of_their_own() -> None:
    assert read_sentence("xSpan and xSpan").has("twospans")
    assert not read_sentence("in xSpan").has("twospans")


def test_sentences_end_at_marks_but_not_inside_numbers() -> None:
    assert split_sentences("a 2.5 b. c? d; e\nf ...") == ["a 2.5 b", "c", "d", "e", "f"]


def test_every_concept_a_rule_names_exists() -> None:
    named = {
        name
        for rules in RULES.values()
        for rule in rules
        for term in rule.terms
        for option in term.options
        for name in option
    }
    own = {name for name in named if re.fullmatch("x[A-Z][a-z]+", name)} | {"twospans"}
    assert named - own <= {*CONCEPTS, ""}


def test_what_a_phrase_leaves_open_stays_free_for_other_ideas() -> None:
    reading = read_sentence("bring the bill down")
    assert reading.near("cut", "cost")


def test_sentences_of_one_word_are_one_sentence() -> None:
    assert split_sentences("cut. costs. now.") == ["cut  costs  now"]
