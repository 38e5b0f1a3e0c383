-- What such a hold would cover now, by category; refuses: it would not be placed, unless the gap is
-- accepted (hold_misses)
SELECT v.category, v.applies, v.why, v.rows,
       (c.name = $1::text OR 'enforce' IN (c.mode, c.approved_mode))
       AND (NOT v.applies
            OR v.why ~ '(it has no subject of kind|fit no column of it|do not fit its key)') IS TRUE
           AS refuses
FROM retention.hold_preview(
    category => $1::text, tenant => $2::text, subjects => $3::text[],
    starts_from => $4::timestamptz, starts_to => $5::timestamptz, record_keys => $6::text[],
    everything => $7::boolean) v
JOIN retention.category c ON c.name = v.category
ORDER BY v.applies DESC, v.category
