-- May this role read matters, reasons and subjects, may it count what holds cover, and must what it
-- asks of records be run for it because it may not compare them with scopes?
SELECT pg_catalog.has_column_privilege('retention.hold', 'matter', 'SELECT'),
       pg_catalog.has_function_privilege('retention.hold_coverage(uuid)', 'EXECUTE'),
       NOT pg_catalog.has_table_privilege('retention.held_scope', 'SELECT')
       AND pg_catalog.has_function_privilege('retention.read_as_reader(text,text,text[])', 'EXECUTE')
