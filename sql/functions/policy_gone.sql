-- The files of these categories are gone: they turn red, and nothing of them is acted on until the
-- file is back or the policy is retired. Returns how many turned.
CREATE OR REPLACE FUNCTION retention.policy_gone(names text[]) RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    turned bigint;
BEGIN
    IF NOT EXISTS (SELECT FROM retention.category c
                   WHERE c.name = ANY (names) AND c.state IN ('active', 'suspended')) THEN
        RETURN 0;
    END IF;
    LOCK TABLE retention.leader_gate IN ROW SHARE MODE;
    PERFORM retention.close_hold_gate();
    UPDATE retention.category c SET state = 'red'
        WHERE c.name = ANY (names) AND c.state IN ('active', 'suspended');
    GET DIAGNOSTICS turned = ROW_COUNT;
    RETURN turned;
END
$function$;
REVOKE ALL ON FUNCTION retention.policy_gone(text[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION retention.policy_gone(text[]) TO @prefix@worker;
