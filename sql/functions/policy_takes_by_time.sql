-- Does a normalised policy text choose its records by their age, with this operator ("younger_than"
-- or "older_than")? Then time alone takes records from it, or brings it some. Internal.
CREATE OR REPLACE FUNCTION retention.policy_takes_by_time(policy text, operator text) RETURNS boolean
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $function$
SELECT CASE WHEN strpos(policy, operator || ' = ') > 0
    THEN EXISTS (SELECT FROM retention.policy_settings(policy) s
                 WHERE s.place ~ '^data\.(only|any)\[\d+\]$' AND s.name = operator)
    ELSE false END
$function$;
REVOKE ALL ON FUNCTION retention.policy_takes_by_time(text, text) FROM PUBLIC;
