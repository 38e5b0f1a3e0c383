-- How many records a hold covered and the root over their digests, for the log, so that a later
-- inventory can be compared. Returns the entry's id.
CREATE OR REPLACE FUNCTION retention.record_inventory(hold uuid, rows bigint, root text)
RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
#variable_conflict use_column
BEGIN
    IF NOT EXISTS (SELECT FROM retention.hold h WHERE h.hold = record_inventory.hold) THEN
        RAISE EXCEPTION USING ERRCODE = 'RT010',
            MESSAGE = format('there is no hold %s',
                coalesce(record_inventory.hold::text, '(null)'));
    END IF;
    RETURN retention.write_entry('inventory', NULL, NULL, jsonb_build_object(
        'hold', record_inventory.hold, 'rows', record_inventory.rows,
        'root', record_inventory.root));
END
$function$;
REVOKE ALL ON FUNCTION retention.record_inventory(uuid, bigint, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION retention.record_inventory(uuid, bigint, text) TO @prefix@worker;
