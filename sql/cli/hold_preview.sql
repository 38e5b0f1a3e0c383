-- What such a hold would cover now, by category
SELECT v.category, v.applies, v.why, v.rows
FROM retention.hold_preview(
    category => $1::text, tenant => $2::text, subjects => $3::text[],
    starts_from => $4::timestamptz, starts_to => $5::timestamptz, record_keys => $6::text[],
    everything => $7::boolean) v
ORDER BY v.applies DESC, v.category
