/* The values of holds: what people write, as the statements of batches print it. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "harness/cluster.h"
#include "harness/db.h"
#include "harness/schema.h"
#include "pg/catalog.h"
#include "policy/sql_private.h"
#include "sql_support.h"

static struct cluster *cluster;
static char *database;
static PGconn *admin;

static void setup(void)
{
    cluster = cluster_shared();
    database = schema_db_new(cluster);
    admin = db_connect(cluster, database, NULL);
}

static void teardown(void)
{
    PQfinish(admin);
    db_drop(cluster, database);
    free(database);
}

/* The first value of a query with parameters; NULL for SQL NULL; caller frees. */
static char *ask(const char *sql, int count, const char *const *values)
{
    PGresult *result = PQexecParams(admin, sql, count, NULL, values, NULL, NULL, 0);
    ck_assert_msg(PQresultStatus(result) == PGRES_TUPLES_OK, "%s", PQerrorMessage(admin));
    char *value = PQgetisnull(result, 0, 0) ? NULL : strdup(PQgetvalue(result, 0, 0));
    PQclear(result);
    return value;
}

static void check_text(const char *value, const char *type, const char *normal,
                       const char *expected)
{
    const char *const values[] = {value, type, normal};
    char *text = ask("SELECT retention.canonical_text($1, $2, $3)", 3, values);
    ck_assert_msg(expected ? text && strcmp(text, expected) == 0 : !text,
                  "\"%s\" as %s (%s): %s instead of %s", value, type, normal ? normal : "plain",
                  text ? text : "NULL", expected ? expected : "NULL");
    free(text);
}

