"""What things are called: columns, providers, models, people, states, and where a value lies in a record."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from pathlib import PurePosixPath
from typing import Any, Final

import orjson

from agents.usage.numbers import is_huge

LONGEST_NAME: Final = 200
MOST_EXTRA_BYTES: Final = 1024

# Our field -> what sources call it, the surest first; in snake case, `a.b` for a value inside an object.
ALIASES: Final[Mapping[str, str]] = {
    "time": "time timestamp ts datetime date_time created_at created start_time started_at starttime start_timestamp "
    "request_time request_timestamp event_time logged_at arrival_time arrival_timestamp arrived_at received_at "
    "submitted_at creation_time create_time time_stamp timestamp_utc utc_time usage_date start_date started "
    "bucket_start period_start date day hour when month response.created response.body.created",
    "end_time": "end_time ended_at endtime finished_at completed_at completion_time end_timestamp finish_time",
    "request_id": "request_id req_id call_id response_id completion_id generation_id message_id invocation_id "
    "request_uuid log_id id",
    "provider": "provider provider_name llm_provider model_provider api_provider custom_llm_provider vendor "
    "llm_vendor",
    "model": "model model_name model_id llm llm_model llm_name ai_model response_model request_model model_used "
    "modelname deployment_name engine response.model request.model",
    "input_tokens": "input_tokens prompt_tokens context_tokens request_tokens input_token_count prompt_token_count "
    "input_tokens_count prompt_tokens_count num_input_tokens num_prompt_tokens n_input_tokens n_prompt_tokens "
    "tokens_input tokens_prompt tokens_in in_tokens input_token prompt_token total_input_tokens total_prompt_tokens "
    "native_tokens_prompt input_length prompt_length input_len prompt_len prompt_eval_count usage.input usage.prompt "
    "tokens.input tokens.prompt input in",
    "output_tokens": "output_tokens completion_tokens generated_tokens response_tokens output_token_count "
    "completion_token_count candidates_token_count output_tokens_count completion_tokens_count num_output_tokens "
    "num_completion_tokens num_generated_tokens n_output_tokens n_completion_tokens tokens_output tokens_completion "
    "tokens_out out_tokens output_token completion_token total_output_tokens total_completion_tokens "
    "native_tokens_completion output_length completion_length response_length output_len completion_len eval_count "
    "usage.output usage.completion tokens.output tokens.completion output out",
    "cached_read_tokens": "cached_read_tokens cached_tokens cache_read_tokens cache_read_input_tokens "
    "cached_input_tokens input_cached_tokens cached_prompt_tokens prompt_cached_tokens cache_hit_tokens "
    "prompt_cache_hit_tokens cached_token_count cached_content_token_count tokens_cached native_tokens_cached "
    "cache_read tokens.cached",
    "cache_write_5m_tokens": "cache_write_5m_tokens ephemeral_5m_input_tokens cache_creation_5m_tokens "
    "cache_creation_input_tokens cache_creation_tokens cache_write_tokens cache_write_input_tokens "
    "input_cache_write_tokens cache_write cache_creation",
    "cache_write_1h_tokens": "cache_write_1h_tokens ephemeral_1h_input_tokens cache_creation_1h_tokens",
    "reasoning_tokens": "reasoning_tokens reasoning_output_tokens output_reasoning_tokens thinking_tokens "
    "thoughts_token_count reasoning_token_count native_tokens_reasoning tokens_reasoning",
    "total_tokens": "total_tokens tokens_total total_token_count total_tokens_count tokens.total usage.total",
    "requests": "requests num_requests request_count requests_count num_model_requests model_requests api_requests "
    "n_requests total_requests number_of_requests calls num_calls call_count api_calls",
    "billed_cost": "billed_cost cost spend total_cost cost_usd usd_cost total_cost_usd cost_in_usd costusd spend_usd "
    "amount amount_usd cost_eur total_spend price total_price charge charged_amount usage_cost request_cost cost_total "
    "usage.cost",
    "currency": "currency currency_code",
    "latency_ms": "latency_ms latency duration_ms duration elapsed_time elapsed elapsed_ms response_time "
    "response_time_ms total_time total_latency e2e_latency latency_s latency_sec latency_seconds duration_s "
    "duration_sec duration_seconds request_duration request_duration_ms took_ms processing_time generation_time",
    "first_token_ms": "first_token_ms ttft ttft_ms time_to_first_token time_to_first_token_ms first_token_latency "
    "first_token_latency_ms ttft_s ttft_sec ttft_seconds time_to_first_chunk",
    "status": "status status_code http_status http_status_code response_status success is_success outcome",
    "error": "error_type error_code error error_message exception failure_reason error_class "
    "error.code error.type error.message",
    "user_name": "user_name user username user_id userid user_email end_user end_user_id email customer customer_id "
    "customer_name employee user.id user.email user.name metadata.user_id",
    "team": "team team_name team_alias team_id department dept group workspace workspace_name workspace_id project "
    "project_name project_id cost_center cost_centre business_unit organization organisation org tenant tenant_id "
    "metadata.team",
    "feature": "feature feature_name use_case usecase application application_name app app_name service service_name "
    "log_type task task_type operation workflow agent agent_name component product endpoint tag metadata.feature",
    "session": "session session_id conversation_id conversation thread_id chat_id trace_id",
    "prompt_hash": "prompt_hash prompt_sha256 prompt_fingerprint input_hash",
    "prompt": "prompt prompt_text messages input_text question query request.messages input",
    "finish_reason": "finish_reason stop_reason",
    "max_tokens": "max_tokens max_output_tokens max_completion_tokens",
    "batch": "batch is_batch",
    "tool": "tool tool_name",
    "api_key_id": "api_key_id api_key_name api_key_alias key_alias key_name",
}  # fmt: skip
# Names that mean something else inside an object than at its top.
ONLY_AT_TOP: Final = frozenset(
    (
        *("id", "in", "out", "input", "output", "time", "date", "day", "hour", "month", "when", "created", "status"),
        *("success", "error", "prompt", "query", "question", "cost", "amount", "price", "user", "group", "app"),
        *("service", "task", "agent", "tag", "product", "batch", "tool", "calls", "requests", "latency", "duration"),
        *("elapsed", "session", "conversation", "team", "project", "cached", "cache_write", "cache_creation"),
        *("cache_read", "email", "engine"),
    )
)

OK_WORDS: Final = ("ok", "success", "succeeded", "successful", "completed", "complete", "done", "true", "finished")
FAILED_WORDS: Final = ("error", "failure", "failed", "fail", "false", "exception")
# What gateways and conventions call a provider (with hyphens) -> what price lists call it.
PROVIDERS: Final = {
    "azure-ai": "azure", "azure-openai": "azure", "azureopenai": "azure", "az-ai-openai": "azure",
    "azure-ai-openai": "azure", "az-ai-inference": "azure", "azure-ai-inference": "azure", "microsoft": "azure",
    "bedrock": "aws", "bedrock-converse": "aws", "amazon-bedrock": "aws", "aws-bedrock": "aws", "amazon": "aws",
    "vertex-ai": "google", "vertexai": "google", "vertex": "google", "vertex-ai-beta": "google", "gemini": "google",
    "google-ai-studio": "google", "google-vertex": "google", "google-gla": "google", "gcp-vertex-ai": "google",
    "gcp-gemini": "google", "gcp-gen-ai": "google", "google-ai": "google", "vertex-ai-anthropic-models": "google",
    "text-completion-openai": "openai", "openai-chat": "openai", "anthropic-text": "anthropic", "claude": "anthropic",
    "xai": "x-ai", "grok": "x-ai", "mistral-ai": "mistral", "mistralai": "mistral", "together-ai": "together",
    "togetherai": "together", "fireworks-ai": "fireworks", "cohere-chat": "cohere", "deepseek-ai": "deepseek",
    "moonshot": "moonshotai",
}  # fmt: skip
KNOWN_PROVIDERS: Final = frozenset(
    (*PROVIDERS.values(), "groq", "perplexity", "deepseek", "cohere", "openrouter", "cerebras", "meta")
)
# Families that only one company's own API offers under these names.
FAMILIES: Final = tuple(
    (re.compile(pattern), provider)
    for provider, pattern in {
        "openai": r"(ft:)?(gpt-|chatgpt-|o[1345](-|$)|text-embedding-|davinci|babbage|whisper-|tts-|codex-|omni-)",
        "anthropic": r"claude(-|$)",
        "google": r"(models/)?(gemini-|gemma-|text-bison|chat-bison)",
        "mistral": r"(mistral|mixtral|codestral|ministral|magistral|devstral|pixtral|open-mi[sx]tral)-",
        "deepseek": r"deepseek-(chat|reasoner|coder)",
        "x-ai": r"grok-",
        "cohere": r"command-|embed-(english|multilingual)|rerank-",
        "perplexity": r"sonar",
        "aws": r"(\w{2,6}\.)?(anthropic\.claude|amazon\.(nova|titan)|meta\.llama)",
    }.items()
)


def clean_name(value: Any) -> str | None:
    """A name as it is kept: trimmed, without control characters, of bounded length; None for what is no name."""
    if not isinstance(value, str):
        if isinstance(value, bool) or not isinstance(value, int | float) or is_huge(value):
            return None
        value = str(value)
    if not value.isprintable():
        value = "".join(character if character.isprintable() else " " for character in value[: 4 * LONGEST_NAME])
    return value.strip()[:LONGEST_NAME].rstrip() or None


def value_at(record: Any, *path: str) -> Any:
    """The value inside objects, step by step; None where there is none."""
    for name in path:
        if not isinstance(record, Mapping):
            return None
        record = record.get(name)
    return record


def object_at(record: Any, *path: str) -> Mapping[str, Any]:
    """The object there, which a table holds as text; an empty one where there is none."""
    found = value_at(record, *path)
    if isinstance(found, str) and found.startswith("{"):
        try:
            found = orjson.loads(found)
        except ValueError:
            return {}
    return found if isinstance(found, Mapping) else {}


def objects_at(record: Any, *path: str) -> list[Mapping[str, Any]]:
    """The objects of the list there."""
    found = value_at(record, *path)
    return [item for item in found if isinstance(item, Mapping)] if isinstance(found, list) else []


def first_name(record: Mapping[str, Any], *names: str) -> str | None:
    """The first of these keys that holds a name."""
    return next((found for name in names if (found := clean_name(record.get(name)))), None)


@lru_cache(maxsize=8192)
def name_model(provider: str | None, model: str | None) -> tuple[str | None, str | None]:
    """Provider and model as price lists call them; what is not known stays as it is."""
    provider = name_provider(provider) if provider else None
    if not model:
        return provider, None
    prefix, slash, rest = model.partition("/")
    named = name_provider(prefix)
    if slash and rest and named in KNOWN_PROVIDERS and provider in {None, "litellm", named}:
        return named, split_region(rest)
    # The provider a source names beside the model is where it was called; OpenRouter's own names have a slash.
    if slash and rest and named in KNOWN_PROVIDERS and provider != "openrouter":
        return provider, split_region(rest)
    model = model.removeprefix("models/")
    return provider or infer_provider(model), model


def name_provider(name: str) -> str:
    """The provider as price lists call it; an unknown one stays as it is."""
    hyphened = re.sub(r"[ _.]", "-", name.lower())
    found = PROVIDERS.get(hyphened, hyphened)
    return found if found in KNOWN_PROVIDERS else name


def split_region(model: str) -> str:
    """The model without what else a gateway puts before it: a region of Bedrock, a route."""
    return model.rpartition("/")[2] if model.count("/") and "anthropic." in model else model


def infer_provider(model: str) -> str | None:
    """Whose model it is, where its family tells."""
    lowered = model.lower()
    return next((provider for family, provider in FAMILIES if family.match(lowered)), None)


def read_status(value: Any) -> tuple[str | None, str | None]:
    """`ok` or `error`, and the number of an HTTP error; other words stay as they are."""
    if isinstance(value, bool):
        return ("ok" if value else "error"), None
    name = clean_name(value)
    if name is None:
        return None, None
    word = name.lower().removesuffix(".0")
    if re.fullmatch(r"[1-5]\d\d", word):
        return ("ok", None) if word < "400" else ("error", word)
    if word in OK_WORDS:
        return "ok", None
    return ("error" if word in FAILED_WORDS else word), None


def read_error(value: Any) -> str | None:
    """The short name of an error, from a text or an object."""
    if isinstance(value, Mapping):
        return first_name(value, "code", "type", "error_class", "name", "status", "message")
    name = clean_name(value)
    return None if name is None or name.lower() in {"none", "null", "false", "0", "nan"} else name


def hash_prompt(value: Any) -> str | None:
    """Tells equal prompts without keeping them."""
    if value in (None, "", [], {}, "[]", "{}"):
        return None
    try:
        content = value.encode("utf-8", "surrogatepass") if isinstance(value, str) else dump(value)
    except (TypeError, ValueError, RecursionError):
        return None
    return hashlib.sha256(content).hexdigest()[:16]


def dump(value: Any) -> bytes:
    """JSON with its keys in order."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS)


