-- What a hold with these arguments would cover now, by category, as hold_coverage says it of one
-- that is placed. It is placed and counted in a subtransaction that is always rolled back; no batch
-- waits.
CREATE OR REPLACE FUNCTION retention.hold_preview(category text DEFAULT NULL,
    tenant text DEFAULT NULL, subject text DEFAULT NULL, subjects text[] DEFAULT NULL,
    starts_from timestamptz DEFAULT NULL, starts_to timestamptz DEFAULT NULL,
    record_key text[] DEFAULT NULL, record_keys text[] DEFAULT NULL,
    everything boolean DEFAULT false) RETURNS SETOF retention.hold_reach
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
#variable_conflict use_column
DECLARE
    id constant uuid := gen_random_uuid();
    accepted constant text[] := ARRAY(SELECT c.name FROM retention.category c);
    result retention.hold_reach[];
BEGIN
    IF hold_preview.category IS NOT NULL
            AND NOT EXISTS (SELECT FROM retention.category c
                            WHERE c.name = hold_preview.category AND c.state <> 'retired') THEN
        RAISE EXCEPTION USING ERRCODE = 'RT010',
            MESSAGE = format('there is no category "%s"', hold_preview.category),
            HINT = '"retentionctl policy list" shows them.';
    END IF;
    PERFORM retention.raise_hold_errors('RT020', 'counted', retention.hold_names_errors(
        hold_preview.everything, hold_preview.category, hold_preview.tenant, hold_preview.subject,
        hold_preview.subjects, hold_preview.starts_from, hold_preview.starts_to,
        hold_preview.record_key, hold_preview.record_keys));
    BEGIN
        INSERT INTO retention.matter (matter, digest_key)
            VALUES (id::text, sha256(uuid_send(gen_random_uuid())));
        INSERT INTO retention.hold (hold, category, matter)
            VALUES (id, hold_preview.category, id::text);
        PERFORM retention.raise_hold_errors('RT020', 'counted', retention.add_hold_part(id, 1,
            'preview', hold_preview.category, hold_preview.tenant, hold_preview.subject,
            hold_preview.subjects, hold_preview.starts_from, hold_preview.starts_to,
            hold_preview.record_key, hold_preview.record_keys, accepted));
        PERFORM retention.apply_hold_parts(NULL, ARRAY[id]);
        result := ARRAY(SELECT r FROM retention.hold_reach(id) r);
        RAISE EXCEPTION USING ERRCODE = 'RT099';
    EXCEPTION
        WHEN SQLSTATE 'RT099' THEN
            NULL;
    END;
    RETURN QUERY SELECT r.* FROM unnest(result) r;
END
$function$;
REVOKE ALL ON FUNCTION retention.hold_preview(text, text, text, text[], timestamptz, timestamptz,
    text[], text[], boolean) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION retention.hold_preview(text, text, text, text[], timestamptz,
    timestamptz, text[], text[], boolean) TO @prefix@legal;
