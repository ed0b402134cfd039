"""The same question over the same data gets the same answer, byte for byte, in this process and in a fresh one."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from agents.engine.context import DataHandle
from tests.acceptance.fingerprints import QUESTIONS, describe_run, digest_of

ROOT = Path(__file__).parents[2]
PATIENCE_SECONDS = 120
TOGETHER = QUESTIONS[:4]


@pytest.fixture(scope="session")
def first_answers() -> dict[str, str]:
    """What each question got when it was asked first."""
    return {}


async def recall(question: str, data: DataHandle, answers: dict[str, str]) -> str:
    """The first answer."""
    if question not in answers:
        answers[question] = await describe_run(question, data)
    return answers[question]


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question[:40])
async def test_the_same_question_gets_the_same_answer(
    question: str, small_data: DataHandle, first_answers: dict[str, str]
) -> None:
    first = await recall(question, small_data, first_answers)
    assert await describe_run(question, small_data) == first


async def test_questions_at_the_same_time_get_the_answers_of_questions_alone(
    small_data: DataHandle, first_answers: dict[str, str]
) -> None:
    alone = [await recall(question, small_data, first_answers) for question in TOGETHER]
    assert await asyncio.gather(*(describe_run(question, small_data) for question in TOGETHER)) == alone


@pytest.mark.long
async def test_a_fresh_process_gives_the_same_answers(small_data: DataHandle, first_answers: dict[str, str]) -> None:
    environment = os.environ | {"PYTHONHASHSEED": "4711", "DJANGO_SETTINGS_MODULE": "netra.settings"}
    done = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-m", "tests.acceptance.fingerprints", str(small_data.parts[0])],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        timeout=PATIENCE_SECONDS,
        check=True,
    )
    first = [await recall(question, small_data, first_answers) for question in QUESTIONS]
    assert json.loads(done.stdout) == [digest_of(answer) for answer in first]
