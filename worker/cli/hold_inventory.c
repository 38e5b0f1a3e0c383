/* retentionctl hold inventory. */
#include "cli/hold.h"

bool command_hold_inventory(struct cli *cli, struct error *error)
{
    (void)cli;
    return error_set(error, ERROR_FAILED, "not yet");
}
