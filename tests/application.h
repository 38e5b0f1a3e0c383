/* An application that writes to governed tables while the worker deletes from them, and keeps books
 * of its own: whatever it inserts, moves or deletes stands in app.journal, written in the same
 * transaction (tests/application.sql). So at any moment, in one snapshot, and whatever crashed,
 *
 *   what the worker took = what was inserted - what the application deleted - what is there,
 *
 * by key. Tables of each shape: public.event (plain), public.call with dependants public.transcript
 * and public.word, public.message (partitioned, composite key). Records are due after 30 days. */
#ifndef TESTS_APPLICATION_H
#define TESTS_APPLICATION_H

#include <libpq-fe.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/text.h"
#include "engine_support.h"

/* A generator with a seed: a test that fails names it. */
struct chance {
    uint64_t state;
};
uint32_t chance_below(struct chance *chance, uint32_t limit); /* 0 to limit - 1 */

/* A site with these tables and enforced, approved policies over them; nothing in them yet. */
struct site application_site(struct cluster *cluster, const char *settings);

/* Inserts records that are due: so many events, half as many messages, a tenth as many calls with
 * their dependants; and a few that are not due. */
void application_fill(PGconn *conn, int events);

/* A process that writes until it is stopped; when the server goes, it comes back. */
pid_t application_start(const struct site *site, uint64_t seed);
void application_stop(pid_t pid); /* kill -9: its books are right at any moment */

/* Rows taken, rows in the log, digests in the log: in one snapshot, while everything goes on. */
void application_compare_numbers(PGconn *conn, struct text *report);
/* The same by key (log_audit.h), and that nothing was taken before its time. */
void application_compare_keys(const struct site *site, struct text *report);
/* What is due and still there. */
int64_t application_due(PGconn *conn);

#endif
