"""Figures of an answer: each is marked where it stands, in any Markdown, and leads to its rows or to its doubt."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from playwright.sync_api import Page, expect

from netra.config import PROJECT_FOLDER
from tests.page.conftest import Run
from tests.page.look import is_too_wide, picture, violations
from tests.page.server_log import ServerLog, table_block
from tests.page.team_story import FOUND, record_team
from tests.page.test_markdown import HOSTILE
from tests.page.visit import Visit

PICTURES = PROJECT_FOLDER / "test-results" / "team"
# The answer as HTML with its figures taken out again, the figures' words, and the same answer without figures.
RENDER = """(figures, markdown, { text, places }) => {
  const marked = document.createElement("div");
  const found = [];
  const draw = (figure, words, inLink) => {
    const mark = document.createElement("b");
    mark.append(words);
    found.push([words, figure.start, inLink]);
    return mark;
  };
  figures.renderFigures(marked, text, places, draw);
  const html = marked.innerHTML;
  for (const mark of marked.querySelectorAll("b")) mark.replaceWith(...mark.childNodes);
  marked.normalize();
  const plain = document.createElement("div");
  markdown.renderMarkdown(plain, text);
  plain.normalize();
  return { html, found, same: marked.innerHTML === plain.innerHTML };
}"""


def place(text: str, words: str) -> dict[str, Any]:
    start = text.index(words)
    return {"start": start, "end": start + len(words), "status": "verified", "source": None, "note": ""}


def render(run: Run, text: str, *words: str) -> Any:
    return run("figures markdown", RENDER, {"text": text, "places": [place(text, one) for one in words]})


@pytest.mark.parametrize(
    ("text", "words", "html"),
    [
        ("It cost $5.20 today.", "$5.20", "<p>It cost <b>$5.20</b> today.</p>"),
        ("📈📉 then 12 % more", "12 %", "<p>📈📉 then <b>12 %</b> more</p>"),
        ("All of **$5.20** went.", "$5.20", "<p>All of <strong><b>$5.20</b></strong> went.</p>"),
        ("All of **$5.20** went.", "**$5.20**", "<p>All of <strong><b>$5.20</b></strong> went.</p>"),
        ("*7 ms*", "7 ms", "<p><em><b>7 ms</b></em></p>"),
        ("_7 ms_ later", "7 ms", "<p><em><b>7 ms</b></em> later</p>"),
        ("## Up 9 %", "9 %", "<h4>Up <b>9 %</b></h4>"),
        ("- 12 calls", "12", "<ul><li><b>12</b> calls</li></ul>"),
        ("12 calls", "12", "<p><b>12</b> calls</p>"),
        ("> 0.4 %", "0.4 %", "<blockquote><p><b>0.4 %</b></p></blockquote>"),
        ("about $5.20", "5.20", "<p>about <b>$5.20</b></p>"),
        (r"about \$5.20", "$5.20", "<p>about <b>$5.20</b></p>"),
        ("~~4~~ 5", "4", "<p><s><b>4</b></s> 5</p>"),
        ("a `x > 12` b", "12", "<p>a <code>x &gt; 12</code> b</p>"),
        ("```\n12\n```\n", "12", "<pre><code>12</code></pre>"),
        ("é 1 a", "1", "<p>é <b>1</b> a</p>"),
    ],
)
def test_a_figure_is_marked_where_it_stands(run: Run, text: str, words: str, html: str) -> None:
    drawn = render(run, text, words)
    assert drawn["html"] == html
    assert drawn["same"]


def test_figures_in_a_table_are_marked_and_keep_their_column_right_aligned(run: Run) -> None:
    drawn = render(run, "| a | b |\n|---|---|\n| x | $5.20 |\n| y | 7 |\n", "$5.20", "7")
    assert [words for words, _, _ in drawn["found"]] == ["$5.20", "7"]
    assert '<td class="number"> <b>$5.20</b> </td>' in drawn["html"]
    assert drawn["same"]


def test_an_address_with_a_figure_in_it_stays_what_it_was(run: Run) -> None:
    text = "See [the 18 prices](https://example.com/p/2026) or https://example.com/42 now"
    drawn = render(run, text, "18", "2026", "42")
    assert 'href="https://example.com/p/2026"' in drawn["html"]
    assert 'href="https://example.com/42"' in drawn["html"]
    assert ["18", text.index("18"), True] in drawn["found"]
    assert drawn["same"]


def test_a_mark_that_would_change_the_text_is_left_out_and_the_others_stay(run: Run) -> None:
    text = "1. first\n2. second costs $3\n"
    drawn = render(run, text, "1", "$3")
    assert [words for words, _, _ in drawn["found"]] == ["$3"]
    assert drawn["html"].startswith("<ol><li>first</li>")


def test_places_outside_the_text_and_overlapping_ones_are_left_out(run: Run) -> None:
    places = [(0, 2), (1, 3), (5, 4), (-3, 1), (4, 99), (3, 4), ("a", 2)]
    source = """(figures, places) => figures.rangesOf("12345", places.map(([start, end]) => ({ start, end })))
      .map(({ start, end }) => [start, end])"""
    assert run("figures", source, places) == [[0, 2], [3, 4]]


def test_characters_the_marks_are_made_of_stay_in_the_text(run: Run) -> None:
    text = "\ue000\ue001 costs $5\uf8ff"
    drawn = render(run, text, "$5")
    assert drawn["html"] == "<p>\ue000\ue001 costs <b>$5</b>\uf8ff</p>"


PIECES = ["12", "$3.50", "**", "*", "_", "`", "~~", " ", "\n", "| ", "- ", "1. ", "# ", "[", "](", ")", "\\", "a", "📈"]
some_markdown = st.lists(st.sampled_from(PIECES), min_size=1, max_size=25)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(pieces=some_markdown, hostile=st.sampled_from(["", *HOSTILE]), numbers=st.lists(st.integers(0, 60), max_size=6))
def test_figures_anywhere_change_nothing_but_their_marks(
    run: Run, pieces: list[str], hostile: str, numbers: list[int]
) -> None:
    text = "".join(pieces) + hostile
    places = [{"start": number, "end": number + 1 + number % 4, "status": "verified"} for number in numbers]
    assert run("figures markdown", RENDER, {"text": text, "places": places})["same"]


def test_the_line_under_the_answer_counts(run: Run) -> None:
    source = (
        """(checks, many) => many.map((statuses) => checks.describeChecks(statuses.map((status) => ({ status }))))"""
    )
    many = [[], ["verified"], ["verified"] * 23 + ["mismatch", "unchecked"], ["unsourced"], ["unsourced", "mismatch"]]
    assert run("checks", source, many) == [
        "",
        "1 figure checked against your rows.",
        "23 figures checked against your rows; 2 could not be confirmed.",
        "1 figure could not be confirmed.",
        "2 figures could not be confirmed.",
    ]


@pytest.fixture
def told(visit: Visit) -> Page:
    """The team's answer after a reload."""
    visit.log = record_team()
    return visit.open(visit.log.open_thread)


