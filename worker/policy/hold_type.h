/* Types of columns by whose values legal holds find records. */
#ifndef POLICY_HOLD_TYPE_H
#define POLICY_HOLD_TYPE_H

#include "pg/catalog.h"

/* The type that the database converts a hold's value to before it compares: "text" for enums, whose
 * labels are. NULL: two spellings of one value of this type would not be found to be equal
 * (floating point, citext, intervals ...), so that a hold could miss records. */
const char *hold_type(const struct catalog_column *column);

/* The types that there are for them, as a sentence's list. */
extern const char *const hold_types_text;

#endif
