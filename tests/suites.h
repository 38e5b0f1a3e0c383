/* Every test suite, one line each, sorted: SUITE(name) is Suite *suite_name(void). */
SUITE(base_text)
SUITE(catalog)
SUITE(cli_frame)
SUITE(cli_session)
SUITE(harness)
SUITE(manual)
SUITE(pg_conn)
SUITE(policy_parse)
