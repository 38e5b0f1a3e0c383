/* Cleanup attributes for what lives as long as one function (systemd's _cleanup_). */
#ifndef BASE_CLEANUP_H
#define BASE_CLEANUP_H

#include <stdlib.h>

static inline void cleanup_free_pointer(void *p)
{
    free(*(void **)p);
}

/* char *s _cleanup_free_ = NULL; is freed when s goes out of scope. */
#define _cleanup_free_  __attribute__((cleanup(cleanup_free_pointer)))
#define _cleanup_(f)    __attribute__((cleanup(f)))
#define _printf_(a, b)  __attribute__((format(printf, a, b)))
#define _noreturn_      __attribute__((noreturn))
#define ARRAY_LENGTH(a) (sizeof(a) / sizeof((a)[0]))

#endif
