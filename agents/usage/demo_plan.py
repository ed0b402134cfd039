"""What the demo company uses: its features, models and the truths planted in its data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class ModelTraits:
    """How fast a model is, and whether it reasons before it answers."""

    provider: str
    first_token_ms: float
    token_ms: float
    reasons: bool = False


@dataclass(frozen=True, slots=True)
class FeaturePlan:
    """One feature of the demo company and the shape of its calls."""

    name: str
    team: str
    model: str
    share: float
    input_tokens: int
    output_tokens: int
    cached_share: float = 0.0
    repeated_share: float = 0.04
    at_night: bool = False


MODELS: dict[str, ModelTraits] = {
    "gpt-5.4": ModelTraits("openai", 620, 14.0, reasons=True),
    "gpt-5.4-mini": ModelTraits("openai", 380, 8.0, reasons=True),
    "gpt-4o": ModelTraits("openai", 410, 11.0),
    "gpt-4o-mini": ModelTraits("openai", 300, 7.0),
    "claude-opus-4-8": ModelTraits("anthropic", 980, 19.0, reasons=True),
    "claude-sonnet-4-6": ModelTraits("anthropic", 690, 13.0),
    "claude-haiku-4-5": ModelTraits("anthropic", 360, 7.5),
    "gemini-2.5-pro": ModelTraits("google", 880, 12.0, reasons=True),
    "gemini-3.5-flash": ModelTraits("google", 340, 6.0),
    "gemini-3.5-flash-lite": ModelTraits("google", 210, 4.0),
}

FEATURES: tuple[FeaturePlan, ...] = (
    FeaturePlan("ticket-triage", "support", "gpt-5.4", 0.15, 2400, 14),
    FeaturePlan("reply-drafts", "support", "claude-haiku-4-5", 0.12, 3600, 420, cached_share=0.45),
    FeaturePlan("help-center-answers", "support", "gpt-4o", 0.16, 1500, 220),
    FeaturePlan("query-rewrite", "search", "gemini-3.5-flash-lite", 0.17, 260, 40),
    FeaturePlan("answer-summaries", "search", "gemini-3.5-flash", 0.11, 3400, 280, cached_share=0.2),
    FeaturePlan("code-review", "engineering", "claude-sonnet-4-6", 0.08, 9800, 720, cached_share=0.62),
    FeaturePlan("test-generation", "engineering", "gpt-5.4-mini", 0.06, 4200, 1500, cached_share=0.3),
    FeaturePlan("copywriting", "marketing", "gpt-4o-mini", 0.06, 900, 520),
    FeaturePlan("invoice-extraction", "finance", "gpt-5.4-mini", 0.05, 2900, 260, at_night=True),
    FeaturePlan("contract-review", "finance", "gemini-2.5-pro", 0.04, 42_000, 900, cached_share=0.1),
)


@dataclass(frozen=True, slots=True)
class DemoTruths:
    """Everything the generator is given; the same truths give the same rows."""

    seed: int = 20261031
    last_day: date = date(2026, 10, 31)
    days: int = 90
    calls: int = 100_000
    users: int = 200
    jump_date: date = date(2026, 9, 16)
    jump_feature: str = "reply-drafts"
    jump_to_model: str = "claude-opus-4-8"
    oversized_feature: str = "ticket-triage"
    repeated_feature: str = "help-center-answers"
    repeated_share: float = 0.42
    error_provider: str = "google"
    error_start: datetime = field(default_factory=lambda: datetime(2026, 10, 8, 9))
    error_hours: int = 5
    error_rate: float = 0.45
    usual_error_rate: float = 0.008
    features: tuple[FeaturePlan, ...] = FEATURES
    models: Mapping[str, ModelTraits] = field(default_factory=lambda: MODELS, hash=False)


# Monday to Sunday, and the 24 hours of a UTC day: an office with some night jobs.
WEEKDAY_WEIGHTS = (1.0, 1.06, 1.08, 1.05, 0.96, 0.34, 0.27)
HOUR_WEIGHTS = (
    *(0.12, 0.1, 0.09, 0.09, 0.1, 0.18, 0.38, 0.72, 1.05, 1.3, 1.36, 1.26),
    *(1.02, 1.2, 1.34, 1.3, 1.14, 0.9, 0.62, 0.45, 0.36, 0.28, 0.21, 0.16),
)
GROWTH_A_DAY = 0.0012
