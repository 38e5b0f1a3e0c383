SELECT retention.stop_now($1::text)
