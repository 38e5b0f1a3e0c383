-- May this role place holds? Refused where it may not; nothing is called.
SELECT retention.place_hold(NULL, NULL) LIMIT 0
