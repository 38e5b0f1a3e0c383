-- Outside of a leadership: the first argument is no term
SELECT retention.load_policy(NULL, $1::text, $2::text, $3::text, $4::text, $5::text, $6::text,
    $7::text[], $8::text, $9::boolean, $10::text, $11::jsonb, $12::jsonb)
