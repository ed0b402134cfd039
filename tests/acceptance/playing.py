"""A model that plays every agent as it should, over any wire format; what it writes is only what it was handed."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from agents.usage.questions import Question
from tests.models.replies import Asked as Request
from tests.models.replies import Call, Reply, Text, Thinking, say

MARK = "HANDOVER: "
Calls = tuple[Call, ...]
# Each agent is known by how its instructions address it.
ROLES = {
    "You are the triage of Netra": "triage",
    "You are the data helper of Netra": "data_helper",
    "You are the data analyst of Netra": "data",
    "You are the optimizer of Netra": "optimization",
    "You are the planner of Netra": "actions",
    "You are the writer of Netra": "reporting",
}
MOST_RECOMMENDED = 3


@dataclass(frozen=True)
class Script:
    """How one question is to be played."""

    question: Question
    data: Calls = ()
    optimization: Calls = (Call("savings_plan"),)
    entities: dict[str, Any] = field(default_factory=dict)


def play(script: Script, write: Callable[[dict[str, Any]], str]) -> Callable[[Request], Reply]:
    """A model for this script; `write` makes the answer from what the writer is handed."""

    def answer(request: Request) -> Reply:
        return PARTS[find_role(request)](script, request, write)

    return answer


def find_role(request: Request) -> str:
    """Which agent asks."""
    return next(role for words, role in ROLES.items() if words in request.text)


def read_handed(request: Request) -> dict[str, Any]:
    """What was handed to the agent: the last line of the last prompt."""
    prompts = [text for item in request.items if item.get("role") == "user" for text in list_texts(item["content"])]
    line = next(text for text in reversed(prompts) if MARK in text)
    found: dict[str, Any] = json.loads(line.rpartition(MARK)[2])
    return found


def list_texts(content: Any) -> list[str]:
    """The texts of a prompt in any of the formats."""
    if isinstance(content, str):
        return [content]
    return [block["text"] for block in content if "text" in block]


def read_results(request: Request) -> list[dict[str, Any]]:
    """The facts of the tools that were called before."""
    return [json.loads(text) for text in request.results if text.startswith("{") and text.endswith("}")]


def read_strategies(request: Request) -> list[dict[str, Any]]:
    """Every strategy that was computed; a long result is cut, so they are read one by one as far as they go."""
    return [item for text in request.results for item in read_list(text, '"strategies":')]


def read_list(text: str, key: str) -> Iterator[dict[str, Any]]:
    """The objects of the list behind a key, until one is not whole."""
    _, found, rest = text.partition(key)
    rest = rest.lstrip().removeprefix("[").lstrip()
    while found and rest.startswith("{"):
        try:
            item, end = json.JSONDecoder().raw_decode(rest)
        except ValueError:
            return
        yield item
        rest = rest[end:].lstrip(", \n")


def hand_on(request: Request, **output: Any) -> Reply:
    """What an agent hands on, after a thought."""
    tool = next(name for name in request.tools if name.startswith("final_result"))
    return say(Thinking("That is all I need."), Call(tool, output))


def play_triage(script: Script, request: Request, _: Any) -> Reply:
    """The verdict; how far the data suffices is not for a model to say."""
    return hand_on(request, question=script.question.value, entities=script.entities, data="sufficient", reason="Read.")


def play_data(script: Script, request: Request, _: Any) -> Reply:
    """All calls at once, then what they show."""
    if not request.results:
        return say(Thinking("First the rows. "), *script.data)
    return hand_on(request, observations=[{"text": "The rows say what the results show."}], quality=[])


def play_data_helper(script: Script, request: Request, _: Any) -> Reply:
    """What is missing, as the tool says it."""
    if not request.results:
        return say(Call("data_gaps", {"question": script.question.value}))
    missing = read_results(request)[0]["missing"]
    fields = [{"label": item["field"], **{key: item[key] for key in ("name", "why", "sources")}} for item in missing]
    return hand_on(request, fields=fields, without="Without them there is no figure.")


def play_optimization(script: Script, request: Request, _: Any) -> Reply:
    """The best strategies of the tools."""
    if not request.results:
        return say(*script.optimization)
    found = read_strategies(request)[:MOST_RECOMMENDED]
    ranked = [{"id": item["id"], "title": item["title"], "why": item["why"]} for item in found]
    return hand_on(request, ranked=ranked, left_out=[])


def play_actions(script: Script, request: Request, _: Any) -> Reply:
    """A step for each strategy."""
    ranked = read_handed(request)["strategies"]["ranked"]
    words = {"owner": "Engineer", "effort": "low", "change": "One setting.", "validation": "Compare."}
    words |= {"roll_back": "Set it back.", "monitoring": "Watch the cost."}
    return hand_on(request, steps=[{"title": item["title"], "strategy_id": item["id"], **words} for item in ranked])


def play_reporting(script: Script, request: Request, write: Callable[[dict[str, Any]], str]) -> Reply:
    """The answer."""
    return say(Thinking("I write."), Text(write(read_handed(request))))


PARTS = {
    "triage": play_triage,
    "data_helper": play_data_helper,
    "data": play_data,
    "optimization": play_optimization,
    "actions": play_actions,
    "reporting": play_reporting,
}


def write_answer(handed: dict[str, Any]) -> str:
    """An answer with every section, from the results alone."""
    return "\n\n".join(part for part in write_parts(handed) if part) + "\n"


def write_parts(handed: dict[str, Any]) -> Iterator[str]:
    """Summary, figures, recommendations, request, basis, what would make it better."""
    results = [item for item in handed.get("results", []) if item["tool"] != "data_gaps"]
    costs = [item["facts"] for item in results if item["facts"].get("cost")]
    if costs:
        yield f"These calls cost {show(costs[0]['cost'])} in {costs[0]['requests']:,} requests; this is what they show."
    else:
        yield "The data does not have what this question needs, so no figure is given here."
    yield from (write_groups(item["facts"]) for item in results if item["facts"].get("groups"))
    ranked = handed.get("strategies", {}).get("ranked", [])
    if ranked:
        computed = {item["id"]: item for each in results for item in each["facts"].get("strategies", [])}
        yield "### Recommendations"
        yield "\n".join(write_recommendation(computed[item["id"]]) for item in ranked)
    yield from write_request(handed.get("request", {}))
    if costs:
        days = f"{costs[0]['first_day']} to {costs[0]['last_day']}"
        yield f"### What this rests on\n\nRows from {days}. Demo data is made up."
        yield "### What would make this better\n\nA judged sample of answers."


def show(cost: str) -> str:
    """Dollars and cents."""
    return f"${Decimal(cost):,.2f}"


def write_groups(facts: dict[str, Any]) -> str:
    """A breakdown as a table; empty for results that are none."""
    by = facts["by"][0]
    rows = [f"| {item[by]} | {show(item['cost'])} |" for item in facts["groups"] if item.get("cost")]
    return "\n".join([f"| {by} | cost |", "| --- | ---: |", *rows]) if rows else ""


def write_recommendation(item: dict[str, Any]) -> str:
    """One recommendation in a line."""
    saving = item["saving_30_days"]
    words = " ".join(f"{name.capitalize()}: {item[name]}." for name in ("effort", "risk", "confidence"))
    return (
        f"- **{item['title']}** saves {show(saving['low'])} to {show(saving['high'])} in 30 days. {words}"
        f" Verify: {item['verify']} Roll back: {item['roll_back']}"
    )


def write_request(request: dict[str, Any]) -> Iterator[str]:
    """The missing fields with their reasons and sources."""
    if request.get("fields"):
        yield "### What to bring"
    for item in request.get("fields", []):
        sources = [f"- {source}: {where}" for source, where in item["sources"].items()]
        yield "\n".join([f"**{item['label']}** (`{item['name']}`): {item['why']}", "", *sources])
