"""What the words of other questions teach is counted, stored and weighed the same way each time."""

from __future__ import annotations

from agents.providers.builtin.learning import (
    COUNTS_FILE,
    count_traits,
    list_traits,
    read_counts,
    weigh_counts,
    weigh_traits,
    write_counts,
)
from agents.usage.questions import Question
from tests.agents.builtin.teaching import count_examples

EXAMPLES = [
    (Question.SPEND, "what do we pay"),
    (Question.SPEND, "what was paid"),
    (Question.SPEED_UP, "what lags"),
    (Question.OTHER, "what rains"),
]


def test_traits_are_words_without_plural_and_pairs_each_once() -> None:
    assert list_traits("slow replies, slow replies") == ["slow", "reply", "slow reply", "reply slow"]


def test_what_occurs_once_and_what_asks_nothing_about_usage_teaches_nothing() -> None:
    assert count_traits(EXAMPLES) == {"*": {"speed_up": 1, "spend": 2}, "what": {"speed_up": 1, "spend": 2}}


def test_the_file_holds_what_was_counted() -> None:
    counts = count_traits(EXAMPLES)
    assert read_counts(write_counts(counts)) == counts


def test_a_word_speaks_for_the_meaning_it_occurs_in_and_against_the_others() -> None:
    counts = {"*": {"spend": 10, "speed_up": 10}, "lag": {"speed_up": 8}}
    weights = weigh_counts(counts)["lag"]
    # The share of all: 8.3 / 20.3 = 0.4089; of speed_up: (8 + 0.3 * 0.4089 + 0.02) / 10.32 = 0.7890;
    # of spend: 0.1427 / 10.32 = 0.0138. The logarithms of 1.930 and 0.0338 are 0.66 and -3.39.
    assert weights == {Question.SPEND: -339, Question.SPEED_UP: 66}


def test_a_long_story_counts_no_more_than_a_short_one_of_the_same_words() -> None:
    story = " ".join(
        f"{word} slow" for word in ("cost", "team", "model", "report", "cache", "agent", "week", "month") * 9
    )
    assert max(abs(weight) for weight in weigh_traits(story).values()) < 60


def test_unknown_words_say_nothing() -> None:
    assert weigh_traits("zyzzyva quux") == {}


def test_the_stored_counts_are_those_of_the_wordings() -> None:
    assert COUNTS_FILE.read_text(encoding="utf-8") == write_counts(count_examples())
