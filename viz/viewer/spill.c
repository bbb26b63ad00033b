/* viz/viewer/spill.c -- arrays mapped from a temporary file. See the header. */
#define _DEFAULT_SOURCE
#include "viz/viewer/spill.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

/* A file that is gone when it is closed. */
static int open_file(void)
{
    const char *folder = getenv("TMPDIR");
    char path[1100];
    int fd;

    snprintf(path, sizeof path, "%s/driftscope-view-XXXXXX",
             folder && *folder ? folder : "/var/tmp");
    fd = mkstemp(path);
    if (fd >= 0)
        unlink(path);
    return fd;
}

static int write_all(int fd, const char *from, size_t n)
{
    while (n > 0) {
        const ssize_t wrote = write(fd, from, n < ((size_t)1 << 24) ? n : (size_t)1 << 24);

        if (wrote < 0 && errno == EINTR)
            continue;
        if (wrote <= 0)
            return -1;
        from += wrote;
        n -= (size_t)wrote;
    }
    return 0;
}

void *ds_spill(struct ds_spill *s, void *memory, size_t bytes, size_t least)
{
    void *at = MAP_FAILED;
    int fd;

    *s = (struct ds_spill){0};
    if (!memory || !bytes || bytes < least || (fd = open_file()) < 0)
        return memory;
    if (!write_all(fd, memory, bytes))
        at = mmap(NULL, bytes, PROT_READ, MAP_PRIVATE, fd, 0);
    close(fd);
    if (at == MAP_FAILED)
        return memory;
    free(memory);
    *s = (struct ds_spill){at, bytes};
    return at;
}

void ds_spill_clear(struct ds_spill *s)
{
    if (s->at)
        munmap(s->at, s->bytes);
    *s = (struct ds_spill){0};
}
