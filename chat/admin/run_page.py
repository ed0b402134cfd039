"""Everything a run's page shows, in a fixed number of queries."""

from __future__ import annotations

from typing import Any, Final

from django.http import HttpRequest
from django.utils import timezone

from accounts.staff import describe_seconds, may_read_content, shorten_id
from chat.admin.timeline import STEPS_A_PAGE, build_timeline
from chat.admin.waterfall import MOST_STEPS_DRAWN, draw_waterfall
from chat.admin.words import cost_of, show_status, tokens_of, wait_of, work_of
from chat.log import RunSteps, read_failure_sentence, read_run_steps
from chat.models import Message, Run

COUNTED: Final = {
    "requests": "Model requests",
    "tool_calls": "Tool calls",
    "input_tokens": "Input tokens",
    "cached_read_tokens": "Tokens read from the cache",
    "cache_write_tokens": "Tokens written to the cache",
    "output_tokens": "Output tokens",
    "reasoning_tokens": "Reasoning tokens",
    "queries": "Queries of usage data",
    "rows_scanned": "Rows read by them",
    "query_peak_bytes": "Most memory of one, in bytes",
}


def describe_run(request: HttpRequest, run: Run) -> dict[str, Any]:
    """The context of the run's page."""
    quoted = may_read_content(request)
    after = read_cursor(request)
    drawn = read_run_steps(run.user_id, run.id, most=MOST_STEPS_DRAWN)
    page = read_run_steps(run.user_id, run.id, after=after, most=STEPS_A_PAGE) if after else first_page(drawn)
    now = timezone.now()
    return {
        "title": "Run",
        "run": run,
        "short": shorten_id(run.id),
        "status": show_status(run.status),
        "waited": describe_seconds(wait_of(run, now)),
        "took": describe_seconds(work_of(run, now)),
        "failure": read_failure_sentence(run.id) if run.status == Run.Status.FAILED else "",
        "usage": list_usage(run),
        "cost": cost_of(run),
        "counts_no_tokens": tokens_of(run) is None,
        "retries": list(Run.objects.filter(retry_of=run).order_by("id")[:20]),
        "waterfall": draw_waterfall(run, drawn.steps, now, was_cut=drawn.next_after is not None),
        "attempts": build_timeline(run.created_at, page.steps, quoted=quoted),
        "after": after,
        "next_after": page.next_after,
        "steps_a_page": STEPS_A_PAGE,
        "may_read": quoted,
        **(read_conversation(run) if quoted else {}),
    }


def read_cursor(request: HttpRequest) -> int:
    """Where in the run's log the page begins; anything that is no place is its beginning."""
    text = request.GET.get("after", "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else 0


def first_page(drawn: RunSteps) -> RunSteps:
    """The timeline's first page is the beginning of what was read for the waterfall."""
    if len(drawn.steps) <= STEPS_A_PAGE:
        return drawn
    return RunSteps(drawn.steps[:STEPS_A_PAGE], drawn.steps[STEPS_A_PAGE - 1].seq)


def list_usage(run: Run) -> list[tuple[str, str]]:
    """What the run used, class by class; what its model did not count is not there."""
    rows = [(label, run.usage[name]) for name, label in COUNTED.items() if isinstance(run.usage.get(name), int)]
    total = tokens_of(run)
    if total is not None:
        rows.append(("All tokens", total))
    return [(label, f"{number:,}") for label, number in rows]


def read_conversation(run: Run) -> dict[str, str]:
    """The question and the answer."""
    said = Message.objects.filter(pk=run.question_id) | Message.objects.filter(run=run, role=Message.Role.ASSISTANT)
    texts = {message.role: message.text for message in said}
    return {"question": texts.get(Message.Role.USER, ""), "answer": texts.get(Message.Role.ASSISTANT, "")}
