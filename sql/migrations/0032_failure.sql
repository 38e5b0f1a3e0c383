-- What a run that failed before its plan leaves behind: it has no row in retention.run. Run as
-- @prefix@owner.
ALTER TABLE retention.category
    ADD COLUMN failed_at timestamptz,
    ADD COLUMN failed_sqlstate text,
    ADD COLUMN failed_because text;
COMMENT ON COLUMN retention.category.failed_at IS
    'when a run last failed before it had a plan; NULL: none did since one ended well';
COMMENT ON COLUMN retention.category.failed_because IS
    'the worker''s words for it, with relation and constraint; never the server''s message';
