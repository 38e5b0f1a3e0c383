-- What policies were in effect while holds were in force that are in force still. Run as
-- @prefix@owner.
CREATE TABLE retention.category_was (
    category text NOT NULL,
    sha256 text NOT NULL,
    hold_facts jsonb,
    until timestamptz NOT NULL DEFAULT clock_timestamp(),
    FOREIGN KEY (category, sha256) REFERENCES retention.policy_text
);
COMMENT ON TABLE retention.category_was IS
    'texts that were in effect until then, and how holds found records by them: what a hold covered '
    'when it was placed stays covered, also as the record of another category';
REVOKE ALL ON retention.category_was FROM PUBLIC;
