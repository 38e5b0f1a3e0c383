-- After migrate has made the functions anew: what holds cover is worked out again where they would
-- convert a value to something else than the functions before them did. Batches in flight finish
-- first, and the next ones see both the new functions and what they made.
DO $apply$
BEGIN
    IF EXISTS (SELECT FROM retention.held_scope h WHERE h.held_until > now()) THEN
        PERFORM retention.close_hold_gate();
        PERFORM retention.apply_hold_parts(NULL, NULL);
    END IF;
END
$apply$;
