-- Holds of which something is told in the log and nobody can say what. Run as @prefix@owner.

CREATE TABLE retention.hold_lost (
    hold uuid PRIMARY KEY,
    lost_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    why text NOT NULL
);
COMMENT ON TABLE retention.hold_lost IS
    'placed or extended after the backup that was restored, and not readable in the log directory: '
    'nothing is deleted until legal has placed or extended it again, or released it';
REVOKE ALL ON retention.hold_lost FROM PUBLIC;
