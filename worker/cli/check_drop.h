/* What keeps empty partitions from being dropped, for retentionctl check and plan. */
#ifndef CLI_CHECK_DROP_H
#define CLI_CHECK_DROP_H

#include <stdbool.h>

#include "cli/policies.h"
#include "cli/session.h"

/* In *ret, in the arena of the command: "function x is missing", or NULL: nothing does, or the
 * policy does not ask for it. */
bool drop_is_kept(struct session *session, const struct policies *policies,
                  const struct category *category, const char **ret, struct error *error);

/* Adds a warning for each category of which they are not. */
bool warn_drops(struct session *session, const struct policies *policies, struct error *error);

#endif
