SELECT retention.confirm_request(request => $1::uuid, reason => $2::text)
