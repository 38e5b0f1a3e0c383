-- What `retentionctl status` tells of the log, for everybody who may ask it: approvers and legal
-- too. Run as @prefix@owner.
GRANT SELECT ON retention.log_checkpoint, retention.log_anchor TO @prefix@approver, @prefix@legal;
