"""Agents on models behind the wire: each format plays the whole team, and whatever a provider does has its end."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.models.replies import (
    Asked,
    BreakOff,
    Call,
    FailInside,
    Fault,
    Filtered,
    Hang,
    Inject,
    Refuse,
    Reply,
    Tokens,
    say,
)
from tests.models.server import KEY, Brain, ModelServer, always, serve_models
from tests.stack.clients import Event, SocketClient
from tests.stack.conftest import own_stack
from tests.stack.people import database_of, new_person, sign_in_as
from tests.stack.records import check_runs
from tests.stack.team import COURSE, QUESTION, ask, listening, parts_of
from tests.stack.team import Asked as Question
from tests.stack.wire_team import play, play_but, read_turn, spoil
from tests.stack_process import Stack

SOURCES = ("openai", "anthropic", "compatible")
SILENCE_SECONDS = 2
FREE_TOKENS = 500_000
# The quick suite has the same wire formats in tests/models and tests/acceptance, without a stack around them.
pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def provider() -> Iterator[ModelServer]:
    """A provider that speaks every format."""
    with serve_models(play) as server:
        yield server


@pytest.fixture(scope="module")
def stack(provider: ModelServer) -> Iterator[Stack]:
    """A Netra whose agents run on that provider, and on nothing else."""
    chosen = {"NETRA_DEFAULT_MODEL": "openai:some-model", "NETRA_MODEL_TIMEOUT_SECONDS": str(SILENCE_SECONDS)}
    with own_stack(provider.environment() | chosen) as stack:
        yield stack


@pytest.fixture(scope="module")
def database(stack: Stack) -> Iterator[psycopg.Connection[Any]]:
    with database_of(stack) as database:
        yield database


@pytest.fixture
def socket(stack: Stack, database: psycopg.Connection[Any]) -> Iterator[SocketClient]:
    """The socket of a person of the smallest tier."""
    email, _ = new_person(database)
    database.execute("UPDATE accounts_user SET tier = 'free' WHERE email = %s", (email,))
    with listening(sign_in_as(stack, email)) as socket:
        yield socket


@dataclass(frozen=True)
class Answered:
    """A run that has ended."""

    asked: Question
    end: Event
    requests: list[Asked]

    @property
    def events(self) -> list[Event]:
        return self.asked.events

    def text_of(self, events: list[Event]) -> str:
        return "".join(event["data"]["delta"] for event in events if event["type"] == "message_delta")


@contextmanager
def models(database: psycopg.Connection[Any], agents: tuple[str, ...], *names: str) -> Iterator[None]:
    """Lets these agents run on the first of these models, with the others as fallbacks, as staff choose it."""
    for agent in agents:
        database.execute(
            "INSERT INTO agents_agentsettings (name, model, fallback_models, instructions, updated_at)"
            " VALUES (%s, %s, %s, '', now())",
            (agent, names[0], json.dumps(names[1:])),
        )
    yield
    database.execute("DELETE FROM agents_agentsettings")


def put(provider: ModelServer, socket: SocketClient, brain: Brain = play, question: str = QUESTION) -> Answered:
    """Asks the team while the provider answers like this."""
    provider.brain = brain
    before = len(provider.asked)
    asked = ask(socket, question)
    end = asked.wait_end()
    return Answered(asked, end, provider.asked[before:])


def assert_one_end(stack: Stack, answered: Answered, type: str) -> None:
    """One terminal event, the last of its run, and the run's row agrees."""
    terminal = [event for event in answered.events if event["terminal"]]
    assert terminal == [answered.end] == answered.events[-1:]
    assert answered.end["type"] == type, answered.end["data"]
    check_runs(stack.addresses["DATABASE_URL"], answered.events)


@pytest.fixture(scope="module")
def built_in_text(stack: Stack, database: psycopg.Connection[Any]) -> str:
    """What the same rules answer without a wire."""
    email, _ = new_person(database)
    with models(database, COURSE, "builtin"), listening(sign_in_as(stack, email)) as socket:
        return str(ask(socket, QUESTION).wait_end()["data"]["message"]["text"])


