/* burn WORK_US REST_US: works for so long and rests for so long, again and again, until it is
 * killed; for benchmarks: what a process costs others that asks nothing of the server and of the
 * disk. */
#include <stdlib.h>
#include <time.h>

static long long now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (long long)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int main(int argc, char **argv)
{
    if (argc != 3)
        return 2;
    const long long work = atoll(argv[1]), rest = atoll(argv[2]);
    const struct timespec pause = {(time_t)(rest / 1000000), (long)(rest % 1000000 * 1000)};
    for (;;) {
        const long long end = now_us() + work;
        while (now_us() < end)
            continue;
        nanosleep(&pause, NULL);
    }
}
