/* Fault points: places where a test can make the program fail, exit or stop.
 *
 * Compiled to nothing unless configured with --enable-fault-points. The environment variable
 * RETENTIOND_FAULT holds "name=action[:after]", several separated by commas; action is `error`
 * (FAULT_POINT returns true, the caller fails as if the step had), `exit` (_exit(70), nothing is
 * cleaned up, as after kill -9), `stop` (raise SIGSTOP, for races). `after` skips that many passes;
 * each acts once. */
#ifndef BASE_FAULT_H
#define BASE_FAULT_H

#include <stdbool.h>
#include <stdint.h>

#include "config.h"

#ifdef ENABLE_FAULT_POINTS
bool fault_point(const char *name);
#define FAULT_POINT(name) fault_point(name)
/* By how many seconds the wall clock is wrong: what stands in the file that the environment
 * variable RETENTIOND_FAULT_CLOCK names, so that it can step while the program runs. */
int64_t fault_clock_s(void);
#define FAULT_CLOCK_S() fault_clock_s()
#else
#define FAULT_POINT(name) false
#define FAULT_CLOCK_S()   INT64_C(0)
#endif

#endif
