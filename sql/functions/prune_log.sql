-- Says in the log that its entries below `upto` may go from the log directory. Nothing goes before a
-- checkpoint covers that entry, and the tables keep theirs. Returns the entry's id; one that says as
-- much already is not repeated. Only for who may install: members of the owner.
CREATE OR REPLACE FUNCTION retention.prune_log(upto bigint) RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
#variable_conflict use_column
DECLARE
    entry bigint;
BEGIN
    IF prune_log.upto <= 0 OR prune_log.upto % 256 <> 0 THEN
        RAISE EXCEPTION USING ERRCODE = 'RT011',
            MESSAGE = 'a log is pruned up to a multiple of 256 entries';
    END IF;
    IF prune_log.upto > coalesce((SELECT max(c.size) FROM retention.log_checkpoint c), 0) THEN
        RAISE EXCEPTION USING ERRCODE = 'RT011',
            MESSAGE = format('no checkpoint covers %s entries', prune_log.upto);
    END IF;
    SELECT e.id INTO entry FROM retention.log_entry e
        WHERE e.type = 'prune' AND e.run IS NULL
          AND substring(e.entry, '(?n)^upto (.*)$')::bigint >= prune_log.upto
        ORDER BY e.id LIMIT 1;
    IF entry IS NULL THEN
        entry := retention.write_entry('prune', NULL, NULL, jsonb_build_object('upto', upto));
        PERFORM set_config('synchronous_commit', 'on', true);
        PERFORM pg_notify('retention', 'log');
    END IF;
    RETURN entry;
END
$function$;
REVOKE ALL ON FUNCTION retention.prune_log(bigint) FROM PUBLIC;
