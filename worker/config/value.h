/* Settings of a parsed libconfig text as values: their types as people know them, and numbers
 * whichever of libconfig's three ways they are stored in. */
#ifndef CONFIG_VALUE_H
#define CONFIG_VALUE_H

#include <libconfig.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/diag.h"

enum value_types {
    TYPE_STRING = 1,
    TYPE_INTEGER = 2,
    TYPE_FLOAT = 4,
    TYPE_BOOLEAN = 8,
    TYPE_GROUP = 16,
    TYPE_LIST = 32, /* ( ... ) or [ ... ] */
    TYPE_NUMBER = TYPE_INTEGER | TYPE_FLOAT,
    TYPE_SCALAR = TYPE_STRING | TYPE_NUMBER | TYPE_BOOLEAN,
    TYPE_TEXTS = TYPE_STRING | TYPE_LIST,
    TYPE_GROUPS = TYPE_GROUP | TYPE_LIST,
    TYPE_ANY = TYPE_SCALAR | TYPE_GROUPS,
};

/* One of the types. */
unsigned int type_of(const config_setting_t *setting);

/* Adds an error ("\"after\" must be a string, not an integer") unless the setting's type is one of
 * `types`; `what` is its name in the message, with its quotes. */
bool type_check(struct diags *diags, const char *file, const config_setting_t *setting,
                const char *what, unsigned int types);

int64_t integer_of(const config_setting_t *setting); /* of TYPE_INTEGER */
double number_of(const config_setting_t *setting);   /* of TYPE_NUMBER */

#endif
