"""The staff pages at 10,000 runs and 1,000,000 events, measured against the same pages at a fiftieth of that."""

from __future__ import annotations

import time
import uuid
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from chat.models import Agent, Event, Run, Thread
from tests.staff import make_superuser, signed_in

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.long]
PEOPLE, RUNS, EVENTS_EACH = 2_000, 10_000, 100
SMALL = 200
# Fifty times the rows may cost this many times the time; a scan of them would cost far more.
MOST_TIMES_SLOWER = 5.0
# What passes although it is many times slower than almost nothing.
TOO_LITTLE_TO_COMPARE_MILLISECONDS = 30.0
ROUNDS = 7

FILL = (
    """
INSERT INTO accounts_user (id, email, password, tier, is_active, is_staff, is_superuser, auth_version, created_at)
SELECT md5('person' || n)::uuid, 'person' || n || '@example.com', '', 'free', true, false, false, 1, now()
  FROM generate_series(%(from)s + 1, %(to)s) AS n WHERE n <= %(people)s
""",
    """
INSERT INTO chat_thread (id, user_id, title, titled_by, pinned, archived, settings, created_at, updated_at)
SELECT md5('thread' || n)::uuid, md5('person' || 1 + n %% %(people)s)::uuid, 'title', 'auto', false, n %% 10 = 0, '{}',
       now() - make_interval(mins => n), now() - make_interval(mins => n)
  FROM generate_series(%(from)s + 1, %(to)s) AS n
""",
    """
INSERT INTO chat_message (id, thread_id, role, text, created_at)
SELECT md5('question' || n)::uuid, md5('thread' || n)::uuid, 'user', 'What do we spend?', now()
  FROM generate_series(%(from)s + 1, %(to)s) AS n
""",
    """
INSERT INTO chat_run (id, user_id, thread_id, question_id, agent_id, mode, status, attempt, next_run_seq, lease_owner,
                      request_id, client_id, usage, cost, error_code, created_at, started_at, finished_at,
                      dispatched_at)
SELECT md5('run' || n)::uuid, md5('person' || 1 + n %% %(people)s)::uuid, md5('thread' || n)::uuid,
       md5('question' || n)::uuid, CASE WHEN n %% 50 = 0 THEN 'rare' ELSE 'netra' END,
       CASE WHEN n %% 20 = 0 THEN 'performance' ELSE 'regular' END,
       CASE WHEN n %% 100 = 0 THEN 'failed' WHEN n %% 99 = 0 THEN 'cancelled' ELSE 'completed' END,
       1, 100, 'worker-1', md5('request' || n), 'client' || n, '{"input_tokens": 1200, "output_tokens": 80}', 0.01, '',
       now() - make_interval(mins => n), now() - make_interval(mins => n) + interval '1 s',
       now() - make_interval(mins => n) + interval '9 s', now() - make_interval(mins => n)
  FROM generate_series(%(from)s + 1, %(to)s) AS n
""",
    """
INSERT INTO chat_event (user_id, seq, thread_id, run_id, attempt, run_seq, type, agent_name, terminal, created_at,
                        data)
SELECT md5('person' || 1 + n %% %(people)s)::uuid, n::bigint * 1000 + k, md5('thread' || n)::uuid,
       md5('run' || n)::uuid, 1, k,
       CASE WHEN k = 0 THEN 'agent_queued' WHEN k %% 10 = 0 THEN 'tool_progress' ELSE 'message_delta' END, 'netra',
       false,       now() - make_interval(mins => n) + make_interval(secs => k * 0.08),
       CASE WHEN k = 0 THEN '{"run": {}}' WHEN k %% 10 = 0 THEN '{"call_id": "c", "note": "on"}'
            ELSE '{"delta": "some words of an answer", "part": 0}' END::json
  FROM generate_series(%(from)s + 1, %(to)s) AS n, generate_series(0, %(events)s - 1) AS k
""",
    "ANALYZE accounts_user, chat_thread, chat_message, chat_run, chat_event",
)


@pytest.fixture
def admin(db: None, agent: Agent) -> Client:
    Agent.objects.create(name="rare", title="Rare")
    return signed_in(make_superuser())


def fill(already: int, runs: int) -> None:
    """Adds rows until there are this many runs."""
    values = {"from": already, "to": runs, "people": min(PEOPLE, runs), "events": EVENTS_EACH}
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        for statement in FILL:
            cursor.execute(statement, values if "%(" in statement else None)
        cursor.execute("RESET statement_timeout")


