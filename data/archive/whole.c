/* data/archive/whole.c -- a file of weights in memory. See archive_int.h. */
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "data/archive/archive_int.h"
#include "data/store/file.h"

static const size_t file_max = (size_t)32 << 30;

int ds_whole_open(struct ds_whole *w, const char *path, struct ds_err *err)
{
    int code;

    *w = (struct ds_whole){0};
    if (!(w->path = strdup(path)))
        return ds_fail(err, DS_NOMEM, "out of memory");
    if (!(code = ds_file_read(&w->bytes, &w->n, path, file_max, err)) && !w->n)
        code = ds_fail(err, DS_DATA, "%s: is empty, expected weights; download it again", path);
    if (code)
        ds_whole_close(w);
    return code;
}

void ds_whole_rest(const struct ds_whole *w, const unsigned char *at, size_t n)
{
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    const uintptr_t first = (uintptr_t)w->bytes, from = (uintptr_t)at;
    const uintptr_t begin = (from + page - 1) / page * page, end = (from + n) / page * page;

    if (from < first || from + n > first + w->n || begin >= end)
        return;
    /* An advice: failing costs memory only. */
    madvise((void *)begin, end - begin, MADV_DONTNEED);
}

void ds_whole_forget(struct ds_whole *w)
{
    free(w->bytes);
    w->bytes = NULL;
    w->n = 0;
}

void ds_whole_close(struct ds_whole *w)
{
    ds_whole_forget(w);
    free(w->path);
    *w = (struct ds_whole){0};
}
