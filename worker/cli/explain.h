/* One record and what is known of it, while it is there and after. */
#ifndef CLI_EXPLAIN_H
#define CLI_EXPLAIN_H

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
    const char *cause; /* what stops the whole category, or NULL */
    bool told;
};

/* "Record 1001 of category "call_recordings" (Audio recordings)"; in the arena. */
const char *explain_record_name(const struct explained *explained);

/* cli/explain_log.c: tells in which entry a record went that is not in its table any more. */
bool explain_from_log(struct explained *explained, struct error *error);

#endif
