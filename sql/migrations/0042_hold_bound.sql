-- By what holds find the records of a category, as held_scope has their values: for guards, which
-- compare it with what they were made for. What it leaves out is what retention.hold_facts_bound
-- does; whose facts are in effect, what retention.hold_facts says. Run as @prefix@owner.
ALTER TABLE retention.category ADD COLUMN hold_bound jsonb GENERATED ALWAYS AS (
    CASE WHEN approved_sha256 IS NULL AND jsonb_typeof(loaded_hold_facts) = 'object'
         THEN loaded_hold_facts - '{count,found,timezone,statements}'::text[]
         WHEN approved_sha256 IS NOT NULL AND jsonb_typeof(hold_facts) = 'object'
         THEN hold_facts - '{count,found,timezone,statements}'::text[] END) STORED;
COMMENT ON COLUMN retention.category.hold_bound IS
    'subjects, tenant and key by which holds find its records, their forms and types; NULL: not known';
COMMENT ON COLUMN retention.guard_observed.rows IS
    'held records; NULL: not counted, as of TRUNCATE, or by a guard that was made for another policy';
