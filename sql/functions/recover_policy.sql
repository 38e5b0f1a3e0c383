-- The text of a policy that was loaded after the backup: see recover_begin. It is not in effect by
-- that; runs that were planned with it are told of, and the directory can be rebuilt with it.
CREATE OR REPLACE FUNCTION retention.recover_policy(category text, sha256 text, body text,
    previous text, loaded_by text) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
#variable_conflict use_column
BEGIN
    IF encode(sha256(convert_to(recover_policy.body, 'UTF8')), 'hex')
            IS DISTINCT FROM recover_policy.sha256 THEN
        RAISE EXCEPTION USING ERRCODE = 'RT011',
            MESSAGE = 'a policy''s text in the log directory is not what was logged';
    END IF;
    INSERT INTO retention.policy_text (category, sha256, text, previous, loaded_by)
        VALUES (recover_policy.category, recover_policy.sha256, recover_policy.body,
                recover_policy.previous, recover_policy.loaded_by)
        ON CONFLICT ON CONSTRAINT policy_text_pkey DO NOTHING;
END
$function$;
REVOKE ALL ON FUNCTION retention.recover_policy(text, text, text, text, text) FROM PUBLIC;