static const struct {
    const char *type, *value, *expected; /* NULL: no value of the type */
} cases[] = {
    {"smallint", "7", "7"},
    {"smallint", " +07 ", "7"},
    {"smallint", "-32768", "-32768"},
    {"smallint", "32768", NULL},
    {"integer", "2147483647", "2147483647"},
    {"integer", "2147483648", NULL},
    {"integer", "", NULL},
    {"integer", "1.5", NULL},
    {"bigint", "9223372036854775807", "9223372036854775807"},
    {"bigint", "9223372036854775808", NULL},
    {"bigint", "one", NULL},
    {"numeric", "1.50", "1.5"},
    {"numeric", "1e3", "1000"},
    {"numeric", "-0", "0"},
    {"numeric", "NaN", "NaN"},
    {"numeric", "1,5", NULL},
    {"text", " As it is ", " As it is "},
    {"character varying", "x ", "x "},
    {"character", "x  ", "x"},
    {"uuid", "{A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11}", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"},
    {"uuid", "a0eebc99", NULL},
    {"inet", "10.0.0.1", "10.0.0.1/32"},
    {"inet", "::FFFF:1.2.3.4", "::ffff:1.2.3.4/128"},
    {"inet", "10.0.0.256", NULL},
    {"cidr", "10.0.0.0/8", "10.0.0.0/8"},
    {"cidr", "10.0.0.1/8", NULL},
    {"macaddr", "08-00-2B-01-02-03", "08:00:2b:01:02:03"},
    {"macaddr", "08", NULL},
    {"date", "2024-02-29", "2024-02-29"},
    {"date", "2023-02-29", NULL},
    {"date", "infinity", "infinity"},
    {"date", "0044-03-15 BC", "0044-03-15 BC"},
    {"date", "today", NULL},
    {"date", "01/02/2024", NULL},
    {"date", "20240102", NULL},
    {"timestamp without time zone", "2024-01-02T03:04:05.60", "2024-01-02 03:04:05.6"},
    {"timestamp without time zone", "2024-01-02", "2024-01-02 00:00:00"},
    {"timestamp without time zone", "now", NULL},
    {"timestamp without time zone", "2024-01-02 24:00:01", NULL},
    {"timestamp with time zone", "2024-01-02 03:04:05+02", "2024-01-02 01:04:05+00"},
    {"timestamp with time zone", "2024-01-02T03:04:05Z", "2024-01-02 03:04:05+00"},
    {"timestamp with time zone", "2024-01-02 03:04:05", "2024-01-02 03:04:05+00"},
    {"timestamp with time zone", "0044-03-15 00:00:00+00 BC", "0044-03-15 00:00:00+00 BC"},
    {"timestamp with time zone", "-infinity", "-infinity"},
    {"timestamp with time zone", "tomorrow", NULL},
    {"timestamp with time zone", "2024-01-02 03:04:05 America/New_York", NULL},
    {"bytea", "\\xDEAD", "\\xdead"},
    {"bytea", "\\xD", NULL},
    {"boolean", "yes", "true"},
    {"boolean", "0", "false"},
    {"boolean", "maybe", NULL},
    {"json", "{}", NULL}, /* no type that a policy can name */
    {"public.mine", "1", NULL},
};

/* Whatever the session is set to. */
START_TEST(values_are_read_by_type)
{
    for (int round = 0; round < 2; round++) {
        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
            check_text(cases[i].value, cases[i].type, NULL, cases[i].expected);
        db_script(admin, "SET datestyle = 'German'; SET timezone = 'America/New_York';"
                         "SET bytea_output = 'escape'; SET search_path = pg_temp, public;"
                         "SET standard_conforming_strings = off");
    }
    const char *const none[] = {NULL, "text", NULL};
    ck_assert_ptr_null(ask("SELECT retention.canonical_text($1, $2, $3)", 3, none));
    check_text("x", NULL, NULL, NULL);
    check_text("x", "text", "other", NULL);
}
END_TEST

/* A record with the value: its column, printed by the expression that batches and digests use, and
 * the value that a person wrote are the same text. */
START_TEST(values_are_what_batches_print)
{
    struct arena *arena = arena_new();
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        if (!cases[i].expected)
            continue;
        db_exec(admin, "CREATE TABLE public.v (k %s)",
                strcmp(cases[i].type, "character") == 0 ? "character(9)" : cases[i].type);
        db_exec(admin, "SET timezone = 'UTC'");
        const char *const values[] = {cases[i].value};
        char *stored = ask("INSERT INTO public.v VALUES ($1) RETURNING k", 1, values);
        free(stored);
        struct catalog *catalog = sql_support_catalog(admin);
        struct sql_builder b = {.arena = arena};
        struct sql_scope scope = {.table = catalog_find(catalog, "public", "v"), .alias = "v"};
        ck_assert_ptr_nonnull(scope.table);
        const char *printed = sql_key_text(&b, &scope, "k");
        /* the settings of a batch */
        db_script(admin, "SET datestyle = 'ISO, YMD'; SET bytea_output = 'hex';"
                         "SET timezone = 'Asia/Tokyo'");
        char *text = db_value(admin, "SELECT %s FROM public.v", printed);
        ck_assert_msg(strcmp(text, cases[i].expected) == 0, "%s \"%s\": %s", cases[i].type,
                      cases[i].value, text);
        free(text);
        catalog_free(catalog);
        db_exec(admin, "DROP TABLE public.v");
    }
    arena_free(arena);
}
END_TEST

