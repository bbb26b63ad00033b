/* tests/fault/folder.c -- a folder held in memory. See the header. */
#define _GNU_SOURCE
#include "tests/fault/folder.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct folder *taking;

static void die(const char *what)
{
    perror(what);
    exit(99);
}

static void read_file(struct file *to, const char *path, size_t n)
{
    const int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0 || !(to->bytes = malloc(n + 1)) || read(fd, to->bytes, n) != (ssize_t)n)
        die(path);
    to->n = n;
    close(fd);
}

static int take(const char *path, const struct stat *st, int type, struct FTW *at)
{
    struct file *f;

    if (!at->level)
        return 0;
    if (!(taking->file = realloc(taking->file, ((size_t)taking->count + 1) * sizeof *f)))
        die("realloc");
    f = &taking->file[taking->count++];
    memset(f, 0, sizeof *f);
    snprintf(f->path, sizeof f->path, "%s", path + 2);
    if (type == FTW_F)
        read_file(f, path, (size_t)st->st_size);
    return 0;
}

static int by_path(const void *a, const void *b)
{
    return strcmp(((const struct file *)a)->path, ((const struct file *)b)->path);
}

struct folder folder_take(void)
{
    struct folder f = {0};

    taking = &f;
    if (nftw(".", take, 16, FTW_PHYS))
        die("nftw");
    if (f.count)
        qsort(f.file, (size_t)f.count, sizeof *f.file, by_path);
    return f;
}

void folder_clear(struct folder *f)
{
    for (int i = 0; i < f->count; i++)
        free(f->file[i].bytes);
    free(f->file);
    *f = (struct folder){0};
}

static int drop(const char *path, const struct stat *st, int type, struct FTW *at)
{
    (void)st;
    (void)type;
    return at->level ? remove(path) : 0;
}

void folder_empty(void)
{
    if (nftw(".", drop, 16, FTW_PHYS | FTW_DEPTH))
        die("remove");
}

void folder_put(const struct folder *f)
{
    folder_empty();
    for (int i = 0; i < f->count; i++) { /* sorted: a folder comes before what is in it */
        const struct file *x = &f->file[i];
        int fd;

        if (!x->bytes) {
            if (mkdir(x->path, 0777))
                die(x->path);
            continue;
        }
        fd = open(x->path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
        if (fd < 0 || write(fd, x->bytes, x->n) != (ssize_t)x->n)
            die(x->path);
        close(fd);
    }
}

const struct file *folder_lookup(const struct folder *f, const char *path)
{
    for (int i = 0; i < f->count; i++)
        if (!strcmp(f->file[i].path, path))
            return &f->file[i];
    return NULL;
}

bool file_same(const struct file *a, const struct file *b)
{
    return a && b && a->n == b->n && !a->bytes == !b->bytes &&
           (!a->bytes || !memcmp(a->bytes, b->bytes, a->n));
}
