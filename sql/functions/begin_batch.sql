-- The first statement of every batch but its LOCK of the leaf: may this transaction act, now?
--
-- Invariant: when this has returned, then until the transaction ends
--
--   * no other worker leads, and none can begin to (leader_gate, ROW SHARE against EXCLUSIVE);
--   * no hold can be placed or released, no policy loaded, approved or retired, no emergency stop
--     be declared (hold_gate, the same way); the action, being a statement of its own in READ
--     COMMITTED, has a snapshot younger than the lock, so it sees every hold placed before;
--   * the policy in effect is the one that the run was planned with;
--   * the relations are as they were when that policy was checked, and the columns that it reads are
--     those that were approved (column_facts). This rests on the caller's own
--     locks, taken before (ROW EXCLUSIVE on leaf and dependants): they keep away the DDL
--     that would change the fingerprint. Only CREATE OR REPLACE FUNCTION passes them; a function
--     replaced between here and the action runs once in its new form, and stops the next batch.
--
-- Pauses but for the emergency stop take no gate if they cannot get it at once: a batch in flight
-- then ends normally, the next is refused.
--
-- Locks, always in this order: the leaf and the dependants (by the caller), leader_gate, hold_gate.
-- Who takes a gate IN EXCLUSIVE MODE holds no lock on a governed relation, and who takes both takes
-- leader_gate first; so nobody waits in a circle. Everything is read after the locks are held.
--
-- worker_clock: the worker's time when the transaction began. What the transaction waited for since, as
-- locks, or read, is no difference between the clocks.
--
-- Returns the server's time and this transaction's id, for the log entry, and the epoch of the log
-- key in use (0: there is none, or the newest one was shredded). Raises RT001 term over, RT002
-- paused, RT003 not approved, or the run ended, RT004 schema changed, RT005 clock, RT006 another
-- database, RT007 brake, RT009 leaf gone, RT010 no such category or run, RT011 wrong isolation
-- level, RT024 what holds cover was changed by hand (check_holds), or another category's records are
-- held by a text that is not its file's (require_readers).
CREATE OR REPLACE FUNCTION retention.begin_batch(run uuid, term bigint, category text,
    leaf regclass, worker_clock timestamptz, OUT at timestamptz, OUT xid text, OUT epoch bigint)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET jit = off
AS $function$
#variable_conflict use_column
DECLARE
    f record;
    target oid;
    facts jsonb;
