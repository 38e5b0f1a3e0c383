-- May this role read matters, reasons and subjects, and may it count what holds cover?
SELECT pg_catalog.has_column_privilege('retention.hold', 'matter', 'SELECT'),
       pg_catalog.has_function_privilege('retention.hold_coverage(uuid)', 'EXECUTE')
