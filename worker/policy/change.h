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

/* The same for a normalised text, as it was approved; NULL: there was none. A text that this
 * version would no longer write in the same way cannot be judged by it: the change needs approval.
 */
struct policy_change policy_compare_text(struct arena *arena, const char *before,
                                         const struct category *after);

#endif
