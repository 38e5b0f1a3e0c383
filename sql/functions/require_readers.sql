-- RT024 where a batch of `category` could take from held records of another what their hold finds
-- them by.
--
-- Batches keep the rows that held records of other categories read, by what the policy files say of
-- these. Where the text in effect of one is not what its file says - a changed text waits for
-- approval, its file is gone or not valid - they would look for other rows than the hold does. Until
-- the file is back or the text is approved, no category acts on a table that the text in effect, or
-- one of the same table's (of which only = "rest" takes the rest), names as a parent's or a child's.
-- A table that cannot be found counts as each. Called only where such a category exists: begin_batch
-- looks for that at no cost. Internal.
CREATE OR REPLACE FUNCTION retention.require_readers(category text) RETURNS void
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $function$
#variable_conflict use_column
DECLARE
    own text[];
    acts_on oid[];
    o record;
BEGIN
    SELECT ARRAY(SELECT n::jsonb #>> '{}' FROM unnest(retention.policy_tables(
                     retention.text_in_effect(c))) n) || c.relation
        INTO own FROM retention.category c WHERE c.name = require_readers.category;
    acts_on := ARRAY(SELECT coalesce(pg_partition_root(t.oid)::oid, t.oid)
                     FROM unnest(own) n, LATERAL (SELECT retention.relation_oid(n) AS oid) t);
    SELECT c.name, c.state, s.value #>> '{}' AS found_by INTO o
        FROM retention.category c
            JOIN retention.category k ON k.name = c.name
                OR k.approved_relation = c.approved_relation
            CROSS JOIN LATERAL (SELECT p.value::jsonb AS value
                FROM retention.policy_settings(retention.text_in_effect(k)) p
                WHERE p.name IN ('parent', 'child') AND p.value ~ '^"') s
            CROSS JOIN LATERAL (SELECT retention.relation_oid(s.value #>> '{}') AS oid) t
        WHERE c.name <> require_readers.category AND c.approved_sha256 IS NOT NULL
          AND (c.state <> 'active' OR c.invalid_since IS NOT NULL)
          AND (t.oid IS NULL OR coalesce(pg_partition_root(t.oid)::oid, t.oid) = ANY (acts_on))
          AND EXISTS (SELECT FROM retention.held_scope h
                      WHERE h.category = c.name AND h.held_until > clock_timestamp())
        ORDER BY c.name, 3 LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION USING ERRCODE = 'RT024',
            MESSAGE = format('category "%s" does not act: a hold covers records of category "%s", '
                'which are found by rows of "%s", and the policy of "%s" that is in effect is not '
                'what its file says: %s', require_readers.category, o.name, o.found_by, o.name,
                CASE o.state WHEN 'red' THEN 'the file is gone'
                             WHEN 'suspended' THEN 'it waits for approval'
                             ELSE 'the file is not valid, or cannot be read' END),
            HINT = format('Put the file back as it was approved, or have it approved: retentionctl '
                'policy approve %s', o.name);
    END IF;
END
$function$;
REVOKE ALL ON FUNCTION retention.require_readers(text) FROM PUBLIC;
