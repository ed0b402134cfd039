"""A run of the whole team: one agent fails, one is reused, a model is switched in mid-answer, figures of all kinds."""

from typing import Any

from tests.page.server_log import Row, ServerLog, table_block

QUESTION = "Where can we save without losing quality?"
ANSWER = """# You can save $1,204.50 a month

You spent **$7,590.02** on 24,118 calls 📈 from 20 August to 19 November 2026; *68 %* of it went to one model.

| Model | Cost | Share |
|---|---|---|
| gpt-5.2 | $5,121.42 | 67.5 % |
| claude-haiku-4-5 | $2,468.60 | 32.5 % |

## What to change

1. Move the support bot to the smaller model: saves **$880.00**, p95 stays at 412 ms.
2. Cache the system prompt: it is read 9,930 times a day.
   - The first read costs \\$0.02.
   - Every further one costs ~~$0.01~~ a tenth.

> Errors stayed below 0.4 % in all weeks.

The query was `cost > 5121.42`, as [the price list of 18](https://example.com/prices/18) says.
"""
# The words of each figure, what its check found, the call it comes from and the note.
FOUND: list[tuple[str, str, str | None, str]] = [
    ("$1,204.50", "verified", "optimization:2", ""),
    ("$7,590.02", "verified", "data:1", ""),
    ("24,118", "verified", "data:1", ""),
    ("68 %", "mismatch", "data:1", "the rows give 67.5 %"),
    ("$5,121.42", "verified", "data:1", ""),
    ("67.5 %", "verified", "data:1", ""),
    ("$2,468.60", "mismatch", "data:1", "the rows give $2,468.06"),
    ("32.5 %", "verified", "data:1", ""),
    ("$880.00", "verified", "optimization:2", ""),
    ("412 ms", "unchecked", "data:2", "its query took too long to run again"),
    ("9,930", "unsourced", None, "no tool result has this value"),
    ("$0.02", "verified", "optimization:2", ""),
    ("$0.01", "unsourced", None, ""),
    ("0.4 %", "verified", "data:1", ""),
    ("5121.42", "verified", "data:1", ""),
    ("18", "verified", "data:1", ""),
]
TITLES = {"data:1": "Spend by model", "data:2": "Latency by model", "optimization:2": "Savings plan"}
TEAM = {
    "triage": "Triage", "data_helper": "Data helper", "data": "Data", "optimization": "Optimization",
    "actions": "Actions", "reporting": "Report",
}  # fmt: skip


def figures_of(text: str) -> list[Row]:
    """Each figure of the story at its place, in code points; one after the other."""
    figures = []
    place = 0
    for words, status, call_id, note in FOUND:
        start = text.index(words, place)
        place = start + len(words)
        tool = TITLES.get(call_id or "")
        source = {"call_id": call_id, "tool": "spend_by", "title": tool} if call_id else None
        figures.append({"start": start, "end": place, "source": source, "status": status, "note": note})
    return figures


def findings() -> Row:
    """What the end of the run carries beside the answer."""
    swap = {
        "title": "Move the support bot to claude-haiku-4-5", "saving_low": "880.00", "saving_high": "1010.40",
        "unit": "usd/month", "effort": "low", "risk": "medium", "confidence": "high",
        "why": "Nine of ten of its calls have less than 400 tokens of output and no tools.",
        "verify": "Compare 200 answers of both models side by side.",
        "roll_back": "Set the model back in the bot's configuration.", "call_id": "optimization:2",
    }  # fmt: skip
    cache = {
        "title": "Cache the long system prompt", "saving_low": "324.50", "saving_high": "324.50", "unit": "usd/month",
        "effort": "low", "risk": "low", "confidence": "medium", "why": "The same 2,100 tokens begin every call.",
        "verify": "", "roll_back": "", "call_id": "optimization:2",
    }  # fmt: skip
    limits = {
        "title": "Limit the length of summaries", "saving_low": None, "saving_high": None, "unit": "usd/month",
        "effort": "medium", "risk": "low", "confidence": "low", "why": "", "verify": "Read fifty of them.",
        "roll_back": "Take the limit out.", "call_id": None,
    }  # fmt: skip
    return {
        "figures": figures_of(ANSWER),
        "charts": ["data:1", "data:2", "gone:1"],
        "recommendations": [swap, cache, limits],
        "questions": ["Which team would save most?", "What if usage grows by 30 %?", "Write it as a report."],
        "verdict": {"question": "cut_cost", "data": "sufficient"},
    }


