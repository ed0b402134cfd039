"""Samples with anything done to them: an import ends whole or not at all, and never with a fault of our own."""

from __future__ import annotations

import gzip
import io
import random
import shutil
import zipfile
from pathlib import Path
from typing import Final

import pytest

from accounts.errors import NetraError
from agents.usage.intake import take_in
from agents.usage.profile import summarise_parts
from agents.usage.recognition import recognise_head
from agents.usage.records import PART_NAME, Intake, Progress, Wish
from agents.usage.rejects import FILE_NAME

SAMPLES: Final = sorted(path for path in (Path(__file__).parent / "samples").iterdir() if path.is_file())
QUICK: Final = 100
ALL: Final = 5_000
ROUNDS: Final = 10
NASTY: Final = (
    b"\x00", b"\xff\xfe", b"\xef\xbb\xbf", b'"', b"\n", b"\r\n", b",", b"{", b"}", b"[", b"]", b"-", b"1e400", b"NaN",
    b"null", b"true", b'{"a":', b"99999999999999999999999999", b"-0", b"\xf0\x9f\x92\xa9", b"\\ud800", b"=1+1", b"\\",
    b"2026-13-45", b"0001-01-01T00:00:00Z", b"1970-01-01", b"[[[[[[[[", b'""', b"'; DROP TABLE x; --", b"0.1",
)  # fmt: skip


def test_there_is_a_sample_of_every_kind() -> None:
    assert len(SAMPLES) >= 13


@pytest.mark.parametrize("seed", range(QUICK // 50))
def test_a_mutated_sample_is_imported_wholly_or_refused(seed: int, tmp_path: Path) -> None:
    fuzz(range(seed * 50, seed * 50 + 50), tmp_path)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(ROUNDS))
def test_many_mutated_samples_are_imported_wholly_or_refused(seed: int, tmp_path: Path) -> None:
    each = (ALL - QUICK) // ROUNDS
    fuzz(range(QUICK + seed * each, QUICK + (seed + 1) * each), tmp_path)


def fuzz(seeds: range, folder: Path) -> None:
    for seed in seeds:
        dice = random.Random(seed)
        sample = dice.choice(SAMPLES)
        content = mutate(dice, sample.read_bytes())
        name = sample.name
        try:
            kept = import_into(folder / str(seed), content, name)
            recognise_head(content[: 200 * 1024], name, Wish(), cut=dice.random() < 0.5)
        except Exception as fault:
            raise AssertionError(f"seed {seed} ({sample.name})") from fault
        finally:
            shutil.rmtree(folder / str(seed), ignore_errors=True)
        assert kept is None or kept > 0, seed


def import_into(folder: Path, content: bytes, name: str) -> int | None:
    """The rows that were kept; None for an upload that was refused in a sentence."""
    folder.mkdir()
    upload = folder / "upload"
    upload.write_bytes(content)
    draft = folder / "draft"
    draft.mkdir()
    progress = Progress()
    intake = take_in_or_sentence(upload, name, draft, progress)
    if isinstance(intake, str):
        assert intake
        assert not (draft / PART_NAME).exists()
        return None
    summary = summarise_parts([draft / PART_NAME])
    assert summary.rows == intake.rows_kept
    assert (draft / FILE_NAME).exists()
    assert intake.rows_rejected == progress.rows_rejected <= intake.rows_read + 1_000
    return intake.rows_kept


def take_in_or_sentence(upload: Path, name: str, draft: Path, progress: Progress) -> Intake | str:
    """What the import brought, or why it was refused; anything else is a fault of ours and goes through."""
    try:
        return take_in(upload, name, Wish(), draft, progress)
    except NetraError as refused:
        return refused.sentence


def mutate(dice: random.Random, content: bytes) -> bytes:
    """The sample after one to six accidents."""
    for _ in range(dice.randint(1, 6)):
        content = dice.choice(ACCIDENTS)(dice, content) or b"x"
    return content


def flip(dice: random.Random, content: bytes) -> bytes:
    place = dice.randrange(len(content))
    return content[:place] + bytes([dice.randrange(256)]) + content[place + 1 :]


def cut_off(dice: random.Random, content: bytes) -> bytes:
    return content[: dice.randrange(len(content))]


def drop_piece(dice: random.Random, content: bytes) -> bytes:
    start = dice.randrange(len(content))
    return content[:start] + content[start + dice.randrange(200) :]


def repeat_piece(dice: random.Random, content: bytes) -> bytes:
    start = dice.randrange(len(content))
    piece = content[start : start + dice.randrange(400)]
    return content[:start] + piece * dice.randint(2, 4) + content[start:]


def put_in(dice: random.Random, content: bytes) -> bytes:
    place = dice.randrange(len(content))
    return content[:place] + dice.choice(NASTY) + content[place:]


def change_numbers(dice: random.Random, content: bytes) -> bytes:
    digits = [place for place, byte in enumerate(content) if 48 <= byte <= 57]
    if not digits:
        return content
    place = dice.choice(digits)
    return content[:place] + dice.choice((b"-", b"9" * 30, b"1.5", b"x", b"", b"0e9")) + content[place + 1 :]


def change_value(dice: random.Random, content: bytes) -> bytes:
    start = content.find(b":", dice.randrange(len(content)))
    end = min((found for mark in b",}\n" if (found := content.find(mark, start)) > 0), default=-1)
    if start < 0 or end < 0:
        return content
    return content[: start + 1] + dice.choice((b"null", b"[]", b"{}", b'""', b"true", b"-1", b"[[1]]")) + content[end:]


def pack(dice: random.Random, content: bytes) -> bytes:
    if dice.random() < 0.5:
        return gzip.compress(content)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(dice.randint(1, 3)):
            archive.writestr(f"logs/{number}.jsonl", content)
    return buffer.getvalue()


ACCIDENTS: Final = (
    flip, flip, cut_off, drop_piece, repeat_piece, put_in, put_in, change_numbers, change_value, change_value, pack,
)  # fmt: skip
