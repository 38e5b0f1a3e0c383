/* What is fuzzed: readers of texts that others write. Each takes any bytes, and aborts where what
 * it read breaks a promise of the reader's header. ./dev fuzz runs them under libFuzzer; the suite
 * fuzz_corpus over the corpus that is kept. */
#ifndef FUZZ_TARGETS_H
#define FUZZ_TARGETS_H

#include <stddef.h>
#include <stdint.h>

struct fuzz_target {
    const char *name; /* its corpus: tests/fuzz/corpus/NAME */
    void (*one)(const uint8_t *data, size_t size);
};

extern const struct fuzz_target fuzz_targets[];
extern const size_t fuzz_target_count;

#endif
