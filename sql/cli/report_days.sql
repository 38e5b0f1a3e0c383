-- $1 from, $2 to, $3 category or NULL: the daily figures, read from the texts of the entries
SELECT d.day, d.category, d.due, d.held, d.kept, d.blocked, d.not_started, d.unclaimed, d.overdue,
    d.oldest, d.id AS entry
FROM (
    SELECT
        e.id,
        e.category,
        pg_catalog.substring(e.entry, '(?n)^day (.*)$')::date AS day,
        pg_catalog.substring(e.entry, '(?n)^due (.*)$')::bigint AS due,
        pg_catalog.substring(e.entry, '(?n)^held (.*)$')::bigint AS held,
        pg_catalog.substring(e.entry, '(?n)^kept (.*)$')::bigint AS kept,
        pg_catalog.substring(e.entry, '(?n)^blocked (.*)$')::bigint AS blocked,
        pg_catalog.substring(e.entry, '(?n)^notstarted (.*)$')::bigint AS not_started,
        pg_catalog.substring(e.entry, '(?n)^unclaimed (.*)$')::bigint AS unclaimed,
        pg_catalog.substring(e.entry, '(?n)^overdue (.*)$')::bigint AS overdue,
        NULLIF(pg_catalog.substring(e.entry, '(?n)^oldest (.*)$'), 'none') AS oldest
    FROM retention.log_entry e
    WHERE e.type = 'compliance'
) d
WHERE d.day BETWEEN $1::date AND $2::date AND ($3::text IS NULL OR d.category = $3::text)
ORDER BY d.day, d.category, d.id
