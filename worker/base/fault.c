#include "base/fault.h"

#ifdef ENABLE_FAULT_POINTS

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MOST_POINTS = 16 };

static struct {
    char name[64];
    char action[16];
    long skip;
} points[MOST_POINTS];
static int point_count = -1;

static void fault_load(void)
{
    point_count = 0;
    const char *s = getenv("RETENTIOND_FAULT");
    while (s && *s && point_count < MOST_POINTS) {
        size_t length = strcspn(s, ",");
        size_t name = strcspn(s, "=");
        if (name < length && name < sizeof(points[0].name)) {
            memcpy(points[point_count].name, s, name);
            const char *action = s + name + 1;
            size_t n = strcspn(action, ":,");
            if (n < sizeof(points[0].action))
                memcpy(points[point_count].action, action, n);
            if (action[n] == ':')
                points[point_count].skip = strtol(action + n + 1, NULL, 10);
            point_count++;
        }
        s += length;
        s += *s == ',';
    }
}

bool fault_point(const char *name)
{
    if (point_count < 0)
        fault_load();
    for (int i = 0; i < point_count; i++) {
        if (strcmp(points[i].name, name) != 0 || points[i].skip-- != 0)
            continue;
        if (strcmp(points[i].action, "exit") == 0)
            _exit(70);
        if (strcmp(points[i].action, "stop") == 0)
            raise(SIGSTOP);
        return strcmp(points[i].action, "error") == 0;
    }
    return false;
}

int64_t fault_clock_s(void)
{
    const char *path = getenv("RETENTIOND_FAULT_CLOCK");
    FILE *file = path ? fopen(path, "r") : NULL;
    long seconds = 0;
    if (!file)
        return 0;
    if (fscanf(file, "%ld", &seconds) != 1)
        seconds = 0;
    fclose(file);
    return seconds;
}

#else
typedef int fault_points_are_off; /* ISO C wants a declaration */
#endif