START_TEST(phone_numbers)
{
    static const struct {
        const char *value, *expected;
    } numbers[] = {
        {"+14105550100", "+14105550100"},
        {"4105550100", "+14105550100"},
        {"14105550100", "+14105550100"},
        {"(410) 555-0100", "+14105550100"},
        {" 410.555.0100 ", "+14105550100"},
        {"tel:+1-410-555-0100", "+14105550100"},
        {"0014105550100", "+14105550100"},
        {"+44 20 7183 8750", "+442071838750"},
        {"0044 20 7183 8750", "+442071838750"},
        {"442071838750", "+442071838750"},
        {"+4030312345", "+4030312345"}, /* ten digits, but international */
        {"911", "+911"},
        {"00", NULL},
        {"anonymous", NULL},
        {"+", NULL},
        {"", NULL},
    };
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        check_text(numbers[i].value, "text", "e164", numbers[i].expected);
        /* the column's text goes through the same function */
        const char *const values[] = {numbers[i].value};
        char *text = ask("SELECT retention.as_e164($1)", 1, values);
        ck_assert_str_eq(text ? text : "NULL", numbers[i].expected ? numbers[i].expected : "NULL");
        free(text);
    }
    /* a column of numbers */
    check_text("+1 410 555 0100", "bigint", "e164", "+14105550100");
    char *text = db_value(admin, "SELECT retention.as_e164(4105550100::bigint::text)");
    ck_assert_str_eq(text, "+14105550100");
    free(text);
    ck_assert_ptr_null(db_value(admin, "SELECT retention.as_e164(NULL)"));
}
END_TEST

START_TEST(lower_case)
{
    check_text(" Ann@Example.COM ", "text", "lower", "ann@example.com");
    check_text("   ", "text", "lower", NULL);
    /* the same for a column whose collation knows fewer letters */
    db_exec(admin, "CREATE TABLE public.v (k text COLLATE \"C\")");
    db_exec(admin, "INSERT INTO public.v VALUES ('ÉVA@X.FR')");
    ck_assert_int_eq(db_number(admin, "SELECT count(*) FROM public.v WHERE retention.as_lower(k) = "
                                      "retention.canonical_text('ÉVA@x.fr', 'text', 'lower')"),
                     1);
}
END_TEST

/* In a statement over many records no call of a function remains. */
START_TEST(normal_forms_are_inlined)
{
    db_exec(admin, "CREATE TABLE public.v (k text, n bigint, c varchar(20))");
    static const char *const calls[] = {"as_e164(k)", "as_e164(n::text)", "as_e164(c)",
                                        "as_lower(k)", "as_lower(c)"};
    db_exec(admin, "SET search_path = ''");
    for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
        char *plan = db_value(admin,
                              "CREATE FUNCTION pg_temp.plan%zu() RETURNS text LANGUAGE plpgsql AS "
                              "$$ DECLARE line text; whole text := ''; BEGIN FOR line IN EXPLAIN "
                              "VERBOSE SELECT retention.%s FROM public.v LOOP whole := whole || "
                              "line; END LOOP; RETURN whole; END $$; SELECT pg_temp.plan%zu()",
                              i, calls[i], i);
        ck_assert_msg(strstr(plan, "retention.") == NULL, "%s: %s", calls[i], plan);
        free(plan);
    }
}
END_TEST

/* RFC 4231, test cases 1, 2 and 6. */
START_TEST(hmac)
{
    static const struct {
        const char *key, *data, *expected;
    } vectors[] = {
        {"decode(repeat('0b', 20), 'hex')", "'Hi There'",
         "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
        {"'Jefe'", "'what do ya want for nothing?'",
         "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
        {"decode(repeat('aa', 131), 'hex')",
         "'Test Using Larger Than Block-Size Key - Hash Key First'",
         "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"},
    };
    for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
        char *text = db_value(admin, "SELECT encode(retention.hmac_sha256(%s, %s), 'hex')",
                              vectors[i].key, vectors[i].data);
        ck_assert_str_eq(text, vectors[i].expected);
        free(text);
    }
}
END_TEST

Suite *suite_hold_values(void)
{
    Suite *suite = suite_create("hold_values");
    TCase *tc = tcase_create("values");
    tcase_set_timeout(tc, 120);
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, values_are_read_by_type);
    tcase_add_test(tc, values_are_what_batches_print);
    tcase_add_test(tc, phone_numbers);
    tcase_add_test(tc, lower_case);
    tcase_add_test(tc, normal_forms_are_inlined);
    tcase_add_test(tc, hmac);
    suite_add_tcase(suite, tc);
    return suite;
}
