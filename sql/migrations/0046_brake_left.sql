-- What was approved to pass a brake is spent by the runs that act. Run as @prefix@owner.
ALTER TABLE retention.category ADD COLUMN brake_left jsonb NOT NULL DEFAULT '{}';
COMMENT ON COLUMN retention.category.brake_left IS
    'what is left of brake_allowance, by stage: written by the end of each run; a stage that is not '
    'named has all of it';
COMMENT ON COLUMN retention.category.brake_allowance IS
    'so many records may each stage act on although they pass a brake; see brake_left';

-- Returns the allowance now
DROP FUNCTION IF EXISTS retention.start_run(bigint, uuid, text, text, text, text, text, text, bigint,
    bigint, bigint, timestamptz, text, bigint, text);
