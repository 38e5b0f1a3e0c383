-- May this role release holds? Refused where it may not; nothing is called.
SELECT retention.release_hold(NULL, NULL), retention.confirm_request(NULL, NULL) LIMIT 0
