-- Destroys the wrapped key of an epoch: its digests mean nothing any more, for ever. Waits for the
-- batches in flight; the next ones use another epoch. Only for who may install: members of the
-- owner.
CREATE OR REPLACE FUNCTION retention.shred_epoch(epoch bigint) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
#variable_conflict use_column
BEGIN
    LOCK TABLE retention.leader_gate IN EXCLUSIVE MODE;
    UPDATE retention.epoch_key k SET wrapped = NULL, shredded_at = clock_timestamp()
        WHERE k.epoch = shred_epoch.epoch AND k.shredded_at IS NULL;
    IF NOT FOUND THEN
        RAISE EXCEPTION USING ERRCODE = 'RT010',
            MESSAGE = format(CASE WHEN EXISTS (SELECT FROM retention.epoch_key k
                                               WHERE k.epoch = shred_epoch.epoch)
                             THEN 'the key of epoch %s was shredded before'
                             ELSE 'there is no epoch %s' END, shred_epoch.epoch);
    END IF;
    PERFORM retention.write_entry('shred', NULL, NULL, jsonb_build_object('epoch', epoch));
    PERFORM set_config('synchronous_commit', 'on', true);
    PERFORM pg_notify('retention', 'policy'); -- the worker loads again, keys too
    PERFORM pg_notify('retention', 'log');
END
$function$;
REVOKE ALL ON FUNCTION retention.shred_epoch(bigint) FROM PUBLIC;
