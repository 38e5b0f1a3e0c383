SELECT retention.fingerprint($1::text[])
