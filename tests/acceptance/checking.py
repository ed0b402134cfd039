"""What is true of every answer of the team, as faults in words: an empty list is a good answer."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import groupby
from typing import Any

from agents.engine.notes import list_data_facts
from agents.engine.specs import RunStatus
from agents.usage.needs import FIELDS
from tests.acceptance.asking import GRANTS, Asked
from tests.acceptance.reading import find_invented, find_section, list_tables, read_sections

SUFFICIENT = ["triage", "data", "optimization", "actions", "reporting"]
PARTIAL = ["triage", "data_helper", "data", "reporting"]
NONE = ["triage", "data_helper", "reporting"]
LOOK_UP = ["triage", "data", "reporting"]
TALK = ["triage", "reporting"]
CHAINS = {"sufficient": SUFFICIENT, "partial": PARTIAL, "none": NONE, "look_up": LOOK_UP, "talk": TALK}
NO_ROWS = ("No data set", "Price book")
SOURCES = {"OpenAI", "Anthropic", "LiteLLM", "Langfuse"}
LEVELS = {"low", "medium", "high"}
MONEY = r"-?\$\s?-?\d[\d,]*(?:\.\d+)?"
SAVING_RANGE = re.compile(rf"{MONEY}\s*(?:to|-|and)\s*{MONEY}")
PYTHON = re.compile(r"\bNone\b(?! of)|\bnan\b|\bNaN\b|\{'|\['|Decimal\(")
DEMO_LABEL = re.compile(r"(?m)^\*Demo data[^\n]*\*$")
MARKUP = re.compile(r"<[A-Za-z/!]|\]\(|!\[")


def find_faults(asked: Asked, chain: Sequence[str]) -> list[str]:
    """Everything that is wrong with a run, whatever its question was."""
    found = [*check_end(asked), *check_chain(asked, chain), *check_tools(asked)]
    if found:
        return found
    return [*check_figures(asked), *check_text(asked), *check_details(asked)]


def check_end(asked: Asked) -> Iterator[str]:
    """The run has come to its end, and the end says what was told on the way."""
    outcome = asked.outcome
    if outcome.status is not RunStatus.COMPLETED:
        yield f"ended as {outcome.status}: {outcome.code} {outcome.sentence}"
    if not asked.text.strip():
        yield "no text"
    if asked.sink.text != asked.text:
        yield "the text is not what was streamed"
    if asked.sink.of("agent_failed"):
        yield f"agents failed: {asked.sink.of('agent_failed')}"


def check_chain(asked: Asked, chain: Sequence[str]) -> Iterator[str]:
    """Exactly these agents worked, each once and for the supervisor."""
    if asked.chain != list(chain):
        yield f"the chain was {asked.chain}, not {list(chain)}"
    ended = [agent for agent, _ in asked.sink.of_agents("agent_completed")]
    if ended != asked.chain:
        yield f"agents ended as {ended}"
    if strays := [kind for kind, data in asked.sink.events if data.get("parent") != "netra"]:
        yield f"events without the supervisor's name: {strays}"
    speakers = {agent for agent, _ in asked.sink.of_agents("message_delta")}
    if not speakers <= {"reporting"}:
        yield f"text came from {speakers}"


def check_tools(asked: Asked) -> Iterator[str]:
    """No tool outside of a grant, every call with an id of its own, every result about this run's data."""
    yield from (f"{agent} called {tool}" for agent, tool, _ in asked.tried if tool not in GRANTS[agent])
    ids = [data["call_id"] for data in asked.sink.of("tool_executing")]
    if len(ids) != len(set(ids)):
        yield f"call ids are not unique: {ids}"
    for agent, data in asked.sink.of_agents("tool_executing"):
        if not data["call_id"].startswith(f"{agent}:"):
            yield f"a call of {agent} is called {data['call_id']}"
    title = asked.data.title if asked.data else None
    for call in asked.ledger.recorded:
        if (dataset := call.facts.get("dataset", title)) != title:
            yield f"{call.tool} answered about {dataset}"
        if (source := call.block["source"]["dataset"]) not in (f"{title}, version 1", *NO_ROWS):
            yield f"{call.tool} read {source}"


def check_figures(asked: Asked) -> Iterator[str]:
    """Every figure of the text is verified, and every number of it is known from somewhere."""
    for figure in asked.details["figures"]:
        if figure["status"] != "verified":
            place = asked.text[max(0, figure["start"] - 60) : figure["end"] + 20].replace("\n", " ")
            yield f"{figure['status']}: “{asked.text[figure['start'] : figure['end']]}” in “…{place}…” {figure['note']}"
    if asked.verdict.course == "talk":
        # Examples of questions stand there, and no figure.
        return
    for written in find_invented(asked.text, list_sources(asked)):
        yield f"“{written}” stands in the text and in no source"


def list_sources(asked: Asked) -> list[Any]:
    """Where the numbers of an answer may come from."""
    calls: list[Any] = [
        (call.arguments, without_queries(call.facts), call.block["rows"]) for call in asked.ledger.recorded
    ]
    names = list_data_facts(asked.data) if asked.data else {}
    request = [FIELDS[name] for name in asked.verdict.missing]
    fields = [(field.label, field.why, dict(field.sources)) for field in request]
    return [asked.question, asked.verdict.model_dump(mode="json"), calls, names, fields]


