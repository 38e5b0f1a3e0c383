-- A paused tenant as columns of each type print it. Run as @prefix@owner.
ALTER TABLE retention.pause ADD COLUMN forms jsonb;
COMMENT ON COLUMN retention.pause.forms IS
    'of a tenant: by type, the text that statements compare with (pause_as_printed); a type that is not '
    'named has no such value; NULL: as it was written';

-- Those in force from before. Where there are any, the function is there, too.
DO $do$
BEGIN
    IF EXISTS (SELECT FROM retention.pause p WHERE p.scope = 'tenant' AND p.resumed_at IS NULL)
            AND to_regprocedure('retention.canonical_text(text, text, text)') IS NOT NULL THEN
        UPDATE retention.pause p SET forms = (
                SELECT jsonb_object_agg(t.type, t.form)
                FROM (SELECT u.type, retention.canonical_text(p.name, u.type, NULL) AS form
                      FROM unnest('{smallint,integer,bigint,numeric,text,character varying,character,'
                          'uuid,inet,cidr,macaddr,date,timestamp without time zone,'
                          'timestamp with time zone,bytea,boolean,json}'::text[]) u (type)) t
                WHERE t.form IS NOT NULL)
            WHERE p.scope = 'tenant' AND p.resumed_at IS NULL;
    END IF;
END
$do$;
