"""The ideas a question can hold, each with its words and phrases."""

from __future__ import annotations

from typing import Final

from agents.providers.builtin.hints import HINTS
from agents.providers.builtin.subjects import SUBJECTS
from agents.providers.builtin.wishes import WISHES

CONCEPTS: Final[dict[str, str]] = SUBJECTS | WISHES | HINTS
