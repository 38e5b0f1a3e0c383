/* What a changed policy means: does it take effect at once, or wait for approval? No database. */
#ifndef POLICY_CHANGE_H
#define POLICY_CHANGE_H

#include "policy/model.h"

struct policy_change {
    bool changed;
    bool needs_approval;
    struct string_list reasons; /* why it needs approval, or what changed; for people */
};

/* before is NULL for a new category. Reasons live in the arena. */
struct policy_change policy_compare(struct arena *arena, const struct category *before,
                                    const struct category *after);

#endif
