-- Why a run that is under way waits. Run as @prefix@owner.
ALTER TABLE retention.run ADD COLUMN waits_for text;
COMMENT ON COLUMN retention.run.waits_for IS
    'why it hands no batch out now (a standby is behind ...); NULL: it does not wait';
