"""Logs to fold and to draw: one told by hand, and any number made up by Hypothesis."""

from collections.abc import Callable

from hypothesis import strategies as st

from tests.page.server_log import Row, ServerLog, table_block

OTHER_THREAD = "00000000-0000-0000-0000-00000000000b"
ANSWER = "You spent 7590.02 dollars on 24118 calls and the trend is up."


def record_story() -> ServerLog:
    """Two questions: one restarted and answered, one stopped; then one that fails."""
    log = ServerLog()
    run = log.ask(log.open_thread, "What do we spend?")
    log.start(run)
    log.step(run, "agent_thinking", delta="This attempt is lost.")
    log.restart(run)
    log.start(run)
    tell_answer(log, run)
    log.complete(run, ANSWER)
    stopped = log.ask(log.open_thread, "And by team?")
    log.start(stopped)
    log.step(stopped, "message_delta", delta="The support team", part=0)
    log.cancel(stopped, "The support team")
    failed = log.ask(log.open_thread, "Which models are slow?")
    log.start(failed)
    log.step(failed, "tool_executing", call_id="c9", tool="latency", title="Latency", arguments={})
    log.step(failed, "tool_completed", call_id="c9", tool="latency", outcome="failed", seconds=0.1, error="No column.")
    log.fail(failed)
    return log


def tell_answer(log: ServerLog, run: Row) -> None:
    """Thinking, a tool with progress and result, then the answer in small pieces."""
    for word in ("I ", "read ", "the ", "rows."):
        log.step(run, "agent_thinking", delta=word)
    given = {"group_by": "model"}
    log.step(run, "tool_executing", call_id="c1", tool="spend_by", title="Spend by model", arguments=given)
    log.step(run, "tool_progress", call_id="c1", note="24118 rows read")
    done = {"outcome": "success", "seconds": 0.14, "result": table_block()}
    log.step(run, "tool_completed", call_id="c1", tool="spend_by", **done)
    for start in range(0, len(ANSWER), 7):
        log.step(run, "message_delta", delta=ANSWER[start : start + 7], part=0)


def switch_to(model: str) -> Row:
    """What is said when an agent goes on with another model."""
    return {"from": "gpt-5.2", "to": model, "code": "model_unavailable", "reason": "It does not answer."}


def findings_of(text: str) -> Row:
    """An answer that is one figure, with a drawing, a recommendation and a question that go with it."""
    source = {"call_id": f"{text[:1]}:1", "tool": "spend_by", "title": "Spend"}
    status = ("verified", "mismatch", "unsourced", "unchecked")[len(text) % 4]
    return {
        "figures": [{"start": 0, "end": len(text), "source": source, "status": status, "note": text}],
        "charts": [source["call_id"]],
        "recommendations": [{"title": text, "saving_low": "1", "saving_high": None, "unit": "usd", "call_id": None}],
        "questions": [text],
    }


Move = Callable[[ServerLog, Row, str], None]
running_moves: dict[str, Move] = {
    "think": lambda log, run, text: log.step(run, "agent_thinking", delta=text),
    "part_think": lambda log, run, text: log.agent_step(run, text[:1], "agent_thinking", delta=text),
    "part_start": lambda log, run, text: log.agent_step(run, text[:1], "agent_started", title=text, model="built-in"),
    "part_text": lambda log, run, text: log.agent_step(run, text[:1], "message_delta", delta=text, part=0),
    "part_tool": lambda log, run, text: log.agent_step(
        run, text[:1], "tool_executing", call_id=f"{text[:1]}:1", tool="spend_by", title="Spend", arguments={}
    ),
    "part_tool_end": lambda log, run, text: log.agent_step(
        run,
        text[:1],
        "tool_completed",
        call_id=f"{text[:1]}:1",
        tool="spend_by",
        outcome="success",
        seconds=1.0,
        result=table_block(),
    ),
    "part_end": lambda log, run, text: log.agent_step(
        run,
        text[:1],
        "agent_completed",
        title=text,
        seconds=1.0,
        usage={},
        summary=text,
        reused=text < "c",
        next=[{"name": text[1:2] or "n", "title": text}],
    ),
    "part_fail": lambda log, run, text: log.agent_step(
        run, text[:1], "agent_failed", title=text, code="limit_reached", message="It took too long."
    ),
    "part_switch": lambda log, run, text: log.agent_step(run, text[:1], "model_switched", **switch_to(text)),
    "switch": lambda log, run, text: log.step(run, "model_switched", **switch_to(text)),
    "text": lambda log, run, text: log.step(run, "message_delta", delta=text, part=0),
    "more_text": lambda log, run, text: log.step(run, "message_delta", delta=text, part=1),
    "tool": lambda log, run, text: log.step(
        run, "tool_executing", call_id=text[:1], tool="spend_by", title="Spend", arguments={"by": text}
    ),
    "progress": lambda log, run, text: log.step(run, "tool_progress", call_id=text[:1], note=text),
    "tool_end": lambda log, run, text: log.step(
        run, "tool_completed", call_id=text[:1], tool="spend_by", outcome="success", seconds=1.0, result=table_block()
    ),
    "approval": lambda log, run, text: log.step(
        run, "approval_requested", call_id=text[:1], tool="save", arguments={"title": text}
    ),
    "approved": lambda log, run, text: log.step(run, "approval_resolved", call_id=text[:1], approved=text < "m"),
    "unknown": lambda log, run, text: log.step(run, "agent_dreamed", text=text),
    "stop": lambda log, run, _text: log.request_cancel(run),
    "restart": lambda log, run, _text: log.restart(run),
    "complete": lambda log, run, text: log.complete(run, text),
    "complete_with_findings": lambda log, run, text: log.complete(run, text, **findings_of(text)),
    "fail": lambda log, run, _text: log.fail(run),
    "cancel": lambda log, run, text: log.cancel(run, text),
}
free_moves = ("ask", "ask_elsewhere", "start", "retitle", "import")

moves = st.tuples(
    st.sampled_from([*free_moves, *running_moves]),
    st.integers(0, 3),
    st.text(alphabet="abn *é€", min_size=1, max_size=6),
)


def play(steps: list[tuple[str, int, str]]) -> ServerLog:
    """Carry out each move that is possible at its time."""
    log = ServerLog()
    log.ask(log.open_thread, "First question")
    for kind, number, text in steps:
        if kind in running_moves:
            _move_run(log, kind, number, text)
        else:
            _move_freely(log, kind, number, text)
    return log


def _move_run(log: ServerLog, kind: str, number: int, text: str) -> None:
    running = [run for run in log.runs.values() if run["status"] == "running"]
    if running:
        running_moves[kind](log, running[number % len(running)], text)


def _move_freely(log: ServerLog, kind: str, number: int, text: str) -> None:
    queued = [run for run in log.runs.values() if run["status"] == "queued"]
    if kind == "start" and queued:
        log.start(queued[number % len(queued)])
    elif kind in ("ask", "ask_elsewhere"):
        log.ask(log.open_thread if kind == "ask" else OTHER_THREAD, text)
    elif kind == "retitle":
        thread = log.threads[log.open_thread]
        thread["title"] = text
        log.emit("thread_changed", {"thread": thread}, thread_id=thread["id"])
        log.commit()
    elif kind == "import":
        log.emit("import_progressed", {"dataset": {"id": "d", "title": text, "import": {"rows_read": number}}})
        log.commit()


logs = st.lists(moves, max_size=40).map(play)
