/* What the worker is doing, in one line of words: the service's status line, /healthz, /readyz. */
#ifndef SERVICE_WORDS_H
#define SERVICE_WORDS_H

#include <stdbool.h>

struct text;
struct worker_view;

void words_describe(const struct worker_view *view, struct text *out);
/* Whether it does, or could at once do, what it is there for: it is connected, and it leads with a
 * log that can be signed, or stands by. Else why not is added. */
bool words_is_ready(const struct worker_view *view, struct text *ret_why);

#endif
