"""How people ask the twelve questions, and what each wording names."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from agents.usage.questions import Question


@dataclass(frozen=True)
class Wording:
    """One way to ask, what it means, and the entities it names."""

    text: str
    question: Question
    names: dict[str, Any] = field(default_factory=dict)

    @property
    def readings(self) -> frozenset[Question]:
        """What it may be taken for: a few wordings are two questions at once."""
        return TWO_READINGS.get(self.text, frozenset()) | {self.question}


TWO_READINGS = {
    "Was there an outage last month?": frozenset({Question.ERRORS}),
    "Only no-code tweaks: what saves the most?": frozenset({Question.CUT_COST}),
}


def ask(question: Question, *texts: str | tuple[str, dict[str, Any]]) -> list[Wording]:
    """Wordings of one question; what they name stands beside them."""
    pairs = [(text, {}) if isinstance(text, str) else text for text in texts]
    return [Wording(text, question, names) for text, names in pairs]


def budget(feature: str, p95_ms: int) -> dict[str, Any]:
    """How slow a feature may be."""
    return {"feature": feature, "p95_ms": p95_ms}


CUT_COST = ask(
    Question.CUT_COST,
    ("Cut our LLM bill by 20 % without hurting quality.", {"cost_cut_percent": 20}),
    ("We have to bring AI spend down by a quarter. Where do we start?", {"cost_cut_percent": 25}),
    ("How do I save $300 a month on our API calls?", {"saving_amount": 300}),
    (
        "Reduce costs 30%; reply-drafts tolerates 500 ms, query-rewrite must stay at 200 ms",
        {
            "cost_cut_percent": 30,
            "latency_budgets": [budget("reply-drafts", 500), budget("query-rewrite", 200)],
        },
    ),
    "where can i trim cost??",
    (
        "Our CFO wants the OpenAI and Anthropic costs halved, what are the options?",
        {"cost_cut_percent": 50, "providers": ["anthropic", "openai"]},
    ),
    ("Get monthly spending under $250.", {"budget_amount": 250}),
    ("What would you do to make the support team cheaper?", {"teams": ["support"]}),
    "I need to reduce expenses between 15 and 25 percent",
    ("Wie können wir die Kosten um 20 % senken, ohne Qualität zu verlieren?", {"cost_cut_percent": 20}),
    ("Comment réduire nos dépenses de 15 % ?", {"cost_cut_percent": 15}),
    "Our inference costs are out of hand. Please find savings that don't make the answers worse.",
    (
        "Too expensive! Make it 40 percent cheaper but keep p95 of code-review below 20 s",
        {"cost_cut_percent": 40, "latency_budgets": [budget("code-review", 20_000)]},
    ),
)
SPEED_UP = ask(
    Question.SPEED_UP,
    ("Responses are too slow; we need them 2-3x faster at the same budget.", {"speed_factor": 2}),
    ("How can we halve latency without spending more?", {"speed_factor": 2}),
    "Users complain that answers take forever. What can be done?",
    ("make code-review twice as fast", {"speed_factor": 2, "features": ["code-review"]}),
    ("Can we get p95 below 3 seconds?", {"latency_limit_ms": 3000}),
    "Our chatbot feels sluggish, speed it up please",
    ("I want responses to come back three times quicker for the same money", {"speed_factor": 3}),
    ("contract-review takes too long, how do we make it faster?", {"features": ["contract-review"]}),
    "Reduce response time by 50 %",
    ("Unsere Antworten sind zu langsam, wie werden sie doppelt so schnell?", {"speed_factor": 2}),
    "What slows our calls down and how do we fix it?",
    "time to first token is killing us - improve it",
    ("need lower latncy for the search team without a bigger bill", {"teams": ["search"]}),
)
GROWTH = ask(
    Question.GROWTH,
    (
        "Usage will grow 30-50 % next month. What does this do to cost and rate limits?",
        {"growth_percent_low": 30, "growth_percent_high": 50},
    ),
    ("What if our traffic triples?", {"growth_percent_low": 200}),
    ("We're going to 3x in Q4, what will it cost?", {"growth_percent_low": 200}),
    ("How much would we pay if the number of users doubled?", {"growth_percent_low": 100}),
    ("Do we hit our rate limits at +40%?", {"growth_percent_low": 40}),
    (
        "Our limit is 500 RPM and 200k TPM. Is it enough when requests go up by 25 %?",
        {"growth_percent_low": 25, "requests_per_minute": 500, "tokens_per_minute": 200_000},
    ),
    ("Forecast next month's bill if we onboard 60 percent more customers", {"growth_percent_low": 60}),
    ("We open two new regions in January, volume goes up fourfold. Budget?", {"growth_percent_low": 300}),
    (
        "what happens to spend with 20 to 30% more calls",
        {"growth_percent_low": 20, "growth_percent_high": 30},
    ),
    ("Was passiert mit den Kosten, wenn die Nutzung um 50 % steigt?", {"growth_percent_low": 50}),
    (
        "If help-center-answers doubles, what then?",
        {"growth_percent_low": 100, "features": ["help-center-answers"]},
    ),
    ("Project our costs for the next 30 days assuming ten percent growth", {"growth_percent_low": 10}),
    ("Can the current quota carry twice the load?", {"growth_percent_low": 100}),
)
SPEND = ask(
    Question.SPEND,
    "What do we spend, on which models, and how does it trend?",
    ("Show cost by team", {"by": ["team"]}),
    ("Which feature costs the most?", {"by": ["feature"]}),
    ("spend per model for September 2026", {"first_day": "2026-09-01", "last_day": "2026-09-30"}),
    ("How much did support spend last week?", {"teams": ["support"], "counted_from_data": True}),
    "Where does all the money go?",
    ("Give me a weekly trend of our AI bill", {"step": "week"}),
    ("top 3 features by cost", {"top": 3, "by": ["feature"]}),
    ("$$$ by team?", {"by": ["team"]}),
    ("Was geben wir pro Modell aus?", {"by": ["model"]}),
    ("How much is gpt-4o costing us?", {"models": ["gpt-4o"]}),
    ("What was the total cost in October?", {"first_day": "2026-10-01", "last_day": "2026-10-31"}),
    "Total LLM spend so far please",
)
MODEL_CHOICE = ask(
    Question.MODEL_CHOICE,
    "Which calls could move to a smaller model?",
    (
        "Is gpt-5.4-mini good enough for ticket-triage?",
        {"features": ["ticket-triage"], "to_model": "gpt-5.4-mini"},
    ),
    ("Should we switch from gpt-4o to gpt-4o-mini?", {"from_model": "gpt-4o", "to_model": "gpt-4o-mini"}),
    "Where are we using a model that is too big for the job?",
    (
        "What would it save to move ticket-triage from gpt-5.4 to gpt-5.4-mini?",
        {"features": ["ticket-triage"], "from_model": "gpt-5.4", "to_model": "gpt-5.4-mini"},
    ),
    ("Is the new gpt-5.5 worth it for us?", {"to_model": "gpt-5.5"}),
    "Which tasks don't need Opus?",
    ("Would haiku do for reply-drafts?", {"features": ["reply-drafts"], "to_model": "claude-haiku-4-5"}),
    (
        "compare running code-review on claude-haiku-4-5 instead of claude-sonnet-4-6",
        {"features": ["code-review"], "from_model": "claude-sonnet-4-6", "to_model": "claude-haiku-4-5"},
    ),
    "Welche Aufrufe könnten auf ein kleineres Modell wechseln?",
    "we think some features are overpowered. which ones can use cheaper models",
    (
        "Can we replace gemini-2.5-pro with gemini-3.5-flash?",
        {"from_model": "gemini-2.5-pro", "to_model": "gemini-3.5-flash"},
    ),
    "Find candidates for downgrading to a lighter model",
    ("Is opus overkill for reply drafts?", {"features": ["reply-drafts"], "from_model": "claude-opus-4-8"}),
)
MODEL_CHANGE = ask(
    Question.MODEL_CHANGE,
    "Was last month's model change worth it?",
    (
        "We upgraded reply-drafts to claude-opus-4-8 on September 16. Was it worth it, or should we roll back?",
        {"features": ["reply-drafts"], "to_model": "claude-opus-4-8"},
    ),
    ("Did switching reply-drafts from haiku to opus pay off?", {"features": ["reply-drafts"]}),
    ("Should we undo the model upgrade in reply-drafts?", {"features": ["reply-drafts"]}),
    "Where should we roll back to the old model?",
    "We moved to opus two months ago and now regret it; what did the change bring?",
    "Compare cost and latency before and after the switch to claude-opus-4-8",
    "Hat sich der Modellwechsel gelohnt?",
    ("Since we changed the model of reply-drafts, are we better off?", {"features": ["reply-drafts"]}),
    "Evaluate last week's model upgrade",
    "roll back claude-opus-4-8?",
    "Which model upgrades weren't worth the extra cost? we'd revert them",
    ("Was it a mistake to put reply-drafts on Opus?", {"features": ["reply-drafts"]}),
)
CACHING = ask(
    Question.CACHING,
    "Where would caching or batching save most?",
    "Which prompts repeat?",
    "How much could we save with prompt caching?",
    "Do we send the same prompt over and over?",
    "What can we run overnight in batches?",
    ("Is a response cache worth it for help-center-answers?", {"features": ["help-center-answers"]}),
    "cache hit potential per feature",
    "Find duplicate requests we pay for twice",
    "Which jobs could use the batch API?",
    "Wo lohnt sich Caching?",
    ("Would batching invoice-extraction help?", {"features": ["invoice-extraction"]}),
    "are we making good use of the KV cache / cached tokens",
    "How many of our calls are repeats and what do they cost?",
)
TRADEOFF = ask(
    Question.TRADEOFF,
    (
        "Cut cost by 20 %, twice as fast, with 30 % more usage: what is the trade-off?",
        {"cost_cut_percent": 20, "speed_factor": 2, "growth_percent_low": 30},
    ),
    (
        "We want -20% cost, 2x latency improvement and +30% usage. What should we do?",
        {"cost_cut_percent": 20, "speed_factor": 2, "growth_percent_low": 30},
    ),
    ("Spend 15 % less and answer faster at the same time", {"cost_cut_percent": 15}),
    ("Half the cost and twice the speed, is that possible?", {"cost_cut_percent": 50, "speed_factor": 2}),
    (
        "Grow 50 % next quarter but keep the bill flat and p95 under 5 s",
        {"growth_percent_low": 50, "latency_limit_ms": 5000},
    ),
    ("How do we balance speed against cost if traffic doubles?", {"growth_percent_low": 100}),
    (
        "Reduce spend by 10 percent while supporting three times the users",
        {"cost_cut_percent": 10, "growth_percent_low": 200},
    ),
    "I need lower cost, lower latency and more capacity - what gives?",
    ("Make it 1.5x faster and 25% cheaper", {"speed_factor": "1.5", "cost_cut_percent": 25}),
    (
        "20 % günstiger, doppelt so schnell und 30 % mehr Nutzung: was geht?",
        {"cost_cut_percent": 20, "speed_factor": 2, "growth_percent_low": 30},
    ),
    "cost down a third, usage up a third",
    (
        "We must serve 40% more requests, 2 times quicker, without paying more",
        {"growth_percent_low": 40, "speed_factor": 2},
    ),
    (
        "What are the trade-offs between cutting costs 30% and halving response times?",
        {"cost_cut_percent": 30, "speed_factor": 2},
    ),
)
QUICK_WINS = ask(
    Question.QUICK_WINS,
    "What are the low-hanging fruits?",
    ("What can we change this week by configuration alone?", {"config_only": True}),
    ("Any quick wins without touching code?", {"config_only": True}),
    "Which settings should we tweak right now?",
    ("easy savings, config changes only please", {"config_only": True}),
    "Give me the three easiest things to fix this week",
    "Anything simple we can do by Friday to spend less?",
    "Are our max tokens, retries or temperature settings wasting money?",
    ("quick fixes for the support team", {"teams": ["support"]}),
    ("Was können wir diese Woche ohne Code-Änderungen verbessern?", {"config_only": True}),
    ("Only no-code tweaks: what saves the most?", {"config_only": True}),
    "What's the smallest change with the biggest effect?",
    "I have one afternoon. What should I switch on or off?",
)
JUMP = ask(
    Question.JUMP,
    ("Why did the bill jump on 2026-09-16?", {"around": "2026-09-16"}),
    "Why did cost go up in mid September?",
    ("What happened on October 8?", {"around": "2026-10-08"}),
    ("Why were there so many errors on 8 October 2026?", {"around": "2026-10-08", "metric": "errors"}),
    "Our spend suddenly spiked, why?",
    ("costs exploded since 16 September - reason?", {"around": "2026-09-16"}),
    "Explain the increase in daily cost",
    ("Was there an outage last month?", {"metric": "errors"}),
    "Why is the invoice so much higher than in August?",
    ("Warum sind die Kosten am 16.09.2026 gestiegen?", {"around": "2026-09-16"}),
    (
        "Did anything unusual happen with Google calls on Oct 8th?",
        {"around": "2026-10-08", "providers": ["google"]},
    ),
    "what drove the surge in our LLM costs",
    ("Latency went up at some point. When, and why?", {"metric": "latency"}),
)
AGENT_WASTE = ask(
    Question.AGENT_WASTE,
    "Why do our agent runs waste tokens?",
    "How should we prompt our coding agent to use fewer tokens?",
    "Which sessions burn the most tokens and why?",
    "Our Claude Code sessions are expensive. What are we doing wrong?",
    "Analyse the agent logs: where are tokens wasted?",
    "Do the agents re-read the same context again and again?",
    "How much of the context in each session is repeated?",
    "Codex runs hit limits all the time, how do we stop wasting tokens",
    "Warum verschwenden unsere Agenten so viele Tokens?",
    "Find backtracking and repeated reads in agent sessions",
    "What habits make agent sessions so costly?",
    "my agent burns thru tokens, why",
    "Improve how we prompt agents: where do the tokens go in a session?",
)
REPORT = ask(
    Question.REPORT,
    ("Write a report for management with plan, risks and rollback.", {"as_report": True}),
    ("I need a business case for the board on reducing our LLM costs", {"as_report": True}),
    ("Prepare an ROI summary for my boss", {"as_report": True}),
    ("Make an executive summary of our AI spend and what we should do", {"as_report": True}),
    "Can you draft something for the CFO: where the money goes, what to change, what it saves?",
    ("full report please", {"as_report": True}),
    ("Create a management report for the support team", {"as_report": True, "teams": ["support"]}),
    ("Give me a one-page business case with payback and risks", {"as_report": True}),
    ("Schreib einen Bericht für die Geschäftsführung", {"as_report": True}),
    "I present our AI costs to leadership on Monday, write it up",
    ("Report: current spend, savings plan, risks, rollback", {"as_report": True}),
    ("Rédige un rapport pour la direction", {"as_report": True}),
    "put together a cost optimisation proposal for executives",
    # Who reads it is no filter of rows.
    ("one pager on LLM costs for the leadership team", {"as_report": True, "teams": []}),
)
OF_THE_TWELVE = [
    *(*CUT_COST, *SPEED_UP, *GROWTH, *SPEND, *MODEL_CHOICE, *MODEL_CHANGE),
    *(*CACHING, *TRADEOFF, *QUICK_WINS, *JUMP, *AGENT_WASTE, *REPORT),
]
LOOK_UPS = [
    *ask(Question.LATENCY, "How fast are our answers?", ("p95 latency by model", {"by": ["model"]})),
    *ask(Question.ERRORS, "Which calls fail, and how often?", ("error rate by provider", {"by": ["provider"]})),
    *ask(
        Question.COMPARISON,
        "Compare October with September",
        ("What changed between the last two weeks?", {"counted_from_data": True}),
    ),
    *ask(Question.PRICES, "What does gpt-4o cost per million tokens?", "price of claude-opus-4-8?"),
    *ask(Question.MODELS, "Which models does Anthropic have?", "What OpenAI models can I choose from?"),
    *ask(Question.GAPS, "What is missing in my data?", "Which questions can my data answer?"),
]
TALK = [
    *ask(Question.GREETING, "Hello!", "Hi, who are you?", "Thanks, that helped"),
    *ask(Question.OTHER, "What is the weather in Lisbon?", "Write a poem about tokens", "Translate 'cache' to Latin"),
]
# Asked before there is any data: what is meant has to be read from the words alone.
BEFORE_DATA = [
    *ask(
        Question.CUT_COST,
        "finance wants us to shave 12% off the model bill, ideas?",
        "Could you help me lower what we pay OpenAI every month?",
        "We burn too much cash on tokens. How do we rein it in?",
        "Is there any way to make this half as expensive?",
        "¿Cómo podemos reducir el gasto un 25 %?",
    ),
    *ask(
        Question.SPEED_UP,
        "Our agents answer like snails; we want them snappier",
        "What would bring response times down to a second?",
        "customers wait eight seconds for a reply, help",
        "How do I get rid of the lag in our assistant?",
        "Comment rendre nos réponses plus rapides ?",
    ),
    *ask(
        Question.GROWTH,
        "We sign a big customer next month who brings 45 % more traffic. What will we pay then?",
        "Black Friday means five times the calls. Are we ready?",
        "How far can we scale before OpenAI throttles us?",
        "estimate next quarter's spend at 15% monthly growth",
        "If the user base grows by half, how does the invoice change?",
    ),
    *ask(
        Question.SPEND,
        "break the bill down by department",
        "how expensive was August",
        "Who are our biggest token consumers?",
        "Can I see spending over time?",
        "Combien dépensons-nous par équipe ?",
    ),
    *ask(
        Question.MODEL_CHOICE,
        "would a tiny model be enough for classification?",
        "Where could Sonnet do the job of Opus?",
        "We'd like to try DeepSeek instead of GPT. Does it pay?",
        "Are there tasks for which our models are overkill?",
        "Which features are candidates for a cheaper model?",
    ),
    *ask(
        Question.MODEL_CHANGE,
        "two weeks ago we swapped models. Good idea in hindsight?",
        "Did the migration to the new model improve anything?",
        "Is it time to revert the upgrade?",
        "what did we get for switching to the bigger model last Tuesday",
        "Lohnt es sich, das Upgrade rückgängig zu machen?",
    ),
    *ask(
        Question.CACHING,
        "how often do identical requests come in?",
        "Can we store answers instead of asking the model twice?",
        "Which workloads are fine to process at night for half the price?",
        "what's our cache hit rate and what would a better one bring",
        "Are people asking the same things again and again?",
    ),
    *ask(
        Question.TRADEOFF,
        "10% cheaper and 3x faster, doable?",
        "We expect 60 % more load, must cut 15 % of cost, and nobody may wait longer than today",
        "What can we have: cheap, fast, or both?",
        "I want to pay less, wait less and serve more users",
        "Balance a budget cut of 20 percent with 25 percent growth",
    ),
    *ask(
        Question.QUICK_WINS,
        "what can I fix before lunch?",
        "Show me the easiest optimisations first, nothing that needs a developer",
        "any no-brainers?",
        "Which knobs should we turn this week?",
        "Schnelle Erfolge ohne großen Aufwand?",
    ),
    *ask(
        Question.JUMP,
        "something went wrong with our costs on 3 March, what?",
        "explain the spike",
        "Why are we suddenly paying twice as much?",
        "Since Monday everything fails. What happened?",
        "Pourquoi la facture a-t-elle explosé en septembre ?",
    ),
    *ask(
        Question.AGENT_WASTE,
        "our coding assistant eats tokens for breakfast, what is it doing?",
        "Where does context get re-sent in our agent loops?",
        "tips to write better prompts for our Codex sessions so they cost less",
        "How much of each Claude Code session is pure overhead?",
        "Analyse the sessions of our agents for wasted steps",
    ),
    *ask(
        Question.REPORT,
        "I need slides for the steering committee about our AI costs",
        "draft a memo to the board with savings, risks and next steps",
        "Summarise everything for the executive team",
        "Business case: what do we gain if we optimise?",
        "Haz un informe para la dirección",
    ),
]
