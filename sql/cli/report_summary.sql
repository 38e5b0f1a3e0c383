-- $1 from, $2 to, $3 category or NULL: each category once. A day is missing when it is over, lies
-- after the category's first figures in the log, and has none of its own.
WITH entry AS (
    SELECT
        e.category,
        pg_catalog.substring(e.entry, '(?n)^day (.*)$')::date AS day,
        pg_catalog.substring(e.entry, '(?n)^overdue (.*)$')::bigint AS overdue
    FROM retention.log_entry e
    WHERE e.type = 'compliance' AND ($3::text IS NULL OR e.category = $3::text)
), category AS (
    SELECT
        e.category,
        GREATEST($1::date, pg_catalog.min(e.day)) AS first_day,
        LEAST($2::date, (pg_catalog.timezone('UTC', pg_catalog.clock_timestamp()))::date - 1)
            AS last_day
    FROM entry e
    GROUP BY e.category
)
SELECT
    c.category,
    pg_catalog.count(DISTINCT e.day) AS days,
    GREATEST(0, c.last_day - c.first_day + 1
        - pg_catalog.count(DISTINCT e.day) FILTER (WHERE e.day <= c.last_day)) AS missing,
    pg_catalog.count(DISTINCT e.day) FILTER (WHERE e.overdue > 0) AS days_overdue,
    pg_catalog.max(e.overdue) AS most_overdue
FROM category c
LEFT JOIN entry e ON e.category = c.category AND e.day BETWEEN $1::date AND $2::date
GROUP BY c.category, c.first_day, c.last_day
ORDER BY c.category
