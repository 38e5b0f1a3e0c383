-- A type of which the last entry that got a number is gone: the next one of its type would show it,
-- and this does not wait for one. NULL: none.
CREATE OR REPLACE FUNCTION retention.log_last_gone() RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT min(c.type) FROM retention.entry_counter c
    WHERE c.next > 0
      AND NOT EXISTS (SELECT FROM retention.log_entry e
                      WHERE e.type = c.type AND e.seq = c.next - 1 AND e.run IS NULL)
$function$;
REVOKE ALL ON FUNCTION retention.log_last_gone() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION retention.log_last_gone() TO @prefix@worker, @prefix@operator,
    @prefix@auditor;
