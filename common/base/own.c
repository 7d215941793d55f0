#include "base/own.h"

#include <stdlib.h>
#include <unistd.h>

void cm_own_mem(void *at)
{
    free(*(void **)at);
}

void cm_own_fd(int *at)
{
    if (*at >= 0)
        close(*at);
}
