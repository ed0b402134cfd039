"""The import dialog in a browser: every step with its keys and its voice, and what is found out before any server."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from playwright.sync_api import FilePayload, Locator, Page, Route, expect

from accounts.models import User
from agents.importing import perform_import
from agents.models import DataImport, DataSet
from tests.agents.bringing import as_lines, bring, usage
from tests.conftest import make_user
from tests.page.conftest import Run
from tests.page.test_account_pages import PHONE
from tests.page.test_data_pages import Visit, begin, calls, person, visit

__all__ = ["person", "visit"]

pytestmark = pytest.mark.django_db(transaction=True)
FIELDS = [
    {"name": "time", "label": "Time", "required": True, "description": "When the call was made."},
    {"name": "model", "label": "Model", "required": True, "description": ""},
    {"name": "input_tokens", "label": "Input tokens", "required": True, "description": "All tokens of the prompt."},
    {"name": "output_tokens", "label": "Output tokens", "required": True, "description": ""},
    {"name": "provider", "label": "Provider", "required": False, "description": ""},
    {"name": "team", "label": "Team", "required": False, "description": ""},
    {"name": "latency_ms", "label": "Latency", "required": False, "description": "In milliseconds."},
]
FORMATS = [
    {"name": "delimited", "title": "Delimited text"},
    {"name": "json_records", "title": "JSON"},
    {"name": "openai_usage", "title": "OpenAI usage export"},
]
GENERIC = {
    "format": "delimited", "title": "Delimited text", "why": "It has a column of times and two of tokens.",
    "shape": "a table with 5 columns, separated by commas (utf-8)",
    "columns": ["when", "what", "in", "out", "who"],
    "mapping": {"time": "when", "model": "what", "input_tokens": "in", "output_tokens": "out"},
    "options": {"time_zone": "UTC"}, "notes": ["Times without a zone are taken as UTC."], "fields": FIELDS,
    "formats": FORMATS,
    "rows": [{"time": "2026-10-01T10:00:00", "model": "gpt-4o", "input_tokens": 120, "output_tokens": 8}],
    "rejects": [{"line": 4, "reason": "The time “yesterday” cannot be read.", "row": "yesterday,gpt-4o,1,1,a"}],
    "error": None,
}  # fmt: skip
VENDOR = GENERIC | {
    "format": "openai_usage", "title": "OpenAI usage export", "why": "It has the columns of the usage page's export.",
    "mapping": {}, "options": {}, "notes": [], "fields": [], "rejects": [],
}  # fmt: skip
CSV: FilePayload = {
    "name": "support_calls.csv", "mimeType": "text/csv",
    "buffer": b"when,what,in,out,who\n2026-10-01T10:00:00,gpt-4o,120,8,a\n",
}  # fmt: skip
DROP = """([name, text]) => {
  const transfer = new DataTransfer();
  transfer.items.add(new File([text], name));
  for (const type of ["dragenter", "dragover"]) {
    document.body.dispatchEvent(new DragEvent(type, { dataTransfer: transfer, bubbles: true, cancelable: true }));
  }
  window.dropIt = () => document.body.dispatchEvent(
    new DragEvent("drop", { dataTransfer: transfer, bubbles: true, cancelable: true }));
}"""


class Detecting:
    """Answers what a file looks like, and keeps what was asked."""

    def __init__(self, page: Page, answer: dict[str, Any]) -> None:
        self.answer = answer
        self.asked: list[dict[str, str]] = []
        page.route("**/api/v1/datasets/detect/", self._take)

    def _take(self, route: Route) -> None:
        body = (route.request.post_data_buffer or b"").decode(errors="replace")
        parts = re.findall(r'name="(\w+)"(?:; filename="([^"]*)")?[^\n]*\n(?:[^\n]+\n)?\r?\n(.*?)\r?\n--', body, re.S)
        self.asked.append({name: file_name or text for name, file_name, text in parts})
        route.fulfill(status=200, content_type="application/json", body=json.dumps(self.answer))


def refuse(route: Route, body: str) -> None:
    """Answers an upload as a server does that has no room for it."""
    if route.request.method == "POST":
        route.fulfill(status=413, content_type="application/json", body=body)
    else:
        route.continue_()


def dialog_of(page: Page) -> Locator:
    return page.get_by_role("dialog")


def choose_file(page: Page, payload: FilePayload = CSV) -> Locator:
    """Opens the dialog and gives it a file; the dialog."""
    page.get_by_role("button", name="Bring your data").click()
    page.locator("dialog input[type=file]").set_input_files(payload)
    return dialog_of(page)


def test_the_first_step_can_be_taken_by_keyboard_and_left_with_escape(visit: Visit, person: User) -> None:
    page = visit.open("/data/")
    page.get_by_role("button", name="Bring your data").focus()
    page.keyboard.press("Enter")
    dialog = dialog_of(page)
    expect(dialog.get_by_role("heading")).to_have_text("Bring your data")
    expect(dialog.locator("input[type=file]")).to_be_focused()
    expect(dialog).to_contain_text("up to 8 GB")
    visit.look("import-pick")
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(page.get_by_role("button", name="Bring your data")).to_be_focused()


def test_columns_are_mapped_with_the_rows_in_view(visit: Visit, person: User) -> None:
    page = visit.open("/data/")
    detecting = Detecting(page, GENERIC)
    dialog = choose_file(page)
    expect(dialog.locator(".looks")).to_contain_text("Looks like Delimited text, because it has a column of times")
    expect(dialog.locator(".notes")).to_contain_text("Times without a zone are taken as UTC.")
    expect(dialog.locator(".sample tbody td")).to_have_text(["2026-10-01T10:00:00", "gpt-4o", "120", "8"])
    expect(dialog.locator(".note.warn")).to_contain_text("Line 4: The time “yesterday” cannot be read.")
    expect(dialog.get_by_label("Name")).to_have_value("support calls")
    visit.look("import-mapping")
    dialog.get_by_text("3 more fields").click()
    dialog.locator("#map-team").select_option("who")
    dialog.locator("#map-provider").select_option(label="Always the same value…")
    dialog.get_by_label("Value of Provider for every row").fill("openai")
    dialog.get_by_label("Time zone").focus()
    dialog.get_by_label("Time zone").select_option("Europe/Berlin")
    expect(dialog.get_by_label("Time zone")).to_be_focused()
    page.wait_for_timeout(600)
    last = detecting.asked[-1]
    assert (last["format"], last["file"]) == ("delimited", "support_calls.csv")
    mapping = json.loads(last["mapping"])
    assert mapping["team"] == "who"
    assert mapping["provider"] == {"value": "openai"}
    assert mapping["latency_ms"] is None
    assert json.loads(last["options"])["time_zone"] == "Europe/Berlin"
    expect(dialog.locator("#map-team")).to_have_value("who")


@pytest.mark.long
def test_what_a_vendor_exports_needs_no_mapping_but_can_be_read_as_something_else(visit: Visit, person: User) -> None:
    page = visit.open("/data/")
    detecting = Detecting(page, VENDOR)
    dialog = choose_file(page)
    expect(dialog.locator(".looks")).to_contain_text("Looks like OpenAI usage export")
    expect(dialog.get_by_role("group", name="Which column is what")).to_have_count(0)
    visit.look("import-vendor")
    detecting.answer = GENERIC
    dialog.get_by_label("Read it as").select_option("delimited")
    expect(dialog.get_by_role("group", name="Which column is what")).to_be_visible()
    assert detecting.asked[-1]["format"] == "delimited"
    assert "mapping" not in detecting.asked[-1]


def test_a_file_that_cannot_be_read_says_so_and_cannot_be_imported(visit: Visit, person: User) -> None:
    page = visit.open("/data/")
    sentence = "support_calls.csv is no text file. Export the data as CSV, JSON or JSONL."
    nothing: dict[str, Any] = {key: [] for key in ("rows", "rejects", "fields", "notes")} | {
        "format": None,
        "title": "",
        "why": "",
    }
    Detecting(page, GENERIC | nothing | {"error": {"code": "upload_unreadable", "message": sentence}})
    dialog = choose_file(page)
    expect(dialog.get_by_role("alert")).to_have_text(sentence)
    expect(dialog.get_by_role("button", name="Import")).to_be_disabled()
    visit.look("import-unreadable")
    dialog.get_by_role("button", name="Choose something else").click()
    expect(dialog.get_by_role("heading")).to_have_text("Bring your data")


@pytest.mark.long
def test_a_large_zip_archive_is_looked_into_after_the_upload(visit: Visit, person: User) -> None:
    page = visit.open("/data/")
    detecting = Detecting(page, GENERIC)
    dialog = choose_file(page, {"name": "year.zip", "mimeType": "application/zip", "buffer": b"PK\x03\x04" * 100_000})
    expect(dialog.locator(".looks")).to_contain_text("found out after the upload")
    expect(dialog.get_by_role("button", name="Import")).to_be_enabled()
    assert detecting.asked == []


@pytest.mark.long
def test_several_files_and_an_empty_one_are_refused_with_a_way_on(visit: Visit, person: User) -> None:
    page = visit.open("/data/")
    dialog = choose_file(page, CSV | {"buffer": b""})
    expect(dialog.get_by_role("alert")).to_have_text("support_calls.csv is empty.")
    dialog.get_by_role("button", name="Try again").click()
    expect(dialog.get_by_role("heading")).to_have_text("Bring your data")


@pytest.mark.long
def test_a_file_is_dropped_anywhere_on_the_page(visit: Visit, person: User) -> None:
    page = visit.open("/data/")
    Detecting(page, VENDOR)
    page.evaluate(DROP, ["october.csv", "a,b\n1,2\n"])
    expect(page.locator(".drop-zone")).to_have_text("Drop the file to import it")
    visit.look("import-drop")
    page.evaluate("dropIt()")
    expect(page.locator(".drop-zone")).to_have_count(0)
    expect(dialog_of(page).locator(".looks")).to_contain_text("OpenAI usage export")
    expect(dialog_of(page).get_by_label("Name")).to_have_value("october")


def test_an_import_is_followed_to_its_end(visit: Visit, person: User) -> None:
    page = visit.open("/data/")
    content = calls(300)
    dialog = choose_file(page, {"name": "october.jsonl", "mimeType": "application/jsonl", "buffer": content})
    expect(dialog.locator(".sample tbody tr")).not_to_have_count(0)
    dialog.get_by_label("Name").fill("October")
    dialog.get_by_role("button", name="Import").click()
    expect(dialog.get_by_role("heading")).to_have_text("Importing October")
    expect(dialog).to_contain_text("Waiting for its turn")
    found = DataImport.objects.get(data_set__title="October")
    assert found.file_bytes == len(content)
    begun = DataImport.objects.filter(id=found.id)
    begun.update(status="running", rows_read=100, rows_rejected=1, bytes_read=len(content) // 2)
    visit.tell(found.data_set)
    expect(dialog.get_by_role("progressbar", name="Import")).to_have_attribute("value", re.compile(r"0\.[45]"))
    expect(dialog).to_contain_text("(50 %), 100 rows")
    visit.look("import-progress")
    begun.update(status="queued", rows_read=0, rows_rejected=0, bytes_read=0)
    perform_import(found.id)
    visit.tell(found.data_set, "import_finished")
    expect(dialog.get_by_role("heading")).to_have_text("October is imported")
    expect(dialog.locator(".result")).to_have_text("300 rows kept, 2 rejected.")
    visit.look("import-done")
    dialog.get_by_role("link", name="See the rejected rows and why").click()
    expect(page.locator("#data-rejects tbody tr")).to_have_count(2)


@pytest.mark.long
def test_closing_the_dialog_loses_nothing(visit: Visit, person: User) -> None:
    page = visit.open("/data/")
    dialog = choose_file(page, {"name": "october.jsonl", "mimeType": "application/jsonl", "buffer": calls(20)})
    dialog.get_by_role("button", name="Import").click()
    expect(dialog.get_by_role("heading")).to_have_text("Importing october")
    page.keyboard.press("Escape")
    expect(page.locator("#data-sets li .badge")).to_have_text("Waiting")
    page.get_by_role("button", name="Bring your data").click()
    expect(dialog.get_by_role("heading")).to_have_text("Importing october")
    dialog.get_by_role("button", name="Close").first.click()
    found = DataImport.objects.get()
    perform_import(found.id)
    visit.tell(found.data_set, "import_finished")
    toast = page.locator(".toast")
    expect(toast).to_contain_text("october is imported: 20 rows kept, 2 rejected.")
    expect(page.locator("#data-sets li .badge")).to_have_text("Ready")
    toast.get_by_role("link", name="Ask about this data").click()
    expect(page.locator("#dataset")).to_contain_text("october")


def test_an_upload_can_be_cancelled_and_leaves_nothing(visit: Visit, person: User) -> None:
    page = visit.open("/data/")
    page.route("**/api/v1/datasets/", lambda route: None if route.request.method == "POST" else route.continue_())
    dialog = choose_file(page, {"name": "october.jsonl", "mimeType": "application/jsonl", "buffer": calls(20)})
    dialog.get_by_role("button", name="Import").click()
    expect(dialog.get_by_role("heading")).to_have_text("Uploading october.jsonl")
    dialog.get_by_role("button", name="Cancel the upload").click()
    expect(dialog.get_by_role("button", name="Import")).to_be_enabled()
    assert DataSet.objects.count() == 0
    page.unroute_all()


@pytest.mark.long
def test_an_upload_that_is_refused_says_why(visit: Visit, person: User) -> None:
    page = visit.open("/data/")
    Detecting(page, VENDOR)
    body = json.dumps({"code": "upload_too_large", "message": "The file is larger than this account may upload."})
    page.route("**/api/v1/datasets/", lambda route: refuse(route, body))
    dialog = choose_file(page)
    dialog.get_by_role("button", name="Import").click()
    expect(dialog.get_by_role("alert")).to_have_text("The file is larger than this account may upload.")
    page.unroute_all()
    # The browser itself notes every refusal.
    assert [complaint for complaint in visit.complaints if "413" not in complaint] == []
    visit.complaints.clear()


def test_what_was_not_understood_is_mapped_after_the_upload(visit: Visit, person: User) -> None:
    found: dict[str, Any] = {"format": None, "columns": ["when", "what", "in", "out"]}
    data_set = begin(
        person, "Proxy", "needs_mapping", error_code="format_unknown", detection=found,
        error_message="The format of proxy.csv is not known.",
    )  # fmt: skip
    page = visit.open(f"/data/{data_set.id}/")
    Detecting(page, GENERIC)
    panel = page.locator("#data-import")
    expect(panel).to_contain_text("The format of proxy.csv is not known.")
    panel.get_by_role("button", name="Say how to read it").click()
    dialog = dialog_of(page)
    expect(dialog.get_by_role("heading")).to_have_text("How to read Proxy")
    for label, column in (("Time", "when"), ("Model", "what"), ("Input tokens", "in"), ("Output tokens", "out")):
        dialog.get_by_label(f"{label} (required)", exact=True).select_option(column)
    with page.expect_request("**/mapping/") as sent:
        dialog.get_by_role("button", name="Read it this way").click()
    body = sent.value.post_data_json
    assert body
    assert body["mapping"]["time"] == "when"
    expect(dialog.get_by_role("heading")).to_have_text("Importing Proxy")


@pytest.mark.long
def test_adding_rows_goes_to_the_data_set_of_the_page(visit: Visit, person: User) -> None:
    data_set = bring(person, as_lines([usage(number) for number in range(10)]), "usage.jsonl")
    page = visit.open(f"/data/{data_set.id}/")
    page.get_by_role("button", name="Add rows").click()
    dialog = dialog_of(page)
    expect(dialog.get_by_role("heading")).to_have_text("Add rows to usage.jsonl")
    more = as_lines([usage(number) for number in range(5, 15)])
    dialog.locator("input[type=file]").set_input_files({"name": "m.jsonl", "mimeType": "text/plain", "buffer": more})
    expect(dialog.get_by_label("Name")).to_be_hidden()
    dialog.get_by_role("button", name="Add the rows").click()
    expect(dialog.get_by_role("heading")).to_have_text("Importing usage.jsonl")
    found = DataImport.objects.exclude(status="finished").get()
    perform_import(found.id)
    visit.tell(data_set, "import_finished")
    expect(dialog.locator(".result")).to_have_text("5 rows kept, 5 already there.")
    page.keyboard.press("Escape")
    expect(page.locator("#data-facts .cards")).to_contain_text("Rows15")


@pytest.mark.long
def test_a_table_pasted_into_a_question_is_offered_as_data(visit: Visit, person: User) -> None:
    page = visit.open("/?")
    box = page.get_by_label("Your question")
    box.fill("Look at this: ")
    paste = """(node, text) => {
      const transfer = new DataTransfer();
      transfer.setData("text/plain", text);
      node.dispatchEvent(new ClipboardEvent("paste", { clipboardData: transfer, bubbles: true, cancelable: true }));
      node.value += text;
      node.dispatchEvent(new InputEvent("input", { bubbles: true }));
    }"""
    box.evaluate(paste, calls(20).decode())
    offer = page.locator("#paste-offer")
    expect(offer).to_contain_text("This looks like a table or JSON with 22 lines.")
    visit.look("paste-offer")
    offer.get_by_role("button", name="Import this as data").click()
    expect(box).to_have_value("Look at this: ")
    dialog = dialog_of(page)
    dialog.get_by_role("button", name="Import").click()
    expect(dialog.get_by_role("heading")).to_have_text("Importing pasted data")
    page.keyboard.press("Escape")
    expect(page.locator("#dataset")).to_contain_text("Importing pasted data")
    found = DataImport.objects.get()
    perform_import(found.id)
    page.reload()
    expect(page.locator("#dataset")).to_contain_text("No data chosen")


@pytest.mark.long
def test_data_imported_in_a_chat_is_chosen_for_it(visit: Visit, person: User) -> None:
    visit.page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    visit.accepts = False
    page = visit.open("/?")
    dialog = choose_file(page, {"name": "october.jsonl", "mimeType": "application/jsonl", "buffer": calls(20)})
    dialog.get_by_role("button", name="Import").click()
    expect(dialog.get_by_role("heading")).to_have_text("Importing october")
    perform_import(DataImport.objects.get().id)
    dialog.get_by_role("button", name="Ask about this data").click()
    expect(page.locator("#dataset")).to_contain_text("october")
    expect(page.get_by_label("Your question")).to_be_focused()


TABLES = [
    ("a\tb\n1\t2\n3\t4", True), ("a;b;c\n1;2;3\n4;5;6\n", True), ("time,model,tokens\n1,a,2\n2,b,3", True),
    ('{"a": 1}\n{"a": 2}\n{"a": 3}', True), ('[\n {"a": 1}\n]', True), ("a\tb\n1\t2", False),
    ("Dear all,\nplease look at this, when you can.\nThanks, A", False), ("one\ntwo\nthree\nfour", False),
    ("def f(a, b):\n    return a, b\n\nprint(f(1, 2))\n", False),
]  # fmt: skip


def test_tables_and_json_are_told_from_prose(run: Run) -> None:
    source = "(words, texts) => texts.map((text) => words.looksLikeData(text))"
    assert run("importer_words", source, [text for text, _ in TABLES]) == [wanted for _, wanted in TABLES]


def test_sample_rows_show_what_they_hold_in_the_order_of_the_fields(run: Run) -> None:
    rows = [
        {"grain": "call", "requests": 1, "model": "a", "time": "t", "cached_read_tokens": 0, "odd": "x"},
        {"grain": "call", "requests": 1, "model": None, "time": "t", "cached_read_tokens": 0},
    ]
    source = "(words, { rows, fields }) => words.keysOf(rows, fields)"
    assert run("importer_words", source, {"rows": rows, "fields": FIELDS}) == ["time", "model", "requests", "odd"]


def test_only_growing_dates_are_drawn_over_time(run: Run) -> None:
    days, weeks = ["2026-09-01", "2026-09-02"], ["2026-09-01", "2026-W37"]
    source = "(lines, cases) => cases.map((labels) => lines.timesOf(labels))"
    drawn = run("chart_lines", source, [days, weeks, days[::-1], ["gpt-4o"]])
    assert drawn == [[1788220800, 1788307200], None, None, None]


def test_the_newest_state_of_an_import_is_kept_whatever_comes_first(run: Run) -> None:
    def state(
        status: str, version: int | None = None, created: str = "2026-11-21T10:00:00+00:00", read: int = 0
    ) -> Any:
        current = {"id": "i", "status": status, "created_at": created, "bytes_read": read}
        return {"id": "d", "version": version, "import": current}

    cases = [
        (state("running"), state("queued"), False),
        (state("queued"), state("running"), True),
        (state("running", read=10), state("running", read=5), False),
        (state("finished", 1), state("running", read=9), False),
        (state("failed"), state("queued", created="2026-11-21T10:00:01.5+00:00"), True),
        (state("finished", 1), state("finished", 1), True),
    ]
    source = "(store, cases) => cases.map(([known, given]) => store.isNewer(known, given))"
    assert run("data_store", source, [case[:2] for case in cases]) == [wanted for *_, wanted in cases]


def test_words_never_turn_the_unknown_into_a_zero(run: Run) -> None:
    source = """(words) => [
      words.describeCost({}), words.describeCost({ priced_cost: null, billed_cost: { EUR: "12.5", USD: "3" } }),
      words.describeCost({ priced_cost: "0.004" }),
      words.formatBytes(0), words.formatBytes(1536), words.formatBytes(3e9),
      words.comparedWords({ rows: 2, billed: "9", priced: "10", difference: "-1" }), words.unpricedWords([]),
    ]"""
    assert run("data_words", source) == [
        "\u2013", "12.50 EUR, $3.00", "$0.004", "0 bytes", "1.5 KB", "2.8 GB",
        "Over the 2 rows that have both, $9.00 was billed: $1.00 (10 %) less than the $10.00 at list prices.", "",
    ]  # fmt: skip


def test_somebody_elses_data_is_not_chosen_by_its_address(visit: Visit, person: User) -> None:
    foreign = bring(make_user("stranger@example.com"), as_lines([usage(1)]), "secret.jsonl")
    page = visit.open(f"/?data={foreign.id}")
    expect(page.locator("#dataset")).to_contain_text("No data chosen")
    expect(page.locator(".toast")).to_contain_text("not there any more")
