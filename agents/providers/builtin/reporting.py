"""Plays reporting: the answer in Markdown, from what the others handed on; every figure is one of the tools' facts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from agents.handover import Verdict
from agents.providers.builtin.phrases import OFFER_DEMO, write_greeting, write_other
from agents.providers.builtin.recommending import summarise_advice, write_plan, write_recommendations
from agents.providers.builtin.resting import write_basis
from agents.providers.builtin.tables import escape_cell
from agents.providers.builtin.turns import Reply, Turn
from agents.providers.builtin.words_of_results import end_sentence, has_rows, summarise_facts, write_section
from agents.usage.questions import Question, Sufficiency

Handed = dict[str, Any]
DEMO_LABEL: Final = "*Demo data: made up, for trying Netra.*"
MOST_SENTENCES: Final = 3
# What the first sentence is about, where it is not simply the first result.
HEADLINES: Final = {
    Question.CUT_COST: ("savings_plan",),
    Question.QUICK_WINS: ("savings_plan",),
    Question.TRADEOFF: ("tradeoff",),
    Question.SPEED_UP: ("latency_profile", "tradeoff"),
    Question.GROWTH: ("growth_forecast", "rate_limit_check"),
    Question.MODEL_CHOICE: ("model_swap_whatif",),
    Question.CACHING: ("cache_opportunity", "batch_opportunity"),
    Question.MODEL_CHANGE: ("anomaly_scan", "compare_periods"),
    Question.JUMP: ("anomaly_scan",),
    Question.REPORT: ("spend_breakdown", "spend_trend", "savings_plan"),
}
# What every answer could have more of, whatever the data has.
BETTER: Final = {
    Question.CUT_COST: "A quality score or judged sample a feature: the rows say nothing about quality.",
    Question.MODEL_CHOICE: "A quality score or judged sample a feature: the rows say nothing about quality.",
    Question.MODEL_CHANGE: "A quality score or judged sample before and after the change.",
    Question.SPEED_UP: "Which steps of a request run one after the other; the rows know single calls.",
    Question.GROWTH: "The rate limits of your accounts (requests and tokens a minute, by model).",
    Question.SPEND: "Billed amounts, to compare the list prices with what was really paid.",
    Question.CACHING: "How fresh answers must be, by feature; the rows do not say it.",
    Question.TRADEOFF: "How much each goal weighs, and a quality score a feature.",
    Question.QUICK_WINS: "The settings in force (output limits, retries, temperature), by feature.",
    Question.JUMP: "The days of releases and changes of configuration, to set beside the day found here.",
    Question.AGENT_WASTE: "Tool names and file paths in the log, to name what was read again and again.",
    Question.REPORT: "Billed amounts and a quality score a feature.",
}


def report(turn: Turn) -> Reply:
    """The whole answer."""
    verdict = turn.verdict
    thoughts = ("I write the answer from what was handed to me.",)
    if verdict.question is Question.GREETING:
        return Reply(thoughts, text=write_greeting(turn.known))
    if verdict.question is Question.OTHER:
        return Reply(thoughts, text=write_other(turn.known))
    return Reply(thoughts, text=join(write_parts(turn, verdict, turn.handed or {})))


def join(parts: Iterator[str]) -> str:
    """The parts that say something, as one text."""
    return "\n\n".join(part for part in parts if part) + "\n"


def write_parts(turn: Turn, verdict: Verdict, handed: Handed) -> Iterator[str]:
    """Summary first, then figures, advice, what is missing, and what all of it rests on."""
    as_report = verdict.question is Question.REPORT or verdict.entities.as_report
    results = handed.get("results", [])
    if turn.known and turn.known["demo"] and results:
        yield DEMO_LABEL
    if as_report:
        yield "### Executive summary"
    yield summarise(turn, verdict, handed)
    if as_report:
        yield "### Findings"
    yield from (write_section(result) for result in unique_sections(results) if result["agent"] != "optimization")
    yield from (write_section(result) for result in unique_sections(results) if result["tool"] == "tradeoff")
    yield write_failures(handed)
    if results and not any(has_rows(result["tool"], result["facts"]) for result in results):
        yield write_known_names(turn.known)
    yield write_recommendations(handed)
    yield write_plan(handed, in_full=as_report)
    yield write_request(handed, turn.known)
    yield write_basis(verdict, results)
    yield write_better(verdict, handed)


def unique_sections(results: list[Handed]) -> Iterator[Handed]:
    """Each table once, and none whose rows only say which tools gave none."""
    seen: set[tuple[str, str]] = set()
    for result in results:
        key = (result["tool"], str(result["arguments"]))
        if key not in seen and (result["tool"] != "data_gaps" or result["agent"] != "data_helper"):
            seen.add(key)
            yield result


def summarise(turn: Turn, verdict: Verdict, handed: Handed) -> str:
    """The answer in one paragraph."""
    results = handed.get("results", [])
    if verdict.data is Sufficiency.NONE:
        return write_no_answer(handed, turn.known)
    telling = [result for result in order_by_headline(verdict, results) if result["agent"] != "data_helper"]
    if not telling:
        return "None of the tools gave a result, so there is no figure to show."
    if not any(has_rows(result["tool"], result["facts"]) for result in telling):
        return summarise_facts(telling[0]["tool"], telling[0]["facts"])
    sentences = list(dict.fromkeys(summarise_once(telling)))[:MOST_SENTENCES]
    return " ".join((*sentences, summarise_advice(verdict, handed))).strip()


def summarise_once(results: list[Handed]) -> Iterator[str]:
    """A sentence for each tool that has something to say."""
    seen: set[str] = set()
    for result in results:
        tool, facts = result["tool"], result["facts"] | {"summary": result.get("summary", "")}
        if tool not in seen and has_rows(tool, facts):
            seen.add(tool)
            yield summarise_facts(tool, facts)


def order_by_headline(verdict: Verdict, results: list[Handed]) -> list[Handed]:
    """What the question is about first, then the others as they came."""
    first = HEADLINES.get(verdict.question, ())
    return sorted(results, key=lambda result: first.index(result["tool"]) if result["tool"] in first else len(first))


def write_no_answer(handed: Handed, known: dict[str, Any] | None) -> str:
    """Why there is no figure."""
    why = "No data set is chosen in this conversation" if known is None else "The data does not have what this needs"
    wanted = handed.get("request", {})
    fields = ", ".join(f"**{escape_cell(field['label'])}**" for field in wanted.get("fields", ()))
    needed = f" I need {fields}." if fields else ""
    return f"{why}, so I computed nothing.{needed}"


def write_failures(handed: Handed) -> str:
    """Parts of the team, and tools, that gave nothing: what is missing because of it."""
    lines = [
        f"**{escape_cell(item['title'])} gave no result:** {end_sentence(escape_cell(item['sentence']))}"
        " This answer does without it; retry to get the whole."
        for item in handed.get("lacking", ())
    ]
    quality = [item for item in handed.get("findings", {}).get("quality", ()) if ": " in item and is_tool(item)]
    lines += [
        f"**{escape_cell(item.partition(': ')[0])} gave no result:** {escape_cell(item.partition(': ')[2])}"
        for item in quality
    ]
    return "\n\n".join(lines)


def is_tool(note: str) -> bool:
    """Whether a note begins with the name of a tool."""
    return note.partition(": ")[0].replace("_", "").isalpha() and "_" in note.partition(": ")[0]


def write_request(handed: Handed, known: dict[str, Any] | None) -> str:
    """Exactly the fields that are missing, why, and where to get them."""
    fields = handed.get("request", {}).get("fields", [])
    if not fields:
        return ""
    parts = ["### What to bring", *(write_field(field) for field in fields)]
    parts.append(
        "Bring them as CSV, JSON lines or an export of your gateway, under **Data**;"
        " Netra says what it found before it imports."
    )
    if known is None:
        parts.append(OFFER_DEMO)
    return "\n\n".join(parts)


def write_field(field: dict[str, Any]) -> str:
    """A missing field with its sources."""
    sources = [f"- {source}: {where}" for source, where in field["sources"].items()]
    return "\n".join([f"**{field['label']}** (`{field['name']}`): {field['why']}", "", *sources])


def write_better(verdict: Verdict, handed: Handed) -> str:
    """What would make the answer better: the missing fields, and what no row can say."""
    lines = [f"{field['label']}: {field['why']}" for field in handed.get("request", {}).get("fields", ())]
    if verdict.data is Sufficiency.NONE:
        lines = []
    if better := BETTER.get(verdict.question):
        lines.append(better)
    if not lines:
        return ""
    return "\n".join(["### What would make this better", "", *(f"- {line}" for line in lines)])


def write_known_names(known: dict[str, Any] | None) -> str:
    """What could have been asked about."""
    if known is None:
        return ""
    lines = [f"The data covers {known['first_day']} to {known['last_day']}."]
    for kind in ("teams", "features", "models", "providers"):
        if known.get(kind):
            lines.append(f"{kind.capitalize()}: {', '.join(escape_cell(name) for name in known[kind])}.")
    return "\n\n".join(lines)
