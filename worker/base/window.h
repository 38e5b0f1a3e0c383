/* A time of the day, from one minute to another. */
#ifndef BASE_WINDOW_H
#define BASE_WINDOW_H

#include <stdbool.h>

struct window {
    bool given;
    int from_minute, to_minute; /* of the day; from > to: over midnight */
};

/* "hh:mm-hh:mm"; false where it is something else. One that is empty (from equals to) is read. */
bool window_parse(const char *s, struct window *ret_window);

#endif
