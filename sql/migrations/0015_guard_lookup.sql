-- What makes the guard's question about one row cheap, and a batch's transaction known to it. Run as
-- @prefix@owner.

-- Scopes of these shapes were found by reading the whole table: their queries do not say that value
-- and key are NULL.
DROP INDEX retention.held_scope_other;
CREATE INDEX held_scope_other ON retention.held_scope (category, shape, tenant)
    INCLUDE (starts_from, starts_to, held_until)
    WHERE shape IN ('all', 'start', 'tenant', 'tenant_start');
-- Is any hold of a category in force?
CREATE INDEX held_scope_in_force ON retention.held_scope (category, held_until);
-- Is any of them bound to a range of the starting point?
CREATE INDEX held_scope_ranged ON retention.held_scope (category)
    WHERE starts_from > '-infinity' OR starts_to < 'infinity';

-- What a session got last from this sequence is the transaction in which it last began a batch:
-- nobody but begin_batch's owner may set it, and currval() answers each session of itself alone.
-- Triggers of the guard ask it for each row. They are made by the owners of tables, hence this
-- schema, and fire as whoever a cascade runs as, hence PUBLIC.
CREATE SEQUENCE retention_guard.batch_begun;
REVOKE ALL ON SEQUENCE retention_guard.batch_begun FROM PUBLIC;
GRANT SELECT ON SEQUENCE retention_guard.batch_begun TO PUBLIC;
COMMENT ON SEQUENCE retention_guard.batch_begun IS
    'currval: the transaction in which this session began a batch; see retention.begin_batch';

DROP FUNCTION IF EXISTS retention.guard_is_batch();
DROP FUNCTION IF EXISTS retention.guard_require_batch();
