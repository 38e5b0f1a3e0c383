-- What came of the leader's last reload. Run as @prefix@owner.
ALTER TABLE retention.leader
    ADD COLUMN reload_refused text,
    ADD COLUMN reload_refused_at timestamptz,
    ADD COLUMN needs_restart text;
COMMENT ON COLUMN retention.leader.reload_refused IS
    'why the last reload was refused: what was loaded before is in effect; NULL: it was not';
COMMENT ON COLUMN retention.leader.needs_restart IS
    'settings that were changed, and count at the next restart only; NULL: none';
