/* retentiond: the worker. */
#include <stdio.h>

int main(void)
{
    fputs("retentiond: not available in this version\n", stderr);
    return 1;
}
