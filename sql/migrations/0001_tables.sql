-- The tables of schema retention. Immutable once released: changes are migrations of their own.
-- Run as @prefix@owner.

CREATE TABLE retention.schema_migration (
    number int PRIMARY KEY,
    name text NOT NULL,
    sha256 text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    applied_by text NOT NULL DEFAULT session_user
);
COMMENT ON TABLE retention.schema_migration IS
    'migrations applied, with the SHA-256 of their texts';

CREATE TABLE retention.install (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    system_identifier text NOT NULL,
    database_oid oid NOT NULL,
    timeline int NOT NULL,
    prefix text NOT NULL,
    bound_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    bound_by text NOT NULL DEFAULT session_user
);
COMMENT ON TABLE retention.install IS
    'the database that the worker may act on: a clone must be adopted first';

CREATE TABLE retention.hold_gate ();
COMMENT ON TABLE retention.hold_gate IS
    'never holds a row: batches lock it IN ROW SHARE MODE, holds and approvals IN EXCLUSIVE MODE';
CREATE TABLE retention.leader_gate ();
COMMENT ON TABLE retention.leader_gate IS
    'never holds a row: batches lock it IN ROW SHARE MODE, a new leader IN EXCLUSIVE MODE';

-- Categories and their policies

CREATE TABLE retention.policy_text (
    category text NOT NULL,
    sha256 text NOT NULL CHECK (sha256 ~ '^[0-9a-f]{64}$'),
    text text NOT NULL,
    previous text,
    loaded_by text NOT NULL,
    loaded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (category, sha256)
);

CREATE TABLE retention.category (
    name text PRIMARY KEY CHECK (name <> '' AND name <> '*'),
    state text NOT NULL CHECK (state IN ('suspended', 'active', 'red', 'retired')),
    mode text NOT NULL CHECK (mode IN ('observe', 'enforce', 'declared')),
    title text,
    relation text,
    governed text[] NOT NULL DEFAULT '{}',
    fingerprint text,
    loaded_sha256 text NOT NULL,
    loaded_by text NOT NULL,
    loaded_at timestamptz NOT NULL,
    approved_sha256 text,
    approved_by text,
    approved_at timestamptz,
    approved_mode text,
    approved_relation text,
    expect_due bigint CHECK (expect_due >= 0),
    brake_allowance bigint CHECK (brake_allowance >= 0),
    brake_engaged_at timestamptz,
    brake_run uuid,
    brake_due bigint,
    brake_limit bigint,
    retired_because text,
    FOREIGN KEY (name, loaded_sha256) REFERENCES retention.policy_text,
    FOREIGN KEY (name, approved_sha256) REFERENCES retention.policy_text,
    CHECK (state <> 'active' OR approved_sha256 = loaded_sha256)
);
COMMENT ON COLUMN retention.category.approved_sha256 IS
    'the text in effect while the state is active';
COMMENT ON COLUMN retention.category.brake_allowance IS
    'so many records may go although they pass a brake; until a run has nothing left to do';

-- Holds: placed by a later version. Any active one freezes its whole category.
CREATE TABLE retention.hold (
    hold uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    category text REFERENCES retention.category,
    active boolean NOT NULL DEFAULT true,
    placed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    placed_by text NOT NULL DEFAULT session_user,
    released_at timestamptz,
    released_by text,
    grace_until timestamptz,
    CHECK (active OR released_at IS NOT NULL)
);
COMMENT ON COLUMN retention.hold.category IS 'NULL: every category';
COMMENT ON COLUMN retention.hold.active IS 'false only when it is released and its grace is over';
CREATE INDEX hold_active ON retention.hold (category) WHERE active;

-- Leadership

CREATE TABLE retention.leader (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    term bigint NOT NULL DEFAULT 0,
    worker uuid,
    pid int,
    backend_start timestamptz,
    role_oid oid,
    host text,
    renewed_at timestamptz,
    lease interval NOT NULL DEFAULT '15 s',
    max_skew interval NOT NULL DEFAULT '2 min'
) WITH (fillfactor = 10);
INSERT INTO retention.leader DEFAULT VALUES;
COMMENT ON TABLE retention.leader IS 'always one row; worker is NULL while nobody leads';

