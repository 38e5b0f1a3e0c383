-- $1 the worker's group: whether this role is one of its members, and whether it is a superuser,
-- whose sessions the next leader could not end
SELECT
    pg_catalog.pg_has_role(session_user, $1::text, 'MEMBER'),
    (SELECT r.rolsuper FROM pg_catalog.pg_roles r WHERE r.rolname = session_user)
