"""docs/models.md says what the code does."""

from __future__ import annotations

import re

from agents.engine.attempts import LONGEST_WAIT_SECONDS, MODEL_FAULTS, PASSING_FAULTS
from agents.engine.clients import CONNECT_SECONDS
from agents.engine.failures import FAILURES
from agents.engine.resting import AWAY_FAULTS
from agents.engine.trimming import MOST_CHARACTERS, MOST_RESULT_CHARACTERS, MOST_TURNS
from agents.errors import ModelNotConfigured, ModelResting
from netra.config import PROJECT_FOLDER, Config
from netra.model_access import ModelAccess

TEXT = (PROJECT_FOLDER / "docs" / "models.md").read_text()
ROWS = [[cell.strip() for cell in line.strip("|").split("|")] for line in TEXT.splitlines() if line.startswith("| `")]
CODES = {row[0].strip("`"): row for row in ROWS if re.fullmatch(r"`[a-z]+(_[a-z]+)+`", row[0])}


def test_every_code_is_listed_with_its_sentence() -> None:
    sentences = {code: sentence for _, code, sentence in FAILURES}
    assert set(CODES) == set(sentences) | {ModelNotConfigured.code, ModelResting.code}
    assert {code: row[1] for code, row in CODES.items() if code in sentences} == sentences


def test_a_rest_is_told_with_its_sentence_and_its_reasons() -> None:
    assert CODES[ModelResting.code][1] == ModelResting(30).sentence.replace("30", "N")
    for code in AWAY_FAULTS:
        assert f"`{code}`" in TEXT.partition("**A model that is away.**")[2].partition("\n\n")[0]


def test_what_follows_each_code_is_told_as_it_is_decided() -> None:
    told = {code: row[2] for code, row in CODES.items()}
    assert {code for code, move in told.items() if move.startswith("next model")} == MODEL_FAULTS & set(told)
    assert {code for code, move in told.items() if "once more" in move} == PASSING_FAULTS
    assert {code for code, move in told.items() if move == "stands"} == set(told) - MODEL_FAULTS
    assert f"at most twice and {LONGEST_WAIT_SECONDS:g} s each" in told["model_rate_limited"]


def test_the_stated_sizes_are_the_ones_in_force() -> None:
    for cell in (MOST_TURNS, MOST_CHARACTERS, MOST_RESULT_CHARACTERS):
        assert f"| {cell:,} |" in TEXT
    assert f"A connection has {CONNECT_SECONDS:g} seconds." in TEXT
    assert f"`NETRA_MODEL_TIMEOUT_SECONDS` ({Config.model_fields['model_timeout_seconds'].default})" in TEXT


def test_every_variable_about_models_is_explained_and_no_other_exists() -> None:
    named = set(re.findall(r"NETRA_[A-Z_]+", TEXT))
    assert named == {str(field.alias) for field in ModelAccess.model_fields.values()}
