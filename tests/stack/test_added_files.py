"""One file adds a tool, one file adds an agent: nothing else is changed, and both are part of a running Netra."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from netra.config import PROJECT_FOLDER
from netra.embedded.ports import find_free_port
from tests.stack.clients import SocketClient, sign_in
from tests.stack.figures import read_groups
from tests.stack.people import database_of
from tests.stack.team import QUESTION, ask, listening, new_thread, parts_of
from tests.stack_process import Stack, open_folder, start_stack

PROGRAM: Final = ("manage.py", "netra", "accounts", "chat", "agents", "templates", "static")

TOOL: Final = '''
"""Counts the requests of each provider."""

from agents.engine.blocks import Block, Column, ToolResult
from agents.engine.context import RunContext
from agents.engine.specs import AgentTool
from agents.usage.asking import ask, require_data
from agents.usage.queries import Query
from agents.usage.results import name_source

COUNTED = "SELECT provider, sum(requests)::BIGINT AS requests FROM calls GROUP BY ALL ORDER BY requests DESC, provider"


async def provider_census(context: RunContext) -> ToolResult:
    """Counts the requests of each provider."""
    data = require_data(context)
    result = await ask(context, Query(COUNTED, priced=False))
    groups = result.as_dicts()
    summary = ", ".join(f"{group['provider']} has {group['requests']:,} requests" for group in groups)
    columns = (Column("provider", "Provider"), Column("requests", "Requests"))
    rows = tuple((group["provider"], group["requests"]) for group in groups)
    block = Block("Requests by provider", summary, columns, rows, name_source(data, [result]))
    return ToolResult(block, {"groups": groups, "requests": sum(group["requests"] for group in groups)})


TOOL = AgentTool("Count providers", provider_census)
'''

ALONE: Final = '''
"""Counts, and says what it counted."""

from agents.engine.specs import AgentSpec
from agents.tools import tools_named

AGENT = AgentSpec(
    name="census",
    title="Census",
    instructions="Call provider_census and say how many requests each provider has.",
    tools=tools_named("provider_census"),
)
'''

JOINING: Final = '''
"""Looks over what the data agent found."""

from pydantic import BaseModel

from agents.engine.specs import AgentSpec
from agents.handover import Findings


class Review(BaseModel):
    """What is handed on."""

    remark: str = "Nothing to add."


AGENT = AgentSpec(
    name="reviewer",
    title="Reviewer",
    instructions="Look over the findings.",
    yields=Review,
    needs=(Findings,),
    joins=frozenset(("sufficient",)),
)
'''
ADDED: Final = {
    "agents/tools/provider_census.py": TOOL,
    "agents/team/census.py": ALONE,
    "agents/team/reviewer.py": JOINING,
}


@pytest.fixture(scope="module")
def grown() -> Iterator[Stack]:
    """A Netra of a copy of the project to which files were added, none of which another one names."""
    folder = open_folder("netra-grown-")
    program = folder / "program"
    copy_program(program)
    for path, text in ADDED.items():
        (program / path).write_text(text.lstrip())
    port = find_free_port()
    inside = ("sh", "-c", 'cd "$0" && exec "$@"', str(program))
    start = (sys.executable, "-m", "netra.run", "--port", str(port), "--with-parent")
    try:
        stack = start_stack(folder / "var", port, command=(*inside, *start))
        try:
            yield stack
        finally:
            stack.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def copy_program(target: Path) -> None:
    """What runs of the project, and nothing it has written."""
    target.mkdir()
    for name in PROGRAM:
        source = PROJECT_FOLDER / name
        if source.is_dir():
            shutil.copytree(source, target / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, target)


@pytest.fixture
def socket(grown: Stack) -> Iterator[SocketClient]:
    with listening(sign_in(grown.port)) as socket:
        yield socket


def test_the_directory_lists_the_agent_that_may_be_asked_and_not_the_one_that_works_for_others(grown: Stack) -> None:
    with database_of(grown) as database:
        listed = database.execute("SELECT name, title FROM chat_agent ORDER BY name").fetchall()
    assert listed == [("census", "Census"), ("netra", "Netra")]


def test_the_agent_is_asked_through_the_api_and_its_tool_counts_the_rows(grown: Stack, socket: SocketClient) -> None:
    asked = ask(socket, "How many requests does each provider have?", agent="census")
    end = asked.wait_end()
    assert end["type"] == "agent_completed"
    assert {event["agent_name"] for event in asked.events if event["run_seq"] is not None} == {"census"}
    (start,) = [event["data"] for event in asked.events if event["type"] == "agent_started"]
    assert (start["title"], start["run"]["agent"]) == ("Census", "census")
    assert not any("parent" in event["data"] for event in asked.events)
    (result,) = [event["data"] for event in asked.events if event["type"] == "tool_completed"]
    counted = {name: group.requests for name, group in read_groups(grown.data_dir, "provider").items()}
    assert (result["tool"], result["outcome"]) == ("provider_census", "success")
    assert dict(result["result"]["rows"]) == counted
    text = end["data"]["message"]["text"]
    assert all(f"{name} has {requests:,} requests" in text for name, requests in counted.items())
    assert {figure["status"] for figure in end["data"]["figures"]} == {"verified"}
    assert {figure["source"]["call_id"] for figure in end["data"]["figures"]} == {result["call_id"]}


def test_the_agent_that_joins_works_at_the_place_its_needs_give_it(socket: SocketClient) -> None:
    asked = ask(socket, QUESTION)
    assert asked.wait_end()["type"] == "agent_completed"
    ends = parts_of(asked.events, "agent_completed")
    assert list(ends) == ["triage", "data", "optimization", "actions", "reviewer", "reporting"]
    assert ends["reviewer"]["data"]["parent"] == "netra"
    assert asked.wait_end()["data"]["verdict"]["data"] == "sufficient"


def test_who_works_for_others_is_not_asked_directly(socket: SocketClient) -> None:
    thread = new_thread(socket.caller)
    body = {"text": "Look it over.", "client_id": "for-the-reviewer", "agent": "reviewer"}
    answer = socket.caller.call("POST", f"threads/{thread}/messages/", body)
    assert (answer.status, answer.content["code"]) == (404, "agent_not_found")
