-- Late records: families that are closed get a new key, for whom is counted from now on. In the
-- order of digests, as families are made. Internal to roll_up.
CREATE OR REPLACE FUNCTION retention.reopen_families(category text, stage text, layout text,
    digests bytea[]) RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $function$
#variable_conflict use_column
DECLARE
    closed bigint;
    pads record;
BEGIN
    FOR closed IN
        SELECT f.family FROM retention.aggregate_family f
        WHERE f.category = reopen_families.category AND f.stage = reopen_families.stage
          AND f.layout = reopen_families.layout AND f.digest = ANY (digests)
          AND f.inner_pad IS NULL
        ORDER BY f.digest
    LOOP
        SELECT * INTO pads FROM retention.hmac_pads();
        UPDATE retention.aggregate_family f
            SET inner_pad = pads.inner_pad, outer_pad = pads.outer_pad
            WHERE f.family = closed AND f.inner_pad IS NULL;
    END LOOP;
END
$function$;
REVOKE ALL ON FUNCTION retention.reopen_families(text, text, text, bytea[]) FROM PUBLIC;
