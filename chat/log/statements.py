"""The SQL of the append, as text."""

from __future__ import annotations

from typing import Final

COLUMNS: Final = "user_id, seq, thread_id, run_id, attempt, run_seq, type, agent_name, terminal, created_at, data"
LOCK_RUNS = "SELECT id FROM chat_run WHERE id = ANY(%s::uuid[]) ORDER BY id FOR NO KEY UPDATE {skip}"
LOCK_STREAMS = """
SELECT user_id FROM chat_userstream WHERE user_id = ANY(%s::uuid[]) ORDER BY user_id FOR NO KEY UPDATE {skip}
"""
# Fence and counter in one statement: a run that is no longer the writer's adds nothing to its user's stream.
TAKE_PLACES = """
WITH want AS (
    SELECT * FROM unnest(%s::uuid[], %s::uuid[], %s::int[], %s::bigint[], %s::bigint[], %s::text[], %s::text[])
        AS want(id, user_id, attempt, base, added, owner, status)
), passed AS (
    UPDATE chat_run AS run
       SET next_run_seq = run.next_run_seq + want.added,
           lease_until = CASE WHEN run.status = 'running' THEN clock_timestamp() + make_interval(secs => %s) END
      FROM want
     WHERE run.id = want.id AND run.attempt = want.attempt AND run.next_run_seq = want.base
       AND run.status = want.status AND run.lease_owner = want.owner
    RETURNING run.id, want.user_id, want.added, run.cancel_requested_at IS NOT NULL AS is_cancelled
), grown AS (
    SELECT user_id, sum(added)::bigint AS added
      FROM (SELECT user_id, added FROM passed UNION ALL SELECT * FROM unnest(%s::uuid[], %s::bigint[])) AS addition
     GROUP BY user_id
), bumped AS (
    UPDATE chat_userstream AS stream SET last_seq = stream.last_seq + grown.added
      FROM grown WHERE stream.user_id = grown.user_id
    RETURNING stream.user_id, stream.last_seq, stream.epoch
)
SELECT id, is_cancelled, NULL::uuid, NULL::bigint, NULL::uuid FROM passed
 UNION ALL
SELECT NULL, NULL, user_id, last_seq, epoch FROM bumped
"""
REREAD = "SELECT id, attempt, next_run_seq, lease_owner FROM chat_run WHERE id = ANY(%s::uuid[])"
END_RUN = """
UPDATE chat_run SET status = %s, finished_at = %s, usage = %s::jsonb, cost = %s, error_code = %s,
       lease_until = NULL, lease_owner = %s
 WHERE id = %s
"""
ADD_MESSAGE = """
INSERT INTO chat_message (id, thread_id, parent_id, run_id, role, text, created_at)
SELECT %s, run.thread_id, %s, run.id, 'assistant', %s, %s FROM chat_run AS run WHERE run.id = %s
"""
TOUCH_THREAD = "UPDATE chat_thread SET updated_at = %s WHERE id = %s"
INSERT = f"""
INSERT INTO chat_event ({COLUMNS})
SELECT * FROM unnest(%s::uuid[], %s::bigint[], %s::uuid[], %s::uuid[], %s::int[], %s::bigint[], %s::text[],
                     %s::text[], %s::bool[], %s::timestamptz[], %s::text[]::json[])
"""  # noqa: S608  (only the column names are pasted)
COPY = f"COPY chat_event ({COLUMNS}) FROM STDIN"
