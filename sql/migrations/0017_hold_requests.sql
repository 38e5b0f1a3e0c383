-- What a request for a release or a narrowing is about: the parts that the hold had when it was
-- made. Run as @prefix@owner.
LOCK TABLE retention.hold IN EXCLUSIVE MODE;
ALTER TABLE retention.hold_request ADD COLUMN parts int;
COMMENT ON COLUMN retention.hold_request.parts IS
    'the last part of the hold when it was requested: later ones are not what it is about; NULL: '
    'not known, and then nothing is released';
UPDATE retention.hold_request q SET parts = (
        SELECT max(p.part) FROM retention.hold_part p
        WHERE p.hold = q.hold AND p.placed_at <= q.requested_at)
    WHERE q.decided_at IS NULL;
