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

/* schema.table */
const char *quote_table(struct arena *arena, const struct catalog_table *table);
const char *quote_table_name(struct arena *arena, struct table_name name);

/* "a, b, c" */
const char *quote_names(struct arena *arena, const struct string_list *names);

#endif
