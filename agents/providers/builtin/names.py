"""Finds the teams, features, models, providers, users and statuses a question names."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from agents.providers.builtin.words import list_windows, make_key, simplify, split_words, stem

# In this order a name that means several things is understood.
KINDS = ("models", "features", "teams", "providers")
KIND_WORDS = {"team": "teams", "feature": "features", "model": "models", "provider": "providers"}
# Names that are also plain words of a question count only beside the word for their kind.
PLAIN_WORDS = frozenset(
    (
        *("all", "any", "api", "app", "call", "cost", "data", "day", "error", "feature", "latency", "model"),
        *("month", "other", "price", "provider", "request", "spend", "status", "team", "test", "token"),
        *("total", "trend", "user", "week", "year"),
    )
)
# Parts of model names that alone say nothing.
VAGUE_PARTS = frozenset(
    (
        *("chat", "fast", "instruct", "large", "latest", "lite", "max", "medium", "mini", "nano", "preview"),
        *("pro", "small", "text", "turbo", "ultra"),
    )
)
FAMILY = re.compile(
    r"\b(?:gpt|claude|gemini|llama|mistral|mixtral|deepseek|qwen|grok)(?:[ -]?[\w.]*\d[\w.]*)?|\bo[1-9]\b"
)
UNKNOWN_NAME = re.compile(r"\b(?:the|our|my)\s+([\w-]+)\s+(team|feature)\b")
QUESTION_WORDS = frozenset(
    (
        *("whole", "entire", "same", "other", "top", "first", "last", "next", "main", "slowest", "biggest"),
        *("largest", "new"),
    )
)
USER = re.compile(r"\buser[\s_-]*#?(\d[\w.-]*)\b|\b([\w.+-]+@[\w-]+(?:\.[\w-]+)+)")
FAILED_CALLS = re.compile(
    r"\b(?:only|just)\s+(?:the\s+)?(?:errors?|failures?|failed)|\b(?:failed|failing|errored)\s+(?:calls?|requests?)"
)
GOOD_CALLS = re.compile(r"\bsuccessful\s+(?:calls?|requests?)|\bwithout\s+(?:errors|failures|failed)\b")
FAILED_STATUSES = frozenset(("error", "failed", "failure"))
GOOD_STATUSES = frozenset(("ok", "success", "succeeded"))


def find_names(text: str, known: dict[str, Any]) -> dict[str, list[str]]:
    """The filter values a simplified question names; an unknown team, feature or model is kept as named."""
    words = split_words(text)
    claimed: set[int] = set()
    found: dict[str, list[str]] = {}
    claim_whole_names(words, known, claimed, found)
    claim_model_parts(words, known.get("models", ()), claimed, found)
    keep_unknown_models(text, known, found)
    keep_unknown_names(text, words, claimed, found)
    add_users(text, found)
    add_statuses(text, known.get("statuses", ()), found)
    return {kind: sorted(set(values)) for kind, values in found.items()}


def claim_whole_names(
    words: Sequence[str], known: dict[str, Any], claimed: set[int], found: dict[str, list[str]]
) -> None:
    """Names written in full, in any spelling; the longest wins."""
    keys = index_names(known)
    for start, end in list_windows(len(words)):
        meanings = keys.get(make_key(words[start:end]))
        if not meanings or claimed.intersection(range(start, end)):
            continue
        kind = choose_kind(words, start, end, meanings)
        if kind:
            found.setdefault(kind, []).append(meanings[kind])
            claimed.update(range(start, end))


def index_names(known: dict[str, Any]) -> dict[str, dict[str, str]]:
    """The known names by their key, each with what it may mean."""
    keys: dict[str, dict[str, str]] = {}
    for kind in KINDS:
        for name in known.get(kind, ()):
            if key := make_key(split_words(simplify(name))):
                keys.setdefault(key, {})[kind] = name
    return keys


def choose_kind(words: Sequence[str], start: int, end: int, meanings: dict[str, str]) -> str | None:
    """What the name means here: the kind written beside it, else the first possible one."""
    beside = [stem(words[index]) for index in (start - 1, end) if 0 <= index < len(words)]
    written = [KIND_WORDS[word] for word in beside if KIND_WORDS.get(word) in meanings]
    if written:
        return written[0]
    if end - start == 1 and stem(words[start]) in PLAIN_WORDS:
        return None
    return next(kind for kind in KINDS if kind in meanings)


def claim_model_parts(
    words: Sequence[str], models: Sequence[str], claimed: set[int], found: dict[str, list[str]]
) -> None:
    """Parts of model names: `haiku`, `gemini flash`, `4o mini` mean every model that has them all."""
    parts = {model: set(split_words(simplify(model))) for model in models}
    every = set().union(*parts.values()) if parts else set()
    start = 0
    while start < len(words):
        end = start
        while end < len(words) and end not in claimed and words[end] in every:
            end += 1
        meant = choose_models(set(words[start:end]), parts)
        if meant and not has_other_number(words, end, claimed):
            found.setdefault("models", []).extend(meant)
            claimed.update(range(start, end))
        start = max(end, start + 1)


def choose_models(run: set[str], parts: dict[str, set[str]]) -> list[str]:
    """The models that have all of these parts, if the parts say anything."""
    telling = [part for part in run if not part.isdigit() and part not in VAGUE_PARTS and len(part) > 1]
    return [model for model, own in parts.items() if run <= own] if telling else []


def has_other_number(words: Sequence[str], index: int, claimed: set[int]) -> bool:
    """Whether a version follows that no known model has: `claude 3` is not any Claude."""
    return index < len(words) and index not in claimed and bool(re.fullmatch(r"\d[\w]?", words[index]))


def keep_unknown_models(text: str, known: dict[str, Any], found: dict[str, list[str]]) -> None:
    """A model of a well-known family that the data does not have: the result is then truly empty."""
    if "models" in found:
        return
    named = {re.sub(r"[\s]+", "-", match.group().strip(" .-")) for match in FAMILY.finditer(text)}
    others = {make_key(split_words(name)) for kind in KINDS for name in known.get(kind, ())}
    unknown = sorted(name for name in named if make_key(split_words(name)) not in others)
    if unknown:
        found["models"] = unknown


def keep_unknown_names(text: str, words: Sequence[str], claimed: set[int], found: dict[str, list[str]]) -> None:
    """`the legal team` where the data has no such team."""
    taken = {words[index] for index in claimed}
    for match in UNKNOWN_NAME.finditer(text):
        name, kind = match.group(1), KIND_WORDS[match.group(2)]
        parts = split_words(name)
        if not taken.intersection(parts) and not QUESTION_WORDS.intersection(parts):
            found.setdefault(kind, []).append(name)


def add_users(text: str, found: dict[str, list[str]]) -> None:
    """Users by number (`user 17`, `user-017`) or mail address."""
    for match in USER.finditer(text):
        number, mail = match.groups()
        found.setdefault("users", []).append(mail or f"user-{number.rstrip('.-'):0>3}")


def add_statuses(text: str, known: Sequence[str], found: dict[str, list[str]]) -> None:
    """Only failed, or only successful calls."""
    if FAILED_CALLS.search(text):
        found["statuses"] = [name for name in known if name in FAILED_STATUSES] or ["error"]
    elif GOOD_CALLS.search(text):
        found["statuses"] = [name for name in known if name in GOOD_STATUSES] or ["ok"]
