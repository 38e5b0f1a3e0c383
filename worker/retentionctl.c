/* retentionctl: everything that people do. The commands are in cli/. */
#include "cli/command.h"

int main(int argc, char **argv)
{
    return cli_main(argc, argv);
}
