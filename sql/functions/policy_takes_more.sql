-- May one normalised policy text take a record that another one does not, by its table, conditions
-- and dependants? False only where it is known not to; NULL takes nothing. Internal.
CREATE OR REPLACE FUNCTION retention.policy_takes_more(before text, after text) RETURNS boolean
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    IF after = before THEN
        RETURN false;
    ELSIF before IS NULL THEN
        RETURN true;
    END IF;
    RETURN EXISTS (SELECT FROM retention.policy_settings(after) s WHERE s.name IS NULL)
        -- conditions of which one must hold, "rest", the table: the same
        OR EXISTS (
            SELECT FROM (SELECT s.place, s.name, s.value FROM retention.policy_settings(before) s
                         WHERE s.place ~ '^data\.any'
                            OR s.place = 'data' AND s.name IN ('table', 'only', 'rest_of')) b
                FULL JOIN (SELECT s.place, s.name, s.value FROM retention.policy_settings(after) s
                           WHERE s.place ~ '^data\.any'
                              OR s.place = 'data' AND s.name IN ('table', 'only', 'rest_of')) a
                    ON (a.place, a.name) = (b.place, b.name)
            WHERE a.value IS DISTINCT FROM b.value)
        -- dependants: none that is new
        OR EXISTS (
            SELECT s.place, s.name, s.value FROM retention.policy_settings(after) s
            WHERE s.place ~ '^data\.with'
            EXCEPT
            SELECT s.place, s.name, s.value FROM retention.policy_settings(before) s)
        -- conditions that must hold: none that is gone
        OR EXISTS (
            SELECT e.content FROM retention.policy_entries(before) e WHERE e.list = 'data.only'
            EXCEPT
            SELECT e.content FROM retention.policy_entries(after) e WHERE e.list = 'data.only');
END
$function$;
REVOKE ALL ON FUNCTION retention.policy_takes_more(text, text) FROM PUBLIC;
