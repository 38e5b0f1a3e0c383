-- The tree over the deletion log (LOG-FORMAT: "Order and recovery"). Run as @prefix@owner.

-- No foreign key to log_entry: it would lock rows, and nothing can delete an entry.
CREATE TABLE retention.log_leaf (
    index bigint PRIMARY KEY CHECK (index >= 0),
    entry bigint NOT NULL UNIQUE,
    leaf_hash bytea NOT NULL CHECK (octet_length(leaf_hash) = 32)
);
COMMENT ON TABLE retention.log_leaf IS
    'the place of each entry in the tree, without holes; leaf_hash = SHA256(00 || entry)';

CREATE TABLE retention.log_pending (
    entry bigint PRIMARY KEY
);
COMMENT ON TABLE retention.log_pending IS
    'entries that have no place in the tree yet, written with the entry; an id is no cursor, '
    'for ids do not follow the order of commits';
INSERT INTO retention.log_pending SELECT id FROM retention.log_entry;

CREATE TABLE retention.log_checkpoint (
    size bigint PRIMARY KEY CHECK (size > 0),
    root bytea NOT NULL CHECK (octet_length(root) = 32),
    note text NOT NULL,
    signed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    host text NOT NULL,
    system_identifier text NOT NULL,
    timeline int NOT NULL
);
COMMENT ON TABLE retention.log_checkpoint IS 'every checkpoint signed, with who published it';

CREATE TABLE retention.log_anchor (
    size bigint NOT NULL,
    anchored_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (size, anchored_at)
);
COMMENT ON TABLE retention.log_anchor IS 'checkpoints that left the machine (log.anchor)';

CREATE TABLE retention.log_state (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    state text NOT NULL DEFAULT 'off',
    message text,
    hint text,
    missing bigint,
    database_size bigint,
    log_size bigint,
    checked_at timestamptz,
    anchor_command boolean NOT NULL DEFAULT false,
    anchor_error text,
    anchor_failures int NOT NULL DEFAULT 0,
    holder_host text,
    holder_system text,
    holder_timeline int
) WITH (fillfactor = 50);
INSERT INTO retention.log_state DEFAULT VALUES;
COMMENT ON TABLE retention.log_state IS
    'always one row: what the leader found when it compared the log with its directory, and who '
    'may go on signing without showing what was signed last';

INSERT INTO retention.entry_type (type, place, field, format, words, optional) VALUES
    ('genesis', 1, 'log', 'text', NULL, false),
    ('genesis', 2, 'vkey', 'text', NULL, false),
    ('genesis', 3, 'system', 'number', NULL, false),
    ('genesis', 4, 'timeline', 'number', NULL, false),
    ('rotate', 1, 'vkey', 'text', NULL, false),
    ('retire', 1, 'keyid', 'text', NULL, false),
    ('shred', 1, 'epoch', 'number', NULL, false),
    ('prune', 1, 'upto', 'number', NULL, false),
    ('restored', 1, 'database_size', 'number', NULL, false),
    ('restored', 2, 'log_size', 'number', NULL, false),
    ('restored', 3, 'undone', 'number', NULL, false);

REVOKE ALL ON retention.log_leaf, retention.log_pending, retention.log_checkpoint,
    retention.log_anchor, retention.log_state FROM PUBLIC;
GRANT SELECT ON retention.log_leaf, retention.log_checkpoint, retention.log_anchor
    TO @prefix@worker, @prefix@operator, @prefix@auditor;
GRANT SELECT ON retention.log_pending TO @prefix@worker, @prefix@auditor;
GRANT SELECT ON retention.log_state
    TO @prefix@worker, @prefix@legal, @prefix@operator, @prefix@approver, @prefix@auditor;
