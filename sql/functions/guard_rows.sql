-- The triggers of a guard that fire always: {oid: "table transaction"}, where the transaction is the
-- one that wrote the trigger's description last. A trigger that was disabled and enabled again has
-- another one; a partition's copy that was detached and attached has another oid. No VACUUM changes
-- either, nor does what `setup --sql` prints, which leaves alone what is in place. Internal.
CREATE OR REPLACE FUNCTION retention.guard_rows(triggers text[]) RETURNS jsonb
LANGUAGE sql VOLATILE STRICT
SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT coalesce(jsonb_object_agg(g.oid, concat_ws(' ', g.tgrelid, g.xmin)), '{}')
    FROM pg_trigger g JOIN pg_proc p ON p.oid = g.tgfoid
        JOIN pg_namespace n ON n.oid = p.pronamespace
    WHERE g.tgname = ANY (guard_rows.triggers::name[]) AND g.tgenabled = 'A'
      AND n.nspname = 'retention_guard'
$function$;
REVOKE ALL ON FUNCTION retention.guard_rows(text[]) FROM PUBLIC;
