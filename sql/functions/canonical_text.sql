-- A value that somebody wrote, as the statements of batches print a column of that type
-- (sql_key_text in worker/policy/sql_name.c): keys, tenants and subjects alike. NULL where the type
-- has no such value. `normal` is how the policy normalises a subject (e164, lower); then the type
-- does not matter, because the column's text is normalised too. Type json is a value within a
-- document. NULL, too, where it is not certain which phone number a text is.
--
-- Dates and times are read in ISO form only, without a zone as UTC: other forms depend on settings,
-- and words like "now" are no values of a record.
CREATE OR REPLACE FUNCTION retention.canonical_text(value text, type text, normal text)
RETURNS text
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
SET datestyle = 'ISO, YMD'
SET timezone = 'UTC'
SET bytea_output = 'hex'
AS $function$
DECLARE
    iso_date constant text := '^[0-9]{4,7}-[0-9]{2}-[0-9]{2}( BC)?$';
    iso_time constant text := '^[0-9]{4,6}-[0-9]{2}-[0-9]{2}'
        '([T ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,6})?)?)?';
    infinite constant text := '^-?infinity$';
    at timestamptz;
BEGIN
    IF value IS NULL THEN
        RETURN NULL;
    END IF;
    -- What cannot fail needs no subtransaction.
    CASE
        WHEN normal = 'e164' THEN
            RETURN nullif(retention.as_e164(value), '?');
        WHEN normal = 'lower' THEN
            RETURN nullif(retention.as_lower(value), '');
        WHEN normal IS NOT NULL THEN
            RETURN NULL;
        WHEN type IN ('text', 'character varying') THEN
            RETURN value;
        WHEN type = 'character' THEN
            RETURN rtrim(value, ' ');
        WHEN type = 'json' THEN
            RETURN retention.any_json(value);
        ELSE
            NULL;
    END CASE;
    BEGIN
        CASE type
            WHEN 'smallint' THEN
                RETURN value::smallint::text;
            WHEN 'integer' THEN
                RETURN value::integer::text;
            WHEN 'bigint' THEN
                RETURN value::bigint::text;
            WHEN 'numeric' THEN
                RETURN trim_scale(value::numeric)::text;
            WHEN 'uuid' THEN
                RETURN value::uuid::text;
            WHEN 'inet' THEN
                RETURN value::inet::text;
            WHEN 'cidr' THEN
                RETURN value::cidr::text;
            WHEN 'macaddr' THEN
                RETURN value::macaddr::text;
            WHEN 'bytea' THEN
                RETURN value::bytea::text;
            WHEN 'boolean' THEN
                RETURN value::boolean::text;
            WHEN 'date' THEN
                IF btrim(value) ~ iso_date OR btrim(value) ~ infinite THEN
                    RETURN value::date::text;
                END IF;
            WHEN 'timestamp without time zone' THEN
                IF btrim(value) ~ (iso_time || '( BC)?$') OR btrim(value) ~ infinite THEN
                    RETURN value::timestamp::text;
                END IF;
            WHEN 'timestamp with time zone' THEN
                IF btrim(value) ~ (iso_time || '( ?(Z|UTC|[+-][0-9]{2}(:?[0-9]{2}(:[0-9]{2})?)?))?'
                                   '( BC)?$')
                        OR btrim(value) ~ infinite THEN
                    at := value::timestamptz;
                    RETURN CASE WHEN isfinite(at)
                        THEN regexp_replace((at AT TIME ZONE 'UTC')::text, '( BC)?$', '+00\1')
                        ELSE at::text END;
                END IF;
            ELSE
                NULL;
        END CASE;
        RETURN NULL;
    EXCEPTION
        WHEN data_exception THEN
            RETURN NULL;
    END;
END
$function$;
REVOKE ALL ON FUNCTION retention.canonical_text(text, text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION retention.canonical_text(text, text, text) TO @prefix@worker,
    @prefix@reader, @prefix@operator, @prefix@auditor, @prefix@approver, @prefix@legal;
