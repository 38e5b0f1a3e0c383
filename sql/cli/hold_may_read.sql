-- May this role read matters, reasons and subjects?
SELECT pg_catalog.has_column_privilege('retention.hold', 'matter', 'SELECT')
