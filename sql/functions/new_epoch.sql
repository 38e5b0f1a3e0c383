-- A new log key: wrapped under the key-encryption key, and the commitment to it. Batches use it
-- from their next begin_batch on. Epochs count from 1 without holes.
CREATE OR REPLACE FUNCTION retention.new_epoch(term bigint, epoch bigint, wrapped bytea,
    commit bytea) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
#variable_conflict use_column
BEGIN
    PERFORM retention.require_term(new_epoch.term);
    IF new_epoch.epoch IS DISTINCT FROM
            (SELECT coalesce(max(k.epoch), 0) + 1 FROM retention.epoch_key k) THEN
        RAISE EXCEPTION USING ERRCODE = 'RT011',
            MESSAGE = format('epoch %s is not the next one', new_epoch.epoch);
    END IF;
    IF new_epoch.wrapped IS NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'RT011', MESSAGE = 'an epoch needs its wrapped key';
    END IF;
    INSERT INTO retention.epoch_key (epoch, wrapped, commit)
        VALUES (new_epoch.epoch, new_epoch.wrapped, new_epoch.commit);
    PERFORM retention.write_entry('epoch', NULL, NULL, jsonb_build_object('epoch', new_epoch.epoch,
        'commit', encode(new_epoch.commit, 'hex')));
END
$function$;
REVOKE ALL ON FUNCTION retention.new_epoch(bigint, bigint, bytea, bytea) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION retention.new_epoch(bigint, bigint, bytea, bytea) TO @prefix@worker;
