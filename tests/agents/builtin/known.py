"""What a note about the data says, for questions that are asked in these tests."""

from __future__ import annotations

from typing import Any

KNOWN: dict[str, Any] = {
    "dataset": "Demo",
    "demo": True,
    "rows": 100,
    "first_day": "2026-08-03",
    "last_day": "2026-10-31",
    "providers": ["anthropic", "google", "openai"],
    "models": [
        *("claude-haiku-4-5", "claude-opus-4-8", "claude-sonnet-4-6", "gemini-2.5-pro", "gemini-3.5-flash"),
        *("gemini-3.5-flash-lite", "gpt-4o", "gpt-4o-mini", "gpt-5.4", "gpt-5.4-mini"),
    ],
    "teams": ["engineering", "finance", "marketing", "search", "support"],
    "features": [
        *("answer-summaries", "code-review", "contract-review", "copywriting", "help-center-answers"),
        *("invoice-extraction", "query-rewrite", "reply-drafts", "test-generation", "ticket-triage"),
    ],
    "statuses": ["error", "ok"],
    "grains": {"call": 100, "bucket": 0, "cost": 0},
    "filled": {},
}
