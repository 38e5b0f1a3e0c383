/* Those who work beside the soak's workers, each a process of its own that comes back when the
 * server does, until it is killed. */
#ifndef SOAK_PEOPLE_H
#define SOAK_PEOPLE_H

#include <stdint.h>
#include <sys/types.h>

#include "application.h"

/* Changes records, and keeps the books (soak.act). */
pid_t people_start_writer(const char *conninfo, uint64_t seed);
/* Places a hold, waits, checks that what it covers is there, releases it; one after the other. */
pid_t people_start_holder(const char *conninfo, const char *legal, uint64_t seed);

#endif
