-- Takes a part of a hold away, or asks for it: the request
SELECT retention.narrow_hold(hold => $1::uuid, reason => $2::text, part => $3::int,
    subjects => $4::text[], record_keys => $5::text[])
