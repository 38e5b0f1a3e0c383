-- Event trigger (ddl_command_end), which only a superuser can make: while a hold of a category is in
-- force whose guard was in place once, no command leaves its tables otherwise than they were when
-- they were checked last: triggers disabled or replaced, columns, their types or keys changed,
-- functions of the guard made anew, partitions detached. Any ALTER is looked at, since ALTER VIEW
-- can rename a table's column, and ALTER TYPE, ALTER DOMAIN and ALTER EXTENSION change what values
-- mean. Nor are indexes or statistics made there whose expressions call what belongs to no superuser:
-- planning a question of the guard would run that with the rights of who asks it, or be misled by it.
--
-- The gate first: a command that began before a hold was placed is over before it is in force.
--
-- Where not all of the guard is in place (a new partition lacks TRUNCATE's trigger), what is in
-- place must stay, and so must columns and partitions; what setup prints adds the rest.
CREATE OR REPLACE FUNCTION retention.guard_alter() RETURNS event_trigger
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    guarded record;
BEGIN
    IF tg_tag NOT LIKE 'ALTER %' AND tg_tag NOT IN ('CREATE TRIGGER', 'CREATE FUNCTION',
            'CREATE PROCEDURE', 'CREATE RULE', 'CREATE INDEX', 'CREATE STATISTICS') THEN
        RETURN;
    END IF;
    PERFORM retention.guard_gate();
    IF tg_tag IN ('CREATE INDEX', 'CREATE STATISTICS') THEN
        PERFORM retention.guard_made(d.classid, d.objid, tg_tag)
            FROM pg_event_trigger_ddl_commands() d;
        RETURN;
    END IF;
    SELECT c.name, h.hold INTO guarded
        FROM retention.category c
            JOIN LATERAL (SELECT s.hold FROM retention.held_scope s
                          WHERE s.category = c.name AND s.held_until > now() LIMIT 1) h ON true
        WHERE c.guard = 'refuse' AND c.guard_seen
          AND (c.guard_state = 'in place'
                   AND c.fingerprint IS DISTINCT FROM retention.fingerprint(c.governed)
               OR EXISTS (SELECT FROM jsonb_each_text(c.guard_rows) was
                          WHERE retention.guard_rows(c.guard_triggers) ->> was.key
                                  IS DISTINCT FROM was.value
                            AND EXISTS (SELECT FROM pg_class t
                                        WHERE t.oid = split_part(was.value, ' ', 1)::oid))
               OR cardinality(retention.changed_columns(c.column_facts,
                    retention.column_facts(c.column_facts))) > 0
               OR EXISTS (SELECT FROM unnest(c.guard_leaves) l
                          WHERE NOT EXISTS (SELECT FROM pg_inherits i WHERE i.inhrelid = l
                                            AND NOT i.inhdetachpending)))
        LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION USING ERRCODE = 'RT012',
            MESSAGE = format('%s is refused: after it the guarded tables of category "%s" are '
                'not as they were checked last, and legal hold %s is in force', tg_tag,
                guarded.name, guarded.hold),
            HINT = 'Ask legal about the hold by its id. If the command touches none of these '
                'tables, they changed before it: the next run of the worker checks them. A '
                'superuser can disable event trigger "retention_guard_alter"; the next run will '
                'report what it finds changed.';
    END IF;
END
$function$;
REVOKE ALL ON FUNCTION retention.guard_alter() FROM PUBLIC;
