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
    {"xml", "x", NULL}, /* no type that a policy can name */
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
        {"+14105550100", "105550100"},
        {"4105550100", "105550100"},
        {"14105550100", "105550100"},
        {"(410) 555-0100", "105550100"},
        {"[410]_555-0100", "105550100"},
        {" 410.555.0100 ", "105550100"},
        {"4105550100.0", "105550100"},
        {"Tel. 4105550100.00", "105550100"},
        {"Tel. 20 7183 8750.00", "?"},
        {"20-7183-8750.0", "?"},
        /* digits of scripts that are younger than this server: Kawi, and one that is not yet there
         */
        {"\xf0\x91\xbd\x94\xf0\x91\xbd\x91\xf0\x91\xbd\x90", "?"},
        {"\xf0\x91\xbf\xb0 4105550100", "?"},
        {"\xe5\x9b\x9b\xe4\xb8\x80\xe3\x80\x87", "?"},
        {"\xf0\x9f\x93\x9e 4105550100", "105550100"},
        {"tel:+1-410-555-0100", "105550100"},
        {"0014105550100", "105550100"},
        {"011 1 410 555 0100", "105550100"},
        {"+1 (410) 555-0100", "105550100"},
        {"(+1) 410-555-0100", "105550100"},
        /* extensions, what is behind an address, remarks */
        {"410-555-0100 x123", "105550100"},
        {"410-555-0100x123", "105550100"},
        {"(410) 555-0100 ext. 5", "105550100"},
        {"(410) 555-0100 (Ext 5)", "105550100"},
        {"1-410-555-0100, extension 5", "105550100"},
        {"+1 410 555 0100 #5", "105550100"},
        {"+14105550100,,5", "105550100"},
        {"tel:+1-410-555-0100;ext=5", "105550100"},
        {"sip:+14105550100@10.0.0.1:5060", "105550100"},
        {"+1 410 555 0100 (home)", "105550100"},
        /* abroad: with and without the country, with the trunk's 0 */
        {"+44 20 7183 8750", "071838750"},
        {"+44 (0)20 7183 8750", "071838750"},
        {"+44 (0) 20 7183 8750", "071838750"},
        {"0044 20 7183 8750", "071838750"},
        {"011 44 20 7183 8750", "071838750"},
        {"(011) 44 20 7183 8750", "071838750"},
        {"442071838750", "071838750"},
        {"020 7183 8750", "071838750"},
        {"(020) 7183 8750", "071838750"},
        {"+61 412 345 678", "412345678"},
        {"0412 345 678", "412345678"},
        {"+49 (030) 1234567", "301234567"},
        {"+49 (030) 123456", "?"}, /* its last nine digits depend on the 0 */
        {"+43 (0)1 5123456", "?"},
        {"+43 1 5123456", "315123456"},
        {"0049/30/12345678", "012345678"},
        {"+49 30 12345678", "012345678"},
        {"+4030312345", "030312345"},
        /* forms of characters */
        {"\xef\xbc\x8b\xef\xbc\x91 \xef\xbc\x94\xef\xbc\x91\xef\xbc\x90 555 0100", "105550100"},
        {"\xc2\xa0+1\xc2\xa0"
         "410\xe2\x80\xaf"
         "555\xe2\x80\x89"
         "0100\xe3\x80\x80",
         "105550100"},
        {"+1\xe2\x80\x91"
         "410\xe2\x80\x93"
         "555\xe2\x80\x94"
         "0100",
         "105550100"},
        {"\xe2\x80\xaa+14105550100\xe2\x80\xac", "105550100"},
        {"\xef\xbb\xbf+14105550100", "105550100"},
        {"\xd9\xa4\xd9\xa1\xd9\xa0\xd9\xa5\xd9\xa5\xd9\xa5\xd9\xa0\xd9\xa1\xd9\xa0\xd9\xa0",
         "105550100"},
        {"+1\t410\r555\n0100", "105550100"},
        /* short ones are whole */
        {"911", "+911"},
        {"0911", "+911"},
        {"+911", "+911"},
        {"22000", "+22000"},
        {"+29012345", "+29012345"},
        /* an address before it, or one that may have a number */
        {"jane@x.org +14105551002", "?"},
        {"@410 555 1002", "?"},
        {"<sip:j@x> 410-555-1002", "?"},
        {"alice@10.0.0.1", "?"},
        {"+14105551002@x 4105551003", "?"},
        {"sip:+14105551002@4105551003", "?"},
        /* digits that are not known: Gujarati, Tamil, Burmese, Adlam */
        {"\xe0\xab\xaa\xe0\xab\xa7\xe0\xab\xa6\xe0\xab\xab\xe0\xab\xab\xe0\xab\xab\xe0\xab\xa7\xe0"
         "\xab\xa6\xe0\xab\xa6\xe0\xab\xa8",
         "?"},
        {"\xe0\xaf\xaa\xe0\xaf\xa7\xe0\xaf\xa6\xe0\xaf\xab\xe0\xaf\xab\xe0\xaf\xab\xe0\xaf\xa7\xe0"
         "\xaf\xa6\xe0\xaf\xa6\xe0\xaf\xa8",
         "?"},
        {"\xe1\x81\x84\xe1\x81\x81\xe1\x81\x80\xe1\x81\x85\xe1\x81\x85\xe1\x81\x85\xe1\x81\x81\xe1"
         "\x81\x80\xe1\x81\x80\xe1\x81\x82",
         "?"},
        {"\xf0\x9e\xa5\x94\xf0\x9e\xa5\x91\xf0\x9e\xa5\x90\xf0\x9e\xa5\x95\xf0\x9e\xa5\x95\xf0\x9e"
         "\xa5\x95\xf0\x9e\xa5\x91\xf0\x9e\xa5\x90\xf0\x9e\xa5\x90\xf0\x9e\xa5\x92",
         "?"},
        /* a second number, or an extension that nothing says is one */
        {"+442071838750 911", "?"},
        {"+442071838750911", "?"},
        {"+44 20 7183 8750 911", "?"},
        {"+44 20 7183 8750 55", "?"},
        {"0044 20 7183 8750 5", "?"},
        {"020 7183 8750-5", "?"},
        {"020 7183 8750 55", "?"},
        {"020 7183 8750 911", "?"},
        {"020 71838750-911", "?"},
        {"0412 345 678 55", "?"},
        {"+49 30 1234567-12", "?"},
        {"+47 22 12 34 56 5", "?"},
        {"2071838750 5", "?"},
        {"911 4105551002", "?"},
        {"911 410 555 1002", "?"},
        {"911/4105551002", "?"},
        {"555-1002 911", "?"},
        {"5551002 911", "?"},
        {"911 911", "?"},
        {"4105551002, 5551003", "?"},
        {"4105551002,911", "?"},
        {"410 555.0", "?"},
        /* and these are one, in groups as their countries have them */
        {"+33 1 23 45 67 89", "123456789"},
        {"01 23 45 67 89", "123456789"},
        {"+380 44 123 45 67", "441234567"},
        {"+90 (532) 123-45-67", "321234567"},
        {"+55 (11) 91234-5678", "912345678"},
        {"(21) 91234-5678", "912345678"},
        {"+62 812 3456 7890", "234567890"},
        {"+91 98765 43210", "876543210"},
        {"98765 43210", "876543210"},
        {"138 1234 5678", "812345678"},
        {"0171 123 45 67", "711234567"},
        {"0151 23456789", "123456789"},
        {"06 1234 5678", "612345678"},
        {"1 (410) 555-0100", "105550100"},
        {"410-555 0100", "105550100"},
        /* it is not certain which number this is */
        {"555-0100", "?"},
        {"5550100", "?"},
        {"12345678", "?"},
        {"0029012345", "?"},
        {"1-800-FLOWERS", "?"},
        {"1-800-555-HELP", "?"},
        {"410-555-010O", "?"},
        {"410-555-0100 or 410-555-0101", "?"},
        {"410-555-0100/410-555-0101", "?"},
        {"4105550100;4105550101", "?"},
        {"4105550100 4105550101", "?"},
        {"+14105550100+14105550101", "?"},
        {"410-555-0100 12", "?"},
        {"4105550100 1", "?"},
        {"+1 410 555 0100 5", "?"},
        {"1 410 555 0100 5", "?"},
        {"4.10555E+09", "?"},
        {"[\"+14105550100\", \"+14105550101\"]", "?"},
        {"0x1f", "?"},
        /* no number */
        {"00", NULL},
        {"0000000000", NULL},
        {"anonymous", NULL},
        {"alice@0", NULL},
        {"+", NULL},
        {"", NULL},
    };
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        const char *expected = numbers[i].expected;
        /* what is not certain is no subject of a hold */
        check_text(numbers[i].value, "text", "e164",
                   expected && strcmp(expected, "?") == 0 ? NULL : expected);
        /* the column's text goes through the same function */
        const char *const values[] = {numbers[i].value};
        char *text = ask("SELECT retention.as_e164($1)", 1, values);
        ck_assert_msg(strcmp(text ? text : "NULL", expected ? expected : "NULL") == 0,
                      "\"%s\": %s instead of %s", numbers[i].value, text ? text : "NULL",
                      expected ? expected : "NULL");
        free(text);
    }
    /* a column of numbers */
    check_text("+1 410 555 0100", "bigint", "e164", "105550100");
    char *text = db_value(admin, "SELECT retention.as_e164(4105550100::bigint::text)");
    ck_assert_str_eq(text, "105550100");
    free(text);
    ck_assert_ptr_null(db_value(admin, "SELECT retention.as_e164(NULL)"));
}
END_TEST

