/* makelog DIRECTORY SIZE [RECORDS]: writes a log of so many entries, for other people's verifiers
 * and for the benchmark. Checkpoints are kept at powers of two and at the end. */
#include <stdio.h>
#include <stdlib.h>

#include "logmaker.h"

int main(int argc, char **argv)
{
    if (argc < 3 || argc > 4) {
        fputs("usage: makelog DIRECTORY SIZE [RECORDS]\n", stderr);
        return 2;
    }
    uint64_t size = strtoull(argv[2], NULL, 10);
    unsigned records = argc > 3 ? (unsigned)strtoul(argv[3], NULL, 10) : 0;
    struct logmaker *maker = logmaker_new(argv[1], records);
    for (uint64_t kept = 1; kept < size; kept *= 2) {
        logmaker_fill(maker, kept);
        logmaker_checkpoint(maker);
    }
    logmaker_fill(maker, size);
    logmaker_checkpoint(maker);
    logmaker_free(maker);
    return 0;
}
