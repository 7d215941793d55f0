#include "base/write.h"

#include <errno.h>
#include <unistd.h>

bool cm_write_all(int fd, struct cm_str bytes)
{
    while (bytes.len) {
        ssize_t done = write(fd, bytes.at, bytes.len);

        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            return false;
        bytes.at += done;
        bytes.len -= (size_t)done;
    }
    return true;
}
