-- $1 the role of the main file or NULL, $2 the worker's group: the first that exists
SELECT r.rolname
FROM pg_catalog.pg_roles r
WHERE r.rolname IN ($1::text, $2::text)
ORDER BY r.rolname = $1::text DESC NULLS LAST
LIMIT 1
