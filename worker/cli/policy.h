/* Policy texts as the database has them, and what a change of them means. */
#ifndef CLI_POLICY_H
#define CLI_POLICY_H

#include "cli/policies.h"
#include "cli/session.h"
#include "policy/change.h"

/* One row of retention.category with its texts; strings live in the arena, NULL where not there. */
struct policy_texts {
    bool known;
    const char *state, *mode;
    const char *loaded_sha256, *loaded_by, *loaded_at, *loaded;
    const char *approved_sha256, *approved_by, *approved_at, *approved;
    const char *unapproved_since, *unapproved_by; /* the text in force took effect so */
    const char *changed_columns; /* other ones than those that were approved; NULL: none */
    const char *loaded_facts, *approved_facts; /* how holds find the records, a line each */
};

/* Reads it; known is false where the database has no such category. */
bool policy_texts(struct session *session, const char *category, struct policy_texts *texts,
                  struct error *error);

/* A change that needs no approval as far as this program can tell needs it all the same where the
 * database, which decides, does not know it to be harmless: the change then says so. */
bool policy_ask_database(struct session *session, const char *approved,
                         const struct category *category, struct policy_change *change,
                         struct error *error);

/* Why a text that was approved waits for approval again; NULL: it does not for this reason. */
const char *policy_columns_reason(struct arena *arena, const struct policy_texts *texts);

#endif
