"""Made-up companies whose data hides known truths: other dates, models, names and sizes than the demo's."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from agents.usage.demo_plan import DemoTruths, FeaturePlan, ModelTraits

PLAN = FeaturePlan
TRAITS = ModelTraits

COURIER = DemoTruths(
    seed=11,
    last_day=date(2026, 6, 30),
    days=75,
    calls=20_000,
    users=80,
    jump_date=date(2026, 5, 21),
    jump_feature="parcel-chat",
    jump_to_model="gpt-5.4",
    oversized_feature="address-check",
    repeated_feature="opening-hours",
    repeated_share=0.55,
    error_provider="anthropic",
    error_start=datetime(2026, 6, 11, 13),
    error_hours=4,
    error_rate=0.6,
    features=(
        PLAN("parcel-chat", "hotline", "gpt-5.4-mini", 0.22, 3200, 500, cached_share=0.4),
        PLAN("address-check", "hubs", "claude-opus-4-8", 0.18, 1300, 12),
        PLAN("opening-hours", "hotline", "gpt-4o", 0.2, 1400, 160),
        PLAN("route-notes", "drivers", "claude-haiku-4-5", 0.2, 2200, 260, cached_share=0.3),
        PLAN("damage-reports", "claims", "gemini-2.5-pro", 0.1, 5200, 640),
        PLAN("customs-forms", "claims", "gemini-3.5-flash", 0.1, 2600, 300, at_night=True),
    ),
    models={
        "gpt-5.4": TRAITS("openai", 640, 13.0, reasons=True),
        "gpt-5.4-mini": TRAITS("openai", 350, 7.0, reasons=True),
        "gpt-4o": TRAITS("openai", 420, 11.0),
        "claude-opus-4-8": TRAITS("anthropic", 950, 18.0, reasons=True),
        "claude-haiku-4-5": TRAITS("anthropic", 330, 7.0),
        "gemini-2.5-pro": TRAITS("google", 900, 12.0, reasons=True),
        "gemini-3.5-flash": TRAITS("google", 320, 6.0),
    },
)

CLINIC = DemoTruths(
    seed=12,
    last_day=date(2026, 3, 31),
    days=120,
    calls=40_000,
    users=150,
    jump_date=date(2026, 2, 4),
    jump_feature="visit-notes",
    jump_to_model="claude-opus-4-6",
    oversized_feature="intake-routing",
    repeated_feature="leaflet-answers",
    repeated_share=0.33,
    error_provider="openai",
    error_start=datetime(2026, 1, 14, 8),
    error_hours=6,
    error_rate=0.5,
    features=(
        PLAN("visit-notes", "wards", "claude-sonnet-4-6", 0.25, 2800, 520, cached_share=0.45),
        PLAN("intake-routing", "front-desk", "gpt-5", 0.22, 2100, 9),
        PLAN("leaflet-answers", "front-desk", "gpt-4.1", 0.23, 1700, 210),
        PLAN("lab-summaries", "labs", "gemini-2.5-flash", 0.18, 3600, 340),
        PLAN("coding-hints", "billing", "gpt-4.1-mini", 0.12, 1500, 180, at_night=True),
    ),
    models={
        "claude-sonnet-4-6": TRAITS("anthropic", 700, 13.0),
        "claude-opus-4-6": TRAITS("anthropic", 990, 19.0, reasons=True),
        "gpt-5": TRAITS("openai", 700, 14.0, reasons=True),
        "gpt-4.1": TRAITS("openai", 430, 10.0),
        "gpt-4.1-mini": TRAITS("openai", 290, 7.0),
        "gemini-2.5-flash": TRAITS("google", 310, 5.5),
    },
)

STUDIO = DemoTruths(
    seed=13,
    last_day=date(2026, 8, 15),
    days=48,
    calls=8_000,
    users=30,
    jump_date=date(2026, 7, 23),
    jump_feature="scene-drafts",
    jump_to_model="claude-opus-4-7",
    oversized_feature="mood-tags",
    repeated_feature="style-help",
    repeated_share=0.48,
    error_provider="anthropic",
    error_start=datetime(2026, 8, 5, 9),
    error_hours=6,
    error_rate=0.7,
    features=(
        PLAN("scene-drafts", "writers", "claude-haiku-4-5", 0.3, 2600, 700, cached_share=0.4),
        PLAN("mood-tags", "editors", "gpt-4.1", 0.25, 1900, 8),
        PLAN("style-help", "editors", "gemini-2.5-pro", 0.25, 1600, 240),
        PLAN("subtitle-checks", "post", "gemini-2.5-flash", 0.2, 2400, 260, at_night=True),
    ),
    models={
        "claude-haiku-4-5": TRAITS("anthropic", 340, 7.0),
        "claude-opus-4-7": TRAITS("anthropic", 970, 19.0, reasons=True),
        "gpt-4.1": TRAITS("openai", 440, 10.0),
        "gpt-4.1-mini": TRAITS("openai", 280, 7.0),
        "gemini-2.5-pro": TRAITS("google", 890, 12.0, reasons=True),
        "gemini-2.5-flash": TRAITS("google", 320, 5.5),
    },
)


@dataclass(frozen=True)
class Company:
    """Truths with a name, and the words a person there would use."""

    name: str
    truths: DemoTruths

    @property
    def oversized_model(self) -> str:
        """The model that is too large for its work."""
        return self.model_of(self.truths.oversized_feature)

    def model_of(self, feature: str) -> str:
        """The model a feature begins on."""
        return next(plan.model for plan in self.truths.features if plan.name == feature)


COMPANIES = (
    Company("demo", DemoTruths()),
    Company("courier", COURIER),
    Company("clinic", CLINIC),
    Company("studio", STUDIO),
)
