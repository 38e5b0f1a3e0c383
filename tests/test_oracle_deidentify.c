/* What a de-identifying statement makes of random values, against expectations that are made with
 * the values, here, and not in SQL: every transformation and type, NULL, values that cannot be
 * read, unicode, extremes.
 *
 * RETENTIOND_ORACLE_CASES says how many cases (default 45, 300 in .ci/run). A case is a table with
 * a policy of its own. Each: what is due has the values expected, what is not is as it was, a value
 * that was to go is nowhere in the table any more, and a second run finds nothing. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/arena.h"
#include "base/cleanup.h"
#include "base/diag.h"
#include "base/text.h"
#include "engine/binary.h"
#include "harness/cluster.h"
#include "harness/db.h"
#include "harness/number.h"
#include "harness/schema.h"
#include "ledger/pseudonym.h"
#include "pg/catalog.h"
#include "policy/parse.h"
#include "policy/sql.h"
#include "policy/validate.h"
#include "sql_support.h"

enum { ROUND = 60, ROWS = 24, COLUMNS = 3, FIRST_SEED = 5000 };

static struct arena *arena;

/* oracle_draw.h has names of its own for what policy/model.h has. */
static uint64_t state;

static int draw_below(int n) /* splitmix64 */
{
    uint64_t z = (state += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return (int)((z ^ (z >> 31)) % (uint64_t)n);
}

static bool draw_chance(int percent)
{
    return draw_below(100) < percent;
}

#define ONE_OF(list) ((list)[draw_below((int)ARRAY_LENGTH(list))])

/* A value, and what has to become of it; NULL is NULL. */
struct pair {
    const char *value, *expected;
};

/* A column of a case: what the policy says of it, and how its values are drawn. */
struct drawn;
typedef struct pair draw_fn(const struct drawn *d);
struct drawn {
    const char *type;
    const char *rule; /* keys of the policy */
    draw_fn *draw;
    const char *text[3];
    int number[4];
};

#define P(...) arena_printf(arena, __VA_ARGS__)

/* ---- text ---- */

static const char *const letters[] = {
    "a", "B",  "7", " ",        "\xc3\xa9", "\xe6\x97\xa5", "\xf0\x9f\x93\x9e",
    "'", "\\", "%", "e\xcc\x81"};

static struct pair draw_mask(const struct drawn *d)
{
    int first = d->number[0], last = d->number[1], length = d->number[2], n = 0;
    const char *characters[80];
    struct text value _cleanup_text_ = {0}, expected _cleanup_text_ = {0};
    int pieces = draw_below(40);
    for (int i = 0; i < pieces; i++) {
        const char *piece = ONE_OF(letters);
        text_add(&value, piece);
        if (strcmp(piece, "e\xcc\x81") == 0) { /* two characters to PostgreSQL */
            characters[n++] = "e";
            characters[n++] = "\xcc\x81";
        } else {
            characters[n++] = piece;
        }
    }
    bool shown = n >= 2 * (first + last);
    for (int i = 0; i < first && shown; i++)
        text_add(&expected, characters[i]);
    for (int i = 0; i < length - (shown ? first + last : 0); i++)
        text_add(&expected, d->text[0]);
    for (int i = n - last; i < n && shown; i++)
        text_add(&expected, characters[i]);
    return (struct pair){P("%s", text_string(&value)), P("%s", text_string(&expected))};
}

static void choose_mask(struct drawn *d)
{
    static const char *const fills[] = {"*", "x", "\xe2\x80\xa2"};
    d->number[0] = draw_below(4);
    d->number[1] = draw_below(4);
    d->number[2] = 2 * (d->number[0] + d->number[1]) + 1 + draw_below(5);
    d->text[0] = ONE_OF(fills);
    d->rule = P("as = \"mask\"; first = %d; last = %d; length = %d; char = \"%s\";", d->number[0],
                d->number[1], d->number[2], d->text[0]);
    d->draw = draw_mask;
    d->type = draw_chance(50) ? "text" : "varchar(100)";
}

static struct pair draw_zip(const struct drawn *d)
{
    static const char *const good[][2] = {{"21201-4422", "212014422"},
                                          {"21201", "21201"},
                                          {"K1A 0B1", "K1A0B1"},
                                          {"k1a 0b1", "K1A0B1"},
                                          {"03601", "03601"},
                                          {"SW1A 2AA", "SW1A2AA"},
                                          {"1", "1"}};
    static const char *const bad[] = {
        "", " ", "21201; Main St", "\xc3\xbcn\xc3\xaf", "1234567890123", "(21201)"};
    if (draw_chance(25))
        return (struct pair){ONE_OF(bad), NULL};
    int i = draw_below((int)ARRAY_LENGTH(good));
    const char *prefix = P("%.*s", d->number[0], good[i][1]);
    if (strcmp(prefix, d->text[0]) == 0)
        prefix = P("%.*s", d->number[0], "0000000");
    return (struct pair){good[i][0], prefix};
}

static void choose_zip(struct drawn *d)
{
    static const char *const smalls[] = {"0360", "2120", "K1A0"};
    d->number[0] = 2 + draw_below(3);
    d->text[0] = P("%.*s", d->number[0], ONE_OF(smalls));
    d->rule = P("as = \"zip_prefix\"; length = %d; small = [ \"%s\" ];", d->number[0], d->text[0]);
    d->draw = draw_zip;
    d->type = "text";
}

static struct pair draw_phone(const struct drawn *d)
{
    static const char *const abroad[][2] = {
        {"+44 20 7946 0958", "+44"},   {"+4915112345678", "+49"},  {"+358401234567", "+358"},
        {"0033 1 23 45 67 89", "+33"}, {"+7 495 123-45-67", "+7"}, {"+351 21 123 4567", "+351"},
        {"+1 099 555 0123", "+1"}};
    static const char *const bad[] = {"",
                                      "anonymous",
                                      "911",
                                      "Suite 5",
                                      "+0123456789",
                                      "555-0123",
                                      "sip:bob@example.com",
                                      "+",
                                      "+12345678901234567",
                                      "\xd9\xa4\xd9\xa1\xd9\xa0"};
    static const char *const forms[] = {"+1%d%d%04d", "(%d) %d-%04d",   "1-%d-%d-%04d",
                                        "%d.%d.%04d", "tel:+1%d%d%04d", "+1 %d %d %04d x123",
                                        " %d%d%04d "};
    if (draw_chance(20))
        return (struct pair){ONE_OF(bad), NULL};
    if (draw_chance(25)) {
        int i = draw_below((int)ARRAY_LENGTH(abroad));
        return (struct pair){abroad[i][0], abroad[i][1]};
    }
    int npa = 200 + draw_below(800), nxx = 200 + draw_below(800);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    const char *value = P(ONE_OF(forms), npa, nxx, draw_below(10000));
#pragma GCC diagnostic pop
    return (struct pair){value, d->number[0] == 0   ? "+1"
                                : d->number[0] == 1 ? P("+1%d", npa)
                                                    : P("+1%d%d", npa, nxx)};
}

static void choose_phone(struct drawn *d)
{
    static const char *const keeps[] = {"country", "npa", "npanxx"};
    d->number[0] = draw_below(3);
    d->rule = P("as = \"phone_truncate\"; keep = \"%s\";", keeps[d->number[0]]);
    d->draw = draw_phone;
    d->type = draw_chance(50) ? "text" : "varchar(60)";
}

static struct pair draw_url(const struct drawn *d)
{
    static const char *const users[] = {"", "", "jane@", "jane:secret@", "a@b@"};
    static const char *const hosts[] = {"www.example.com",
                                        "EXAMPLE.org",
                                        "203.0.113.7",
                                        "[2001:db8::1]",
                                        "a_b-2.example.",
                                        ("b\xc3\xbc"
                                         "cher.example")};
    static const char *const ports[] = {"", "", ":8080"};
    static const char *const rests[] = {"",      "/",     "/jane?gclid=Cj0@x", "?q=jane",
                                        "#jane", "/a\nb", "/\xe6\x97\xa5"};
    static const char *const bad[] = {"",
                                      "/offers?jane",
                                      "mailto:jane@example.com",
                                      "//example.com/",
                                      "https://",
                                      "https:///jane",
                                      "jane.example.com",
                                      "https://exa mple.com/",
                                      "https://a\\@b/",
                                      "tel://+14105550100",
                                      "sms://4105550100",
                                      "Skype://jane.roe?call",
                                      "xhttps://example.com/",
                                      "https://example.com%2Fjane.roe%3Fphone%3D410"};
    static const char *const schemes[] = {"https", "https", "https", "HTTP", "ftp", "Wss"};
    (void)d;
    if (draw_chance(10)) /* none of these stands in a host */
        return (struct pair){
            P("https://example.com%cphone=410", "!\"$%&'()*+,;<=>[]^`{|}~\x7f\t\n"[draw_below(26)]),
            NULL};
    if (draw_chance(20))
        return (struct pair){ONE_OF(bad), NULL};
    const char *scheme = ONE_OF(schemes), *host = ONE_OF(hosts);
    const char *port = ONE_OF(ports);
    char *expected = P("%s://%s%s", scheme, host, port);
    for (char *p = expected; *p; p++)
        if (*p >= 'A' && *p <= 'Z')
            *p = (char)(*p + 32);
    return (struct pair){P("%s://%s%s%s%s", scheme, ONE_OF(users), host, port, ONE_OF(rests)),
                         expected};
}

static void choose_url(struct drawn *d)
{
    d->rule = "as = \"url_strip\";";
    d->draw = draw_url;
    d->type = "text";
}

static struct pair draw_email(const struct drawn *d)
{
    static const char *const domains[][2] = {{"gmail.com", "gmail.com"},
                                             {"GMAIL.com", "gmail.com"},
                                             {"jane-roe.example", "other"},
                                             {"mail.gmail.com", "other"},
                                             {"\xe6\x97\xa5.example", "other"}};
    static const char *const users[] = {"jane", "j.r+tag", "\xc3\xa9va", "7"};
    static const char *const bad[] = {"",
                                      "jane",
                                      "@gmail.com",
                                      "jane@",
                                      "Jane <jane@gmail.com>",
                                      "a@b@gmail.com",
                                      "jane @gmail.com"};
    (void)d;
    if (draw_chance(20))
        return (struct pair){ONE_OF(bad), NULL};
    int i = draw_below((int)ARRAY_LENGTH(domains));
    return (struct pair){P("%s@%s", ONE_OF(users), domains[i][0]), domains[i][1]};
}

static void choose_email(struct drawn *d)
{
    d->rule = "as = \"email_domain\"; allow = [ \"Gmail.com\", \"yahoo.com\" ];";
    d->draw = draw_email;
    d->type = "text";
}

/* ---- addresses ---- */

static const char *v4_text(unsigned long address)
{
    return P("%lu.%lu.%lu.%lu", address >> 24, address >> 16 & 255, address >> 8 & 255,
             address & 255);
}

static struct pair draw_ip(const struct drawn *d)
{
    static const char *const bad[] = {
        "",      "203.0.113.300", "1.2.3",    "jane",    "203.0.113.77:8080", "fe80::1%eth0",
        "1:2:3", "::1::2",        "01.2.3.4", "12345::1"};
    int v4 = d->number[0], v6 = d->number[1];
    if (draw_chance(20) && strcmp(d->type, "text") == 0)
        return (struct pair){ONE_OF(bad), NULL};
    unsigned long address =
        (unsigned long)draw_below(65536) << 16 | (unsigned long)draw_below(65536);
    unsigned long kept = v4 ? address & (0xffffffffUL << (32 - v4) & 0xffffffffUL) : 0;
    if (draw_chance(50))
        return (struct pair){v4_text(address), v4_text(kept)};
    if (draw_chance(30))
        return (struct pair){P("::ffff:%s", v4_text(address)), P("::ffff:%s", v4_text(kept))};
    bool to4 = draw_chance(30);
    int bits = to4 && v6 > 16 + v4 ? 16 + v4 : v6;
    unsigned groups[8];
    struct text value _cleanup_text_ = {0}, expected _cleanup_text_ = {0};
    for (int i = 0; i < 8; i++) {
        groups[i] = to4 && i == 0 ? 0x2002 : i == 0 ? 0x2a01 : (unsigned)draw_below(65536);
        int left = bits - 16 * i;
        unsigned mask = left >= 16 ? 0xffff : left <= 0 ? 0 : 0xffffu << (16 - left) & 0xffff;
        text_printf(&value, "%s%x", i ? ":" : "", groups[i]);
        text_printf(&expected, "%s%x", i ? ":" : "", groups[i] & mask);
    }
    return (struct pair){P("%s", value.data), P("%s", expected.data)};
}

static void choose_ip(struct drawn *d)
{
    static const int v4[] = {8, 16, 20, 24, 32}, v6[] = {16, 32, 48, 56, 128};
    d->number[0] = ONE_OF(v4);
    d->number[1] = ONE_OF(v6);
    d->rule = P("as = \"ip_truncate\"; v4 = %d; v6 = %d;", d->number[0], d->number[1]);
    d->draw = draw_ip;
    d->type = draw_chance(50) ? "inet" : "text";
}

/* ---- moments ---- */

static struct pair draw_moment(const struct drawn *d)
{
    static const char *const units[] = {"hour", "day", "week", "month", "quarter", "year"};
    struct tm tm = {.tm_year = draw_below(200),
                    .tm_mon = draw_below(12),
                    .tm_mday = 1 + draw_below(28),
                    .tm_hour = 12,
                    .tm_min = draw_below(60),
                    .tm_sec = draw_below(60)};
    bool date = strcmp(d->type, "date") == 0;
    if (draw_chance(10))
        return (struct pair){"infinity", "infinity"};
    if (draw_chance(10)) /* what PostgreSQL knows, but not in every unit and zone */
        return (struct pair){date              ? "5874897-12-31"
                             : draw_chance(50) ? "294276-06-01 12:00:00"
                                               : "4713-06-01 12:00:00 BC",
                             NULL};
    time_t moment = timegm(&tm);
    gmtime_r(&moment, &tm);
    const char *value = P("%04d-%02d-%02d%s", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday,
                          date ? "" : P(" %02d:%02d:%02d.5", tm.tm_hour, tm.tm_min, tm.tm_sec));
    const char *unit = units[d->number[0]];
    tm.tm_min = tm.tm_sec = 0;
    if (strcmp(unit, "hour") != 0)
        tm.tm_hour = 0;
    if (strcmp(unit, "week") == 0)
        tm.tm_mday -= (tm.tm_wday + 6) % 7;
    if (d->number[0] >= 3)
        tm.tm_mday = 1;
    if (strcmp(unit, "quarter") == 0)
        tm.tm_mon -= tm.tm_mon % 3;
    if (strcmp(unit, "year") == 0)
        tm.tm_mon = 0;
    moment = timegm(&tm);
    gmtime_r(&moment, &tm);
    return (struct pair){value, P("%04d-%02d-%02d%s", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday,
                                  date ? "" : P(" %02d:00:00", tm.tm_hour))};
}

static void choose_moment(struct drawn *d)
{
    static const char *const types[] = {"date", "timestamp", "timestamptz", "timestamptz(0)"};
    static const char *const units[] = {"hour", "day", "week", "month", "quarter", "year"};
    d->type = ONE_OF(types);
    d->number[0] = strcmp(d->type, "date") == 0 ? 1 + draw_below(5) : draw_below(6);
    d->rule = P("as = \"date_trunc\"; unit = \"%s\";", units[d->number[0]]);
    d->draw = draw_moment;
}

/* ---- numbers ---- */

static const char *const number_types[] = {"smallint",      "integer",          "bigint", "numeric",
                                           "numeric(12,2)", "double precision", "real"};

static const char *decimal(const struct drawn *d, int hundredths)
{
    bool whole = strcmp(d->type, "smallint") == 0 || strcmp(d->type, "integer") == 0 ||
                 strcmp(d->type, "bigint") == 0;
    int rest = abs(hundredths % 100);
    if (whole || !rest)
        return P("%d", hundredths / 100);
    return P("%s%d.%02d", hundredths < 0 ? "-" : "", abs(hundredths / 100), rest);
}

static int draw_hundredths(const struct drawn *d)
{
    int n = draw_below(40000) - 20000;
    bool whole = strcmp(d->type, "smallint") == 0 || strcmp(d->type, "integer") == 0 ||
                 strcmp(d->type, "bigint") == 0;
    return whole ? n / 100 * 100 : n;
}

static struct pair draw_width(const struct drawn *d)
{
    int width = d->number[0] * 100, n = draw_hundredths(d);
    if (strcmp(d->type, "smallint") == 0 && draw_chance(10) && d->number[0] != 1)
        return (struct pair){"-32767", d->number[0] == 7 ? "-32767" : NULL};
    if (strcmp(d->type, "integer") == 0 && draw_chance(10) && d->number[0] == 10)
        return (struct pair){"2147483647", "2147483640"};
    if (strcmp(d->type, "double precision") == 0 && draw_chance(10))
        return (struct pair){draw_chance(50) ? "NaN" : "-Infinity", NULL};
    int low = n >= 0 ? n / width * width : -((-n + width - 1) / width * width);
    return (struct pair){decimal(d, n), decimal(d, low)};
}

static struct pair draw_bounds(const struct drawn *d)
{
    int n = draw_hundredths(d);
    const char *expected = n >= 6500      ? "65"
                           : n >= 1800    ? "18"
                           : n >= 0       ? "0"
                           : d->number[0] ? "0"
                                          : NULL;
    return (struct pair){decimal(d, n), expected};
}

static struct pair draw_top(const struct drawn *d)
{
    int n = draw_hundredths(d), least = d->number[0] * 100, most = d->number[1] * 100;
    return (struct pair){decimal(d, n), decimal(d, n < least ? least : n > most ? most : n)};
}

static void choose_number(struct drawn *d)
{
    static const int widths[] = {1, 5, 7, 10, 25};
    d->type = ONE_OF(number_types);
    switch (draw_below(3)) {
    case 0:
        d->number[0] = ONE_OF(widths);
        d->rule = P("as = \"bucket\"; width = %d;", d->number[0]);
        d->draw = draw_width;
        break;
    case 1:
        d->number[0] = draw_below(2);
        d->rule = P("as = \"bucket\"; bounds = [ 0, 18, 65 ]; clamp = %s;",
                    d->number[0] ? "true" : "false");
        d->draw = draw_bounds;
        break;
    default:
        d->number[0] = -draw_below(50);
        d->number[1] = 1 + draw_below(90);
        d->rule = P("as = \"top_code\"; min = %d; max = %d;", d->number[0], d->number[1]);
        d->draw = draw_top;
    }
}

/* ---- documents ---- */

static struct pair draw_json(const struct drawn *d)
{
    static const char *const rows[][3] = {
        /* value, kept, left over */
        {"{\"name\": \"Jane\", \"plan\": \"basic\"}", "{\"plan\": \"basic\"}",
         "{\"plan\": \"basic\"}"},
        {"{\"name\": {\"first\": \"Jane\"}, \"geo\": {\"city\": \"B\", \"street\": \"M 1\"}}",
         "{\"geo\": {\"city\": \"B\"}}", "{\"geo\": {\"city\": \"B\"}}"},
        {"{\"geo\": [{\"city\": \"B\", \"street\": \"M 1\"}, {\"street\": \"N 2\"}]}",
         "{\"geo\": [{\"city\": \"B\"}, {}]}", "{\"geo\": [{\"city\": \"B\"}, {}]}"},
        {"{\"geo\": \"M 1\"}", "{\"geo\": null}", "{\"geo\": \"M 1\"}"},
        /* keys with dots: no path keeps them, and one that could mean them drops them */
        {"{\"geo.city\": \"Jane\", \"geo.street\": \"M 1\"}", "{}", "{\"geo.city\": \"Jane\"}"},
        {"[{\"plan\": 7, \"name\": 1}]", "[{\"plan\": 7}]", "[{\"plan\": 7}]"},
        {"{}", "{}", "{}"},
        {"null", "null", "null"},
        {"{\"plan\": {\"\\u65e5\": [1, {\"name\": 2}]}}",
         "{\"plan\": {\"\\u65e5\": [1, {\"name\": 2}]}}",
         "{\"plan\": {\"\\u65e5\": [1, {\"name\": 2}]}}"}};
    int i = draw_below((int)ARRAY_LENGTH(rows));
    return (struct pair){rows[i][0], rows[i][d->number[0]]};
}

static void choose_json(struct drawn *d)
{
    d->number[0] = 1 + draw_below(2);
    d->rule = d->number[0] == 1 ? "as = \"json_keep\"; paths = [ \"plan\", \"geo.city\" ];"
                                : "as = \"json_drop\"; paths = [ \"name\", \"geo.street\" ];";
    d->draw = draw_json;
    d->type = draw_chance(60) ? "jsonb" : "json";
}

/* ---- erasing ---- */

static struct pair draw_erased(const struct drawn *d)
{
    return (struct pair){d->text[1], d->text[0]};
}

static void choose_erased(struct drawn *d)
{
    static const char *const kinds[][3] = {/* type, a value, a constant */
                                           {"text", "Jane", "\"gone\""},
                                           {"varchar(10)", "Jane", "\"gone\""},
                                           {"integer", "47", "0"},
                                           {"bigint", "9223372036854775807", "0"},
                                           {"date", "1990-05-01", "\"1900-01-01\""},
                                           {"boolean", "true", NULL},
                                           {"bytea", "\\x4a61", NULL},
                                           {"text[]", "{Jane}", NULL},
                                           {"uuid", "3f2a1c5e-8b7d-4e6f-9a0b-1c2d3e4f5a6b", NULL},
                                           {"jsonb", "{\"name\": \"Jane\"}", NULL}};
    int i = draw_below((int)ARRAY_LENGTH(kinds));
    d->type = kinds[i][0];
    d->text[1] = kinds[i][1];
    d->rule = "as = \"nullify\";";
    d->draw = draw_erased;
    if (!kinds[i][2] || draw_chance(50))
        return;
    d->rule = P("as = \"constant\"; value = %s;", kinds[i][2]);
    d->text[0] = *kinds[i][2] == '"' ? P("%.*s", (int)strlen(kinds[i][2]) - 2, kinds[i][2] + 1)
                                     : kinds[i][2];
}

/* A token is no value that can be foreseen: it is looked at apart. */
static struct pair draw_token(const struct drawn *d)
{
    (void)d;
    return (struct pair){P("3f2a1c5e-8b7d-4e6f-9a0b-%012d", draw_below(1000000)), "token"};
}

static void choose_token(struct drawn *d)
{
    d->rule = "as = \"random_token\"; length = 20;";
    d->draw = draw_token;
    d->type = "text";
}

/* ---- keyed digests: here the test is the worker ---- */

static const uint8_t key[32] = {7, 1, 9};

static struct pair draw_hmac(const struct drawn *d)
{
    static const char *const values[] = {"+14105550123", "+14105550124",         "",       "NULL",
                                         "a,b{c}\\d\"e", "\xe6\x97\xa5\xc3\xa9", " Jane ", "Jane"};
    char *digest = arena_alloc(arena, PSEUDONYM_LENGTH + 1);
    const char *value = ONE_OF(values);
    pseudonym_make(key, d->text[0], value, digest);
    if (draw_chance(20)) /* one that was made before */
        value = digest;
    return (struct pair){value, digest};
}

static void choose_hmac(struct drawn *d)
{
    d->text[0] = draw_chance(50) ? "a" : "b";
    d->rule = P("as = \"hmac\"; domain = \"%s\";", d->text[0]);
    d->draw = draw_hmac;
    d->type = draw_chance(50) ? "text" : "varchar(60)";
}

typedef void choose_fn(struct drawn *d);
static choose_fn *const choosers[] = {choose_mask,   choose_zip,  choose_phone,  choose_url,
                                      choose_email,  choose_ip,   choose_moment, choose_number,
                                      choose_number, choose_json, choose_erased, choose_erased,
                                      choose_token,  choose_hmac};

/* ---- cases ---- */

struct test_case {
    uint64_t seed;
    char name[16];
    struct drawn columns[COLUMNS];
    bool tokens, keyed;
    bool hangs;       /* the columns are a dependant's */
    const char *mark; /* its type, or NULL */
};

static const char *table_of(const struct test_case *c)
{
    return c->hangs ? P("%s_of", c->name) : c->name;
}

static const char *literal(PGconn *conn, const char *value)
{
    if (!value)
        return "NULL";
    char *quoted = PQescapeLiteral(conn, value, strlen(value));
    const char *copy = P("%s", quoted);
    PQfreemem(quoted);
    return copy;
}

static void make(PGconn *conn, struct test_case *c, int number, struct text *policy)
{
    struct text sql _cleanup_text_ = {0};
    state = c->seed;
    snprintf(c->name, sizeof(c->name), "t%d", number);
    for (int i = 0; i < COLUMNS; i++) {
        c->columns[i] = (struct drawn){0};
        ONE_OF(choosers)(&c->columns[i]);
        c->tokens |= c->columns[i].draw == draw_token;
        c->keyed |= c->columns[i].draw == draw_hmac;
    }
    c->hangs = !c->tokens && !c->keyed && draw_chance(30);
    c->mark = c->tokens || c->keyed || draw_chance(20) ? draw_chance(50) ? "timestamptz" : "boolean"
                                                       : NULL;
    text_printf(&sql, "CREATE TABLE x.%s (id int PRIMARY KEY, at timestamptz, mark %s", c->name,
                c->mark ? c->mark : "text");
    if (c->hangs)
        text_printf(&sql,
                    ", own text);\nCREATE TABLE x.%s_of (id int PRIMARY KEY, record int "
                    "REFERENCES x.%s",
                    c->name, c->name);
    text_printf(policy,
                "%s: { title = \"t\"; basis = \"t\"; mode = \"enforce\"; timezone = "
                "\"America/New_York\";\n  data: { table = \"x.%s\"; start = \"at\";",
                c->name, c->name);
    const char *stage =
        P("  stages = ( { after = \"30 days\"; do = \"deidentify\"; %s columns = (\n",
          c->mark ? "mark = \"mark\";" : "");
    if (c->hangs)
        text_printf(policy, " with = ( { table = \"x.%s_of\"; by = [ \"record\" ]; columns = (\n",
                    c->name);
    else
        text_printf(policy, " };\n%s", stage);
    for (int i = 0; i < COLUMNS; i++) {
        const char *type = c->columns[i].type;
        text_printf(&sql, ", c%d %s, o%d %s, e%d %s", i, type, i, type, i,
                    c->columns[i].draw == draw_token ? "text" : type);
        text_printf(policy, "    { name = \"c%d\"; %s }%s\n", i, c->columns[i].rule,
                    i + 1 < COLUMNS ? "," : "");
    }
    if (c->hangs)
        text_printf(policy,
                    "  ); } ); };\n%s    { name = \"own\"; as = \"nullify\"; } ); } );\n};\n",
                    stage);
    else
        text_printf(policy, "  ); } );\n};\n");
    text_printf(&sql, ");\nGRANT SELECT, UPDATE ON x.%s TO t_worker;\n", table_of(c));
    if (c->hangs)
        text_printf(&sql, "GRANT SELECT, UPDATE ON x.%s TO t_worker;\n", c->name);
    for (int row = 0; row < ROWS; row++) {
        const char *age = P("now() - interval '%s', NULL", row % 3 ? "31 days" : "10 days");
        if (c->hangs)
            text_printf(&sql, "INSERT INTO x.%s VALUES (%d, %s, 'Jane');\n", c->name, row, age);
        text_printf(&sql, "INSERT INTO x.%s VALUES (%d, %s", table_of(c), row,
                    c->hangs ? P("%d", row) : age);
        for (int i = 0; i < COLUMNS; i++) {
            struct pair p = draw_chance(10) ? (struct pair){0} : c->columns[i].draw(&c->columns[i]);
            if (!p.value)
                p.expected = NULL;
            const char *value = literal(conn, p.value);
            text_printf(&sql, ", %s, %s, %s", value, value, literal(conn, p.expected));
        }
        text_add(&sql, ");\n");
    }
    db_script(conn, sql.data);
}

/* What the worker makes of the values that the leaf's statement reads: array literals. */
static void make_digests(PGconn *conn, const struct sql_leaf *leaf, const char *tids, size_t index,
                         struct text *old, struct text *new)
{
    const char *values[10];
    for (size_t i = 0; i < leaf->read_values.param_count; i++)
        values[i] = leaf->read_values.params[i].kind == PARAM_TIDS
                        ? tids
                        : sql_support_value(&leaf->read_values.params[i]);
    const char *sql = P("SELECT unnest(q.v%zu) FROM (%s) q", index + 1, leaf->read_values.text);
    PGresult *result =
        PQexecParams(conn, sql, (int)leaf->read_values.param_count, NULL, values, NULL, NULL, 0);
    ck_assert_msg(PQresultStatus(result) == PGRES_TUPLES_OK, "%s", PQerrorMessage(conn));
    for (int i = 0; i < PQntuples(result); i++) {
        char digest[PSEUDONYM_LENGTH + 1];
        const char *value = PQgetvalue(result, i, 0);
        pseudonym_make(key, leaf->hashed[index]->domain, value, digest);
        text_add(old, i ? "," : "{");
        text_add(new, i ? "," : "{");
        array_literal_add(old, value, strlen(value));
        array_literal_add(new, digest, PSEUDONYM_LENGTH);
        text_add_char(old, ',');
        text_add_char(new, ',');
        array_literal_add(old, digest, PSEUDONYM_LENGTH);
        array_literal_add(new, digest, PSEUDONYM_LENGTH);
    }
    text_add(old, old->length ? "}" : "{}");
    text_add(new, new->length ? "}" : "{}");
    PQclear(result);
}

static int64_t changed(PGconn *conn, const struct test_case *c, const struct sql_statement *s,
                       const char *const *values, int64_t *ret_unchanged)
{
    PGresult *result =
        PQexecParams(conn, s->text, (int)s->param_count, NULL, values, NULL, NULL, 0);
    ck_assert_msg(PQresultStatus(result) == PGRES_TUPLES_OK, "case %llu: %s\n%s",
                  (unsigned long long)c->seed, PQerrorMessage(conn), s->text);
    int64_t rows = strtoll(PQgetvalue(result, 0, 0), NULL, 10);
    *ret_unchanged += strtoll(PQgetvalue(result, 0, PQnfields(result) - 1), NULL, 10);
    PQclear(result);
    return rows;
}

/* The dependants of the records that are due, as a batch does it before it changes these. */
static void act_on_dependants(PGconn *conn, const struct policy_set *set, const struct test_case *c,
                              const struct catalog *catalog, int64_t *ret_unchanged)
{
    const struct sql_category *sql =
        sql_build_category(arena, set, policy_find(set, c->name), 0, catalog);
    ck_assert_uint_eq(sql->relation_count, 2);
    const struct sql_statement *s = &sql->relations[0].remove;
    const char *values[100], *keys = db_value(conn,
                                              "SELECT array_agg(id)::text FROM x.%s WHERE at < "
                                              "now() - interval '30 days'",
                                              c->name);
    for (size_t i = 0; i < s->param_count; i++)
        values[i] = s->params[i].kind == PARAM_KEYS ? keys : sql_support_value(&s->params[i]);
    (void)changed(conn, c, s, values, ret_unchanged);
}

static int64_t act(PGconn *conn, const struct policy_set *set, const struct test_case *c,
                   const struct catalog *catalog, int64_t *ret_unchanged)
{
    const struct category *category = policy_find(set, c->name);
    const struct sql_leaf *leaf = sql_build_leaf(arena, set, category, 0, catalog, category->table,
                                                 SQL_ALL_SHAPES | SQL_READERS, NULL);
    const char *tids = db_value(
        conn, "SELECT array_agg(ctid)::text FROM x.%s WHERE at < now() - interval '30 days'",
        c->name);
    const struct sql_statement *s = c->hangs ? &leaf->remove_tids : &leaf->remove;
    const char *values[100], *now = db_value(conn, "SELECT now()::text");
    *ret_unchanged = 0;
    bool again =
        c->hangs && db_number(conn, "SELECT count(*) FROM x.%s WHERE own IS NULL", c->name);
    db_exec(conn, "BEGIN");
    db_exec(conn, "SET LOCAL timezone = 'America/New_York'");
    db_exec(conn, "SET LOCAL search_path = ''");
    db_exec(conn, "SET LOCAL ROLE t_worker");
    for (size_t i = 0; i < s->param_count; i++) {
        const struct sql_param *p = &s->params[i];
        struct text old = {0}, new = {0};
        values[i] = p->kind == PARAM_RUN_TIME ? now
                    : p->kind == PARAM_TIDS   ? tids
                                              : sql_support_value(p);
        if (p->kind == PARAM_HASHED_OLD || p->kind == PARAM_HASHED_NEW) {
            make_digests(conn, leaf, tids, p->index, &old, &new);
            values[i] = P("%s", p->kind == PARAM_HASHED_OLD ? old.data : new.data);
        }
        text_free(&old);
        text_free(&new);
    }
    int64_t rows = 0;
    if (again) { /* what is left of it is asked as the worker asks before it acts */
        const struct sql_statement *judge = &leaf->judge_tids;
        for (size_t i = 0; i < judge->param_count; i++)
            values[i] = judge->params[i].kind == PARAM_RUN_TIME ? now
                        : judge->params[i].kind == PARAM_TIDS
                            ? tids
                            : sql_support_value(&judge->params[i]);
        PGresult *result =
            PQexecParams(conn, judge->text, (int)judge->param_count, NULL, values, NULL, NULL, 0);
        ck_assert_msg(PQresultStatus(result) == PGRES_TUPLES_OK, "%s", PQerrorMessage(conn));
        rows = strtoll(PQgetvalue(result, 0, 0), NULL, 10);
        PQclear(result);
    } else {
        if (c->hangs)
            act_on_dependants(conn, set, c, catalog, ret_unchanged);
        rows = changed(conn, c, s, values, ret_unchanged);
    }
    db_exec(conn, "COMMIT");
    return rows;
}

static void refute(const struct test_case *c, const char *what, const char *detail)
{
    for (int i = 0; i < COLUMNS; i++)
        fprintf(stderr, "c%d %s: %s\n", i, c->columns[i].type, c->columns[i].rule);
    fprintf(stderr, "%s\n", detail);
    ck_abort_msg("case %llu: %s", (unsigned long long)c->seed, what);
}

static void check_rows(PGconn *conn, const struct test_case *c)
{
    for (int i = 0; i < COLUMNS; i++) {
        const char *type = c->columns[i].type, *fit;
        if (c->columns[i].draw == draw_token)
            fit = P("CASE WHEN o%d IS NULL THEN c%d IS NULL ELSE c%d ~ '^[0-9a-f]{20}$' END", i, i,
                    i);
        else if (c->columns[i].draw == draw_ip)
            fit = P("c%d::inet IS NOT DISTINCT FROM e%d::inet", i, i);
        else if (strncmp(type, "json", 4) == 0)
            fit = P("c%d::jsonb IS NOT DISTINCT FROM e%d::jsonb", i, i);
        else
            fit = P("c%d IS NOT DISTINCT FROM e%d", i, i);
        const char *kept = P("c%d::text IS NOT DISTINCT FROM o%d::text", i, i);
        char *wrong =
            db_value(conn,
                     "SELECT string_agg(format('row %%s: %%s became %%s, not %%s', id, o%d::text, "
                     "coalesce(c%d::text, 'NULL'), coalesce(e%d::text, 'NULL')), E'\\n') FROM x.%s "
                     "WHERE NOT "
                     "CASE WHEN id %% 3 = 0 THEN %s ELSE %s END",
                     i, i, i, table_of(c), kept, fit);
        if (wrong && *wrong)
            refute(c, "a value is not what it should be", wrong);
        free(wrong);
    }
    if (c->mark)
        ck_assert_int_eq(db_number(conn,
                                   "SELECT count(*) FROM x.%s WHERE (mark IS NOT NULL) <> (id "
                                   "%% 3 <> 0)",
                                   c->name),
                         0);
    if (c->tokens)
        for (int i = 0; i < COLUMNS; i++)
            if (c->columns[i].draw == draw_token)
                ck_assert_int_eq(db_number(conn,
                                           "SELECT count(c%d) - count(DISTINCT c%d) FROM x.%s "
                                           "WHERE id %% 3 <> 0",
                                           i, i, c->name),
                                 0);
}

static void round_of(int first, int count)
{
    arena = arena_new();
    char *database = schema_db_new(cluster_shared());
    PGconn *conn = db_connect(cluster_shared(), database, NULL);
    struct test_case cases[ROUND] = {0};
    struct text policy _cleanup_text_ = {0};
    db_script(conn, "CREATE SCHEMA x; GRANT USAGE ON SCHEMA x TO t_worker;");
    db_exec(conn, "SET timezone = 'America/New_York'");
    db_exec(conn, "SET client_min_messages = 'warning'");
    for (int i = 0; i < count; i++) {
        cases[i].seed = (uint64_t)(FIRST_SEED + first + i);
        make(conn, &cases[i], i, &policy);
    }
    struct diags diags _cleanup_diags_ = {0};
    struct policy_set *set = policy_load_text("cases.cfg", policy.data, &diags);
    struct catalog *catalog = sql_support_catalog_as(conn, "t_worker");
    policy_validate(set, catalog, &diags);
    if (diags.errors) {
        diags_print(&diags);
        fputs(policy.data, stderr);
    }
    ck_assert_uint_eq(diags.errors, 0);
    for (int i = 0; i < count; i++) {
        int64_t unchanged;
        act(conn, set, &cases[i], catalog, &unchanged);
        if (unchanged)
            refute(&cases[i], "a value does not stay what it is", "");
        check_rows(conn, &cases[i]);
        ck_assert_msg(act(conn, set, &cases[i], catalog, &unchanged) == 0,
                      "case %llu: a second run finds something", (unsigned long long)cases[i].seed);
    }
    catalog_free(catalog);
    policy_set_free(set);
    PQfinish(conn);
    db_drop(cluster_shared(), database);
    free(database);
    arena_free(arena);
}

START_TEST(values_are_what_they_should_be)
{
    int cases = (int)number_from_environment("RETENTIOND_ORACLE_CASES", 45);
    int seed = (int)number_from_environment("RETENTIOND_ORACLE_SEED", 0);
    if (seed) {
        round_of(seed - FIRST_SEED, 1);
        return;
    }
    for (int first = 0; first < cases; first += ROUND)
        round_of(first, cases - first < ROUND ? cases - first : ROUND);
}
END_TEST

/* What is plain is cut by one expression, as all the rest would cut it. */
START_TEST(plain_numbers_are_cut_alike)
{
    char *database = schema_db_new(cluster_shared());
    PGconn *admin = db_connect(cluster_shared(), database, NULL);
    ck_assert_int_eq(
        db_number(admin,
                  "SELECT count(*) FROM (SELECT '+1' || left(lpad((i * 7919 %% 10000000000)"
                  "::text, 10, '0'), l) AS x FROM generate_series(1::bigint, 2000000, 997) i,"
                  " generate_series(0, 10) l) n, (VALUES ('country'), ('npa'), ('npanxx')) k "
                  "(keep) WHERE retention.truncate_phone(x, keep) IS DISTINCT FROM "
                  "retention.truncate_any_phone(x, keep)"),
        0);
    /* ... nor takes anything for plain that is not: something else in the place of each character,
     * or before it */
    ck_assert_int_eq(
        db_number(admin,
                  "SELECT count(*) FROM (VALUES ('+14155550123'), ('+1415555'), ('+1415'), ('+1'), "
                  "('+11155550123'), ('+14151550123'), ('+1915'), ('+141555501234')) p (plain), "
                  "generate_series(1, 13) i, unnest(ARRAY['', '0', '1', '2', '9', ':', '/', ' ', "
                  "'+', '-', 'x', E'\\n', E'\\u00e9', E'\\u0661', '.', '(']) c, "
                  "generate_series(0, 1) n, (VALUES ('country'), ('npa'), ('npanxx')) k (keep), "
                  "LATERAL (SELECT overlay(plain PLACING c FROM i FOR n) AS x) o "
                  "WHERE retention.truncate_phone(x, keep) IS DISTINCT FROM "
                  "retention.truncate_any_phone(x, keep)"),
        0);
    PQfinish(admin);
    db_drop(cluster_shared(), database);
    free(database);
}
END_TEST

Suite *suite_oracle_deidentify(void)
{
    Suite *suite = suite_create("oracle deidentify");
    TCase *tests = tcase_create("values");
    tcase_set_timeout(tests, 0);
    tcase_add_test(tests, values_are_what_they_should_be);
    tcase_add_test(tests, plain_numbers_are_cut_alike);
    suite_add_tcase(suite, tests);
    return suite;
}
