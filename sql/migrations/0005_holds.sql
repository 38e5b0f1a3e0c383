-- Legal holds: matters, holds and their scopes, and what they cover in each category. Run as
-- @prefix@owner.
--
-- What a person asked for stands in hold_part, hold_subject and hold_key, as given. What batches
-- and the guard read stands in held_scope: for each category that a part reaches, its values
-- converted to the text that the category's columns print. Rows end by held_until, never by being
-- deleted, so that a grace runs out by itself.

CREATE TABLE retention.matter (
    matter text PRIMARY KEY CHECK (btrim(matter) <> ''),
    name text,
    court_reference text,
    confidential boolean NOT NULL DEFAULT false,
    digest_key bytea NOT NULL CHECK (octet_length(digest_key) = 32),
    opened_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    opened_by text NOT NULL DEFAULT session_user,
    closed_at timestamptz,
    closed_by text,
    close_reason text,
    CHECK ((closed_at IS NULL) = (closed_by IS NULL))
);
COMMENT ON COLUMN retention.matter.matter IS 'its number, as legal knows it';
COMMENT ON COLUMN retention.matter.digest_key IS
    'random; the matter and the scopes of its holds stand in the log as HMAC-SHA256 under it';

DROP INDEX retention.hold_active;
ALTER TABLE retention.hold
    ADD COLUMN matter text REFERENCES retention.matter,
    ADD COLUMN kind text NOT NULL DEFAULT 'litigation'
        CHECK (kind IN ('litigation', 'anticipated', 'regulator', 'restriction')),
    ADD COLUMN reason text NOT NULL DEFAULT 'placed by hand',
    ADD COLUMN everything boolean NOT NULL DEFAULT false,
    ADD COLUMN accept_gaps text[] NOT NULL DEFAULT '{}',
    ADD COLUMN review_by date,
    ADD COLUMN expected_end date,
    ADD COLUMN arguments bytea,
    ADD COLUMN release_reason text,
    ADD COLUMN held_until timestamptz NOT NULL DEFAULT 'infinity';
COMMENT ON COLUMN retention.hold.category IS
    'the one it names; NULL: every category, later ones too';
COMMENT ON COLUMN retention.hold.held_until IS
    'infinity until it is released; then the end of its grace';
COMMENT ON COLUMN retention.hold.arguments IS
    'HMAC-SHA256 of what it was placed with under the digest key of its matter: tells a repetition';
COMMENT ON COLUMN retention.hold.expected_end IS
    'for reports only, as review_by: nothing ends by itself';

CREATE TABLE retention.hold_part (
    hold uuid NOT NULL REFERENCES retention.hold,
    part int NOT NULL CHECK (part > 0),
    tenant text,
    starts_from timestamptz,
    starts_to timestamptz,
    subjects bigint NOT NULL DEFAULT 0,
    keys bigint NOT NULL DEFAULT 0,
    reason text NOT NULL,
    placed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    placed_by text NOT NULL DEFAULT session_user,
    held_until timestamptz NOT NULL DEFAULT 'infinity',
    PRIMARY KEY (hold, part),
    CHECK (starts_from < starts_to)
);
COMMENT ON TABLE retention.hold_part IS
    'a hold covers what any of its parts covers; a part covers what meets all that it names';
COMMENT ON COLUMN retention.hold_part.starts_to IS
    'exclusive; a starting point that is unknown is in every range';

CREATE TABLE retention.hold_subject (
    hold uuid NOT NULL,
    part int NOT NULL,
    kind text NOT NULL,
    value text NOT NULL,
    held_until timestamptz NOT NULL DEFAULT 'infinity',
    PRIMARY KEY (hold, part, kind, value),
    FOREIGN KEY (hold, part) REFERENCES retention.hold_part
);
CREATE TABLE retention.hold_key (
    hold uuid NOT NULL,
    part int NOT NULL,
    key text[] NOT NULL,
    held_until timestamptz NOT NULL DEFAULT 'infinity',
    PRIMARY KEY (hold, part, key),
    FOREIGN KEY (hold, part) REFERENCES retention.hold_part
);
COMMENT ON TABLE retention.hold_key IS 'records of the category that the hold names, by their keys';

