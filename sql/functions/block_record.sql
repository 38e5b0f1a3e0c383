-- A record that the database refuses to let go is set aside, by its digest, with the reason.
CREATE OR REPLACE FUNCTION retention.block_record(term bigint, run uuid, category text,
    relation text, digest bytea, epoch bigint, sqlstate text, constraint_name text) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
#variable_conflict use_column
BEGIN
    PERFORM retention.require_term(block_record.term);
    INSERT INTO retention.blocked_record (category, relation, digest, epoch, sqlstate,
                                          constraint_name, run)
        VALUES (block_record.category, block_record.relation, block_record.digest,
                block_record.epoch, block_record.sqlstate, block_record.constraint_name,
                block_record.run)
        ON CONFLICT ON CONSTRAINT blocked_record_pkey DO UPDATE
            SET last_seen = clock_timestamp(), sqlstate = excluded.sqlstate,
                constraint_name = excluded.constraint_name, run = excluded.run;
END
$function$;
REVOKE ALL ON FUNCTION retention.block_record(bigint, uuid, text, text, bytea, bigint, text, text)
    FROM PUBLIC;
GRANT EXECUTE ON FUNCTION retention.block_record(bigint, uuid, text, text, bytea, bigint, text,
    text)
    TO @prefix@worker;
