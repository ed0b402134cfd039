"""The questions that the learnt counts come from; run as a module, it counts them anew."""

from __future__ import annotations

from agents.providers.builtin.learning import COUNTS_FILE, Counts, count_traits, write_counts
from agents.providers.builtin.sketches import draw_sketch
from tests.agents.builtin.further_wordings import FURTHER
from tests.agents.builtin.known import KNOWN
from tests.agents.builtin.paraphrases import PARAPHRASES
from tests.agents.builtin.retold import RETOLD
from tests.agents.builtin.terse_wordings import TERSE
from tests.agents.builtin.wordings import LAST, TUNED


def count_examples() -> Counts:
    """The counts of all wordings that may be learnt from."""
    return count_traits(
        (question, draw_sketch(wording, KNOWN).outline)
        for wordings in (TUNED, FURTHER, TERSE, LAST, PARAPHRASES, RETOLD)
        for question, words in wordings.items()
        for wording in words
    )


if __name__ == "__main__":
    COUNTS_FILE.write_text(write_counts(count_examples()), encoding="utf-8")
