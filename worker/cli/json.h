/* JSON documents of --json, made with jansson. */
#ifndef CLI_JSON_H
#define CLI_JSON_H

#include <jansson.h>
#include <stdint.h>

#include "cli/command.h"

/* A string, or null where s is NULL. Bytes that are not UTF-8 become "?". */
json_t *json_text(const char *s);
/* An integer from its decimal text; null where s is NULL or no number. */
json_t *json_number(const char *s);
/* [{"file":, "line":, "level":, "message":, "hint":}] */
json_t *json_diags(const struct diags *diags);

/* Prints cli->document (an object; made where there is none), with "error" where one is given. */
void json_finish(struct cli *cli, const struct error *error);

#endif