/* What is looked at no further has the form that looking at it gives. */
START_TEST(plain_phone_numbers)
{
    ck_assert_int_eq(
        db_number(
            admin,
            "SELECT count(*) FROM (SELECT format(f, n) AS text FROM (VALUES ('%%s'), ('+1%%s'), "
            "('1%%s')) f (f), (SELECT lpad((i * 7919 %% 10000000000)::text, 10, '0') AS n FROM "
            "generate_series(1::bigint, 9000000, 7919) i) n) x WHERE retention.as_e164(text) IS "
            "DISTINCT FROM retention.any_phone(text)"),
        0);
}
END_TEST

START_TEST(lower_case)
{
    static const struct {
        const char *value, *same;
    } texts[] = {
        {" Ann@Example.COM ", "ann@example.com"},
        {"Ann Smith", "ann  SMITH\t"},
        {"Eve\v \tVan\r\n", "eve van"},
        {"Ann\xc2\xa0Smith", "ann smith"},
        {"\xe3\x80\x80"
         "ann",
         "ann"},
        {"ann\xe2\x80\x8b@x.fr", "ann@x.fr"},
        {"E\xcc\x81va", "\xc3\x89VA"}, /* an accent of its own, and a letter with one */
        {"\xc3\xa9va", "eva"},         /* and none */
        {"Stra\xc3\x9f"
         "e",
         "STRASSE"},
        {"STRA\xe1\xba\x9e"
         "E",
         "strasse"},
        {"\xef\xbd\x81nn", "ann"}, /* full width */
        {"\xef\xac\x81sh", "fish"},
        {"\xce\x9f\xce\x94\xce\xa5\xce\xa3",
         "\xce\xbf\xce\xb4\xcf\x85\xcf\x82"}, /* a final sigma */
        {"\xd0\x98\xd0\xb2\xd0\xb0\xd0\xbd", "\xd0\xb8\xd0\x92\xd0\x90\xd0\x9d"},
        {"I", "\xc4\xb1"},
        {"\xc4\xb0", "i"},
        {"\xc3\x98re", "\xc3\xb8RE"},
        {"\xc3\x86", "ae"},
    };
    check_text(" Ann@Example.COM ", "text", "lower", "ann@example.com");
    check_text("   ", "text", "lower", NULL);
    check_text("\xc2\xa0\xe2\x80\x8b", "text", "lower", NULL);
    /* by a column whose collation knows fewer letters; a value of a hold and one of a record */
    db_exec(admin, "CREATE TABLE public.v (k text COLLATE \"C\")");
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        const char *const values[] = {texts[i].value, texts[i].same};
        free(ask("WITH gone AS (DELETE FROM public.v) INSERT INTO public.v VALUES ($1) RETURNING k",
                 1, values));
        char *same = ask("SELECT bool_and(retention.as_lower(k) = "
                         "retention.canonical_text($1, 'text', 'lower')) FROM public.v",
                         1, values + 1);
        ck_assert_msg(same && strcmp(same, "t") == 0, "\"%s\" and \"%s\" are two", texts[i].value,
                      texts[i].same);
        free(same);
    }
}
END_TEST

