"""What a question needs of the data, and in which words what is missing is named."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from agents.engine.context import DataProfile
from agents.engine.specs import Needs
from agents.errors import DataLacking
from agents.usage.filters import Dimension

GRAIN_WORDS: Final = {"call": "single calls", "bucket": "totals by hour or day", "cost": "billed amounts"}
GRAIN_ROWS: Final = {
    "call": "one row per call",
    "bucket": "rows with token counts",
    "cost": "billed amounts",
}
ANY_OF: Final = "|"


@dataclass(frozen=True, slots=True)
class Field:
    """One field of usage data: what it is good for, and where each source has it."""

    label: str
    why: str
    sources: Mapping[str, str] = field(default_factory=dict)


FIELDS: Final = {
    "call": Field(
        "one row per call",
        "latency, errors, repeated prompts and price tiers belong to a single call, not to a day",
        {
            "OpenAI": "log `usage` of each response; the usage export has only totals by bucket",
            "Anthropic": "log `usage` of each response; the usage report has only totals by bucket",
            "LiteLLM": "export the spend logs (`/spend/logs`), one entry a request",
            "Langfuse": "export observations of type GENERATION",
        },
    ),
    "tokens": Field(
        "input and output tokens",
        "cost is computed from them; cached and reasoning tokens have prices of their own",
        {
            "OpenAI": "`usage.prompt_tokens`, `usage.completion_tokens` and their details",
            "Anthropic": "`usage.input_tokens`, `usage.output_tokens`, `cache_read_input_tokens`",
            "LiteLLM": "`prompt_tokens`, `completion_tokens` in the spend logs",
            "Langfuse": "`usageDetails` of an observation",
        },
    ),
    "model": Field(
        "provider and model",
        "they name the price that was valid on the day",
        {
            "OpenAI": "`model` of the response; group the usage export by model",
            "Anthropic": "`model` of the message; group the usage report by model",
            "LiteLLM": "`model` and `custom_llm_provider`",
            "Langfuse": "`model` of an observation",
        },
    ),
    "latency_ms": Field(
        "latency_ms",
        "questions about speed: mean, p50, p95, p99",
        {
            "OpenAI": "measure it around the call; no export has it",
            "Anthropic": "measure it around the call; no report has it",
            "LiteLLM": "`startTime` and `endTime` in the spend logs",
            "Langfuse": "`latency`, or `startTime` and `endTime`",
        },
    ),
    "first_token_ms": Field(
        "first_token_ms",
        "how long people wait before an answer begins",
        {
            "OpenAI": "measure it when the first streamed chunk arrives",
            "Anthropic": "measure it at the first content_block_delta",
            "LiteLLM": "`completionStartTime` in the spend logs",
            "Langfuse": "`completionStartTime` of an observation",
        },
    ),
    "status|error": Field(
        "status or error",
        "which calls failed, why, and what they cost",
        {
            "OpenAI": "log the HTTP status and `error.code`; no export has failed calls",
            "Anthropic": "log the HTTP status and `error.type`; no report has failed calls",
            "LiteLLM": "`status` in the spend logs, failures included",
            "Langfuse": "`level` and `statusMessage` of an observation",
        },
    ),
    "team": Field(
        "team",
        "on whose behalf the money is spent",
        {
            "OpenAI": "use one project a team, and group the export by project",
            "Anthropic": "use one workspace a team, and group the report by workspace",
            "LiteLLM": "`team_id` or `team_alias`",
            "Langfuse": "a tag or metadata field of the trace",
        },
    ),
    "feature": Field(
        "feature",
        "on what the money is spent",
        {
            "OpenAI": "send `metadata` with each call, or one API key a feature",
            "Anthropic": "one API key a feature, and group the report by key",
            "LiteLLM": "`request_tags`",
            "Langfuse": "the trace's name",
        },
    ),
    "user_name": Field(
        "user",
        "who uses most, and what one user costs",
        {
            "OpenAI": "`user` or `safety_identifier` of the request",
            "Anthropic": "`metadata.user_id` of the request",
            "LiteLLM": "`end_user` or `user`",
            "Langfuse": "`userId` of the trace",
        },
    ),
    "prompt_hash": Field(
        "prompt_hash",
        "repeated prompts, which caching would save",
        {
            "OpenAI": "hash the messages before you send them",
            "Anthropic": "hash the messages before you send them",
            "LiteLLM": "a hash of `messages` in the spend logs, where they are stored",
            "Langfuse": "a hash of the observation's `input`",
        },
    ),
    "session": Field(
        "session",
        "what one conversation or agent run costs",
        {
            "OpenAI": "log your own conversation id, or `previous_response_id`",
            "Anthropic": "log your own conversation id",
            "LiteLLM": "`session_id` in the spend logs",
            "Langfuse": "`sessionId` of the trace",
        },
    ),
    "billed_cost": Field(
        "billed cost and currency",
        "what was really paid, beside what the list prices say",
        {
            "OpenAI": "the costs export of the admin API",
            "Anthropic": "the cost report of the admin API",
            "LiteLLM": "`spend` in the spend logs",
            "Langfuse": "`costDetails` of an observation",
        },
    ),
}


def require_needs(profile: DataProfile, needs: Needs) -> None:
    """Raises a sentence that names exactly what the data lacks; nothing is guessed from what there is."""
    missing_grain = bool(needs.grains) and not any(profile.has_grain(grain) for grain in needs.grains)
    missing = [column for column in needs.columns if not has_field(profile, column)]
    if missing_grain:
        raise DataLacking(say_missing_grain(profile, needs))
    if missing:
        raise DataLacking(f"No row of this data has {join_words(map(label_of, missing))}, which {needs.topic} needs.")


def say_missing_grain(profile: DataProfile, needs: Needs) -> str:
    """Which rows there are, and which ones it takes."""
    present = [words for grain, words in GRAIN_WORDS.items() if profile.grains.get(grain)]
    wanted = GRAIN_WORDS[needs.grains[0]]
    columns = f" with {join_words(map(label_of, needs.columns))}" if needs.columns else ""
    return (
        f"This data has {join_words(present)}, no {wanted}; {needs.topic} needs {GRAIN_ROWS[needs.grains[0]]}{columns}."
    )


def require_dimensions(profile: DataProfile, by: Iterable[Dimension]) -> None:
    """Raises when no row has a value for a dimension the question groups by."""
    missing = [dimension for dimension in by if not profile.has_column(dimension.column)]
    if missing:
        named = join_words(dimension.value for dimension in missing)
        raise DataLacking(f"No row of this data names a {named}, so nothing can be grouped by it.")


def has_field(profile: DataProfile, name: str) -> bool:
    """Whether any row has this field, or any one of those it may be."""
    if name in GRAIN_WORDS:
        return profile.has_grain(name)
    return any(profile.has_column(column) for column in name.split(ANY_OF))


def label_of(name: str) -> str:
    """A field's name for people."""
    return FIELDS[name].label if name in FIELDS else name


def join_words(words: Iterable[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    listed = list(words)
    return " and ".join([", ".join(listed[:-1]), listed[-1]] if len(listed) > 1 else listed)
