-- Places a hold; its uuid
SELECT retention.place_hold(
    matter => $1::text, reason => $2::text, hold => $3::uuid, category => $4::text,
    tenant => $5::text, subjects => $6::text[], starts_from => $7::timestamptz,
    starts_to => $8::timestamptz, record_keys => $9::text[], everything => $10::boolean,
    kind => $11::text, accept_gaps => $12::text[], review_by => $13::date,
    expected_end => $14::date, matter_name => $15::text, court_reference => $16::text,
    confidential => $17::boolean)
