/* Checks a policy set against a database's catalog: pure, no database, all errors at once. */
#ifndef POLICY_VALIDATE_H
#define POLICY_VALIDATE_H

#include "pg/catalog.h"
#include "policy/model.h"

/* Adds to diags all that DESIGN section 3 ("Loading reports") asks for, and sets `invalid` of its
 * categories. */
void policy_validate(const struct policy_set *set, const struct catalog *catalog,
                     struct diags *diags);

/* True where diags holds no error positioned inside this category. */
bool policy_category_is_valid(const struct category *category, const struct policy_set *set,
                              const struct diags *diags);

#endif
