-- Closing cells passes by those whose rows are in the target already. Run as @prefix@owner.

-- Has one argument more now
DROP FUNCTION IF EXISTS retention.close_cells(bigint, uuid, text, text, text, text, bigint, interval,
    interval, timestamptz, bytea[], bigint);
