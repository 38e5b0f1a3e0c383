-- The keys of record digests, newest first; wrapped is NULL where a key was shredded
SELECT k.epoch, pg_catalog.encode(k.wrapped, 'hex')
FROM retention.epoch_key k
ORDER BY k.epoch DESC
