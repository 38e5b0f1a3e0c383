-- The guard: what its triggers ask, and what is known of whether they are in place. Run as
-- @prefix@owner.

-- One row, changed under hold_gate by whoever closes it. A transaction whose snapshot is older than
-- the last such change may not see a hold; it finds out by locking this row.
CREATE TABLE retention.hold_change (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    number bigint NOT NULL DEFAULT 0
);
INSERT INTO retention.hold_change DEFAULT VALUES;
COMMENT ON TABLE retention.hold_change IS
    'always one row; what has an old snapshot cannot lock it and so cannot overlook a hold';

-- What guards in mode "observe" let through: numbers only. Waits here for the next log entry, so
-- that no transaction of an application keeps the counter of entries locked.
CREATE TABLE retention.guard_observed (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    category text NOT NULL,
    relation text NOT NULL,
    operation text NOT NULL,
    role text NOT NULL,
    rows bigint,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    logged boolean NOT NULL DEFAULT false
);
COMMENT ON COLUMN retention.guard_observed.rows IS 'held records; NULL: TRUNCATE, not counted';
CREATE INDEX guard_observed_new ON retention.guard_observed (category) WHERE NOT logged;

ALTER TABLE retention.category
    ADD COLUMN guard text NOT NULL DEFAULT 'off' CHECK (guard IN ('off', 'observe', 'refuse')),
    ADD COLUMN guard_state text NOT NULL DEFAULT 'off'
        CHECK (guard_state IN ('off', 'in place', 'missing', 'changed')),
    ADD COLUMN guard_problem text,
    ADD COLUMN guard_fingerprint text,
    ADD COLUMN guard_triggers text[] NOT NULL DEFAULT '{}',
    ADD COLUMN guard_leaves oid[] NOT NULL DEFAULT '{}',
    ADD COLUMN guard_seen boolean NOT NULL DEFAULT false,
    ADD COLUMN guard_checked_at timestamptz;
COMMENT ON COLUMN retention.category.guard_fingerprint IS
    'SHA-256 of what the guard should be, as the policy that was loaded last has it';
COMMENT ON COLUMN retention.category.guard_leaves IS
    'the partitions of guarded tables when that was looked at last';
COMMENT ON COLUMN retention.category.guard_seen IS 'it was in place once, and the log says so';

REVOKE ALL ON retention.hold_change, retention.guard_observed FROM PUBLIC;
GRANT SELECT ON retention.guard_observed TO @prefix@worker, @prefix@legal, @prefix@operator,
    @prefix@approver, @prefix@auditor;
-- LOCK TABLE ... IN ROW SHARE MODE needs UPDATE before version 16. The table is empty for ever.
GRANT SELECT, UPDATE ON retention.hold_gate TO @prefix@reader;
