-- What a view needs that compares how much falls due with how much goes. Run as @prefix@owner.
ALTER TABLE retention.run ADD COLUMN records bigint;
COMMENT ON COLUMN retention.run.records IS
    'of rows, those of the category''s own table: without dependants; NULL: not known';
ALTER TABLE retention.category_status
    ADD COLUMN window_from int,
    ADD COLUMN window_to int,
    ADD COLUMN window_zone text;
COMMENT ON COLUMN retention.category_status.window_from IS
    'minute of the day in window_zone from which runs may act, to window_to (over midnight where that '
    'is less), as the worker last had it; NULL: always';
