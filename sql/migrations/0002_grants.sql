-- Who may read what. Nobody but the owner may write: all writing goes through functions.
REVOKE ALL ON SCHEMA retention FROM PUBLIC;
REVOKE ALL ON ALL TABLES IN SCHEMA retention FROM PUBLIC;
ALTER DEFAULT PRIVILEGES FOR ROLE @prefix@owner REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;

GRANT USAGE ON SCHEMA retention TO @prefix@worker, @prefix@legal, @prefix@operator,
    @prefix@approver, @prefix@auditor;

-- What commands show to anybody who has one of the roles
GRANT SELECT ON retention.schema_migration, retention.install, retention.category,
    retention.policy_text, retention.leader, retention.pause, retention.run, retention.run_request,
    retention.category_status
    TO @prefix@worker, @prefix@legal, @prefix@operator, @prefix@approver, @prefix@auditor;

-- The worker reads holds, it does not write them
GRANT SELECT ON retention.hold, retention.agreement_state, retention.blocked_record,
    retention.worker_session, retention.log_entry, retention.log_records, retention.epoch_key
    TO @prefix@worker;

-- The auditor reads the log, and holds without subjects
GRANT SELECT ON retention.log_entry, retention.log_records, retention.entry_type,
    retention.compliance_day, retention.blocked_record, retention.worker_session
    TO @prefix@auditor;
GRANT SELECT (epoch, commit, created_at, shredded_at) ON retention.epoch_key TO @prefix@auditor;
GRANT SELECT (hold, category, active, placed_at, placed_by, released_at, released_by, grace_until)
    ON retention.hold TO @prefix@auditor;

-- Legal sees holds; operators see what is set aside, and the log (without the digests)
GRANT SELECT ON retention.hold TO @prefix@legal;
GRANT SELECT ON retention.blocked_record, retention.worker_session, retention.log_entry
    TO @prefix@operator;
