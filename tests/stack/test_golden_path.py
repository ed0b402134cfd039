"""From signing in to the stored answer, in a real browser, on everything `make run` starts."""

import os
import signal
from collections.abc import Iterator
from typing import Literal

import psutil
import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, expect

from netra.config import PROJECT_FOLDER
from tests.stack.figures import Group, price_provider, read_groups
from tests.stack.visit import LIFECYCLE, Visit, as_number, read_table
from tests.stack_process import Stack

FIRST = "What do we spend, on what, and how does it trend?"
SEPTEMBER = "time >= TIMESTAMP '2026-09-01' AND time < TIMESTAMP '2026-10-01'"
# What is asked, by which column the answer breaks spend down, and which rows it is about.
QUESTIONS = [
    (FIRST, "model", "true"),
    ("Break down our LLM spend by model.", "model", "true"),
    ("Where does the money go, by team?", "team", "true"),
    ("How much do we pay per feature?", "feature", "true"),
    ("Which provider costs the most?", "provider", "true"),
    ("What did the support team spend, by model?", "model", "team = 'support'"),
    ("What do we spend on claude-sonnet-4-6, by feature?", "feature", "model = 'claude-sonnet-4-6'"),
    ("What did we spend in September 2026, by model?", "model", SEPTEMBER),
    ("Show me the costs by team, please.", "team", "true"),
    ("What are our biggest costs by feature?", "feature", "true"),
]
LOOKS: list[tuple[str, Literal["light", "dark"], int]] = [
    ("light", "light", 1280),
    ("dark", "dark", 1280),
    ("phone", "light", 375),
]
PICTURES = PROJECT_FOLDER / "test-results"


@pytest.fixture
def visit(context: BrowserContext, stack: Stack) -> Iterator[Visit]:
    """Signed in, in a new chat about the demo data; nothing on the page may complain."""
    visit = Visit(context, stack.url)
    visit.sign_in()
    visit.choose_demo_data()
    yield visit
    assert visit.complaints == []


def shown_groups(run: Locator, by: str) -> dict[str, Group]:
    """The breakdown as the page shows it."""
    table = read_table(run, f"Spend by {by}")
    return {
        name: Group(*(int(as_number(row[head])) for head in ("Requests", "Input", "Output")))
        for name, row in table.items()
    }


def assert_lifecycle(visit: Visit, run_id: str) -> None:
    """The five events came in order, each once where once is meant, and nothing after the end."""
    own = [event for event in visit.events if event["run_id"] == run_id]
    # The ends of the parts of the team are steps.
    types = [event["type"] for event in own if event["terminal"] or event["type"] != "agent_completed"]
    firsts = [types.index(name) for name in LIFECYCLE]
    assert firsts == sorted(firsts)
    assert types.count("tool_executing") == types.count("tool_completed")
    assert types.count("agent_completed") == 1
    assert types[-1] == "agent_completed"


@pytest.mark.long
def test_ten_wordings_get_the_figures_of_the_parquet_files(visit: Visit, stack: Stack) -> None:
    for number, (question, by, condition) in enumerate(QUESTIONS, start=1):
        visit.ask(question)
        run = visit.wait_answer(number)
        assert shown_groups(run, by) == read_groups(stack.data_dir, by, condition), question
        assert_lifecycle(visit, run.get_attribute("data-run") or "")
    sequence = [event["seq"] for event in visit.events]
    assert sequence == sorted(set(sequence))


def test_filters_change_the_figures(stack: Stack) -> None:
    """Guards the test above: with filters that changed nothing it would prove less."""
    everything = read_groups(stack.data_dir, "model")
    for _question, _by, condition in QUESTIONS:
        assert condition == "true" or read_groups(stack.data_dir, "model", condition) != everything


@pytest.mark.long
def test_every_example_question_is_answered_by_tools(visit: Visit) -> None:
    examples = [button.get_attribute("data-question") or "" for button in visit.page.locator(".question").all()]
    assert len(examples) == 10
    for number, question in enumerate(examples, start=1):
        visit.ask(question)
        tools = visit.wait_answer(number).locator(".step.tool")
        outcomes = {tool.get_attribute("data-outcome") for tool in tools.all()}
        assert outcomes == {"success"}, question


