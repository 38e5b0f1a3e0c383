SELECT retention.resume($1::text, $2::text)
