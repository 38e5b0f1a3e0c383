/* The part of `status` that tells of the log: whether it is what its directory says, and when it
 * last left the machine. */
#ifndef CLI_STATUS_LOG_H
#define CLI_STATUS_LOG_H

#include <stdbool.h>

struct error;
struct session;

/* Prints a line or a few, or adds "log" to the document of --json. Nothing for people where the log
 * is not signed. *ret_halted: it should be and cannot, so that no run starts. */
bool status_log_show(struct session *session, bool *ret_halted, struct error *error);

#endif
