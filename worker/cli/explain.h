/* One record and what is known of it, while it is there and after. */
#ifndef CLI_EXPLAIN_H
#define CLI_EXPLAIN_H

#include <jansson.h>
#include <stdint.h>

#include "base/text.h"
#include "cli/policies.h"
#include "cli/session.h"

struct explained {
    struct cli *cli; /* the key's values are its operands from the second on */
    struct session *session;
    struct policies policies;
    const struct category *category;
    struct string_list key; /* its columns */
    const char *relation;   /* as it stands in digests */
    const char *run_time;
    const char *cause;      /* what stops the whole category, or NULL */
    int64_t blocked_count;  /* records of the category that refused to go */
    struct record_blocked { /* this one among them */
        bool yes;
        const char *sqlstate, *constraint, *last_seen; /* constraint may be NULL */
        const char *not_known;                         /* why it cannot be told, or NULL */
    } blocked;
    json_t *documents; /* what the database says of it, one for each stage; borrowed */
    bool told;         /* facts of a stage */
};

/* "Record 1001 of category "call_recordings" (Audio recordings)"; in the arena. */
const char *explain_record_name(const struct explained *explained);

/* Reads the policies, connects, finds the category that the first operand names, and checks that
 * the others are a key of it. */
bool explain_open(struct explained *explained, struct error *error);

/* --- cli/explain_hold.c --- */

/* The holds that cover the record of a stage's document, "5f3c1a2b and 0d11e2f3"; NULL: none. */
const char *explain_holds(struct explained *explained, const json_t *document, bool *ret_several);

/* --- cli/explain_log.c --- */

/* A record that the log tells of. */
struct record_found {
    PGresult *entry; /* a row of cli/find_ref.sql; owned */
    uint8_t ref[32], opening[32];
    struct text rk_text; /* owned */
};
void record_found_free(struct record_found *found);
/* Looks for the record's digest under the key of each epoch. False also where it is in no batch. */
bool record_find(struct explained *explained, struct record_found *ret_found, struct error *error);

/* Looks whether the record was set aside because the database refused to let it go. */
void explain_find_blocked(struct explained *explained);

/* Tells in which entry a record went that is not in its table any more. */
bool explain_from_log(struct explained *explained, struct error *error);

#endif
