-- That the leader acts on functions of a newer version, which its machine's administrator accepts.
-- Run as @prefix@owner.
ALTER TABLE retention.leader ADD COLUMN accepted text;
COMMENT ON COLUMN retention.leader.accepted IS
    'whose functions the leader acts on while they are not its own, in its words; NULL: its own';
