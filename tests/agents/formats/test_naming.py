"""Providers and models as price lists call them; names cleaned; nothing of a prompt kept."""

from __future__ import annotations

from typing import Any

import pytest

from agents.prices.listed import list_price_rows
from agents.usage.naming import (
    clean_name,
    hash_prompt,
    make_extra,
    make_id,
    name_model,
    name_project,
    object_at,
    read_error,
    read_status,
    snake,
)
from tests.agents.formats.reading import numbered

HAIKU = "anthropic.claude-3-haiku-20240307-v1:0"


@pytest.mark.parametrize(
    ("provider", "model", "named"),
    [
        (None, "gpt-4o", ("openai", "gpt-4o")),
        (None, "o4-mini", ("openai", "o4-mini")),
        (None, "claude-sonnet-4-5", ("anthropic", "claude-sonnet-4-5")),
        (None, "models/gemini-2.5-pro", ("google", "gemini-2.5-pro")),
        (None, "mistral-large-latest", ("mistral", "mistral-large-latest")),
        (None, "azure/gpt-4o", ("azure", "gpt-4o")),
        ("azure", "azure/gpt-4o", ("azure", "gpt-4o")),
        ("Azure OpenAI", "gpt-4o", ("azure", "gpt-4o")),
        ("az.ai.openai", "gpt-4o", ("azure", "gpt-4o")),
        ("bedrock", f"bedrock/us-east-1/{HAIKU}", ("aws", HAIKU)),
        ("aws.bedrock", f"us.{HAIKU}", ("aws", f"us.{HAIKU}")),
        ("vertex_ai", "vertex_ai/gemini-2.5-pro", ("google", "gemini-2.5-pro")),
        ("gcp.vertex_ai", "gemini-2.5-pro", ("google", "gemini-2.5-pro")),
        ("openrouter", "openrouter/openai/gpt-4o", ("openrouter", "openai/gpt-4o")),
        ("openrouter", "openai/gpt-4o", ("openrouter", "openai/gpt-4o")),
        ("OPENAI", "gpt-4o", ("openai", "gpt-4o")),
    ],
)
def test_models_are_named_so_that_prices_are_found(provider: str | None, model: str, named: tuple[str, str]) -> None:
    assert name_model(provider, model) == named
    assert list_price_rows(*named)


@pytest.mark.parametrize(
    ("provider", "model", "named"),
    [
        (None, "our-own-model", (None, "our-own-model")),
        ("Our Gateway", "chat/large", ("Our Gateway", "chat/large")),
        (None, None, (None, None)),
        ("openai", None, ("openai", None)),
        (None, "ChatGPT", (None, "ChatGPT")),
    ],
)
def test_what_is_not_known_stays_as_it_is(provider: str | None, model: str | None, named: tuple[Any, Any]) -> None:
    assert name_model(provider, model) == named


@pytest.mark.parametrize(
    ("value", "name"),
    numbered(
        (" a ", "a"),
        ("a\x00b\nc", "a b c"),
        ("=cmd|calc", "=cmd|calc"),
        ("x" * 500, "x" * 200),
        ("\ud800", None),
        (12, "12"),
        ("", None),
        (None, None),
        (True, None),
        ([1], None),
        ({}, None),
        (10**5000, None),
    ),
)
def test_names_are_cleaned(value: Any, name: str | None) -> None:
    assert clean_name(value) == name


@pytest.mark.parametrize(
    ("value", "status", "error"),
    numbered(
        (200, "ok", None),
        ("200", "ok", None),
        (429, "error", "429"),
        ("500.0", "error", "500"),
        (True, "ok", None),
        (False, "error", None),
        ("Success", "ok", None),
        ("FAILURE", "error", None),
        ("cancelled", "cancelled", None),
        (None, None, None),
        ([], None, None),
    ),
)
def test_statuses_become_ok_or_error(value: Any, status: str | None, error: str | None) -> None:
    assert read_status(value) == (status, error)


def test_errors_are_short_names() -> None:
    assert read_error({"type": "overloaded", "message": "try later"}) == "overloaded"
    assert read_error("timeout") == "timeout"
    nothing: tuple[Any, ...] = (None, "", "none", "False", {}, [])
    assert [read_error(value) for value in nothing] == [None] * 6


def test_equal_prompts_have_equal_hashes_and_nothing_else() -> None:
    assert hash_prompt("hello") == hash_prompt("hello") != hash_prompt("hello ")
    assert hash_prompt([{"b": 1, "a": 2}]) == hash_prompt([{"a": 2, "b": 1}])
    assert len(hash_prompt("\ud800") or "") == 16
    nothing: tuple[Any, ...] = (None, "", [], {}, "{}")
    assert [hash_prompt(value) for value in nothing] == [None] * 5


def test_extra_is_small_json_in_order() -> None:
    assert make_extra(b=1, a="x", c=None, d=[]) == '{"a":"x","b":1}'
    assert make_extra(a=None) is None
    large = make_extra(tools=["t" * 150] * 20, tier="standard")
    assert large == '{"tier":"standard"}'
    assert make_extra(a=float("nan"), b=10**5000, c={"x": 1}) is None


def test_the_same_identity_has_the_same_id() -> None:
    assert make_id("a", None, 1) == make_id("a", None, 1) != make_id("a", 1, None)
    assert len(make_id("\ud800")) == 24


def test_objects_in_a_table_are_text() -> None:
    assert object_at({"a": '{"b": 1}'}, "a") == {"b": 1}
    assert [object_at({"a": value}, "a") for value in ("{broken", "x", None, [1])] == [{}] * 4


@pytest.mark.parametrize(
    ("folder", "project"), [("/home/dev/shop", "shop"), ("C:\\work\\shop", "shop"), (None, None), ("/", None)]
)
def test_a_project_is_the_last_part_of_its_folder(folder: str | None, project: str | None) -> None:
    assert name_project(folder) == project


@pytest.mark.parametrize(
    ("column", "name"),
    [
        ("ContextTokens", "context_tokens"),
        ("TIMESTAMP", "timestamp"),
        ("Request tokens", "request_tokens"),
        ("Duration (s)", "duration_s"),
        ("costUSD", "cost_usd"),
        ("LLMModel", "llm_model"),
        ("usage.promptTokens", "usage.prompt_tokens"),
        ("@timestamp", "timestamp"),
    ],
)
def test_columns_are_compared_in_snake_case(column: str, name: str) -> None:
    assert snake(column) == name
