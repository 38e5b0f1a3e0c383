/* The log's tables, compared with the log directory while that is verified. */
#ifndef CLI_LOG_COMPARE_H
#define CLI_LOG_COMPARE_H

#include <stdint.h>

#include "base/text.h"
#include "cli/session.h"

struct verify_result;

struct log_compare {
    struct session session;
    PGresult *row;         /* the one that was read, and not compared yet */
    uint64_t entries;      /* compared */
    uint64_t digests;      /* batches whose digests were compared */
    uint64_t newer;        /* entries that no checkpoint covers yet */
    char last_gone[64];    /* a type whose last entry is gone, or "" */
    uint64_t last_missing; /* the last entry whose digests are not in the database, and one */
};

/* Connects. To be closed whether or not that succeeds. */
bool log_compare_open(struct log_compare *compare, struct cli *cli, struct error *error);
/* The next entry of the directory: for struct verify_options.entry. */
bool log_compare_entry(struct log_compare *compare, uint64_t index, const uint8_t leaf[32],
                       const uint8_t *bytes, size_t length, struct error *error);
/* After the last one. */
bool log_compare_end(struct log_compare *compare, const struct verify_result *result,
                     struct error *error);
void log_compare_close(struct log_compare *compare);

#endif
