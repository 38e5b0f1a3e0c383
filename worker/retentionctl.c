/* retentionctl: everything else. */
#include <stdio.h>

int main(void)
{
    fputs("retentionctl: not available in this version\n", stderr);
    return 1;
}
