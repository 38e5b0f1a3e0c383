/* One libFuzzer program a target: FUZZ_TARGET is its name. */
#include <stdlib.h>
#include <string.h>

#include "fuzz/targets.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    for (size_t i = 0; i < fuzz_target_count; i++)
        if (strcmp(fuzz_targets[i].name, FUZZ_TARGET) == 0)
            fuzz_targets[i].one(data, size);
    return 0;
}
