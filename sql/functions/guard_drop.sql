-- Event trigger (sql_drop), which only a superuser can make: while a hold of a category is in force,
-- no trigger of its guard is dropped, neither alone nor with its table, partition or schema; and no
-- column of what its policy reads, neither alone nor with its type, domain, extension or collation.
CREATE OR REPLACE FUNCTION retention.guard_drop() RETURNS event_trigger
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    guarded record;
BEGIN
    IF EXISTS (SELECT FROM pg_event_trigger_dropped_objects() d WHERE NOT d.is_temporary) THEN
        PERFORM retention.guard_gate();
    END IF;
    SELECT d.object_identity, c.name, s.hold INTO guarded
        FROM pg_event_trigger_dropped_objects() d
            JOIN retention.category c ON d.object_type = 'trigger' AND c.guard = 'refuse'
                AND d.address_names[cardinality(d.address_names)] = ANY (c.guard_triggers)
            JOIN retention.held_scope s ON s.category = c.name AND s.held_until > now()
        LIMIT 1;
    IF NOT FOUND THEN
        SELECT d.object_identity, c.name, s.hold INTO guarded
            FROM pg_event_trigger_dropped_objects() d
                JOIN retention.category c ON c.guard = 'refuse' AND c.guard_seen
                JOIN LATERAL unnest(c.governed) g ON retention.relation_oid(g) = d.objid
                JOIN retention.held_scope s ON s.category = c.name AND s.held_until > now()
            WHERE d.object_type = 'table column'
            LIMIT 1;
    END IF;
    IF FOUND THEN
        RAISE EXCEPTION USING ERRCODE = 'RT012',
            MESSAGE = format('%s is refused: %s belongs to what the guard of category "%s" '
                'protects, and legal hold %s is in force', tg_tag, guarded.object_identity,
                guarded.name, guarded.hold),
            HINT = 'Ask legal about the hold by its id. A superuser can disable event trigger '
                '"retention_guard_drop"; the next run will report that the guard is gone.';
    END IF;
END
$function$;
REVOKE ALL ON FUNCTION retention.guard_drop() FROM PUBLIC;
