SELECT retention.withdraw_request(request => $1::uuid, reason => $2::text)
