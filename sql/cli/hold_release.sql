-- Releases a hold, asks for it, or confirms what another asked for: which of these happened
SELECT retention.release_hold(hold => $1::uuid, reason => $2::text)