def test_every_figure_of_the_answer_is_marked_by_what_its_check_found(told: Page) -> None:
    expected = [
        (words.lstrip("\\"), status) for words, status, _, _ in FOUND if words != "5121.42"
    ]  # the one in code stays as it is
    marks = told.locator(".answer .figure")
    statuses = [
        kind.removeprefix("figure ").removeprefix("doubtful ")
        for kind in marks.evaluate_all("(all) => all.map((one) => one.className)")
    ]
    assert list(zip(marks.all_inner_texts(), statuses, strict=True)) == expected
    expect(told.locator(".checks > summary")).to_have_text(
        "11 figures checked against your rows; 5 could not be confirmed."
    )
    assert told.locator(".answer code").inner_text() == "cost > 5121.42"


def test_a_checked_figure_opens_its_result_and_leads_back(told: Page) -> None:
    figure = told.locator(".answer").get_by_role("link", name="$7,590.02")
    figure.press("Enter")
    step = told.locator(".step.found")
    expect(step.locator(".step-title")).to_have_text("Spend by model")
    expect(step.locator(".scroll-box")).to_be_focused()
    expect(step.locator(".scroll-box")).to_be_in_viewport()
    expect(step.locator("tbody tr")).to_have_count(2)
    expect(step.locator(".query pre")).to_be_visible()
    expect(step.locator(".source")).to_contain_text("24,118 rows read")
    step.get_by_role("button", name="Back to the answer").press("Enter")
    expect(figure).to_be_focused()
    expect(figure).to_be_in_viewport()


