"""The rendered page in a browser: sending, stopping, drafts, the drawer, the policy, the words for the connection."""

import re

from playwright.sync_api import Route, expect

from tests.page.stories import record_story, tell_answer
from tests.page.visit import Visit


def test_a_question_goes_out_with_enter_and_the_run_shows_live(visit: Visit) -> None:
    page = visit.open(visit.log.open_thread)
    expect(page.locator("#connection")).to_have_text("Live")
    page.get_by_label("Your question").fill("What do we spend?")
    page.keyboard.press("Enter")
    expect(page.locator(".message.user.pending")).to_contain_text("sending…")
    sent = visit.wait_for("send_message")
    run = visit.log.ask(visit.log.open_thread, "What do we spend?")
    run["client_id"] = visit.log.events[-1]["data"]["run"]["client_id"] = sent["client_id"]
    visit.say(0)
    expect(page.locator(".message.user")).to_have_count(1)
    expect(page.locator(".run-status")).to_have_text("Queued, waiting for a worker")
    expect(page.locator(".message.user.pending")).to_have_count(0)
    said = len(visit.log.events)
    visit.log.start(run)
    tell_answer(visit.log, run)
    visit.log.complete(run, "All **done**.")
    visit.say(said)
    expect(page.locator(".run-status")).to_have_text("Done")
    expect(page.locator(".answer strong")).to_have_text("done")
    expect(page.locator(".step-title")).to_have_text(["Thinking", "Spend by model"])
    expect(page.locator("#announcer")).to_have_text("The answer is ready.")


def test_shift_enter_and_an_input_method_do_not_send(visit: Visit) -> None:
    page = visit.open(visit.log.open_thread)
    box = page.get_by_label("Your question")
    box.fill("one")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("two")
    assert box.input_value() == "one\ntwo"
    box.dispatch_event("keydown", {"key": "Enter", "isComposing": True, "bubbles": True, "cancelable": True})
    box.dispatch_event("keydown", {"key": "Enter", "keyCode": 229, "bubbles": True, "cancelable": True})
    assert box.input_value() == "one\ntwo"
    assert visit.commands("send_message") == []


def test_a_draft_belongs_to_its_thread_and_survives_a_reload(visit: Visit) -> None:
    page = visit.open(visit.log.open_thread)
    page.get_by_label("Your question").fill("half a thou")
    page.reload()
    expect(page.get_by_label("Your question")).to_have_value("half a thou")
    visit.open(None)
    expect(page.get_by_label("Your question")).to_have_value("")


def test_what_is_typed_before_the_script_is_there_stays(visit: Visit) -> None:
    page = visit.open(visit.log.open_thread)
    page.locator("#message").fill("A draft of an earlier visit.")
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/static/js/page.js", hold)
    page.goto(page.url, wait_until="commit")
    page.locator("#message").fill("Typed at once.")
    assert page.locator("html").get_attribute("data-ready") is None
    held[0].continue_()
    expect(page.locator("html")).to_have_attribute("data-ready", "true")
    expect(page.locator("#message")).to_have_value("A draft of an earlier visit.\nTyped at once.")
    expect(page.locator("[data-send]")).to_be_enabled()


def test_a_text_that_is_too_long_says_so_and_is_not_sent(visit: Visit) -> None:
    page = visit.open(visit.log.open_thread)
    page.get_by_label("Your question").fill("é" * 95)
    expect(page.locator("#composer-note")).to_have_text("95 of 100 characters")
    page.get_by_label("Your question").fill("é" * 103)
    expect(page.locator("#composer-note")).to_have_text("3 characters too many: shorten the text to send it.")
    expect(page.get_by_role("button", name="Send", exact=True)).to_be_disabled()
    page.keyboard.press("Enter")
    assert visit.commands("send_message") == []


def test_stop_says_stopping_until_the_run_has_ended(visit: Visit) -> None:
    run = visit.log.ask(visit.log.open_thread, "What do we spend?")
    visit.log.start(run)
    said = len(visit.log.events)
    page = visit.open(visit.log.open_thread)
    expect(page.locator("#connection")).to_have_text("Live")
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_role("button", name="Stopping…")).to_be_disabled()
    expect(page.get_by_label("Your question")).to_be_focused()
    stop = visit.wait_for("cancel_run")
    assert stop["run_id"] == run["id"]
    visit.log.cancel(run, "")
    visit.say(said)
    expect(page.locator(".run-status")).to_have_text("Stopped")
    expect(page.locator("[data-stop]")).to_be_hidden()


def test_demo_data_is_chosen_by_a_click_and_goes_with_the_new_chat(visit: Visit) -> None:
    page = visit.open(None)
    expect(page.locator("#dataset")).to_contain_text("No data chosen")
    page.get_by_role("button", name="Use the demo data").click()
    expect(page.locator("#dataset .badge")).to_have_text("Demo data")
    page.locator(".question").first.click()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(f"/t/{visit.log.open_thread}/$"))
    sent = visit.wait_for("send_message")
    chosen = f"threads/{visit.log.open_thread}/dataset/"
    assert visit.commands(chosen) == [{"command": chosen, "body": {"dataset_id": "d1"}}]
    assert (sent["thread_id"], sent["text"]) == (
        visit.log.open_thread,
        "What do we spend, on what, and how does it trend?",
    )


