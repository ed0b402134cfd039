"""Answers that need no figures: greeting, missing data, questions out of reach."""

from __future__ import annotations

from typing import Any

from agents.providers.builtin.tables import escape_cell

SKILLS = """I answer questions about LLM usage from your own rows, with a team of agents:

- **Spend**: what was spent, on what, how it trends, and why it jumped
- **Savings**: where to cut cost, which calls could move to another model, what caching and batching would save
- **Speed**: which features and models are slow, and what makes them faster
- **Plans**: what growth does to cost and rate limits, several goals at once, a report for management
- **Checks**: which calls fail, whether a change of model was worth it, where agent runs waste tokens
- **Prices**: what a model costs, with the days each price holds

I also say exactly what your data lacks for a question.

Every question can be narrowed to a team, feature, model, provider, user or period, \
for example *“the support team in September”* or *“the last 14 days”*."""

OFFER_DEMO = (
    "To see how it works without your own data, choose the **demo data set**: it is made up and labelled as demo data"
    " wherever it shows. I never use it unless you choose it."
)


def write_greeting(known: dict[str, Any] | None) -> str:
    """Who answers here and what can be asked."""
    return f"Hello, I am Netra.\n\n{SKILLS}\n\n{describe_reach(known)}\n"


def write_other(known: dict[str, Any] | None) -> str:
    """A polite answer to what is not about usage data."""
    opening = "I could not match this to a question about LLM usage data, so I computed nothing."
    return f"{opening} {SKILLS}\n\n{describe_reach(known)}\n"


def describe_reach(known: dict[str, Any] | None) -> str:
    """The data the conversation is about."""
    if known is None:
        return (
            "No data set is chosen in this conversation yet. Choose one of yours, or the **demo data set**"
            " to try me on made-up data."
        )
    label = " (demo data, made up)" if known["demo"] else ""
    return (
        f"This conversation uses **{escape_cell(known['dataset'])}**{label}:"
        f" {known['rows']:,} rows from {known['first_day']} to {known['last_day']}."
    )
