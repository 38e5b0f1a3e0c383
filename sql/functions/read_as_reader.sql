-- plan and explain for who may not read what holds cover, since that names people: the statement is
-- run for them, and they see what it says of records, their number or whether one is held.
--
-- Only statements that were written down when the category was loaded, by their SHA-256 (hold_facts,
-- "statements"): RT011 for any other one. Parameters are texts, NULL where there is none; a row is a
-- JSON array of texts.
CREATE OR REPLACE FUNCTION retention.read_as_reader(category text, statement text, params text[])
RETURNS SETOF text
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
#variable_conflict use_column
BEGIN
    PERFORM retention.require_reader_rights('retention.run_as_reader(text, text[])');
    IF NOT EXISTS (SELECT FROM retention.category c
                   WHERE c.name = read_as_reader.category AND c.state <> 'retired'
                     AND c.loaded_hold_facts -> 'statements'
                         ? encode(sha256(convert_to(read_as_reader.statement, 'UTF8')), 'hex')) THEN
        RAISE EXCEPTION USING ERRCODE = 'RT011',
            MESSAGE = format('the policy of category "%s" is not loaded as it stands here',
                read_as_reader.category),
            HINT = 'Who may not read what holds cover looks with the policies that are loaded, and '
                'with the version that loaded them.';
    END IF;
    RETURN QUERY SELECT r FROM retention.run_as_reader(read_as_reader.statement,
        read_as_reader.params) r;
END
$function$;
REVOKE ALL ON FUNCTION retention.read_as_reader(text, text, text[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION retention.read_as_reader(text, text, text[]) TO @prefix@operator,
    @prefix@approver, @prefix@auditor;
