-- What must be known of a category beside its policy. agreements_since tells an agreements table
-- that was never read from one in which nobody had a period; what was approved before this column
-- existed counts as read.
ALTER TABLE retention.category
    ADD COLUMN agreements_since timestamptz,
    ADD COLUMN invalid_since timestamptz,
    ADD COLUMN invalid_because text,
    ADD CHECK ((invalid_since IS NULL) = (invalid_because IS NULL));
UPDATE retention.category SET agreements_since = approved_at WHERE approved_at IS NOT NULL;
COMMENT ON COLUMN retention.category.agreements_since IS
    'when the agreements table was read first: what changes later must settle';
COMMENT ON COLUMN retention.category.invalid_because IS
    'the first error of the policy, as the worker last found it; NULL: it is valid';
