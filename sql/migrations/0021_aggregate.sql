-- Aggregates: cells that are still being counted, and what is known of those that are closed. Run
-- as @prefix@owner. Nobody else may read or write any of it: retention.roll_up, close_cells and
-- abandon_cells do, and what they promise is written above them.

-- What a batch hands to roll_up: one a cell.
CREATE TYPE retention.aggregate_part AS (
    family text[],      -- the cell's name with the folded dimensions as '(other)'
    cell text[],        -- its dimensions, as text, in the order of "by"
    period date,        -- the dimension that is a period of time; NULL: unknown
    measures numeric[], -- the number of records, then the policy's measures
    subjects text[]     -- distinct; NULL: none is known
);

-- What close_cells makes of some cells: to be published, or kept for ever.
CREATE TYPE retention.aggregate_result AS (
    family bigint,
    published boolean,
    cell text[],        -- NULL where it is not published, and so the next two
    measures numeric[],
    subjects bigint,
    cells bigint        -- so many cells it was made of
);

CREATE TABLE retention.aggregate_layout (
    category text PRIMARY KEY REFERENCES retention.category,
    stage text NOT NULL,
    layout text NOT NULL CHECK (layout ~ '^[0-9a-f]{64}$'),
    target text NOT NULL
);
COMMENT ON TABLE retention.aggregate_layout IS
    'what the open cells of a category were counted with: SHA-256 of "by", "measures" and "fold"';

CREATE TABLE retention.aggregate_family (
    family bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    category text NOT NULL REFERENCES retention.category,
    stage text NOT NULL,
    layout text NOT NULL,
    name text[] COLLATE "C" NOT NULL,
    digest bytea NOT NULL CHECK (octet_length(digest) = 32),
    period date,
    inner_pad bytea,
    outer_pad bytea,
    closed_at timestamptz,
    other_published boolean NOT NULL DEFAULT false,
    remainder numeric[],
    CHECK ((inner_pad IS NULL) = (outer_pad IS NULL)),
    CHECK (closed_at IS NOT NULL OR inner_pad IS NOT NULL)
);
COMMENT ON TABLE retention.aggregate_family IS
    'cells that fold into the same coarser one: closed together, subjects told apart by one key';
COMMENT ON COLUMN retention.aggregate_family.digest IS 'SHA-256 of name';
COMMENT ON COLUMN retention.aggregate_family.inner_pad IS
    'of HMAC under the family''s random key (RFC 2104), with outer_pad; NULL: destroyed';
COMMENT ON COLUMN retention.aggregate_family.remainder IS
    'measures of what was not published, so that nothing is lost from the sums';
CREATE UNIQUE INDEX aggregate_family_name ON retention.aggregate_family
    (category, stage, layout, digest);
CREATE INDEX aggregate_family_open ON retention.aggregate_family (category)
    WHERE inner_pad IS NOT NULL;

CREATE TABLE retention.aggregate_open (
    family bigint NOT NULL,
    cell text[] COLLATE "C" NOT NULL,
    measures numeric[] NOT NULL
);
COMMENT ON TABLE retention.aggregate_open IS
    'what each batch added to cells that are not closed yet; deltas only';
CREATE INDEX aggregate_open_family ON retention.aggregate_open (family);

CREATE TABLE retention.aggregate_subject (
    family bigint NOT NULL,
    cell text[] COLLATE "C" NOT NULL,
    digests bytea[] NOT NULL
);
COMMENT ON TABLE retention.aggregate_subject IS
    'whom each batch counted in a cell, as HMACs of 16 bytes; gone when the cell is closed';
CREATE INDEX aggregate_subject_family ON retention.aggregate_subject (family);

REVOKE ALL ON retention.aggregate_layout, retention.aggregate_family, retention.aggregate_open,
    retention.aggregate_subject FROM PUBLIC;
REVOKE ALL ON TYPE retention.aggregate_part, retention.aggregate_result FROM PUBLIC;
GRANT USAGE ON TYPE retention.aggregate_part, retention.aggregate_result TO @prefix@worker;
