"""Answers that need no figures: greeting, missing data, questions out of reach."""

from __future__ import annotations

from typing import Any

SKILLS = """I answer questions about LLM usage from your own rows:

- **Spend**: what was spent, by model, provider, team, feature, user or status
- **Trend**: by day, week or month, with the day the level jumped and what drove it
- **Two periods**: what changed, and whether volume, mix or cost per request moved it
- **Errors**: which calls fail, why, when most, and what that costs
- **Prices**: what a model costs, with the days each price holds, and which models there are
- **Latency**: mean, p50, p95, p99 and time to the first token, by any of the same

I also say what your data lacks for a question.

Every question can be narrowed to a team, feature, model, provider, user or period, \
for example *“the support team in September”* or *“the last 14 days”*."""

BEYOND_REACH = (
    "What I cannot compute yet are savings, forecasts and what-if comparisons, so this answer shows where the"
    " money and time go and states no saving."
)

NO_DATA = """To answer this I need usage data, and no data set is chosen in this conversation.

**What I need:** one row for each call (or each hour or day) with

| Field | Why |
| --- | --- |
| time | to place spend in a period and follow its trend |
| provider and model | to find the price that was valid at that time |
| input and output tokens (cached, cache-write and reasoning tokens where you have them) \
| to compute cost; cached tokens are cheaper |
| team, feature or user | to say on what the money was spent |
| latency and first-token latency | for questions about speed |
| status or error | to leave failed calls out, or to count them |

**What to do next:** choose one of your data sets for this conversation. To see how it works without \
your own data, choose the **demo data set**: it is made up and labelled as demo data wherever it shows. \
I never use it unless you choose it."""

QUESTIONS = (
    "What do we spend, on what, and how does it trend?",
    "Which team costs the most?",
    "Which models are slowest at p95?",
)


def write_greeting(known: dict[str, Any] | None) -> str:
    """Who answers here and what can be asked."""
    return f"Hello, I am Netra.\n\n{SKILLS}\n\n{describe_reach(known)}\n\n{write_next(QUESTIONS)}"


def write_other(known: dict[str, Any] | None) -> str:
    """A polite answer to what is not about usage data."""
    opening = "I could not match this to a question about LLM usage data, so I computed nothing."
    return f"{opening} {SKILLS}\n\n{describe_reach(known)}\n\n{write_next(QUESTIONS)}"


def describe_reach(known: dict[str, Any] | None) -> str:
    """The data the conversation is about."""
    if known is None:
        return (
            "No data set is chosen in this conversation yet. Choose one of yours, or the **demo data set**"
            " to try me on made-up data."
        )
    label = " (demo data, made up)" if known["demo"] else ""
    return (
        f"This conversation uses **{known['dataset']}**{label}:"
        f" {known['rows']:,} rows from {known['first_day']} to {known['last_day']}."
    )


def write_next(questions: tuple[str, ...]) -> str:
    """Questions to go on with."""
    return "\n".join(["You could ask:", "", *(f"- {question}" for question in questions)])
