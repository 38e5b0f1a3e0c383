/* Names and strings as PostgreSQL reads them in SQL text, without a connection. */
#ifndef POLICY_QUOTE_H
#define POLICY_QUOTE_H

#include "policy/model.h"

struct arena;
struct catalog_table;

/* As quote_ident: in double quotes only where needed (capitals, spaces, reserved words ...). */
const char *quote_name(struct arena *arena, const char *name);
/* As quote_literal under standard_conforming_strings = on. */
const char *quote_text(struct arena *arena, const char *text);

/* A name, quoted or not, as it stands in a comment or in what psql says (\echo '...'): whatever
 * could end these, or begin a command there (control characters, ', `, \), is a "?". Not for SQL.
 */
const char *quote_shown(struct arena *arena, const char *name);
/* "$tag$", or "$tag_1$" ..., which does not occur in the text that is to stand between two of it.
 */
const char *quote_dollars(struct arena *arena, const char *tag, const char *text);

/* schema.table */
const char *quote_table(struct arena *arena, const struct catalog_table *table);
const char *quote_table_name(struct arena *arena, struct table_name name);

/* "a, b, c" */
const char *quote_names(struct arena *arena, const struct string_list *names);

#endif
