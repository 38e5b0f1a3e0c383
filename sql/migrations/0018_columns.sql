-- What the columns that a policy reads were when it was approved. Run as @prefix@owner.
--
-- Of categories that are active already it is noted at the next load: what they read then counts
-- as approved.
ALTER TABLE retention.category
    ADD COLUMN column_facts jsonb,
    ADD COLUMN loaded_column_facts jsonb,
    ADD COLUMN changed_columns text[];
COMMENT ON COLUMN retention.category.column_facts IS
    'of the text in effect: {relation: {column: what it is}}, see retention.column_facts()';
COMMENT ON COLUMN retention.category.loaded_column_facts IS
    'the same of the text that was loaded last, when it was loaded last';
COMMENT ON COLUMN retention.category.changed_columns IS
    'suspended because these are other columns than those that were approved; NULL: not so';

-- Has one argument more now
DROP FUNCTION IF EXISTS retention.load_policy(bigint, text, text, text, text, text, text, text[],
    text, boolean, text, jsonb);