@pytest.mark.parametrize("source", SOURCES)
def test_each_format_plays_the_whole_team(
    stack: Stack,
    provider: ModelServer,
    database: psycopg.Connection[Any],
    socket: SocketClient,
    built_in_text: str,
    source: str,
) -> None:
    with models(database, COURSE, f"{source}:some-model"):
        answered = put(provider, socket)
    assert_one_end(stack, answered, "agent_completed")
    assert tuple(parts_of(answered.events, "agent_completed")) == COURSE
    started = parts_of(answered.events, "agent_started")
    assert {event["data"]["model"] for event in started.values()} == {f"{source}:some-model"}
    data = answered.end["data"]
    assert data["message"]["text"] == answered.text_of(answered.events)
    # What was left out stands at the end of a result that is longer than what a provider is sent.
    assert data["message"]["text"] == built_in_text.replace(find_left_out(built_in_text), "")
    assert hashlib.sha256(data["message"]["text"].encode()).hexdigest() == data["sha256"]
    assert {figure["status"] for figure in data["figures"]} == {"verified"}
    assert data["recommendations"]
    assert data["verdict"] == {"question": "cut_cost", "data": "sufficient"}


def find_left_out(text: str) -> str:
    """The list of what was left out, with its heading."""
    head = "### Left out, among others"
    begin = text.index(head)
    return text[begin : text.index("### ", begin + len(head))]


def test_the_text_is_streamed_and_tools_of_one_answer_run_at_once(
    stack: Stack, provider: ModelServer, socket: SocketClient
) -> None:
    answered = put(provider, socket)
    deltas = [event for event in answered.events if event["type"] == "message_delta"]
    assert len(deltas) > 5
    steps = [e["type"] for e in answered.events if e["agent_name"] == "data" and e["type"].startswith("tool_")]
    assert steps == ["tool_executing"] * 3 + ["tool_completed"] * 3
    thoughts = [event for event in answered.events if event["type"] == "agent_thinking"]
    assert {event["agent_name"] for event in thoughts} == set(COURSE)


def test_what_the_provider_counted_is_told_by_agent_and_in_sum(provider: ModelServer, socket: SocketClient) -> None:
    answered = put(provider, socket)
    usage = answered.end["data"]["usage"]
    assert usage["requests"] == len(answered.requests) == sum(used["requests"] for used in usage["agents"].values())
    assert usage["input_tokens"] == Tokens().input * len(answered.requests)
    assert usage["output_tokens"] == Tokens().output * len(answered.requests)
    assert set(usage["agents"]) == set(COURSE)


def test_a_fallback_goes_on_after_an_error_in_the_middle_of_the_answer(
    stack: Stack, provider: ModelServer, database: psycopg.Connection[Any], socket: SocketClient
) -> None:
    whole = put(provider, socket)
    broken = spoil(FailInside("api_error", after=40))
    with models(database, ("reporting",), "openai:first", "anthropic:second"):
        answered = put(
            provider,
            socket,
            play_but("reporting", lambda asked: broken(asked) if asked.model == "first" else play(asked)),
        )
    assert_one_end(stack, answered, "agent_completed")
    (switched,) = [event for event in answered.events if event["type"] == "model_switched"]
    assert (switched["agent_name"], switched["data"]["parent"]) == ("reporting", "netra")
    assert (switched["data"]["from"], switched["data"]["to"]) == ("openai:first", "anthropic:second")
    assert switched["data"]["code"] == "model_unavailable"
    place = answered.events.index(switched)
    text = answered.end["data"]["message"]["text"]
    assert answered.text_of(answered.events[place:]) == text == whole.end["data"]["message"]["text"]
    void = answered.text_of(answered.events[:place])
    assert void
    assert text.startswith(void)
    assert places_of(answered) == places_of(whole)
    assert {status for *_, status in places_of(answered)} == {"verified"}


def places_of(answered: Answered) -> list[tuple[int, int, str]]:
    """Where figures stand, and whether they hold; the ids of calls are the provider's choice."""
    return [(figure["start"], figure["end"], figure["status"]) for figure in answered.end["data"]["figures"]]


