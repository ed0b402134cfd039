"""The append as a function of the database: see docs/decisions/0016-an-append-is-one-round-trip.md."""

from django.db import migrations

APPEND = """
CREATE FUNCTION chat_append(
    waits boolean, lease_seconds double precision,
    -- The appends: of whom, of which run with which fence, and how many events each has.
    users uuid[], runs uuid[], attempts int[], bases bigint[], statuses text[], owners text[], later_owners text[],
    counts int[],
    -- Their events, in the order of the appends.
    places int[], threads uuid[], of_runs uuid[], types text[], agents text[], terminals boolean[],
    moments timestamptz[], contents text[],
    endings json
) RETURNS TABLE (place int, outcome text, before bigint, epoch uuid, is_cancelled boolean)
-- Its statements look rows up by keys, whatever the parameters are: planning them again for every call takes a third
-- of its time.
LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    free_runs uuid[];
    free_users uuid[];
    epochs uuid[];
    old_heads bigint[];
    new_heads bigint[];
    passed uuid[];
    stopped uuid[];
    mine int;
    ending json;
    sum_of_counts int := 0;
    skipped int[] := array_fill(0, ARRAY[cardinality(users)]);
    befores bigint[] := array_fill(NULL::bigint, ARRAY[cardinality(users)]);
    outcomes text[] := array_fill('written'::text, ARRAY[cardinality(users)]);
BEGIN
    -- Runs by id, then streams by user: one order for everybody, so that nobody waits in a circle.
    IF waits THEN
        SELECT array_agg(run.id) INTO free_runs FROM (
            SELECT id FROM chat_run WHERE id = ANY(runs) ORDER BY id FOR NO KEY UPDATE
        ) AS run;
        SELECT array_agg(stream.user_id), array_agg(stream.epoch), array_agg(stream.last_seq)
          INTO free_users, epochs, old_heads FROM (
            SELECT * FROM chat_userstream WHERE user_id = ANY(users) ORDER BY user_id FOR NO KEY UPDATE
        ) AS stream;
    ELSE
        SELECT array_agg(run.id) INTO free_runs FROM (
            SELECT id FROM chat_run WHERE id = ANY(runs) ORDER BY id FOR NO KEY UPDATE SKIP LOCKED
        ) AS run;
        SELECT array_agg(stream.user_id), array_agg(stream.epoch), array_agg(stream.last_seq)
          INTO free_users, epochs, old_heads FROM (
            SELECT * FROM chat_userstream WHERE user_id = ANY(users) ORDER BY user_id FOR NO KEY UPDATE SKIP LOCKED
        ) AS stream;
    END IF;
    new_heads := old_heads;

    -- The fence is also the heartbeat and brings the wish to stop.
    WITH want AS (
        SELECT * FROM unnest(users, runs, attempts, bases, statuses, owners, counts)
            AS want(user_id, run_id, attempt, base, status, owner, added)
         WHERE want.run_id = ANY(free_runs) AND want.user_id = ANY(free_users)
    ), let_pass AS (
        UPDATE chat_run AS run
           SET next_run_seq = run.next_run_seq + want.added,
               lease_until = CASE WHEN run.status = 'running'
                                  THEN clock_timestamp() + make_interval(secs => lease_seconds) END
          FROM want
         WHERE run.id = want.run_id AND run.attempt = want.attempt AND run.next_run_seq = want.base
           AND run.status = want.status AND run.lease_owner = want.owner
        RETURNING run.id, run.cancel_requested_at IS NOT NULL AS stops
    )
    SELECT array_agg(id), array_agg(id) FILTER (WHERE stops) INTO passed, stopped FROM let_pass;

    -- Every append that passed gets its stretch of its user's stream.
    FOR i IN 1 .. cardinality(users) LOOP
        skipped[i] := sum_of_counts;
        sum_of_counts := sum_of_counts + counts[i];
        mine := array_position(free_users, users[i]);
        IF mine IS NULL OR NOT (waits OR runs[i] IS NULL OR runs[i] = ANY(coalesce(free_runs, '{}'))) THEN
            -- Whoever waits gets every lock there is: what is still missing does not exist any more.
            outcomes[i] := CASE WHEN waits THEN 'fenced' ELSE 'locked' END;
        ELSIF runs[i] IS NULL OR runs[i] = ANY(coalesce(passed, '{}')) THEN
            befores[i] := new_heads[mine];
            new_heads[mine] := new_heads[mine] + counts[i];
        ELSE
            -- Either an earlier try of this very append had committed, or the run is no longer its writer's.
            PERFORM FROM chat_run AS run WHERE run.id = runs[i] AND run.attempt = attempts[i]
                AND run.lease_owner = later_owners[i] AND run.next_run_seq >= bases[i] + counts[i];
            outcomes[i] := CASE WHEN FOUND THEN 'known' ELSE 'fenced' END;
        END IF;
    END LOOP;
    UPDATE chat_userstream AS stream SET last_seq = grown.head
      FROM unnest(free_users, old_heads, new_heads) AS grown(user_id, old_head, head)
     WHERE stream.user_id = grown.user_id AND grown.head > grown.old_head;

    INSERT INTO chat_event (user_id, seq, thread_id, run_id, attempt, run_seq, type, agent_name, terminal, created_at,
                            data)
    SELECT users[event.place], befores[event.place] + event.number - skipped[event.place], event.thread_id,
           event.run_id, CASE WHEN runs[event.place] IS NULL THEN 0 ELSE attempts[event.place] END,
           CASE WHEN runs[event.place] IS NULL THEN NULL
                ELSE bases[event.place] + event.number - skipped[event.place] - 1 END,
           event.type, event.agent_name, event.terminal, event.moment, event.content::json
      FROM unnest(places, threads, of_runs, types, agents, terminals, moments, contents) WITH ORDINALITY
        AS event(place, thread_id, run_id, type, agent_name, terminal, moment, content, number)
     WHERE outcomes[event.place] = 'written';

    -- What else the end of a run writes; hardly any append has one.
    FOR number_of_ending IN 0 .. json_array_length(endings) - 1 LOOP
        ending := endings -> number_of_ending;
        CONTINUE WHEN outcomes[(ending ->> 'place')::int] <> 'written';
        UPDATE chat_run SET status = ending ->> 'status', finished_at = (ending ->> 'ended_at')::timestamptz,
               usage = (ending ->> 'usage')::jsonb, cost = (ending ->> 'cost')::numeric,
               error_code = ending ->> 'error_code', lease_until = NULL, lease_owner = ending ->> 'owner'
         WHERE id = (ending ->> 'run_id')::uuid;
        IF ending ->> 'message_id' IS NOT NULL THEN
            INSERT INTO chat_message (id, thread_id, parent_id, run_id, role, text, created_at)
            SELECT (ending ->> 'message_id')::uuid, run.thread_id, (ending ->> 'message_parent_id')::uuid, run.id,
                   'assistant', ending ->> 'message_text', (ending ->> 'ended_at')::timestamptz
              FROM chat_run AS run WHERE run.id = (ending ->> 'run_id')::uuid;
        END IF;
        UPDATE chat_thread SET updated_at = (ending ->> 'ended_at')::timestamptz
         WHERE id = (ending ->> 'thread_id')::uuid;
    END LOOP;

    FOR i IN 1 .. cardinality(users) LOOP
        place := i;
        outcome := outcomes[i];
        before := befores[i];
        epoch := epochs[array_position(free_users, users[i])];
        is_cancelled := runs[i] = ANY(coalesce(stopped, '{}'));
        RETURN NEXT;
    END LOOP;
END $$
"""


class Migration(migrations.Migration):

    dependencies = [
        ("chat", "0005_importers"),
    ]

    operations = [
        migrations.RunSQL(APPEND, "DROP FUNCTION chat_append"),
    ]
