-- Whether the server would log the values of this session's statements, and the role's name quoted
SELECT
    (pg_catalog.current_setting('log_statement') IN ('all', 'mod')
        OR pg_catalog.current_setting('log_min_duration_statement') <> '-1'
        OR pg_catalog.current_setting('log_min_duration_sample') <> '-1')
    AND pg_catalog.current_setting('log_parameter_max_length') <> '0'
    OR pg_catalog.current_setting('log_parameter_max_length_on_error') <> '0' AS logged,
    pg_catalog.quote_ident(SESSION_USER) AS role
