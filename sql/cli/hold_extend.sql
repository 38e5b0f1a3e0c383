-- Adds a part to a hold; its number
SELECT retention.extend_hold(
    hold => $1::uuid, reason => $2::text, tenant => $3::text, subjects => $4::text[],
    starts_from => $5::timestamptz, starts_to => $6::timestamptz, record_keys => $7::text[],
    accept_gaps => $8::text[])