class Team:
    """The agents of one run, told step by step."""

    def __init__(self, log: ServerLog, run: Row) -> None:
        self.log = log
        self.run = run

    def tell(self, agent: str, type_: str, **data: Any) -> None:
        self.log.agent_step(self.run, agent, type_, **data)

    def start(self, agent: str, model: str = "built-in") -> None:
        self.tell(agent, "agent_started", title=TEAM[agent], model=model)

    def think(self, agent: str, text: str) -> None:
        for start in range(0, len(text), 12):
            self.tell(agent, "agent_thinking", delta=text[start : start + 12])

    def use(self, agent: str, number: int, title: str, block: Row | None) -> None:
        call = {"call_id": f"{agent}:{number}", "tool": title.lower().replace(" ", "_")}
        self.tell(agent, "tool_executing", **call, title=title, arguments={"group_by": "model"})
        self.tell(agent, "tool_progress", call_id=call["call_id"], note="24118 rows read")
        ended = {"outcome": "success", "result": block} if block else {"outcome": "failed", "error": "No such column."}
        self.tell(agent, "tool_completed", **call, **ended, seconds=0.14)

    def finish(self, agent: str, summary: str, **more: Any) -> None:
        done = {"title": TEAM[agent], "seconds": 1.4, "usage": {}, "summary": summary, "reused": False}
        self.tell(agent, "agent_completed", **(done | more))

    def write(self, text: str) -> None:
        for start in range(0, len(text), 17):
            self.tell("reporting", "message_delta", delta=text[start : start + 17], part=0)


def latency_block() -> Row:
    """A line over days."""
    rows = [[f"2026-11-{day:02d}", 380 + 11 * (day % 5)] for day in range(1, 20)]
    columns = [{"key": "day", "label": "Day", "unit": None}, {"key": "p95", "label": "p95", "unit": "ms"}]
    chart = {"kind": "line", "x": "day", "series": ["p95"]}
    block = {"title": "Latency by day", "summary": "19 days", "columns": columns, "rows": rows, "chart": chart}
    return table_block() | block


def begin_team(log: ServerLog) -> Team:
    """The run up to where its work on the data begins."""
    run = log.ask(log.open_thread, QUESTION)
    log.start(run)
    team = Team(log, run)
    team.start("triage")
    team.think("triage", "They ask to save; the data has models, tokens and latency.")
    names = ["data_helper", "data", "optimization", "actions", "reporting"]
    announced = [{"name": name, "title": TEAM[name]} for name in names]
    team.finish("triage", "A question about cutting cost; the data suffices.", next=announced, seconds=0.2)
    return team


def analyse(team: Team) -> None:
    """The agents between triage and the report: one is reused, one fails."""
    team.finish("data_helper", "Nothing is missing.", reused=True)
    team.start("data", "gpt-5.2")
    team.think("data", "I read spend first, then latency.")
    team.use("data", 1, "Spend by model", table_block())
    team.use("data", 2, "Latency by day", latency_block())
    team.use("data", 3, "Errors by week", None)
    team.finish("data", "24,118 calls for $7,590.02; two models make up all of it.")
    team.start("optimization", "gpt-5.2")
    team.tell("optimization", "model_switched", **switch("gpt-5.2", "claude-sonnet-4-6"))
    team.use("optimization", 2, "Savings plan", table_block() | {"title": "Savings plan", "chart": None})
    team.finish("optimization", "Three changes, $1,204.50 a month.")
    team.start("actions", "gpt-5.2")
    team.think("actions", "Who has to change what?")
    sentence = "The plan took longer than its time limit. The answer goes on without it."
    team.tell("actions", "agent_failed", title=TEAM["actions"], code="time_limit", message=sentence)


def switch(old: str, new: str) -> Row:
    """An agent goes on with another model."""
    return {"from": old, "to": new, "code": "model_unavailable", "reason": "the provider does not answer"}


def report(team: Team) -> None:
    """The answer, begun by one model and written by another."""
    team.start("reporting", "gpt-5.2")
    team.think("reporting", "First the sum.")
    team.write("This beginning is lost: $99")
    team.tell("reporting", "model_switched", **switch("gpt-5.2", "claude-sonnet-4-6"))
    team.think("reporting", "First the sum, then the models.")
    team.write(ANSWER)
    team.finish("reporting", "")


def record_team() -> ServerLog:
    """The whole run, from the question to its end."""
    log = ServerLog()
    team = begin_team(log)
    analyse(team)
    report(team)
    log.complete(team.run, ANSWER, **findings())
    return log
