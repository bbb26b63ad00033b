/* tests/fuzz/fuzz_pipe.c -- what a child that reads HDF5 says, after somebody took it over. */
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

#include "data/store/file_int.h"
#include "data/store/pipe_int.h"
#include "tests/data/everything.h"
#include "tests/fuzz/fuzz.h"

enum { MEMORY_MOST = 64 << 20 };

/* A file in memory stands for the pipe: it ends as a pipe does. */
static int message(const uint8_t *bytes, size_t n)
{
    const int fd = memfd_create("message", MFD_CLOEXEC);
    const struct iovec whole = {(void *)(uintptr_t)bytes, n};

    if (fd < 0 || writev(fd, &whole, 1) != (ssize_t)n || lseek(fd, 0, SEEK_SET))
        abort();
    return fd;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct ds_bundle b = {0};
    struct ds_err err = {0};
    const struct ds_pipe_limits limits = {MEMORY_MOST, INT64_MAX};
    enum ds_pipe_end how;
    const int fd = message(bytes, n);

    if (ds_pipe_receive(&b, fd, &limits, "f", &how, &err)) {
        ds_fuzz_refused(&err);
        if (b.count || b.array)
            abort();
    } else {
        for (int i = 0; i < b.count; i++)
            if (ds_bundle_lookup(&b, b.array[i].name) != &b.array[i])
                abort();
    }
    ds_bundle_clear(&b);
    close(fd);
    return 0;
}

size_t ds_fuzz_seed(int i, uint8_t *out, size_t room)
{
    const struct ds_err failure = {.code = DS_DATA, .text = "f: is damaged"};
    const int fd = message(NULL, 0);
    struct ds_bundle b = {0};
    struct ds_err err;
    ssize_t n = 0;

    if (i < 2 && (i ? ds_pipe_send_failure(fd, &failure)
                    : add_everything(&b, &err) || ds_pipe_send(fd, &b)))
        abort();
    if (lseek(fd, 0, SEEK_SET) || (n = ds_fd_read(fd, out, room)) < 0)
        abort();
    close(fd);
    ds_bundle_clear(&b);
    return (size_t)n;
}