RETRY = "Retry in a moment."
BEGUN = 40
FAULTS: dict[str, tuple[str, Fault, str, str]] = {
    "429": (
        "triage",
        Refuse(429, "rate_limit_error"),
        "model_rate_limited",
        "The model provider limits how often it is asked. Wait a minute and retry.",
    ),
    "429-with-a-time": (
        "triage",
        Refuse(429, "rate_limit_error", headers={"Retry-After": "30"}),
        "model_rate_limited",
        "The model provider limits how often it is asked. Retry in 30 seconds.",
    ),
    "500": ("triage", Refuse(500, "api_error"), "model_unavailable", f"The model provider does not answer. {RETRY}"),
    "cut-in-mid-stream": (
        "reporting",
        BreakOff(BEGUN),
        "model_cut_off",
        f"The model provider broke off in the middle of its answer. {RETRY}",
    ),
    "hang": (
        "reporting",
        Hang(BEGUN),
        "model_timed_out",
        f"The model provider stopped sending, and was not waited for any longer. {RETRY}",
    ),
    "invalid-utf-8": (
        "reporting",
        Inject(b'event: content_block_delta\ndata: {"text": "\xff\xfe"}\n\n', BEGUN),
        "model_unreadable",
        "The model provider sent something that cannot be read. Retry; if it happens again, tell the administrator.",
    ),
    "refusal": (
        "reporting",
        Filtered(),
        "model_refused",
        "The model, or its provider's content filter, refused to answer. Rephrase the question.",
    ),
    "wrong-key": (
        "triage",
        Refuse(401, KEY, KEY, f"Incorrect API key provided: {KEY}", {"X-Echo": KEY}),
        "model_key_refused",
        "The model provider refused its API key. Ask the administrator to check it.",
    ),
}


@pytest.mark.parametrize("source", ["openai", "anthropic"])
@pytest.mark.parametrize("name", FAULTS)
def test_a_run_on_a_provider_that_misbehaves_ends_once_with_its_code_and_sentence(
    stack: Stack, provider: ModelServer, database: psycopg.Connection[Any], socket: SocketClient, name: str, source: str
) -> None:
    agent, fault, code, sentence = FAULTS[name]
    with models(database, COURSE, f"{source}:some-model"):
        answered = put(provider, socket, play_but(agent, spoil(fault)))
    assert_failed(stack, answered, agent, code, sentence)


def assert_failed(stack: Stack, answered: Answered, agent: str, code: str, sentence: str) -> None:
    """The run ends with what this agent failed with, and whoever finished before it is told."""
    assert_one_end(stack, answered, "agent_failed")
    assert (answered.end["data"]["code"], answered.end["data"]["message"]) == (code, sentence)
    assert answered.end["data"]["run"]["error_code"] == code
    failed = parts_of(answered.events, "agent_failed")
    assert {name: event["data"]["code"] for name, event in failed.items()} == {agent: code}
    assert tuple(parts_of(answered.events, "agent_completed")) == COURSE[: COURSE.index(agent)]


def test_a_million_tokens_end_the_run_of_an_account_with_fewer(
    stack: Stack, provider: ModelServer, socket: SocketClient
) -> None:
    def spend(asked: Asked) -> Reply:
        return replace(play(asked), tokens=Tokens(input=2 * FREE_TOKENS))

    answered = put(provider, socket, spend)
    sentence = "The agent needed more tokens than a run of this account may use. Ask about less at a time."
    assert_failed(stack, answered, "triage", "token_limit", sentence)
    assert answered.end["data"]["run"]["usage"]["input_tokens"] == 2 * FREE_TOKENS


def test_a_tool_that_does_not_exist_ends_the_run_when_the_model_insists(
    stack: Stack, provider: ModelServer, socket: SocketClient
) -> None:
    answered = put(provider, socket, always(say(Call("subtract", {"first": 1}))))
    sentence = "The model kept calling tools that do not exist, or wrongly. Retry, or choose another model."
    assert_failed(stack, answered, "triage", "model_tool_misuse", sentence)