def test_a_doubtful_figure_says_why_and_leads_to_its_note(told: Page) -> None:
    doubt = told.locator(".answer").get_by_role(
        "link", name="68 %, not confirmed: differs from its source: the rows give 67.5 %"
    )
    assert "67.5 %" in (doubt.get_attribute("title") or "")
    assert doubt.evaluate("(node) => getComputedStyle(node, '::after').content").startswith('"≠"')
    doubt.press("Enter")
    note = told.locator(".checks li", has_text="the rows give 67.5 %")
    expect(note).to_be_focused()
    note.get_by_role("link", name="68 %").press("Enter")
    expect(doubt).to_be_focused()
    note.get_by_role("button", name="Show the result").click()
    expect(told.locator(".step.found .step-title")).to_have_text("Spend by model")


def test_leading_somewhere_scrolls_nothing_but_the_thread(visit: Visit) -> None:
    visit.page.set_viewport_size({"width": 390, "height": 600})
    visit.log = record_team()
    page = visit.open(visit.log.open_thread)
    page.locator(".answer a.figure.verified").first.click()
    expect(page.locator(".step.found")).to_be_in_viewport()
    scrolled = "[...document.querySelectorAll('*')].filter((node) => node.scrollTop > 0).map((node) => node.id)"
    assert page.evaluate(scrolled) == ["scroll"]


@pytest.mark.parametrize(
    ("source", "title"),
    [
        ({"call_id": "gone:1", "tool": "spend_by", "title": "Spend by model"}, "Computed: Spend by model"),
        ({"call_id": "", "tool": "", "title": "your question"}, "From: your question"),
        (None, "Checked against your rows"),
    ],
)
def test_a_figure_without_a_result_on_the_page_is_no_link(run: Run, source: Any, title: str) -> None:
    log = ServerLog()
    asked = log.ask(log.open_thread, "What do we spend?")
    log.start(asked)
    figure = {"start": 7, "end": 9, "source": source, "status": "verified", "note": ""}
    log.complete(asked, "It was $5.", figures=[figure])
    script = """(store, timeline, snapshot) => {
      const root = document.createElement("div");
      timeline.createTimeline(root, { actions: {} })(store.loadSnapshot(snapshot), []);
      const figure = root.querySelector(".figure");
      return [figure.tagName, figure.title, figure.textContent];
    }"""
    assert run("store timeline", script, log.snapshots[-1]) == ["SPAN", title, "$5"]


def test_a_figure_of_a_run_without_a_team_opens_its_step(visit: Visit) -> None:
    asked = visit.log.ask(visit.log.open_thread, "What do we spend?")
    visit.log.start(asked)
    call = {"call_id": "c1", "tool": "spend_by"}
    visit.log.step(asked, "tool_executing", **call, title="Spend by model", arguments={})
    visit.log.step(asked, "tool_completed", **call, outcome="success", seconds=0.1, result=table_block())
    source = call | {"title": "Spend by model"}
    visit.log.complete(
        asked, "It was $5.", figures=[{"start": 7, "end": 9, "source": source, "status": "verified", "note": ""}]
    )
    page = visit.open(visit.log.open_thread)
    page.get_by_role("link", name="$5").click()
    expect(page.locator(".step.found .scroll-box")).to_be_focused()


@pytest.mark.long
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_everybody_can_read_the_teams_answer(visit: Visit, scheme: Any, width: int) -> None:
    visit.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    visit.page.set_viewport_size({"width": width, "height": 900})
    visit.log = record_team()
    page = visit.open(visit.log.open_thread)
    page.locator(".step-group > summary").click()
    page.locator(".answer a.figure.verified").first.click()
    for summary in page.locator(".findings summary, .checks > summary").all():
        summary.click()
    page.locator(".answer").evaluate("(node) => { node.closest('.scroll').scrollTop = node.offsetTop; }")
    picture(page, PICTURES / f"answer-{scheme}-{width}.png")
    assert violations(page) == []
    assert not is_too_wide(page)
    assert page.evaluate("document.documentElement.scrollHeight") == 900
