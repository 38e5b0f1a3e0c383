/* The brake: counts what is really acted on, in all and per tenant, before it is committed.
 *
 * A batch counts its records while its transaction is still open; where that passes a limit the
 * batch is rolled back and the run stops. Batches in flight on other connections are counted too,
 * so the limit holds whatever their number. What was approved with --expect-due is an allowance,
 * for each stage by itself: the limits begin behind what is left of it (start_run says it, and
 * finish_run takes off what the run acted on). Fractions are of the rows at the run's
 * start; a fraction of 1 is no limit, though records that come and fall due while the run goes can
 * make it more than all of them.
 *
 * Tenants with no more records than `min_rows` cannot pass tenant_fraction and are not kept: the
 * table of tenants has at most (records of the table / min_rows) members of 24 bytes. */
#ifndef ENGINE_BRAKE_H
#define ENGINE_BRAKE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct brake_tenant {
    uint64_t hash; /* of the tenant's text under a random seed; 0: free slot */
    int64_t rows;  /* at the run's start */
    int64_t counted;
};

struct brake_gauge {
    int64_t most_rows;
    double fraction, tenant_fraction;
    int64_t min_rows;
    int64_t table_rows; /* of the category */
    int64_t allowance;
    int64_t counted; /* committed, and in transactions still open */
    uint64_t seed;
    struct brake_tenant *tenants; /* open addressing; owned */
    size_t tenant_count, capacity;
};

/* What a limit was passed by: for the message and the entry. */
struct brake_trip {
    const char *limit_name; /* "rows", "fraction", "tenant_fraction" */
    int64_t due;            /* what would have been acted on */
    int64_t limit;
};

void brake_add_tenant(struct brake_gauge *gauge, const char *tenant, size_t length, int64_t rows);

/* True while within the limits; counts in any case (brake_uncount takes it back). */
bool brake_count(struct brake_gauge *gauge, int64_t rows, struct brake_trip *ret_trip);
void brake_uncount(struct brake_gauge *gauge, int64_t rows);

/* Has any tenant a limit that its rows could pass? */
bool brake_counts_tenants(const struct brake_gauge *gauge);
/* Rows of one tenant; whether it is within its limit is asked when all are counted. */
void brake_count_tenant(struct brake_gauge *gauge, uint64_t tenant_hash, int64_t rows);
void brake_uncount_tenant(struct brake_gauge *gauge, uint64_t tenant_hash, int64_t rows);
bool brake_allows_tenant(const struct brake_gauge *gauge, uint64_t tenant_hash,
                         struct brake_trip *ret_trip);

/* Would so many records pass a limit? Before the first batch. */
bool brake_allows(const struct brake_gauge *gauge, int64_t rows, struct brake_trip *ret_trip);

/* Is there a limit for the tenant? */
bool brake_knows_tenant(const struct brake_gauge *gauge, uint64_t tenant_hash);

uint64_t brake_tenant_hash(const struct brake_gauge *gauge, const char *tenant, size_t length);
void brake_free(struct brake_gauge *gauge); /* leaves {0} */

#endif