def pages() -> dict[str, str]:
    """What staff open, by name; every one of them has an answer in the small database too."""
    number = 77
    run, thread = (uuid.UUID(hex=md5(f"{kind}{number}")) for kind in ("run", "thread"))
    lists = {
        "runs": "",
        "runs page 3": "p=3",
        "runs by id": f"q={run}",
        "runs by thread": f"q={thread}",
        "runs by request": f"q={md5(f'request{number}')}",
        "runs by address": "q=person12@",
        "runs by nonsense": "q=no such thing",
        "runs failed": "status__exact=failed",
        "runs completed": "status__exact=completed",
        "runs of an agent": "agent__name__exact=netra",
        "runs of a rare agent": "agent__name__exact=rare",
        "runs in a mode": "mode__exact=performance",
        "runs since a day": "created_at__gte=2026-01-01 00:00:00%2B00:00",
        "runs before a day": "created_at__lt=2099-01-01 00:00:00%2B00:00",
        "runs of a person": "person=person12@",
        "runs failed of an agent": "status__exact=failed&agent__name__exact=netra",
        "runs by cost": "o=-11",
    }
    threads = {"threads": "", "threads by id": f"q={thread}", "threads by address": "q=person12@"}
    return {
        **{name: f"chat/run/?{query}" for name, query in lists.items()},
        **{name: f"chat/thread/?{query}" for name, query in threads.items()},
        "threads archived": "chat/thread/?archived__exact=1",
        "a run": f"chat/run/{run}/change/",
        "a thread": f"chat/thread/{thread}/change/",
        "people": "accounts/user/?q=",
        "overview": "",
    }


def md5(text: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT md5(%s)", [text])
        return str(cursor.fetchone()[0])


def measure(client: Client, path: str) -> tuple[float, float]:
    """Milliseconds of the page and of its statements, each the best of some rounds: others use the machine too."""
    pages, statements = [], []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        with CaptureQueriesContext(connection) as queries:
            assert client.get(f"/admin/{path}").status_code == 200, path
        pages.append((time.perf_counter() - began) * 1000)
        statements.append(sum(float(query["time"]) for query in queries) * 1000)
    return min(pages), min(statements)


def test_pages_do_not_slow_down_with_the_rows(admin: Client) -> None:
    fill(0, SMALL)
    opened = pages()
    small = {name: measure(admin, path) for name, path in opened.items()}
    fill(SMALL, RUNS)
    assert (Run.objects.count(), Event.objects.count()) == (RUNS, RUNS * EVENTS_EACH)
    assert Thread.objects.count() == RUNS
    assert User.objects.count() >= PEOPLE
    large = {name: measure(admin, path) for name, path in opened.items()}
    slow = {}
    for name, (page, statements) in large.items():
        before, statements_before = small[name]
        print(f"{name:26} {before:7.1f} -> {page:7.1f} ms, statements {statements_before:6.1f} -> {statements:6.1f} ms")
        if page > MOST_TIMES_SLOWER * before and page > TOO_LITTLE_TO_COMPARE_MILLISECONDS:
            slow[name] = (before, page)
    assert slow == {}


def plan_of(admin: Client, path: str, table: str) -> list[str]:
    """The plan nodes that read this table in the statements of a page that fetch rows in an order.

    The bounded count may read the table as it lies: it stops after two thousand rows.
    """
    with CaptureQueriesContext(connection) as queries:
        assert admin.get(f"/admin/{path}").status_code == 200
    read: list[str] = []
    with connection.cursor() as cursor:
        for query in queries:
            if table in query["sql"] and "ORDER BY" in query["sql"]:
                cursor.execute("EXPLAIN (FORMAT JSON) " + query["sql"].replace("%", "%%"), [])
                read += scans(cursor.fetchone()[0][0]["Plan"], table)
    return read


def scans(node: dict[str, Any], table: str) -> list[str]:
    """The nodes of a plan that read the table or any index."""
    reads = node.get("Relation Name") == table or node["Node Type"] == "Bitmap Index Scan"
    own = [f"{node['Node Type']} {node.get('Index Name', '')}"] if reads else []
    return own + [found for child in node.get("Plans", ()) for found in scans(child, table)]


def test_lists_and_lookups_use_their_indexes(admin: Client) -> None:
    fill(0, RUNS)
    for path, table, index in (
        ("chat/run/", "chat_run", "runs_by_time"),
        ("chat/run/?status__exact=failed", "chat_run", "runs_by_status"),
        ("chat/run/?created_at__gte=2099-01-01 00:00:00%2B00:00", "chat_run", "runs_by_time"),
        ("chat/run/?person=person12@", "chat_run", "_user"),
        ("chat/thread/", "chat_thread", "threads_by_time"),
    ):
        read = plan_of(admin, path, table)
        assert any(index in node for node in read), (path, read)
        assert not any(node.startswith("Seq Scan") for node in read), (path, read)
    run = Run.objects.get(client_id="client77")
    events = plan_of(admin, f"chat/run/{run.id}/change/", "chat_event")
    assert events, "the run's page reads its events"
    assert not any(node.startswith("Seq Scan") for node in events), events
    with CaptureQueriesContext(connection) as queries:
        admin.get(f"/admin/chat/run/?q={run.request_id}")
    found = next(query["sql"] for query in queries if "request_id" in query["sql"] and "LIMIT" in query["sql"])
    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN " + found.replace("%", "%%"), [])
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "Seq Scan on chat_run" not in plan, plan
