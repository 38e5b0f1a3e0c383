-- Bringing entries back from the directory into a database that was restored or failed over. Three
-- functions, called in this order in one transaction: recover_begin, recover_entry for each entry
-- that the database has no place for, in order, recover_end. Nobody leads meanwhile, and no batch is
-- in flight. Only for who may install: members of the owner.
--
-- An entry may be in the database without its place in the tree: it was written before the backup
-- and placed after it. It is found by its bytes. Others are written again; their numbers are new,
-- for numbers only show that none is missing.
CREATE OR REPLACE FUNCTION retention.recover_begin(log_size bigint, OUT database_size bigint)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET lock_timeout = '10s'
AS $function$
BEGIN
    IF NOT retention.is_bound() THEN
        RAISE EXCEPTION USING ERRCODE = 'RT006',
            MESSAGE = 'this database is not the one that schema retention was installed in',
            HINT = 'If the worker shall act on this copy, run: retentionctl adopt';
    END IF;
    LOCK TABLE retention.leader_gate IN EXCLUSIVE MODE;
    LOCK TABLE retention.log_leaf IN SHARE ROW EXCLUSIVE MODE;
    PERFORM set_config('synchronous_commit', 'on', true);
    SELECT coalesce(max(l.index) + 1, 0) INTO database_size FROM retention.log_leaf l;
    IF database_size > log_size THEN
        RAISE EXCEPTION USING ERRCODE = 'RT011',
            MESSAGE = format('the database has %s entries, more than the %s of the directory',
                database_size, log_size);
    END IF;
END
$function$;
REVOKE ALL ON FUNCTION retention.recover_begin(bigint) FROM PUBLIC;
