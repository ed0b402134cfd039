"""Finds the teams, features, models, providers, users and statuses a question names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from agents.providers.builtin.words import WORD, list_windows, make_key, simplify, split_words, stem

# In this order a name that means several things is understood.
KINDS = ("models", "features", "teams", "providers")
KIND_WORDS = {"team": "teams", "feature": "features", "model": "models", "provider": "providers"}
# Names that are also plain words of a question count only beside the word for their kind.
PLAIN_WORDS = frozenset(
    (
        *("all", "any", "api", "app", "call", "cost", "data", "day", "error", "feature", "latency", "model"),
        *("month", "other", "price", "provider", "request", "spend", "status", "team", "test", "token"),
        *("total", "trend", "user", "week", "year", "agent", "answer", "batch", "cache", "chat", "change", "default"),
        *("help", "name", "none", "prompt", "report", "session", "summary", "unknown"),
    )
)
# Names that are also verbs: not between such words.
VERBS = frozenset(("support", "search", "finance", "research", "design", "review", "market", "draft", "test", "order"))
BEFORE_VERBS = frozenset(
    ("to", "can", "will", "could", "would", "limits", "should", "must", "still", "quota", "quotas", "not", "may", "t")
)
BEHIND_VERBS = frozenset(
    (
        "the",
        "our",
        "a",
        "an",
        "more",
        "this",
        "that",
        "twice",
        "double",
        "triple",
        "these",
        "such",
        "growth",
        "for",
        "another",
    )
)
# Parts of model names that alone say nothing.
VAGUE_PARTS = frozenset(
    (
        *("chat", "fast", "instruct", "large", "latest", "lite", "max", "medium", "mini", "nano", "preview"),
        *("pro", "small", "text", "turbo", "ultra"),
    )
)
SIZES = "mini|nano|pro|turbo|flash|lite|haiku|sonnet|opus|preview|max|large|small|medium|instruct|codex|scout|maverick"
VERSION = r"v?\d[\w.]*"
FAMILY = re.compile(
    rf"\b(?:gpt|claude|gemini|llama|mistral|mixtral|ministral|deepseek|qwen|grok|gemma|nova|kimi|glm|command|phi)"
    rf"(?![- ]?(?:code|cli)\b)(?:[ -](?:{SIZES}))?(?:[ -]?{VERSION}(?:-\d{{1,2}}\b)?)?(?:[ -](?:{SIZES})\b){{0,2}}"
    rf"|\b(?:opus|sonnet|haiku|flash)[ -]?{VERSION}(?:-\d{{1,2}}\b)?|\bo[1-9](?:[ -](?:{SIZES})\b)?"
)
# Families whose name is also a plain word need a version behind it.
PLAIN_FAMILIES = frozenset(("nova", "command", "phi", "gemma", "kimi", "glm"))
UNKNOWN_NAME = re.compile(r"\b(?:the|our|my)\s+([\w-]+)\s+(team|feature)\b")
QUESTION_WORDS = frozenset(
    (
        *("whole", "entire", "same", "other", "top", "first", "last", "next", "main", "slowest", "biggest"),
        *(
            "largest",
            "new",
            # Who a report is for is no filter.
            "leadership",
            "management",
            "executive",
            "exec",
            "board",
            "senior",
            "my",
            "our",
            "own",
            "each",
            "every",
            "which",
            "right",
            "wrong",
            "big",
            "small",
            "slow",
            "fast",
            "dev",
            "whole",
        ),
        *("costliest", "expensive", "single", "only", "last", "ai", "llm", "product", "engineering-management"),
    )
)
USER = re.compile(r"\buser[\s_-]*#?(\d[\w.-]*)\b|\b([\w.+-]+@[\w-]+(?:\.[\w-]+)+)")
FAILED_CALLS = re.compile(
    r"\b(?:only|just)\s+(?:the\s+)?(?:errors?|failures?|failed)|\b(?:failed|failing|errored)\s+(?:calls?|requests?)"
)
GOOD_CALLS = re.compile(r"\bsuccessful\s+(?:calls?|requests?)|\bwithout\s+(?:errors|failures|failed)\b")
FAILED_STATUSES = frozenset(("error", "failed", "failure"))
GOOD_STATUSES = frozenset(("ok", "success", "succeeded"))


@dataclass(frozen=True, slots=True)
class Mention:
    """One name where it stands: what kind it is of, and the values it may mean."""

    kind: str
    values: tuple[str, ...]
    start: int
    end: int
    is_known: bool = True


class Words:
    """The words of a text, where they stand, and which of them already belong to a name."""

    def __init__(self, text: str) -> None:
        matches = list(WORD.finditer(text))
        self.words = [match.group() for match in matches]
        self.spans = [match.span() for match in matches]
        self.claimed: set[int] = set()
        self.taken = bytearray(len(text))

    def claim(self, kind: str, values: Iterable[str], start: int, end: int) -> Mention:
        """Words from start to end are this name from now on."""
        first, last = self.spans[start][0], self.spans[end - 1][1]
        self.claimed.update(range(start, end))
        self.taken[first:last] = b"\1" * (last - first)
        return Mention(kind, tuple(values), first, last)

    def is_free(self, start: int, end: int) -> bool:
        """Whether no name stands between these places of the text."""
        return not any(self.taken[start:end])


def find_names(text: str, known: dict[str, Any]) -> dict[str, list[str]]:
    """The filter values a simplified question names; an unknown team, feature or model is kept as named."""
    return collect_names(text, find_mentions(text, known), known)


def collect_names(text: str, mentions: Iterable[Mention], known: dict[str, Any]) -> dict[str, list[str]]:
    """The values of the mentions by their kind, with users and statuses."""
    found: dict[str, list[str]] = {}
    for mention in mentions:
        found.setdefault(mention.kind, []).extend(mention.values)
    add_users(text, found)
    add_statuses(text, known.get("statuses", ()), found)
    return {kind: sorted(set(values)) for kind, values in found.items()}


def find_mentions(text: str, known: dict[str, Any]) -> list[Mention]:
    """Every team, feature, model and provider a simplified text names, in order."""
    words = Words(text)
    found = [*claim_whole_names(words, known), *claim_model_parts(words, known.get("models", ()))]
    found += list_unknown_models(text, words, known)
    found += list_unknown_names(text, words)
    return sorted(found, key=lambda mention: mention.start)


def claim_whole_names(text: Words, known: dict[str, Any]) -> Iterator[Mention]:
    """Names written in full, in any spelling; the longest wins."""
    keys, words = index_names(known), text.words
    stems = [stem(word) for word in words]
    for start, end in list_windows(len(words)) if keys else ():
        meanings = keys.get("".join(stems[start:end]))
        if not meanings or text.claimed.intersection(range(start, end)):
            continue
        if kind := choose_kind(words, start, end, meanings):
            yield text.claim(kind, [meanings[kind]], start, end)


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
    other_kind = any(word in KIND_WORDS for word in beside)
    if end - start == 1 and stem(words[start]) in PLAIN_WORDS and not other_kind:
        return None
    if end - start == 1 and not other_kind and is_verb(words, start):
        return None
    return next(kind for kind in KINDS if kind in meanings)


def is_verb(words: Sequence[str], index: int) -> bool:
    """Whether a name is meant as what it also says: `to support 3x the traffic`."""
    if words[index] not in VERBS:
        return False
    before = words[index - 1] if index else ""
    behind = words[index + 1] if index + 1 < len(words) else ""
    return before in BEFORE_VERBS or (bool(before) and (behind in BEHIND_VERBS or behind[:1].isdigit()))


def claim_model_parts(text: Words, models: Sequence[str]) -> Iterator[Mention]:
    """Parts of model names: `haiku`, `gemini flash`, `4o mini` mean every model that has them all."""
    parts = {model: set(split_words(simplify(model))) for model in models}
    every = set().union(*parts.values()) if parts else set()
    words, start = text.words, 0
    while start < len(words):
        end = start
        while end < len(words) and end not in text.claimed and words[end] in every:
            end += 1
        meant = [] if is_tool(words, start, end) else choose_models(set(words[start:end]), parts)
        if meant and not has_other_number(words, end, text.claimed):
            yield text.claim("models", meant, start, end)
        start = max(end, start + 1)


def is_tool(words: Sequence[str], start: int, end: int) -> bool:
    """Whether these are words of a coding agent, such as `Claude Code` or `Gemini CLI`."""
    return end - start == 1 and end < len(words) and words[end] in ("code", "cli")


def choose_models(run: set[str], parts: dict[str, set[str]]) -> list[str]:
    """The models that have all of these parts, if the parts say anything."""
    telling = [part for part in run if not part.isdigit() and part not in VAGUE_PARTS and len(part) > 1]
    return [model for model, own in parts.items() if run <= own] if telling else []


def has_other_number(words: Sequence[str], index: int, claimed: set[int]) -> bool:
    """Whether a version follows that no known model has: `claude 3` is not any Claude."""
    return index < len(words) and index not in claimed and bool(re.fullmatch(r"\d[\w]?", words[index]))


def list_unknown_models(text: str, words: Words, known: dict[str, Any]) -> Iterator[Mention]:
    """A model of a well-known family that the data does not have: the result is then truly empty."""
    others = {make_key(split_words(simplify(name))) for kind in KINDS for name in known.get(kind, ())}
    for match in FAMILY.finditer(text):
        name = re.sub(r"\s+", "-", match.group().strip(" .-"))
        plain = name in PLAIN_FAMILIES or make_key(split_words(name)) in others
        if not plain and words.is_free(*match.span()):
            yield Mention(
                "models", (name,), match.start(), match.start() + len(match.group().rstrip(" .-")), is_known=False
            )


def list_unknown_names(text: str, words: Words) -> Iterator[Mention]:
    """`the legal team` where the data has no such team."""
    for match in UNKNOWN_NAME.finditer(text):
        name, kind = match.group(1), KIND_WORDS[match.group(2)]
        if words.is_free(*match.span(1)) and not QUESTION_WORDS.intersection(split_words(name)):
            yield Mention(kind, (name,), *match.span(1), is_known=False)


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
