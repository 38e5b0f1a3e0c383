-- $1 category, $2 settle, $3 the stage's own period, $4 tenants, $5 their periods,
-- $6 the SHA-256 of the text that says so: where another one is loaded by now, nothing is done
SELECT retention.settle_agreements(NULL, $1::text, $2::interval, $3::interval, $4::text[],
    $5::interval[])
WHERE EXISTS (SELECT FROM retention.category c WHERE c.name = $1::text AND c.loaded_sha256 = $6::text)
