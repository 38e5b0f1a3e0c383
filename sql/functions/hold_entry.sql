-- The end of every step of a hold: its log entry, and a commit that is on disk when it returns.
-- `scope` is the text of what the step was about.
--
-- The snapshot in the entry tells, without the database, which batches committed before the step.
-- It is taken under the gate, while no batch is in flight; where it would not fit into an entry,
-- the list of transactions in progress is left out, since none of them is a batch. Internal.
CREATE OR REPLACE FUNCTION retention.hold_entry(hold uuid, what text, scope text) RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $function$
#variable_conflict use_column
DECLARE
    of_hold record;
    xid constant text := pg_current_xact_id()::text;
    snapshot text := pg_current_snapshot()::text;
BEGIN
    IF length(snapshot) > 3000 THEN
        snapshot := pg_snapshot_xmin(snapshot::pg_snapshot) || ':'
            || pg_snapshot_xmax(snapshot::pg_snapshot) || ':';
    END IF;
    SELECT h.category, m.matter, m.digest_key INTO STRICT of_hold
        FROM retention.hold h JOIN retention.matter m USING (matter)
        WHERE h.hold = hold_entry.hold;
    PERFORM retention.write_entry('hold', NULL, of_hold.category, jsonb_build_object(
        'hold', hold_entry.hold,
        'matter', encode(retention.hmac_sha256(of_hold.digest_key, of_hold.matter), 'hex'),
        'what', hold_entry.what, 'category', coalesce(of_hold.category, '*'),
        'scope', encode(retention.hmac_sha256(of_hold.digest_key, hold_entry.scope), 'hex'),
        'rows', NULL, 'xid', xid, 'snapshot', snapshot, 'by', session_user));
    IF current_setting('synchronous_commit') IN ('off', 'local') THEN
        PERFORM set_config('synchronous_commit', 'on', true);
    END IF;
    PERFORM pg_notify('retention', 'hold');
END
$function$;
REVOKE ALL ON FUNCTION retention.hold_entry(uuid, text, text) FROM PUBLIC;
