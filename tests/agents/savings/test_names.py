"""What a model's name says of its family, version and size."""

from __future__ import annotations

import pytest

from agents.savings.names import ModelName, read_name


@pytest.mark.parametrize(
    ("model", "family", "version", "size"),
    [
        ("gpt-5.4", "gpt", (5, 4), 2),
        ("gpt-5.4-mini", "gpt", (5, 4), 1),
        ("gpt-4o-2024-08-06", "gpt", (4,), 2),
        ("claude-opus-4-8", "claude", (4, 8), 3),
        ("claude-3-5-haiku-20241022", "claude", (3, 5), 1),
        ("gemini-2.5-flash-lite", "gemini", (2, 5), 0),
        ("models/gemini-2.5-pro", "gemini", (2, 5), 3),
        ("o3-mini", "o", (3,), 1),
    ],
)
def test_a_usual_name_is_taken_apart(model: str, family: str, version: tuple[int, ...], size: int) -> None:
    assert read_name(model) == ModelName(family, version, size, plain=True)


@pytest.mark.parametrize("model", ["gpt-4o-mini-tts", "gemini-2.5-flash-image", "gpt-image", "text-embedding-3-small"])
def test_a_name_for_something_special_is_not_plain(model: str) -> None:
    assert not read_name(model).plain
