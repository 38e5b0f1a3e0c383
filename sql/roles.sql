-- The roles, one group each; run by every migrate, as whoever installs (CREATEROLE suffices).
-- Existing roles are taken as they are: several databases of a cluster may share them.
DO $roles$
DECLARE
    groups constant text[] := ARRAY['@prefix@owner', '@prefix@worker', '@prefix@legal',
        '@prefix@operator', '@prefix@approver', '@prefix@auditor', '@prefix@reader'];
    role_name text;
    may_act boolean;
BEGIN
    FOREACH role_name IN ARRAY groups LOOP
        IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = role_name) THEN
            BEGIN
                EXECUTE pg_catalog.format('CREATE ROLE %I NOLOGIN', role_name);
            EXCEPTION WHEN insufficient_privilege THEN
                RAISE EXCEPTION USING ERRCODE = '42501',
                    MESSAGE = pg_catalog.format('role "%s" does not exist, and role "%s" may not '
                        'create it', role_name, current_user),
                    HINT = pg_catalog.format('Run migrate as a role with CREATEROLE, or let one '
                        'run: CREATE ROLE %I NOLOGIN;', role_name);
            END;
        END IF;
    END LOOP;

    -- What is installed belongs to the owner, so whoever installs must be able to become it. From
    -- version 16 on, who creates a role may administer it, but must grant itself the right to SET.
    IF pg_catalog.current_setting('server_version_num')::int >= 160000 THEN
        EXECUTE 'SELECT pg_catalog.pg_has_role(current_user, $1, ''SET'')'
            INTO may_act USING '@prefix@owner'::name;
    ELSE
        may_act := pg_catalog.pg_has_role(current_user, '@prefix@owner', 'MEMBER');
    END IF;
    IF NOT may_act THEN
        BEGIN
            EXECUTE pg_catalog.format('GRANT %I TO %I', '@prefix@owner', current_user);
        EXCEPTION WHEN insufficient_privilege THEN
            RAISE EXCEPTION USING ERRCODE = '42501',
                MESSAGE = pg_catalog.format('role "%s" may not act as role "%s"',
                    current_user, '@prefix@owner'),
                HINT = pg_catalog.format('Let who may administer it run: GRANT %I TO %I;',
                    '@prefix@owner', current_user);
        END;
    END IF;

    -- The owner terminates backends of the worker (emergency stop, take-over by another worker):
    -- it must be a member of the role that the worker connects as. This covers a worker that
    -- connects as the group itself; for a login role of its own, GRANT that one to the owner too.
    IF NOT pg_catalog.pg_has_role('@prefix@owner', '@prefix@worker', 'USAGE') THEN
        BEGIN
            EXECUTE pg_catalog.format('GRANT %I TO %I', '@prefix@worker', '@prefix@owner');
        EXCEPTION WHEN insufficient_privilege THEN
            RAISE EXCEPTION USING ERRCODE = '42501',
                MESSAGE = pg_catalog.format('role "%s" must be a member of role "%s"',
                    '@prefix@owner', '@prefix@worker'),
                HINT = pg_catalog.format('Let who may administer it run: GRANT %I TO %I;',
                    '@prefix@worker', '@prefix@owner');
        END;
    END IF;

    -- The reader counts what a hold covers and owns the functions that do, nothing else: what they
    -- read was written down by the worker, and must not run with the rights of the owner.
    IF NOT pg_catalog.pg_has_role('@prefix@owner', '@prefix@reader', 'USAGE') THEN
        BEGIN
            EXECUTE pg_catalog.format('GRANT %I TO %I', '@prefix@reader', '@prefix@owner');
        EXCEPTION WHEN insufficient_privilege THEN
            RAISE EXCEPTION USING ERRCODE = '42501',
                MESSAGE = pg_catalog.format('role "%s" must be a member of role "%s"',
                    '@prefix@owner', '@prefix@reader'),
                HINT = pg_catalog.format('Let who may administer it run: GRANT %I TO %I;',
                    '@prefix@reader', '@prefix@owner');
        END;
    END IF;

    -- The guard's functions belong to the reader and stand in a schema of its own.
    IF EXISTS (SELECT FROM pg_catalog.pg_namespace n
               WHERE n.nspname = 'retention_guard'
                 AND n.nspowner <> (SELECT r.oid FROM pg_catalog.pg_roles r
                                    WHERE r.rolname = '@prefix@reader')) THEN
        RAISE EXCEPTION USING ERRCODE = 'RT011',
            MESSAGE = pg_catalog.format('schema "retention_guard" exists and does not belong to '
                'role "%s"', '@prefix@reader'),
            HINT = 'Was it installed with another role prefix?';
    END IF;
    IF NOT EXISTS (SELECT FROM pg_catalog.pg_namespace WHERE nspname = 'retention_guard') THEN
        BEGIN
            EXECUTE pg_catalog.format('CREATE SCHEMA retention_guard AUTHORIZATION %I',
                '@prefix@reader');
        EXCEPTION WHEN insufficient_privilege THEN
            RAISE EXCEPTION USING ERRCODE = '42501',
                MESSAGE = pg_catalog.format('role "%s" may not create a schema in database "%s"',
                    current_user, pg_catalog.current_database()),
                HINT = pg_catalog.format('Let the owner of the database run: '
                    'GRANT CREATE ON DATABASE %I TO %I;',
                    pg_catalog.current_database(), current_user);
        END;
    END IF;

    -- A schema of this name that is not the owner's is somebody else's: nothing is put into it.
    IF EXISTS (SELECT FROM pg_catalog.pg_namespace n
               WHERE n.nspname = 'retention'
                 AND n.nspowner <> (SELECT r.oid FROM pg_catalog.pg_roles r
                                    WHERE r.rolname = '@prefix@owner')) THEN
        RAISE EXCEPTION USING ERRCODE = 'RT011',
            MESSAGE = pg_catalog.format('schema "retention" exists and does not belong to role '
                '"%s"', '@prefix@owner'),
            HINT = 'Was it installed with another role prefix?';
    END IF;
    IF NOT EXISTS (SELECT FROM pg_catalog.pg_namespace WHERE nspname = 'retention') THEN
        BEGIN
            EXECUTE pg_catalog.format('CREATE SCHEMA retention AUTHORIZATION %I', '@prefix@owner');
        EXCEPTION WHEN insufficient_privilege THEN
            RAISE EXCEPTION USING ERRCODE = '42501',
                MESSAGE = pg_catalog.format('role "%s" may not create a schema in database "%s"',
                    current_user, pg_catalog.current_database()),
                HINT = pg_catalog.format('Let the owner of the database run: '
                    'GRANT CREATE ON DATABASE %I TO %I;',
                    pg_catalog.current_database(), current_user);
        END;
    END IF;
END
$roles$;
