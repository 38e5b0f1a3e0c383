SELECT retention.release_brake($1::text)