def test_costs_are_the_list_prices_of_each_day(visit: Visit, stack: Stack) -> None:
    visit.ask("Which provider costs the most?")
    table = read_table(visit.wait_answer(), "Spend by provider")
    for provider in ("google", "openai"):
        shown = as_number(table[provider]["Cost"])
        assert shown == pytest.approx(float(price_provider(stack.data_dir, provider)), abs=0.005)


def test_demo_data_is_named_wherever_its_figures_show(visit: Visit) -> None:
    visit.ask(FIRST)
    run = visit.wait_answer()
    read_table(run, "Spend by model")
    expect(run.locator(".source .badge.demo").first).to_have_text("Demo data")
    expect(run.locator(".answer")).to_contain_text("demo data")
    expect(visit.page.locator("#dataset .badge")).to_have_text("Demo data")


def test_without_chosen_data_no_figure_is_given(context: BrowserContext, stack: Stack) -> None:
    visit = Visit(context, stack.url)
    visit.sign_in()
    visit.ask(FIRST)
    run = visit.wait_answer()
    expect(run.locator(".answer")).to_contain_text("No data set is chosen")
    expect(run.locator(".answer")).to_contain_text("input and output tokens")
    assert "$" not in run.locator(".answer").inner_text()
    tools = [event["data"]["tool"] for event in visit.events if event["type"] == "tool_executing"]
    assert tools == ["data_gaps"]


def test_a_second_tab_and_a_reload_show_the_same(visit: Visit, context: BrowserContext) -> None:
    visit.ask(FIRST)
    visit.wait_answer()
    other = Visit(context, visit.url)
    other.open(visit.page.url.removeprefix(visit.url))
    other.wait_answer()
    visit.ask("Which team costs the most?")
    visit.wait_answer(2)
    other.wait_answer(2)
    expect(other.page.locator(".answer").last).to_have_text(
        visit.page.locator(".answer").last.inner_text(), use_inner_text=True
    )
    before = visit.page.locator(".answer").all_inner_texts()
    visit.page.reload()
    visit.wait_answer(2)
    assert visit.page.locator(".answer").all_inner_texts() == before
    assert other.complaints == []


class Pause:
    """Holds the worker's processes still, so that a run is in the middle for as long as a test needs."""

    def __init__(self, stack: Stack) -> None:
        worker = psutil.Process(stack.pid("worker"))
        self.pids = [worker.pid, *(child.pid for child in worker.children(recursive=True))]

    def stop(self) -> None:
        for pid in self.pids:
            os.kill(pid, signal.SIGSTOP)

    def go_on(self) -> None:
        for pid in self.pids:
            os.kill(pid, signal.SIGCONT)


def test_a_reload_in_the_middle_shows_everything_so_far_and_goes_on(visit: Visit, stack: Stack) -> None:
    pause = Pause(stack)
    visit.heard = lambda event: pause.stop() if event["type"] == "tool_executing" else None
    try:
        visit.ask(FIRST)
        expect(visit.page.locator(".step.tool").first).to_be_attached()
        visit.heard = lambda _event: None
        visit.page.reload()
        visit.wait_live()
        expect(visit.page.locator(".run-status")).to_have_text("Working")
        expect(visit.page.locator(".step.tool").first).to_be_attached()
    finally:
        pause.go_on()
    run = visit.wait_answer()
    assert shown_groups(run, "model") == read_groups(stack.data_dir, "model")


def test_the_page_looks_as_it_should(browser: Browser, stack: Stack) -> None:
    """Light, dark and phone; the pictures are for people, the test asks only that nothing sticks out."""
    PICTURES.mkdir(exist_ok=True)
    for name, scheme, width in LOOKS:
        context = browser.new_context(color_scheme=scheme, viewport={"width": width, "height": 860})
        visit = Visit(context, stack.url)
        visit.sign_in()
        visit.page.screenshot(path=PICTURES / f"welcome-{name}.png")
        visit.choose_demo_data()
        visit.ask(FIRST)
        read_table(visit.wait_answer(), "Spend by model")
        visit.page.locator("#scroll").evaluate("(node) => { node.scrollTop = 0; }")
        visit.page.screenshot(path=PICTURES / f"answer-{name}.png")
        assert visit.page.evaluate("document.documentElement.scrollWidth") == width
        assert visit.complaints == []
        context.close()
