/* For tests of the functions of holds: a database with categories that holds can reach in several
 * ways, a connection for each kind of person, and what a refusal says. */
#ifndef TESTS_HOLD_SUPPORT_H
#define TESTS_HOLD_SUPPORT_H

#include <libpq-fe.h>
#include <stdbool.h>

struct cluster;

/* Facts of the category "calls": everything that a category can have. */
#define FACTS_CALLS                                                                                \
    "{\"tenant\": {\"type\": \"bigint\", \"columns\": [\"account_id\"]}, \"subjects\": "           \
    "[{\"kind\": \"phone\", \"as\": \"e164\", \"type\": \"text\", \"form\": \"phone e164 text\", " \
    "\"columns\": [\"caller\", \"callee\"]}], \"start\": true, \"key\": [{\"column\": "            \
    "\"call_id\", \"type\": \"bigint\"}], \"count\": \"SELECT count(*) FROM public.calls\"}"
/* "users": no tenant, no starting point, two kinds of subject, a key of two columns. */
#define FACTS_USERS                                                                                \
    "{\"subjects\": [{\"kind\": \"user\", \"as\": null, \"type\": \"bigint\", \"form\": "          \
    "\"user - bigint\"}, {\"kind\": \"email\", \"as\": \"lower\", \"type\": \"text\", \"form\": "  \
    "\"email lower text\"}], \"start\": false, \"key\": [{\"column\": \"a\", \"type\": "           \
    "\"bigint\"}, {\"column\": \"b\", \"type\": \"uuid\"}], \"count\": \"SELECT count(*) FROM "    \
    "public.users\"}"
/* "bare": nothing but a starting point. */
#define FACTS_BARE                                                                                 \
    "{\"subjects\": [], \"start\": true, \"key\": [], \"count\": \"SELECT count(*) FROM "          \
    "public.bare\"}"

struct hold_site {
    struct cluster *cluster;
    char *database;
    PGconn *admin, *worker, *approver, *legal, *second; /* second: another person of legal */
};

/* No category yet, dual control off, no grace. */
struct hold_site hold_site_new(struct cluster *cluster);
void hold_site_free(struct hold_site *site);
/* Loads a text of a category; facts NULL: unknown. Approves it where `approve`. */
void hold_site_load(struct hold_site *site, const char *category, const char *mode,
                    const char *text, const char *facts, bool approve);
/* calls and users (enforce), bare (observe), outside (declared), all approved. */
void hold_site_categories(struct hold_site *site);

/* Executes what must fail: "RTnnn: message" and, if there are more errors, their lines below it.
 * Caller frees. */
char *hold_refused(PGconn *conn, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Fails the test unless the statement is refused like that. */
#define ck_refused(expected, ...)                                                                  \
    do {                                                                                           \
        char *refused_ = hold_refused(__VA_ARGS__);                                                \
        ck_assert_str_eq(refused_, expected);                                                      \
        free(refused_);                                                                            \
    } while (0)

/* What holds cover in a category, a line a row, sorted: "shape tenant form value key [from, to)
 * with_subjects", "-" for NULL; rows in their grace end with "ends". Caller frees. */
char *hold_scopes(PGconn *conn, const char *category);
#define ck_scopes(expected, conn, category)                                                        \
    do {                                                                                           \
        char *scopes_ = hold_scopes(conn, category);                                               \
        ck_assert_str_eq(scopes_, expected);                                                       \
        free(scopes_);                                                                             \
    } while (0)
#define ck_is(expected, ...)                                                                       \
    do {                                                                                           \
        char *is_ = db_value(__VA_ARGS__);                                                         \
        ck_assert_str_eq(is_ ? is_ : "(null)", expected);                                          \
        free(is_);                                                                                 \
    } while (0)

#endif
