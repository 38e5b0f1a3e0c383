#include "base/window.h"

#include <ctype.h>
#include <string.h>

static bool read_minute(const char *s, int *ret)
{
    if (!isdigit((unsigned char)s[0]) || !isdigit((unsigned char)s[1]) || s[2] != ':' ||
        !isdigit((unsigned char)s[3]) || !isdigit((unsigned char)s[4]))
        return false;
    int hour = (s[0] - '0') * 10 + s[1] - '0', minute = (s[3] - '0') * 10 + s[4] - '0';
    *ret = hour * 60 + minute;
    return minute < 60 && *ret <= 24 * 60;
}

bool window_parse(const char *s, struct window *ret_window)
{
    int from, to;
    if (strlen(s) != 11 || s[5] != '-' || !read_minute(s, &from) || !read_minute(s + 6, &to) ||
        from == 24 * 60)
        return false;
    *ret_window = (struct window){true, from, to};
    return true;
}