def name_project(folder: Any) -> str | None:
    """The last part of the folder somebody worked in."""
    path = clean_name(folder)
    return clean_name(PurePosixPath(path.replace("\\", "/")).name) if path else None


def make_id(*parts: object) -> str:
    """The same 24 characters for the same identity."""
    content = "\x1f".join("" if part is None else str(part) for part in parts)
    return hashlib.sha256(content.encode("utf-8", "replace")).hexdigest()[:24]


def make_extra(**values: Any) -> str | None:
    """What later analysis may need besides the columns, as small JSON; the largest part goes when it is too much."""
    kept = {name: found for name, value in values.items() if (found := clean_extra(value)) not in (None, [])}
    while kept:
        content = dump(kept)
        if len(content) <= MOST_EXTRA_BYTES:
            return content.decode()
        del kept[max(kept, key=lambda name: len(dump(kept[name])))]
    return None


def clean_extra(value: Any) -> Any:
    """A name, a small number, a flag or a list of names."""
    if isinstance(value, bool):
        return value
    if isinstance(value, list | tuple):
        return [name for item in value if (name := clean_name(item))]
    if isinstance(value, int | float):
        return value if abs(value) < 2**53 else None
    return clean_name(value)


def snake(name: str) -> str:
    """A column's name in snake case, its dots kept."""
    parted = re.sub(r"([a-z0-9])([A-Z])|([A-Z])([A-Z][a-z])", r"\1\3_\2\4", name)
    return ".".join(re.sub(r"[^a-z0-9]+", "_", part.lower()).strip("_") for part in parted.split("."))


def find_columns(field: str, columns: Iterable[str]) -> Iterator[str]:
    """The columns that may hold a field, the likeliest first; those at the top come before those inside objects."""
    named = sorted(((column, snake(column)) for column in columns), key=lambda pair: pair[1].count("."))
    aliases = ALIASES.get(field, field).split()
    for alias in aliases:
        yield from (column for column, name in named if name == alias)
    for alias in (alias for alias in aliases if alias not in ONLY_AT_TOP):
        yield from (column for column, name in named if name.endswith(f".{alias}"))


def assume_currency(cost: str | None, currency: str | None) -> Iterator[tuple[str, str, str]]:
    """The currency of costs without a column that names it: by the name of their own column, else US dollars."""
    if cost is not None and currency is None:
        code = next((code for code in ("EUR", "GBP") if code.lower() in snake(cost).split("_")), "USD")
        yield "currency", code, f"Costs that do not name a currency are taken as {code}."
