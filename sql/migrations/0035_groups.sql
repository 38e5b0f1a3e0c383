-- Groups of de-identified records that share their quasi-identifiers: which of them count enough
-- persons to keep these, and what a run has counted of them so far. Run as @prefix@owner. The
-- functions keep_groups, count_groups and settle_groups write; what they promise is written above
-- count_groups.
CREATE TABLE retention.kept_group (
    category text NOT NULL REFERENCES retention.category,
    stage text NOT NULL,
    cohort timestamptz NOT NULL,
    digest bytea NOT NULL CHECK (octet_length(digest) = 32),
    k bigint NOT NULL,
    PRIMARY KEY (category, stage, cohort, digest)
);
COMMENT ON TABLE retention.kept_group IS
    'groups of records that may keep their quasi-identifiers: at least k persons share them';
COMMENT ON COLUMN retention.kept_group.cohort IS
    'the time of the run that de-identified them together: the value of their mark';
COMMENT ON COLUMN retention.kept_group.digest IS 'SHA-256 of the values that they share';

CREATE TABLE retention.group_cohort (
    category text NOT NULL REFERENCES retention.category,
    stage text NOT NULL,
    cohort timestamptz NOT NULL,
    inner_pad bytea NOT NULL,
    outer_pad bytea NOT NULL,
    PRIMARY KEY (category, stage, cohort)
);
COMMENT ON TABLE retention.group_cohort IS
    'runs whose groups are still being counted, each with a random key (RFC 2104) for the persons';

CREATE TABLE retention.group_open (
    category text NOT NULL,
    stage text NOT NULL,
    cohort timestamptz NOT NULL,
    digest bytea NOT NULL,
    kept bigint NOT NULL,
    nullified bigint NOT NULL,
    digests bytea[] NOT NULL
);
COMMENT ON TABLE retention.group_open IS
    'what each batch added to a group: records, and persons as HMACs of 16 bytes; gone with the run';
CREATE INDEX group_open_cohort ON retention.group_open (category, stage, cohort, digest);

-- What a batch hands to count_groups: one a group.
CREATE TYPE retention.group_part AS (
    cohort timestamptz,
    digest bytea,       -- NULL: its quasi-identifiers are all unknown, there is no group
    kept boolean,
    rows bigint,
    subjects text[]     -- distinct; NULL: none is known
);

REVOKE ALL ON retention.kept_group, retention.group_cohort, retention.group_open FROM PUBLIC;
REVOKE ALL ON TYPE retention.group_part FROM PUBLIC;
GRANT USAGE ON TYPE retention.group_part TO @prefix@worker;
GRANT SELECT ON retention.kept_group TO @prefix@worker, @prefix@reader;

INSERT INTO retention.entry_type (type, place, field, format, words, optional) VALUES
    ('groups', 1, 'run', 'hex16', NULL, false),
    ('groups', 2, 'category', 'name', NULL, false),
    ('groups', 3, 'stage', 'name', NULL, false),
    ('groups', 4, 'k', 'number', NULL, false),
    ('groups', 5, 'kept', 'number', NULL, false),
    ('groups', 6, 'small', 'number', NULL, false),
    ('groups', 7, 'nullified', 'number', NULL, false);