/* A value within a jsonb document. */
START_TEST(json_values)
{
    static const struct {
        const char *document, *value; /* of a hold */
    } values[] = {
        {"1.50", "1.5"},  {"1.5", "1.500"},
        {"15", "15.0"},   {"1e3", "1000"},
        {"-0", "0"},      {"\"1.50\"", " 1.5"},
        {"\"007\"", "7"}, {"\"x \"", "x "},
        {"true", "true"}, {"\"1e999999\"", "1e999999"},
        {"\"\"", ""},
    };
    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        const char *const parameters[] = {values[i].document, values[i].value};
        char *same =
            ask("SELECT retention.any_json(jsonb_build_object('a', $1::jsonb) #>> '{a}') = "
                "retention.canonical_text($2, 'json', NULL)",
                2, parameters);
        ck_assert_msg(same && strcmp(same, "t") == 0, "%s and %s are two", values[i].document,
                      values[i].value);
        free(same);
    }
}
END_TEST

/* In a statement over many records no call of a function remains, but for what is written oddly. */
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
        const char *call = strstr(plan, "retention.");
        ck_assert_msg(call && strncmp(call, "retention.any_", 14) == 0 &&
                          strstr(plan, "CASE WHEN") && !strstr(call + 1, "retention."),
                      "%s: %s", calls[i], plan);
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
    tcase_add_test(tc, plain_phone_numbers);
    tcase_add_test(tc, lower_case);
    tcase_add_test(tc, json_values);
    tcase_add_test(tc, normal_forms_are_inlined);
    tcase_add_test(tc, hmac);
    suite_add_tcase(suite, tc);
    return suite;
}
