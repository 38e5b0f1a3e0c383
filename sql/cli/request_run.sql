SELECT retention.request_run($1::text[])