def test_what_is_asked_while_data_is_being_chosen_is_asked_about_it(visit: Visit) -> None:
    page = visit.open(None)
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/api/v1/datasets/", hold)
    with page.expect_request("**/api/v1/datasets/"):
        page.get_by_role("button", name="Use the demo data").click()
    page.locator("#message").fill("What do we spend?")
    page.keyboard.press("Enter")
    expect(page.locator("#message")).to_have_value("What do we spend?")
    assert visit.commands("threads/") == []
    held[0].fallback()
    visit.wait_for("send_message")
    chosen = f"threads/{visit.log.open_thread}/dataset/"
    assert visit.commands(chosen) == [{"command": chosen, "body": {"dataset_id": "d1"}}]
    expect(page.locator("#message")).to_have_value("")


def test_a_reload_in_the_middle_shows_everything_so_far_and_goes_on(visit: Visit) -> None:
    run = visit.log.ask(visit.log.open_thread, "What do we spend?")
    visit.log.start(run)
    visit.log.step(run, "message_delta", delta="The first half ", part=0)
    said = len(visit.log.events)
    page = visit.open(visit.log.open_thread)
    expect(page.locator(".answer")).to_contain_text("The first half")
    visit.log.step(run, "message_delta", delta="and the second.\n", part=0)
    visit.say(said)
    expect(page.locator(".answer")).to_have_text("The first half and the second.")


def test_a_lost_connection_is_told_apart_from_a_failed_run(visit: Visit) -> None:
    run = visit.log.ask(visit.log.open_thread, "What do we spend?")
    visit.log.start(run)
    page = visit.open(visit.log.open_thread)
    expect(page.locator("#connection")).to_have_text("Live")
    visit.accepts = False
    visit.sockets[-1].close(code=1012)
    expect(page.locator("#banner")).to_contain_text("Your work continues on the server")
    expect(page.locator(".run-status")).to_have_text("Working")
    visit.accepts = True
    expect(page.locator("#connection")).to_have_text("Live", timeout=15_000)
    expect(page.locator("#banner")).to_be_hidden()


def test_a_session_that_ended_offers_the_way_back(visit: Visit) -> None:
    page = visit.open(visit.log.open_thread)
    expect(page.locator("#connection")).to_have_text("Live")
    visit.sockets[-1].close(code=4401)
    expect(page.locator("#connection")).to_have_text("Signed out")
    link = page.locator("#banner").get_by_role("link", name="Sign in")
    expect(link).to_have_attribute("href", f"/accounts/login/?next=/t/{visit.log.open_thread}/")


def test_the_list_of_chats_is_a_drawer_on_a_phone(visit: Visit) -> None:
    visit.page.set_viewport_size({"width": 375, "height": 720})
    page = visit.open(visit.log.open_thread)
    expect(page.locator("#sidebar")).to_be_hidden()
    opener = page.get_by_role("button", name="Open the list of chats")
    opener.click()
    expect(page.locator("#sidebar")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#sidebar")).to_be_hidden()
    expect(opener).to_be_focused()
    assert page.evaluate("document.documentElement.scrollWidth") == 375


def test_arrow_keys_move_through_the_chats(visit: Visit) -> None:
    visit.log.add_thread("00000000-0000-0000-0000-0000000000ff")
    page = visit.open(visit.log.open_thread)
    links = page.locator("a.thread-link")
    links.first.focus()
    page.keyboard.press("ArrowDown")
    expect(links.nth(1)).to_be_focused()
    page.keyboard.press("ArrowUp")
    expect(links.first).to_be_focused()


def test_reading_further_up_is_not_interrupted(visit: Visit) -> None:
    visit.log = record_story()
    run = visit.log.ask(visit.log.open_thread, "One more")
    visit.log.start(run)
    visit.page.set_viewport_size({"width": 900, "height": 400})
    page = visit.open(visit.log.open_thread)
    expect(page.locator("#connection")).to_have_text("Live")
    scroller = page.locator("#scroll")
    expect(page.locator("#jump")).to_be_hidden()
    scroller.evaluate("(node) => { node.scrollTop = 0; }")
    expect(page.locator("#jump")).to_be_visible()
    said = len(visit.log.events)
    visit.log.step(run, "message_delta", delta="More text than before.\n\n" * 20, part=0)
    visit.say(said)
    expect(page.locator(".answer").last).to_contain_text("More text")
    assert scroller.evaluate("(node) => node.scrollTop") == 0
    page.locator("#jump").click()
    expect(page.locator("#jump")).to_be_hidden()


def test_without_scripts_the_thread_is_readable(visit: Visit) -> None:
    log = visit.log = record_story()
    html = visit.render(f"/t/{log.open_thread}/", log.open_thread)
    for message in log.messages.values():
        assert f'<div class="text" dir="auto">{message["text"]}</div>' in html


def test_no_template_holds_inline_scripts_or_styles(visit: Visit) -> None:
    html = visit.render("/", None)
    scripts = re.findall(r"<script([^>]*)>", html)
    assert len(scripts) == 2
    assert all(" src=" in attributes or 'type="application/json"' in attributes for attributes in scripts)
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=", html)


def test_the_title_tells_that_work_goes_on(visit: Visit) -> None:
    run = visit.log.ask(visit.log.open_thread, "What do we spend?")
    visit.log.start(run)
    page = visit.open(visit.log.open_thread)
    expect(page).to_have_title(re.compile("^… "))
    said = len(visit.log.events)
    expect(page.locator("#connection")).to_have_text("Live")
    visit.log.fail(run)
    visit.say(said)
    expect(page).to_have_title("New chat · Netra")
    expect(page.get_by_role("button", name="Try again")).to_be_visible()
