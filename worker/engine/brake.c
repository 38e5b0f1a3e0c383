#include "engine/brake.h"

#include <stdlib.h>

#include "base/arena.h"

uint64_t brake_tenant_hash(const struct brake_gauge *gauge, const char *tenant, size_t length)
{
    uint64_t hash = gauge->seed ^ 0xcbf29ce484222325u;
    for (size_t i = 0; i < length; i++)
        hash = (hash ^ (unsigned char)tenant[i]) * 0x100000001b3u;
    hash ^= hash >> 33;
    hash *= 0xff51afd7ed558ccdu;
    hash ^= hash >> 33;
    return hash ? hash : 1;
}

static struct brake_tenant *find(struct brake_tenant *slots, size_t capacity, uint64_t hash)
{
    size_t at = (size_t)hash & (capacity - 1);
    while (slots[at].hash != 0 && slots[at].hash != hash)
        at = (at + 1) & (capacity - 1);
    return &slots[at];
}

static void grow(struct brake_gauge *gauge)
{
    size_t capacity = gauge->capacity ? gauge->capacity * 2 : 64;
    struct brake_tenant *slots = xcalloc(capacity, sizeof(*slots));
    for (size_t i = 0; i < gauge->capacity; i++)
        if (gauge->tenants[i].hash != 0)
            *find(slots, capacity, gauge->tenants[i].hash) = gauge->tenants[i];
    free(gauge->tenants);
    gauge->tenants = slots;
    gauge->capacity = capacity;
}

void brake_add_tenant(struct brake_gauge *gauge, const char *tenant, size_t length, int64_t rows)
{
    if (rows <= gauge->min_rows)
        return;
    if ((gauge->tenant_count + 1) * 4 > gauge->capacity * 3)
        grow(gauge);
    uint64_t hash = brake_tenant_hash(gauge, tenant, length);
    struct brake_tenant *slot = find(gauge->tenants, gauge->capacity, hash);
    gauge->tenant_count += slot->hash == 0;
    slot->hash = hash;
    slot->rows += rows;
}

bool brake_allows(const struct brake_gauge *gauge, int64_t rows, struct brake_trip *ret_trip)
{
    int64_t beyond = gauge->counted + rows - gauge->allowance;
    if (beyond > gauge->most_rows) {
        *ret_trip =
            (struct brake_trip){"rows", gauge->counted + rows, gauge->most_rows + gauge->allowance};
        return false;
    }
    double most = gauge->fraction * (double)gauge->table_rows;
    if (gauge->fraction < 1.0 && beyond > gauge->min_rows && (double)beyond > most) {
        *ret_trip = (struct brake_trip){"fraction", gauge->counted + rows,
                                        (int64_t)most + gauge->allowance};
        return false;
    }
    return true;
}

bool brake_count(struct brake_gauge *gauge, int64_t rows, struct brake_trip *ret_trip)
{
    bool allowed = brake_allows(gauge, rows, ret_trip);
    gauge->counted += rows;
    return allowed;
}

bool brake_counts_tenants(const struct brake_gauge *gauge)
{
    return gauge->capacity > 0 && gauge->tenant_fraction < 1.0;
}

static struct brake_tenant *counted_tenant(const struct brake_gauge *gauge, uint64_t tenant_hash)
{
    if (!brake_counts_tenants(gauge))
        return NULL;
    struct brake_tenant *slot = find(gauge->tenants, gauge->capacity, tenant_hash);
    return slot->hash ? slot : NULL;
}

void brake_count_tenant(struct brake_gauge *gauge, uint64_t tenant_hash, int64_t rows)
{
    struct brake_tenant *slot = counted_tenant(gauge, tenant_hash);
    if (slot)
        slot->counted += rows;
}

bool brake_knows_tenant(const struct brake_gauge *gauge, uint64_t tenant_hash)
{
    return counted_tenant(gauge, tenant_hash) != NULL;
}

bool brake_allows_tenant(const struct brake_gauge *gauge, uint64_t tenant_hash,
                         struct brake_trip *ret_trip)
{
    const struct brake_tenant *slot = counted_tenant(gauge, tenant_hash);
    if (!slot)
        return true;
    double most = gauge->tenant_fraction * (double)slot->rows;
    if (gauge->counted <= gauge->allowance || slot->counted <= gauge->min_rows ||
        (double)slot->counted <= most)
        return true;
    *ret_trip = (struct brake_trip){"tenant_fraction", slot->counted, (int64_t)most};
    return false;
}

void brake_uncount(struct brake_gauge *gauge, int64_t rows)
{
    gauge->counted -= rows;
}

void brake_uncount_tenant(struct brake_gauge *gauge, uint64_t tenant_hash, int64_t rows)
{
    brake_count_tenant(gauge, tenant_hash, -rows);
}

void brake_free(struct brake_gauge *gauge)
{
    free(gauge->tenants);
    *gauge = (struct brake_gauge){0};
}
