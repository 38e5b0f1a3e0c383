/* A database with guarded tables, its roles, and holds that are put in place by hand: for tests of
 * the guard. Tables (of g_owner; g_app and t_worker may do everything to them):
 *
 *   ctm.account    account_id, email (a parent that gives a subject), name
 *   ctm.import     import_id: its rows take their recordings with them (ON DELETE CASCADE)
 *   ctm.recording  recording_id, account_id (tenant), caller (phone), kind (only = call), at, note,
 *                  import_id, agent_id (SET NULL); dependants ctm.transcript, and of it ctm.word;
 *                  a stage changes place, zip, coarse (its mark), and transcript's speaker
 *   ctm.message    region, id, sender (email, lower), at, note; partitioned by region: eu, us; a
 *                  stage changes spot and score
 *   ctm.visit      no key: visitor (text), at; a stage changes page
 *   ctm.calls      a writable view of recording
 *   ctm.site       site_id, which its rows' session has for its key (CASCADE, on UPDATE too)
 *   ctm.session    session_id; its events, ctm.event, give subject (visitor: vN) and start (the
 *                  latest seen_at: day N of 2020), hang on it and go with it (CASCADE)
 *   ctm.purchase   the same, partitioned (low: below 50), with ctm.line (buyer: bN, at)
 *
 * Ten accounts; 100 of each of the others, number n for account n % 10, caller +1410555 and n in
 * four digits, sender Sn@x.org, starting a year ago. */
#ifndef GUARD_SUPPORT_H
#define GUARD_SUPPORT_H

#include <libpq-fe.h>
#include <stdbool.h>

struct cluster;

struct guard_site {
    struct cluster *cluster;
    char *database;
    char *directory; /* policies/, retentiond.cfg, epoch.kek */
    char *config;
    PGconn *admin;
};

/* Policies with guard = "refuse" or "observe", loaded and approved; the guard is installed. */
struct guard_site guard_site_new(struct cluster *cluster, const char *guard);
void guard_site_free(struct guard_site *site);
/* The policies again with another guard, loaded. */
void guard_site_policies(const struct guard_site *site, const char *guard);
/* Runs what `setup --sql` prints as a role (NULL: postgres); `remove`: with --remove. */
void guard_site_setup(const struct guard_site *site, const char *user, bool remove);
PGconn *guard_site_connect(const struct guard_site *site, const char *user);
/* retentionctl -c CONFIG WORDS... as the user (NULL: as the main file says): its output, which the
 * caller frees; fails the test on another exit code. */
char *guard_site_run(const struct guard_site *site, const char *user, int exit_code,
                     const char *const *words);

/* Places a hold in a category, of this scope, as arguments of place_hold: "tenant => '8'". Ends
 * with: the last hex digit of its uuid. */
void guard_hold(PGconn *admin, const char *category, const char *scope, char digit);

#endif
