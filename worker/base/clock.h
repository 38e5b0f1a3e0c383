/* Time and randomness come through here, so that tests can seed or step them. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stddef.h>
#include <stdint.h>

int64_t clock_monotonic_us(void); /* microseconds, only differences mean anything */
int64_t clock_wall_us(void);      /* microseconds since 1970-01-01 UTC */

/* Bytes from getrandom: salts, keys, run ids. Ends the process if the kernel gives none. */
void random_bytes(void *out, size_t n);

/* "2026-07-24T12:00:02Z" of whole seconds since 1970; buffer holds at least 32 bytes. */
char *clock_format_utc(char *buffer, int64_t seconds);
/* Seconds since 1970 of what PostgreSQL prints in ISO style ("2026-07-24 12:00:02.5-04:30"); 0
 * where it is no such moment: "-infinity", years before Christ. */
int64_t clock_of_timestamptz(const char *text);

#endif
