-- $1 category, $2 settle, $3 the stage's own period, $4 tenants, $5 their periods
SELECT retention.settle_agreements(NULL, $1::text, $2::interval, $3::interval, $4::text[],
    $5::interval[])
