-- What tells that a guard was taken away and put back between two rounds. Run as @prefix@owner.
ALTER TABLE retention.category ADD COLUMN guard_rows jsonb;
COMMENT ON COLUMN retention.category.guard_rows IS
    'the guard''s triggers as they were found in place last (retention.guard_rows)';
