-- A text that keeps more takes effect when it is loaded. Whoever approved an earlier one has not
-- approved that: so it is told apart. Run as @prefix@owner.
ALTER TABLE retention.category
    ADD COLUMN unapproved_since timestamptz,
    ADD COLUMN unapproved_by text,
    ADD CHECK ((unapproved_since IS NULL) = (unapproved_by IS NULL));
COMMENT ON COLUMN retention.category.unapproved_since IS
    'when the text in effect was loaded, where it took effect without approval; approved_by and '
    'approved_at are of an earlier text then';
