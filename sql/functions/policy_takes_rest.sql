-- Does one normalised policy text take, of one table, what others leave, and the other one is among
-- them? Then they share no record as long as both stay as they are. Internal.
CREATE OR REPLACE FUNCTION retention.policy_takes_rest(rest text, other text) RETURNS boolean
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $function$
SELECT EXISTS (SELECT FROM retention.policy_settings(rest) s
               WHERE s.place = 'data' AND s.name = 'only' AND s.value = '"rest"')
   AND NOT EXISTS (SELECT FROM retention.policy_settings(other) s
                   WHERE s.place = 'data' AND s.name = 'only' AND s.value = '"rest"')
   AND (SELECT s.value FROM retention.policy_settings(rest) s
        WHERE s.place = 'data' AND s.name = 'table')
     = (SELECT s.value FROM retention.policy_settings(other) s
        WHERE s.place = 'data' AND s.name = 'table')
$function$;
REVOKE ALL ON FUNCTION retention.policy_takes_rest(text, text) FROM PUBLIC;
