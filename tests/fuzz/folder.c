/* tests/fuzz/folder.c -- a temporary folder for targets whose format is several files. */
#define _GNU_SOURCE
#include "tests/fuzz/folder.h"

#include "tests/fuzz/fuzz.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char folder[256];

static void clean_up(void)
{
    DIR *dir = opendir(folder);
    struct dirent *e;
    char path[1024];

    while (dir && (e = readdir(dir))) {
        snprintf(path, sizeof path, "%s/%s", folder, e->d_name);
        unlink(path);
    }
    if (dir)
        closedir(dir);
    rmdir(folder);
}

const char *ds_fuzz_folder(void)
{
    const char *tmp = getenv("TMPDIR");

    if (!folder[0]) {
        snprintf(folder, sizeof folder, "%.200s/ds-fuzz-XXXXXX", tmp ? tmp : "/tmp");
        if (!mkdtemp(folder)) {
            perror(folder);
            exit(1);
        }
        atexit(clean_up);
    }
    return folder;
}

void (*ds_fuzz_judge)(const struct ds_err *err);

void ds_fuzz_refused(const struct ds_err *err)
{
    if (err->code == DS_OK || !err->text[0] || strchr(err->text, '\n'))
        abort();
    if (ds_fuzz_judge)
        ds_fuzz_judge(err);
}

void *ds_fuzz_take(size_t n)
{
    void *taken;

    if (posix_memalign(&taken, sizeof taken, n ? n : 1))
        abort();
    return taken;
}

/* creat, unlike open and fopen, is not among the calls that failing.c lets fail. */
void ds_fuzz_put(const char *name, const void *bytes, size_t n)
{
    char path[1024];
    FILE *f;

    snprintf(path, sizeof path, "%s/%s", ds_fuzz_folder(), name);
    unlink(path); /* ext4 writes a truncated file out at once, a new one at leisure */
    f = fdopen(creat(path, 0600), "wb");
    if (!f || fwrite(bytes, 1, n, f) != n || fclose(f)) {
        perror(path);
        exit(1);
    }
}

static void read_all(const struct ds_source *s)
{
    const struct ds_source_info *info = ds_source_info(s);
    const size_t size = (size_t)info->channels * (size_t)info->height * (size_t)info->width;
    uint8_t *pixels = ds_fuzz_take(size);
    struct ds_err err = {0};

    if (info->count < 1 || info->classes < 1)
        abort();
    for (int i = 0; i < info->count; i++) {
        if (ds_source_label(s, i) < 0 || ds_source_label(s, i) >= info->classes)
            abort();
        if (ds_source_read(s, i, pixels, &err)) {
            if (!ds_fuzz_judge)
                abort(); /* what was opened can be read, while calls do not fail */
            ds_fuzz_refused(&err);
        }
    }
    free(pixels);
}

void ds_fuzz_source(enum ds_part part)
{
    struct ds_source *s;
    struct ds_err err = {0};

    if (!ds_source_open(&s, ds_fuzz_folder(), part, 0, &err)) {
        read_all(s);
        ds_source_close(s);
    } else {
        ds_fuzz_refused(&err);
    }
}