CREATE TABLE retention.hold_gap (
    hold uuid NOT NULL,
    part int NOT NULL,
    category text NOT NULL REFERENCES retention.category,
    why text NOT NULL,
    PRIMARY KEY (hold, part, category),
    FOREIGN KEY (hold, part) REFERENCES retention.hold_part
);
COMMENT ON TABLE retention.hold_gap IS
    'categories that a part cannot reach, wholly or for some of its values, and why';

CREATE TABLE retention.hold_request (
    request uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    hold uuid NOT NULL REFERENCES retention.hold,
    what text NOT NULL CHECK (what IN ('release', 'narrow')),
    part int,
    subjects text[],
    record_keys text[],
    reason text NOT NULL CHECK (btrim(reason) <> ''),
    requested_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    requested_by text NOT NULL DEFAULT session_user,
    decided_at timestamptz,
    decided_by text,
    decision text CHECK (decision IN ('confirmed', 'withdrawn')),
    decision_reason text
);
COMMENT ON TABLE retention.hold_request IS
    'releases and narrowings, and those that wait for a second person';
CREATE UNIQUE INDEX hold_request_release ON retention.hold_request (hold)
    WHERE decided_at IS NULL AND what = 'release';

CREATE TABLE retention.hold_rules (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    dual_control boolean NOT NULL DEFAULT true,
    grace interval NOT NULL DEFAULT '30 days' CHECK (grace >= '0'),
    proposed_dual_control boolean,
    proposed_grace interval CHECK (proposed_grace >= '0'),
    proposed_by text,
    approved_by text,
    approved_at timestamptz
);
INSERT INTO retention.hold_rules DEFAULT VALUES;
COMMENT ON TABLE retention.hold_rules IS
    'always one row: the rules in effect; weaker ones of the main file wait for approval here';

-- One table for every shape of scope, so that each SubPlan reads one index. A row covers a record
-- of its category where all that stands in it is met:
--
--   all                   every record
--   start                 starts_from <= starting point < starts_to
--   tenant                tenant              tenant_start            and the range
--   subject               form, value         subject_start           and the range
--   tenant_subject        tenant, form, value tenant_subject_start    and the range
--   key                   key
--   key_more              key, and tenant (NULL: any), the range (infinite: any), and where
--                         with_subjects: one of the key_subject rows of the same hold and part
--   key_subject           form, value: nothing by itself
--
-- There may be hundreds of thousands for one hold, worked out from other tables: no foreign keys.
CREATE TABLE retention.held_scope (
    category text NOT NULL,
    shape text NOT NULL CHECK (shape IN ('all', 'start', 'tenant', 'tenant_start', 'subject',
        'subject_start', 'tenant_subject', 'tenant_subject_start', 'key', 'key_more',
        'key_subject')),
    hold uuid NOT NULL,
    part int NOT NULL,
    tenant text,
    form text,
    value text,
    key text[],
    starts_from timestamptz NOT NULL DEFAULT '-infinity',
    starts_to timestamptz NOT NULL DEFAULT 'infinity',
    with_subjects boolean NOT NULL DEFAULT false,
    held_until timestamptz NOT NULL DEFAULT 'infinity',
    CHECK ((tenant IS NOT NULL) OR shape NOT LIKE '%tenant%'),
    CHECK ((form IS NOT NULL AND value IS NOT NULL) = (shape LIKE '%subject%')),
    CHECK ((key IS NOT NULL) = (shape IN ('key', 'key_more')))
);
COMMENT ON TABLE retention.held_scope IS
    'what holds cover, by category, as batches read it; in force while held_until > now()';
COMMENT ON COLUMN retention.held_scope.form IS
    'what kind of subject, how it is normalised and its type: category.hold_facts names the forms';
CREATE INDEX held_scope_value ON retention.held_scope (category, shape, form, value)
    INCLUDE (tenant, starts_from, starts_to, held_until) WHERE value IS NOT NULL;
CREATE INDEX held_scope_key ON retention.held_scope (category, shape, key) WHERE key IS NOT NULL;
CREATE INDEX held_scope_other ON retention.held_scope (category, shape, tenant)
    INCLUDE (starts_from, starts_to, held_until) WHERE value IS NULL AND key IS NULL;
CREATE INDEX held_scope_hold ON retention.held_scope (hold, part);