BEGIN
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        RAISE EXCEPTION USING ERRCODE = 'RT011',
            MESSAGE = 'a batch must run at isolation level read committed',
            DETAIL = 'Any other would not see holds that were placed before its gate was locked.';
    END IF;
    LOCK TABLE retention.leader_gate IN ROW SHARE MODE;
    LOCK TABLE retention.hold_gate IN ROW SHARE MODE;
    at := clock_timestamp();

    SELECT (l.term = begin_batch.term AND l.worker IS NOT NULL
            AND EXISTS (SELECT FROM retention.worker_session s
                        WHERE s.pid = pg_backend_pid() AND s.term = l.term)) AS leads,
           l.max_skew,
           i.system_identifier = (SELECT c.system_identifier::text FROM pg_control_system() c)
               AND i.database_oid = (SELECT d.oid FROM pg_database d
                                     WHERE d.datname = current_database()) AS bound,
           c.name, c.state, c.mode, c.approved_sha256, c.relation, c.governed, c.fingerprint,
           c.column_facts, c.brake_engaged_at, c.scope_problem,
           EXISTS (SELECT FROM retention.category o
                   WHERE o.approved_sha256 IS NOT NULL AND o.name <> begin_batch.category
                     AND (o.state <> 'active' OR o.invalid_since IS NOT NULL)) AS others_wait,
           (SELECT p.text ~ '\n *accept_triggers = ' FROM retention.policy_text p
            WHERE p.category = c.name AND p.sha256 = c.approved_sha256) AS accepts,
           r.status, r.term AS run_term, r.sha256, r.category AS run_category,
           (SELECT p.scope FROM retention.pause p
            WHERE p.resumed_at IS NULL AND (p.until IS NULL OR p.until > begin_batch.at)
              AND (p.scope = 'all' OR (p.scope = 'category' AND p.name = begin_batch.category))
            LIMIT 1) AS paused,
           (SELECT e.at FROM retention.log_entry e ORDER BY e.id DESC LIMIT 1) AS last_entry,
           (SELECT k.epoch FROM retention.epoch_key k
            WHERE k.shredded_at IS NULL
              AND k.epoch = (SELECT max(n.epoch) FROM retention.epoch_key n)) AS epoch
        INTO f
        FROM retention.leader l
            LEFT JOIN retention.install i ON i.one
            LEFT JOIN retention.category c ON c.name = begin_batch.category
            LEFT JOIN retention.run r ON r.run = begin_batch.run
        WHERE l.one;

    IF f.leads IS NOT TRUE THEN
        RAISE EXCEPTION USING ERRCODE = 'RT001',
            MESSAGE = format('term %s is over', coalesce(begin_batch.term::text, '(none)')),
            DETAIL = 'Another worker leads, or this session was not joined to the term.';
    END IF;
    IF f.bound IS NOT TRUE THEN
        RAISE EXCEPTION USING ERRCODE = 'RT006',
            MESSAGE = 'this database is not the one that schema retention was installed in',
            HINT = 'If the worker shall act on this copy, run: retentionctl adopt';
    END IF;
    IF f.name IS NULL OR f.run_category IS DISTINCT FROM begin_batch.category THEN
        RAISE EXCEPTION USING ERRCODE = 'RT010',
            MESSAGE = format('there is no such run of category "%s"', begin_batch.category);
    END IF;
    IF f.paused IS NOT NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'RT002',
            MESSAGE = CASE f.paused WHEN 'all' THEN 'everything is paused'
                ELSE format('category "%s" is paused', f.name) END;
    END IF;
    IF f.brake_engaged_at IS NOT NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'RT007',
            MESSAGE = format('the brake of category "%s" is engaged', f.name),
            HINT = format('After looking into it, run: retentionctl run --release-brake %s',
                f.name);
    END IF;
    IF f.state <> 'active' OR f.mode <> 'enforce'
            OR f.approved_sha256 IS DISTINCT FROM f.sha256 THEN
        RAISE EXCEPTION USING ERRCODE = 'RT003',
            MESSAGE = CASE
                WHEN f.state <> 'active' THEN format('category "%s" is %s', f.name, f.state)
                WHEN f.mode <> 'enforce' THEN format('category "%s" is in mode %s', f.name, f.mode)
                ELSE format('the policy of category "%s" changed since the run was planned',
                    f.name) END;
    END IF;
    IF f.scope_problem IS NOT NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'RT024',
            MESSAGE = format('what holds cover in category "%s" is not what they say: %s', f.name,
                f.scope_problem),
            HINT = 'Find out who changed retention.held_scope; then legal runs: retentionctl hold '
                'mend';
    END IF;
    IF f.others_wait THEN
        PERFORM retention.require_readers(f.name);
    END IF;
    IF f.status <> 'running' OR f.run_term IS DISTINCT FROM begin_batch.term THEN
        RAISE EXCEPTION USING ERRCODE = 'RT003',
            MESSAGE = format('the run of category "%s" has ended: %s', f.name,
                             CASE f.status WHEN 'running' THEN 'lost' ELSE f.status END);
    END IF;
    IF begin_batch.worker_clock IS NULL
            OR NOT begin_batch.worker_clock BETWEEN now() - f.max_skew AND now() + f.max_skew THEN
        RAISE EXCEPTION USING ERRCODE = 'RT005',
            MESSAGE = format('the clocks of worker and server differ by more than %s', f.max_skew),
            HINT = 'Set the clock that is wrong; nothing is deleted until they agree.';
    END IF;
    -- Entries carry whole seconds, and a clock may be slewed a little; a jump is more.
    IF f.last_entry > at + interval '5 s' THEN
        RAISE EXCEPTION USING ERRCODE = 'RT005',
            MESSAGE = 'the server''s clock is behind the last log entry',
            HINT = 'Set the server''s clock; nothing is deleted until it is past the last entry.';
    END IF;

    target := retention.relation_oid(f.relation);
    IF target IS NULL OR leaf::oid IS DISTINCT FROM target
            AND NOT EXISTS (SELECT FROM pg_partition_ancestors(leaf) a WHERE a.relid = target)
            OR NOT EXISTS (SELECT FROM pg_class c WHERE c.oid = leaf AND c.relkind = 'r') THEN
        RAISE EXCEPTION USING ERRCODE = 'RT009',
            MESSAGE = format('relation with OID %s is no leaf of "%s" any more', leaf::oid,
                f.relation);
    END IF;
    facts := retention.column_facts(f.column_facts);
    IF f.fingerprint IS NULL
            OR f.fingerprint IS DISTINCT FROM retention.fingerprint(f.governed)
            OR facts IS DISTINCT FROM f.column_facts
            AND cardinality(retention.changed_columns(f.column_facts, facts)) > 0 THEN
        RAISE EXCEPTION USING ERRCODE = 'RT004',
            MESSAGE = format('the relations of category "%s" changed since they were checked',
                f.name),
            HINT = 'The worker checks the policy against them again before it goes on.';
    END IF;

    -- Guards leave this transaction's own statements alone, and what cascades from them; not what
    -- accepted triggers do. See worker/policy/sql_guard.c.
    PERFORM setval('retention_guard.batch_begun',
        CASE WHEN f.accepts IS FALSE THEN 1 ELSE -1 END * pg_current_xact_id()::text::bigint);
    PERFORM set_config('retention.batch', 'on', true);
    xid := pg_current_xact_id()::text;
    epoch := coalesce(f.epoch, 0);
END
$function$;
REVOKE ALL ON FUNCTION retention.begin_batch(uuid, bigint, text, regclass, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION retention.begin_batch(uuid, bigint, text, regclass, timestamptz)
    TO @prefix@worker;
