/* The program's own messages (not the deletion log): to standard error, one line each, with the
 * journal's priority prefix (<3> ...) when standard error is the journal. Never a row's value. */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdbool.h>

#include "base/cleanup.h"

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARNING, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

struct error;

void log_set_level(enum log_level most);
void log_message(enum log_level level, const char *format, ...) _printf_(2, 3);
#define log_error(...)   log_message(LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_warning(...) log_message(LOG_LEVEL_WARNING, __VA_ARGS__)
#define log_info(...)    log_message(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_debug(...)   log_message(LOG_LEVEL_DEBUG, __VA_ARGS__)

/* Logs an error with detail, hint and context, once. */
void log_failure(enum log_level level, const struct error *error);

#endif