CREATE TYPE retention.hold_reach AS (category text, applies boolean, why text, rows bigint);
COMMENT ON TYPE retention.hold_reach IS
    'what a hold covers in a category; rows NULL: not counted, and why says so';

ALTER TABLE retention.category
    ADD COLUMN loaded_hold_facts jsonb,
    ADD COLUMN hold_facts jsonb;
COMMENT ON COLUMN retention.category.hold_facts IS
    'how a hold finds the records of the text in effect: its subjects, tenant, key and their types';

-- Rows from before: each froze its category, and goes on doing so.
INSERT INTO retention.matter (matter, digest_key)
    SELECT 'placed by hand', sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()))
    WHERE EXISTS (SELECT FROM retention.hold);
UPDATE retention.hold SET matter = 'placed by hand', everything = true,
    held_until = CASE WHEN active THEN 'infinity' ELSE coalesce(grace_until, released_at) END;
INSERT INTO retention.hold_part (hold, part, reason, placed_at, placed_by, held_until)
    SELECT hold, 1, reason, placed_at, placed_by, held_until FROM retention.hold;
INSERT INTO retention.held_scope (category, shape, hold, part, held_until)
    SELECT c.name, 'all', h.hold, 1, h.held_until
    FROM retention.hold h JOIN retention.category c ON h.category IS NULL OR h.category = c.name;
ALTER TABLE retention.hold DROP COLUMN active, DROP COLUMN grace_until,
    ALTER COLUMN matter SET NOT NULL;

INSERT INTO retention.entry_type (type, place, field, format, words, optional) VALUES
    ('hold', 1, 'hold', 'hex16', NULL, false),
    ('hold', 2, 'matter', 'hex32', NULL, false),
    ('hold', 3, 'what', 'word', 'placed|extended|narrowed|requested|released', false),
    ('hold', 4, 'category', 'name', NULL, false),
    ('hold', 5, 'scope', 'hex32', NULL, false),
    ('hold', 6, 'rows', 'number', NULL, true),
    ('hold', 7, 'xid', 'number', NULL, false),
    ('hold', 8, 'snapshot', 'text', NULL, false),
    ('hold', 9, 'by', 'name', NULL, false),
    ('inventory', 1, 'hold', 'hex16', NULL, false),
    ('inventory', 2, 'rows', 'number', NULL, false),
    ('inventory', 3, 'root', 'hex32', NULL, false),
    ('guard', 1, 'category', 'name', NULL, false),
    ('guard', 2, 'what', 'word', 'installed|removed|disabled', false),
    ('guard', 3, 'fingerprint', 'hex32', NULL, true);

REVOKE ALL ON retention.matter, retention.hold_part, retention.hold_subject, retention.hold_key,
    retention.hold_gap, retention.hold_request, retention.hold_rules, retention.held_scope
    FROM PUBLIC;
GRANT SELECT ON retention.hold, retention.matter, retention.hold_part, retention.hold_subject,
    retention.hold_key, retention.hold_gap, retention.hold_request, retention.held_scope
    TO @prefix@legal;
-- The worker and the reader compare records with scopes.
GRANT USAGE ON SCHEMA retention TO @prefix@reader;
GRANT SELECT ON retention.held_scope TO @prefix@worker, @prefix@reader;
GRANT SELECT (hold, part, starts_from, starts_to, subjects, keys, placed_at, placed_by, held_until)
    ON retention.hold_part TO @prefix@worker, @prefix@operator, @prefix@approver, @prefix@auditor;
GRANT SELECT ON retention.hold_gap
    TO @prefix@worker, @prefix@operator, @prefix@approver, @prefix@auditor;
GRANT SELECT (request, hold, what, part, requested_at, requested_by, decided_at, decided_by,
    decision)
    ON retention.hold_request TO @prefix@worker, @prefix@operator, @prefix@approver,
    @prefix@auditor;
GRANT SELECT ON retention.hold_rules TO @prefix@worker, @prefix@legal, @prefix@operator,
    @prefix@approver, @prefix@auditor;
REVOKE SELECT ON retention.hold FROM @prefix@auditor, @prefix@worker;
GRANT SELECT (hold, category, kind, everything, placed_at, placed_by, review_by, expected_end,
    released_at, released_by, held_until)
    ON retention.hold TO @prefix@worker, @prefix@operator, @prefix@approver, @prefix@auditor;
