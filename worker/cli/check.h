/* The parts of `retentionctl check`. */
#ifndef CLI_CHECK_H
#define CLI_CHECK_H

#include "cli/policies.h"
#include "cli/session.h"

struct settings;

/* Adds to cli->diags what is wrong with the key that wraps the keys of record digests; session is
 * NULL where no database with the schema is asked. */
void check_hmac_key(struct cli *cli, const struct settings *settings, const struct policy_set *set);
void check_epoch_key(struct cli *cli, const struct settings *settings, const struct policy_set *set,
                     struct session *session);

/* Tries the stages of some categories that de-identify on some records, and rolls back; what
 * refuses goes to cli->diags. Outside of a transaction. */
bool check_trials(struct session *session, const struct policies *policies,
                  const struct category *const *list, size_t count, struct error *error);

#endif
