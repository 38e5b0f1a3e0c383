-- In a batch of a category that accepts triggers the sequence has the transaction's negative: guards
-- let pass what the batch itself does and judge what triggers do below it. Run as @prefix@owner.
ALTER SEQUENCE retention_guard.batch_begun MINVALUE -9223372036854775808;
COMMENT ON SEQUENCE retention_guard.batch_begun IS
    'currval: the transaction in which this session began a batch, negative where its policy accepts '
    'triggers; see retention.begin_batch';