CREATE TABLE retention.worker_session (
    pid int PRIMARY KEY,
    term bigint NOT NULL,
    backend_start timestamptz NOT NULL,
    role_oid oid NOT NULL,
    kind text NOT NULL CHECK (kind IN ('control', 'batch')),
    joined_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE retention.worker_session IS
    'backends that act for a worker: terminated before another worker leads';

CREATE TABLE retention.pause (
    pause uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    scope text NOT NULL CHECK (scope IN ('all', 'category', 'tenant')),
    name text,
    reason text NOT NULL CHECK (reason <> ''),
    paused_by text NOT NULL,
    paused_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    until timestamptz,
    resumed_at timestamptz,
    resumed_by text,
    resume_reason text,
    CHECK ((scope = 'all') = (name IS NULL))
);
COMMENT ON TABLE retention.pause IS
    'in force while resumed_at is NULL and until is NULL or not over';
CREATE INDEX pause_open ON retention.pause (scope, name) WHERE resumed_at IS NULL;

-- Runs

CREATE TABLE retention.run (
    run uuid PRIMARY KEY,
    category text NOT NULL REFERENCES retention.category,
    stage text NOT NULL,
    sha256 text NOT NULL,
    relation text NOT NULL,
    action text NOT NULL,
    term bigint NOT NULL,
    requested_by text,
    run_time timestamptz NOT NULL,
    started_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    finished_at timestamptz,
    status text NOT NULL DEFAULT 'running' CHECK (status IN
        ('running', 'done', 'stopped', 'paused', 'brake', 'failed', 'lost')),
    due bigint NOT NULL,
    held bigint NOT NULL,
    to_act bigint NOT NULL,
    rows bigint NOT NULL DEFAULT 0,
    batches bigint NOT NULL DEFAULT 0,
    remaining bigint,
    pass int NOT NULL DEFAULT 0,
    message text,
    FOREIGN KEY (category, sha256) REFERENCES retention.policy_text,
    CHECK ((status = 'running') = (finished_at IS NULL))
) WITH (fillfactor = 50);
CREATE INDEX run_category ON retention.run (category, started_at);
CREATE INDEX run_open ON retention.run (term) WHERE finished_at IS NULL;

CREATE TABLE retention.run_request (
    request uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    categories text[],
    requested_by text NOT NULL,
    requested_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    taken_at timestamptz,
    taken_term bigint,
    finished_at timestamptz,
    runs uuid[]
);
CREATE INDEX run_request_open ON retention.run_request (requested_at) WHERE finished_at IS NULL;

CREATE TABLE retention.blocked_record (
    category text NOT NULL REFERENCES retention.category,
    relation text NOT NULL,
    digest bytea NOT NULL,
    epoch bigint NOT NULL,
    sqlstate text NOT NULL,
    constraint_name text,
    first_seen timestamptz NOT NULL DEFAULT clock_timestamp(),
    last_seen timestamptz NOT NULL DEFAULT clock_timestamp(),
    run uuid,
    PRIMARY KEY (category, relation, digest)
);

CREATE TABLE retention.category_status (
    category text PRIMARY KEY REFERENCES retention.category,
    measured_at timestamptz NOT NULL,
    rows bigint,
    claimed bigint,
    not_started bigint,
    due bigint,
    held bigint,
    kept_while bigint,
    kept_floor bigint,
    waiting bigint,
    to_act bigint,
    floor_after_cap bigint,
    oldest timestamptz,
    next_due timestamptz,
    blocked bigint,
    unclaimed bigint,
    last_success timestamptz,
    last_run uuid
) WITH (fillfactor = 50);

CREATE TABLE retention.agreement_state (
    category text NOT NULL REFERENCES retention.category,
    tenant text NOT NULL,
    settled interval NOT NULL,
    pending interval,
    pending_since timestamptz,
    PRIMARY KEY (category, tenant),
    CHECK ((pending IS NULL) = (pending_since IS NULL))
);
COMMENT ON TABLE retention.agreement_state IS
    'a changed value in an agreements table counts beside the settled one until it settles';

-- The deletion log (LOG-FORMAT)

CREATE TABLE retention.entry_type (
    type text NOT NULL,
    place int NOT NULL,
    field text NOT NULL,
    format text NOT NULL CHECK (format IN
        ('name', 'number', 'time', 'hex16', 'hex32', 'word', 'text')),
    words text,
    optional boolean NOT NULL DEFAULT false,
    PRIMARY KEY (type, place),
    CHECK ((format = 'word') = (words IS NOT NULL))
);
COMMENT ON TABLE retention.entry_type IS
    'the fields of each type of log entry in order, after time and salt; optional: may be "none"';

INSERT INTO retention.entry_type (type, place, field, format, words, optional) VALUES
    ('bind', 1, 'system', 'number', NULL, false),
    ('bind', 2, 'timeline', 'number', NULL, false),
    ('bind', 3, 'by', 'name', NULL, false),
    ('epoch', 1, 'epoch', 'number', NULL, false),
    ('epoch', 2, 'commit', 'hex32', NULL, false),
    ('policy', 1, 'category', 'name', NULL, false),
    ('policy', 2, 'sha256', 'hex32', NULL, false),
    ('policy', 3, 'previous', 'hex32', NULL, true),
    ('policy', 4, 'mode', 'word', 'observe|enforce|declared', false),
    ('policy', 5, 'what', 'word', 'loaded|approved|retired', false),
    ('policy', 6, 'by', 'name', NULL, false),
    ('config', 1, 'sha256', 'hex32', NULL, false),
    ('config', 2, 'by', 'name', NULL, false),
    ('plan', 1, 'run', 'hex16', NULL, false),
    ('plan', 2, 'category', 'name', NULL, false),
    ('plan', 3, 'sha256', 'hex32', NULL, false),
    ('plan', 4, 'relation', 'name', NULL, false),
    ('plan', 5, 'action', 'word', 'delete|deidentify|aggregate', false),
    ('plan', 6, 'after', 'text', NULL, false),
    ('plan', 7, 'now', 'time', NULL, false),
    ('plan', 8, 'due', 'number', NULL, false),
    ('plan', 9, 'held', 'number', NULL, false),
    ('plan', 10, 'term', 'number', NULL, false),
    ('plan', 11, 'timeline', 'number', NULL, false),
    ('done', 1, 'run', 'hex16', NULL, false),
    ('done', 2, 'batches', 'number', NULL, false),
    ('done', 3, 'rows', 'number', NULL, false),
    ('done', 4, 'remaining', 'number', NULL, true),
    ('done', 5, 'status', 'word', 'done|stopped|paused|brake|failed|lost', false),
    ('brake', 1, 'run', 'hex16', NULL, false),
    ('brake', 2, 'category', 'name', NULL, false),
    ('brake', 3, 'due', 'number', NULL, false),
    ('brake', 4, 'limit', 'number', NULL, false),
    ('brake', 5, 'what', 'word', 'engaged|released', false),
    ('brake', 6, 'by', 'name', NULL, false),
    ('pause', 1, 'scope', 'name', NULL, false),
    ('pause', 2, 'what', 'word', 'paused|resumed', false),
    ('pause', 3, 'by', 'name', NULL, false),
    ('compliance', 1, 'category', 'name', NULL, false),
    ('compliance', 2, 'day', 'text', NULL, false),
    ('compliance', 3, 'due', 'number', NULL, false),
    ('compliance', 4, 'held', 'number', NULL, false),
    ('compliance', 5, 'kept', 'number', NULL, false),
    ('compliance', 6, 'blocked', 'number', NULL, false),
    ('compliance', 7, 'notstarted', 'number', NULL, false),
    ('compliance', 8, 'unclaimed', 'number', NULL, false),
    ('compliance', 9, 'overdue', 'number', NULL, false),
    ('compliance', 10, 'oldest', 'time', NULL, true),
    ('coverage', 1, 'fingerprint', 'hex32', NULL, false),
    ('coverage', 2, 'governed', 'number', NULL, false),
    ('coverage', 3, 'ungoverned', 'number', NULL, false),
    ('coverage', 4, 'unlisted', 'number', NULL, false),
    ('heartbeat', 1, 'size', 'number', NULL, false),
    ('anomaly', 1, 'run', 'hex16', NULL, false),
    ('anomaly', 2, 'seq', 'number', NULL, false),
    ('anomaly', 3, 'code', 'name', NULL, false);

CREATE TABLE retention.entry_counter (
    type text PRIMARY KEY,
    next bigint NOT NULL DEFAULT 0
) WITH (fillfactor = 50);
COMMENT ON TABLE retention.entry_counter IS
    'the next number of entries that belong to no batch, by type: no holes, so that a lost one shows';

CREATE TABLE retention.log_entry (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    type text NOT NULL,
    run uuid,
    seq bigint NOT NULL CHECK (seq >= 0),
    run_ref uuid,
    category text,
    relation text,
    rows bigint CHECK (rows >= 0),
    entry text NOT NULL,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CHECK ((type = 'batch') = (run IS NOT NULL)),
    CHECK (octet_length(entry) <= 4096)
);
COMMENT ON COLUMN retention.log_entry.run IS
    'of a batch; a worker looks (run, seq) up when it does not know whether its COMMIT arrived';
COMMENT ON COLUMN retention.log_entry.run_ref IS 'of other entries that belong to a run';
CREATE UNIQUE INDEX log_entry_run_seq ON retention.log_entry (run, seq) WHERE run IS NOT NULL;
CREATE UNIQUE INDEX log_entry_type_seq ON retention.log_entry (type, seq) WHERE run IS NULL;
CREATE INDEX log_entry_run_ref ON retention.log_entry (run_ref) WHERE run_ref IS NOT NULL;
CREATE INDEX log_entry_category ON retention.log_entry (category, id);

CREATE TABLE retention.log_records (
    run uuid NOT NULL,
    seq bigint NOT NULL,
    refs bytea NOT NULL CHECK (octet_length(refs) % 32 = 0),
    PRIMARY KEY (run, seq)
);
ALTER TABLE retention.log_records ALTER COLUMN refs SET STORAGE EXTERNAL;
COMMENT ON TABLE retention.log_records IS 'the sorted record digests of a batch, 32 bytes each';

CREATE TABLE retention.epoch_key (
    epoch bigint PRIMARY KEY CHECK (epoch > 0),
    wrapped bytea,
    commit bytea NOT NULL CHECK (octet_length(commit) = 32),
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    shredded_at timestamptz,
    CHECK ((wrapped IS NULL) = (shredded_at IS NOT NULL))
);

CREATE TABLE retention.compliance_day (
    category text NOT NULL,
    day date NOT NULL,
    entry bigint NOT NULL REFERENCES retention.log_entry,
    PRIMARY KEY (category, day)
);
COMMENT ON TABLE retention.compliance_day IS 'days whose figures stand in the log';
