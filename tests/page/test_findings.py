"""What stands under an answer: drawings, recommendations, questions to go on with."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.page.conftest import Run
from tests.page.server_log import ServerLog
from tests.page.team_story import ANSWER, analyse, begin_team, findings, record_team, report
from tests.page.visit import Visit


@pytest.fixture
def told(visit: Visit) -> Page:
    """The team's answer after a reload."""
    visit.log = record_team()
    page = visit.open(visit.log.open_thread)
    expect(page.locator("#connection")).to_have_text("Live")
    return page


def test_drawings_stand_under_the_answer_with_their_rows_and_their_step(told: Page) -> None:
    cards = told.locator(".chart-card")
    expect(cards.locator("h3")).to_have_text(["Spend by model", "Latency by day"])
    expect(cards.nth(0).locator(".bar")).to_have_count(2)
    expect(cards.nth(1).locator("canvas")).to_be_visible()
    cards.nth(0).get_by_text("Table, 2 rows").click()
    expect(cards.nth(0).locator("tbody tr")).to_have_count(2)
    cards.nth(1).get_by_role("button", name="Show the step").click()
    expect(told.locator(".step.found .step-title")).to_have_text("Latency by day")


def test_recommendations_are_ranked_and_say_what_they_save_and_risk(told: Page) -> None:
    cards = told.locator(".recommendations > li")
    expect(cards.locator("h4")).to_have_text([one["title"] for one in findings()["recommendations"]])
    first = cards.first
    expect(first.locator(".saving")).to_have_text("Saves $880.00 to $1,010.40 a month")
    assert first.locator(".ratings > div").all_inner_texts() == ["Effort\nlow", "Risk\nmedium", "Confidence\nhigh"]
    first.get_by_text("How to verify and how to roll back").click()
    expect(first).to_contain_text("Compare 200 answers of both models side by side.")
    expect(first).to_contain_text("Set the model back in the bot's configuration.")
    first.get_by_role("button", name="Show the rows behind it").click()
    expect(told.locator(".step.found .step-title")).to_have_text("Savings plan")


def test_a_recommendation_without_an_amount_says_so_and_without_a_source_has_no_button(told: Page) -> None:
    last = told.locator(".recommendations > li").last
    expect(last).to_contain_text("Saving not estimated")
    expect(last.get_by_role("button")).to_have_count(0)


def test_what_the_answer_itself_recommends_is_not_told_twice(visit: Visit) -> None:
    log = ServerLog()
    team = begin_team(log)
    analyse(team)
    first, *others = findings()["recommendations"]
    log.complete(team.run, f"1. **{first['title'].replace('-', chr(92) + '-')}** first.", **findings())
    visit.log = log
    page = visit.open(log.open_thread)
    titles = page.locator(".recommendations > li h4")
    expect(titles).to_have_text([one["title"] for one in others])


@pytest.mark.parametrize(
    ("low", "high", "unit", "word"),
    [
        ("880.00", "1010.40", "usd/month", "Saves $880.00 to $1,010.40 a month"),
        ("5", "5", "USD", "Saves $5.00"),
        (None, "12", "percent", "Saves 12 %"),
        ("100", "200", "ms", "Saves 100 ms to 200 ms"),
        ("1000", "2000", "tokens/day", "Saves 1,000 tokens to 2,000 tokens a day"),
        ("3", None, "usd_per_month", "Saves $3.00 a month"),
        ("0", "0", None, "Saves 0"),
        (None, None, "usd", ""),
    ],
)
def test_a_saving_is_said_in_words(run: Run, low: Any, high: Any, unit: Any, word: str) -> None:
    given = {"saving_low": low, "saving_high": high, "unit": unit}
    assert run("findings", "(findings, one) => findings.savingWord(one)", given) == word


def test_a_question_is_sent_by_a_click_and_the_draft_stays(visit: Visit, told: Page) -> None:
    box = told.get_by_label("Your question")
    box.fill("half a thou")
    told.get_by_role("button", name="What if usage grows by 30 %?").click()
    sent = visit.wait_for("send_message")
    assert (sent["text"], sent["thread_id"]) == ("What if usage grows by 30 %?", visit.log.open_thread)
    expect(told.locator(".message.user.pending .text")).to_have_text("What if usage grows by 30 %?")
    expect(box).to_be_focused()
    expect(box).to_have_value("half a thou")


def test_questions_wait_while_a_run_is_at_work(visit: Visit, told: Page) -> None:
    buttons = told.locator(".next-question")
    expect(buttons).to_have_count(3)
    expect(buttons.first).to_be_enabled()
    said = len(visit.log.events)
    asked = visit.log.ask(visit.log.open_thread, "One more")
    visit.log.start(asked)
    visit.say(said)
    expect(told.locator(".run-status").last).to_have_text("Working")
    for number in range(3):
        expect(buttons.nth(number)).to_be_disabled()


def test_only_the_newest_answer_has_questions(visit: Visit, told: Page) -> None:
    said = len(visit.log.events)
    asked = visit.log.ask(visit.log.open_thread, "One more")
    visit.log.start(asked)
    visit.log.complete(asked, "Here.", questions=["And now?"])
    visit.say(said)
    expect(told.locator(".next-question:visible")).to_have_text(["And now?"])


def test_a_click_without_a_connection_goes_over_rest(visit: Visit, told: Page) -> None:
    visit.accepts = False
    visit.sockets[-1].close(code=1012)
    expect(told.locator("#banner")).to_be_visible()
    told.get_by_role("button", name="Write it as a report.").click()
    path = f"threads/{visit.log.open_thread}/messages/"
    assert visit.wait_for(path)["body"]["text"] == "Write it as a report."


def test_what_is_not_there_takes_no_room(run: Run) -> None:
    log = ServerLog()
    asked = log.ask(log.open_thread, "Hello")
    log.start(asked)
    log.complete(asked, ANSWER)
    script = """(store, timeline, snapshot) => {
      const root = document.createElement("div");
      timeline.createTimeline(root, { actions: {} })(store.loadSnapshot(snapshot), []);
      return [".findings", ".answer-checks", ".next-questions"].map((part) => root.querySelector(part).hidden);
    }"""
    assert run("store timeline", script, log.snapshots[-1]) == [True, True, True]


def test_what_comes_below_an_answer_does_not_push_it_out_of_sight(visit: Visit) -> None:
    visit.page.set_viewport_size({"width": 1000, "height": 500})
    team = begin_team(visit.log)
    analyse(team)
    report(team)
    page = visit.open(visit.log.open_thread)
    expect(page.locator("#connection")).to_have_text("Live")
    end = page.locator(".answer > :last-child")
    expect(end).to_be_in_viewport()
    said = len(visit.log.events)
    visit.log.complete(team.run, ANSWER, **findings())
    visit.say(said)
    expect(page.locator(".recommendation")).to_have_count(3)
    expect(end).to_be_in_viewport()
    expect(page.locator("#jump")).to_be_visible()