def without_queries(facts: Any) -> Any:
    """Facts without the statements behind them: numbers of a query are no results."""
    if isinstance(facts, dict):
        return {key: without_queries(value) for key, value in facts.items() if key != "sql"}
    return [without_queries(item) for item in facts] if isinstance(facts, list) else facts


def check_text(asked: Asked) -> Iterator[str]:
    """The text is well-formed Markdown that loads nothing and links nowhere."""
    if found := find_markup(asked.text):
        yield f"markup from data: {found}"
    for table in list_tables(asked.text):
        widths = [len(row) for row in table]
        if len(set(widths)) > 1:
            yield f"a table's rows have {[width for width, _ in groupby(widths)]} cells: {table[0]}"
    if found := PYTHON.findall(asked.text):
        yield f"Python's own words stand in the text: {found}"


def find_markup(text: str) -> list[str]:
    """Tags, links and pictures that are not escaped."""
    plain = re.sub(r"\\.", "", re.sub(r"`+[^`\n]*`+", "", text))
    return MARKUP.findall(plain)


def check_details(asked: Asked) -> Iterator[str]:
    """What the end tells beside the text holds together."""
    details = asked.details
    known = {data["call_id"] for data in asked.sink.of("tool_completed")}
    if not set(details["charts"]) <= known:
        yield f"charts of unknown calls: {details['charts']}"
    if details["verdict"] != {"question": asked.verdict.question.value, "data": asked.verdict.data.value}:
        yield f"the end's verdict is {details['verdict']}"
    if not all(isinstance(text, str) and text.strip() for text in details["questions"]):
        yield f"questions to ask next: {details['questions']}"
    for item in details["recommendations"]:
        if item["call_id"] not in known:
            yield f"“{item['title']}” comes from {item['call_id']}"


def check_sections(asked: Asked) -> Iterator[str]:
    """Summary first, then what every answer with figures has."""
    first = next((section for section in read_sections(DEMO_LABEL.sub("", asked.text)) if section.body), None)
    if first is None or not opens_with_words(first.body):
        yield f"the answer does not begin with a summary: {asked.text[:120]}"
    if not list_tables(asked.text):
        yield "no table of figures"
    if not asked.details["figures"]:
        yield "no figure"
    if (basis := find_section(asked.text, "rests on")) is None or not basis.body:
        yield "nothing says what this rests on"
    elif asked.data is not None and str(asked.data.last_day.year) not in basis.body:
        yield "the basis does not say which days"
    if asked.data is not None and asked.data.demo and "demo data" not in asked.text.casefold():
        yield "demo data is not labelled"


def opens_with_words(body: str) -> bool:
    """Whether a sentence stands before any table or list."""
    lines = [line for line in body.splitlines() if line.strip()]
    return bool(lines) and not lines[0].startswith(("|", "-", "1.", "#")) and len(lines[0].split()) >= 5


def check_recommendations(asked: Asked) -> Iterator[str]:
    """At least one, each a range with everything needed to decide."""
    section = find_section(asked.text, "recommendation")
    if section is None or not section.body:
        yield "no recommendations"
        return
    given = asked.details["recommendations"]
    if not given:
        yield f"no recommendation: {section.body[:120]}"
    for word in ("effort", "risk", "confidence", "verify", "roll back"):
        if section.body.casefold().count(word) < len(given):
            yield f"recommendations do not all say their {word}"
    if len(SAVING_RANGE.findall(section.body)) < len(given):
        yield "savings are not all ranges"
    for item in given:
        yield from check_recommendation(item)


def check_recommendation(item: dict[str, Any]) -> Iterator[str]:
    """One recommendation of the run's end."""
    if not all(item[name] for name in ("title", "why", "verify", "roll_back")):
        yield f"incomplete: {item}"
    if not {item["effort"], item["risk"], item["confidence"]} <= LEVELS:
        yield f"levels of “{item['title']}”: {item['effort']}, {item['risk']}, {item['confidence']}"
    if item["saving_low"] is None or Decimal(item["saving_low"]) > Decimal(item["saving_high"]):
        yield f"the saving of “{item['title']}” is {item['saving_low']} to {item['saving_high']}"


def check_request(asked: Asked, missing: Sequence[str]) -> Iterator[str]:
    """Exactly the missing fields are asked for, each with its reason and its sources, in the text too."""
    named = [field["name"] for field in asked.requested]
    if sorted(named) != sorted(missing):
        yield f"asked for {named}, missing are {list(missing)}"
    if sorted(asked.verdict.missing) != sorted(missing):
        yield f"triage misses {asked.verdict.missing}, missing are {list(missing)}"
    plain = asked.text.replace("\\", "")
    for field in asked.requested:
        own = FIELDS[field["name"]]
        if (field["label"], field["why"]) != (own.label, own.why):
            yield f"{field['name']} is explained as {field['label']}: {field['why']}"
        if set(field["sources"]) != SOURCES:
            yield f"{field['name']} has the sources {sorted(field['sources'])}"
        if not all(words in plain for words in (field["label"], field["why"], *field["sources"].values())):
            yield f"the text does not explain {field['name']}"
