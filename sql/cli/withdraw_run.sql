-- $1 request: that it shall not be carried out; whether it was not yet
SELECT retention.withdraw_run($1::uuid)
