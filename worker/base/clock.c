#define _GNU_SOURCE
#include "base/clock.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "base/fault.h"

static int64_t clock_us(clockid_t id)
{
    struct timespec now;
    clock_gettime(id, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int64_t clock_monotonic_us(void)
{
    return clock_us(CLOCK_MONOTONIC);
}

int64_t clock_wall_us(void)
{
    return clock_us(CLOCK_REALTIME) + FAULT_CLOCK_S() * 1000000;
}

void random_bytes(void *out, size_t n)
{
    char *p = out;
    while (n > 0) {
        ssize_t got = getrandom(p, n, 0);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0) {
            fputs("fatal: the kernel gives no random bytes\n", stderr);
            abort();
        }
        p += got;
        n -= (size_t)got;
    }
}

char *clock_format_utc(char *buffer, int64_t seconds)
{
    struct tm tm;
    time_t t = (time_t)seconds;
    gmtime_r(&t, &tm);
    strftime(buffer, 32, "%Y-%m-%dT%H:%M:%SZ", &tm);
    return buffer;
}

int64_t clock_of_timestamptz(const char *text)
{
    struct tm tm = {0};
    int hours = 0, minutes = 0, seconds = 0, end = 0;
    if (sscanf(text, "%d-%d-%d %d:%d:%d%n", &tm.tm_year, &tm.tm_mon, &tm.tm_mday, &tm.tm_hour,
               &tm.tm_min, &tm.tm_sec, &end) != 6 ||
        end == 0 || strstr(text, "BC"))
        return 0;
    const char *zone =
        text + end + (text[end] == '.' ? 1 + strspn(text + end + 1, "0123456789") : 0);
    if ((*zone != '+' && *zone != '-') ||
        sscanf(zone + 1, "%d:%d:%d", &hours, &minutes, &seconds) < 1)
        return 0;
    int offset = (hours * 60 + minutes) * 60 + seconds;
    tm.tm_year -= 1900;
    tm.tm_mon -= 1;
    return (int64_t)timegm(&tm) - (*zone == '-' ? -offset : offset);
}