def test_an_endless_loop_of_tools_is_ended_and_the_answer_says_what_is_missing(
    stack: Stack, provider: ModelServer, socket: SocketClient
) -> None:
    def again(asked: Asked) -> Reply:
        return say(Call("data_gaps", call_id=f"call_{len(read_turn(asked).results)}"))

    answered = put(provider, socket, play_but("data", again))
    assert_one_end(stack, answered, "agent_completed")
    failed = parts_of(answered.events, "agent_failed")["data"]
    assert failed["data"]["code"] == "run_limit"
    assert failed["data"]["message"] in answered.end["data"]["message"]["text"]
    assert not failed["terminal"]


def test_a_liar_s_wrong_and_made_up_figures_are_marked_in_the_stored_event(
    provider: ModelServer, socket: SocketClient
) -> None:
    """gemini-2.5-pro cost 320.15 dollars; nothing in the rows is 987,654.32 of anything."""

    def lie(asked: Asked) -> Reply:
        return say(
            "gemini-2.5-pro cost $451.37.\n\nIt cost $320.15 on gemini-2.5-pro.\n\nYou can save $987,654.32 a month."
        )

    answered = put(provider, socket, play_but("reporting", lie))
    stored = stored_event(socket, answered.end)
    text, figures = stored["data"]["message"]["text"], stored["data"]["figures"]
    said = [(text[item["start"] : item["end"]], item["status"]) for item in figures]
    assert said == [("$451.37", "mismatch"), ("$320.15", "verified"), ("$987,654.32", "unsourced")]
    wrong, right, made_up = figures
    assert "320.15" in wrong["note"]
    assert wrong["source"]["call_id"].startswith("data:")
    assert right["source"]["tool"] == "spend_breakdown"
    assert (made_up["source"], bool(made_up["note"])) == (None, True)


def stored_event(socket: SocketClient, event: Event) -> Event:
    """The event as the log gives it again."""
    (found,) = socket.caller.get(f"events/?after={event['seq'] - 1}&limit=1")["events"]
    return dict(found)


LEAKING: list[Fault] = [
    Refuse(401, KEY, KEY, f"Incorrect API key provided: {KEY}", {"X-Echo": KEY}),
    FailInside(KEY, f"your key {KEY}", after=BEGUN),
    Inject(f'event: content_block_delta\ndata: {{"key": "{KEY}'.encode() + b"\xff\n\n", BEGUN),
]


@pytest.mark.parametrize("source", ["openai", "anthropic"])
def test_the_key_is_in_no_event_no_answer_no_log_and_no_row(
    stack: Stack, provider: ModelServer, database: psycopg.Connection[Any], socket: SocketClient, source: str
) -> None:
    for fault in LEAKING:
        with models(database, COURSE, f"{source}:some-model"):
            answered = put(provider, socket, play_but("reporting", spoil(fault)))
        assert answered.end["type"] == "agent_failed"
        run = socket.caller.call("GET", f"runs/{answered.asked.run_id}/")
        thread = socket.caller.call("GET", f"threads/{answered.end['thread_id']}/")
        assert KEY.encode() not in run.body + thread.body
    assert any(KEY in str(request.headers) for request in provider.asked)
    assert KEY not in json.dumps(socket.received.events)
    assert [path.name for path in files_of(stack) if KEY.encode() in path.read_bytes()] == []
    assert [table for table in tables_of(database) if KEY in read_table(database, table)] == []


def files_of(stack: Stack) -> list[Path]:
    """Every log, and what the start said."""
    return [stack.output, *(path for path in (stack.data_dir / "logs").rglob("*") if path.is_file())]


def tables_of(database: psycopg.Connection[Any]) -> list[str]:
    """Every table of ours."""
    found = database.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename")
    return [row[0] for row in found.fetchall()]


def read_table(database: psycopg.Connection[Any], table: str) -> str:
    """Every row of a table as text."""
    with database.cursor().copy(f'COPY "{table}" TO STDOUT') as copy:
        return b"".join(bytes(piece) for piece in copy).decode()
