/* tests/data/store_help.h -- what the tests of the store share: folders and sentences. */
#ifndef DS_TESTS_DATA_STORE_HELP_H
#define DS_TESTS_DATA_STORE_HELP_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <dirent.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/err.h"
#include "data/store/bundle.h"

/* A fresh folder for one test program, which defines _GNU_SOURCE; remove_folder ends it. */
static char folder[64];

static inline int make_folder(void **state)
{
    const char *base = getenv("TMPDIR");

    (void)state;
    snprintf(folder, sizeof folder, "%.40s/ds-test-XXXXXX", base ? base : "/tmp");
    return mkdtemp(folder) ? 0 : -1;
}

static inline int remove_one(const char *path, const struct stat *is, int kind, struct FTW *at)
{
    (void)is;
    (void)kind;
    (void)at;
    return remove(path);
}

static inline int remove_folder(void **state)
{
    (void)state;
    return nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

/* A path in the folder; four may be in use at a time. */
static inline const char *in_folder(const char *name)
{
    static char path[4][1200];
    static int next;

    next = (next + 1) % 4;
    snprintf(path[next], sizeof path[next], "%s/%s", folder, name);
    return path[next];
}

static inline int count_entries(const char *path)
{
    DIR *dir = opendir(path);
    struct dirent *entry;
    int n = 0;

    while (dir && (entry = readdir(dir)))
        n += strcmp(entry->d_name, ".") && strcmp(entry->d_name, "..");
    if (dir)
        closedir(dir);
    return n;
}

static inline void write_file(const char *path, const void *bytes, size_t n)
{
    FILE *f = fopen(path, "wb");

    assert_non_null(f);
    assert_int_equal(fwrite(bytes, 1, n, f), n);
    assert_int_equal(fclose(f), 0);
}

static inline size_t read_file(const char *path, unsigned char *to, size_t size)
{
    FILE *f = fopen(path, "rb");
    size_t n;

    assert_non_null(f);
    n = fread(to, 1, size, f);
    fclose(f);
    return n;
}

static inline void assert_good(int code, const struct ds_err *err)
{
    if (code)
        print_error("%s\n", err->text);
    assert_int_equal(code, 0);
}

/* The failure, and words of its sentence: lower case, one line, no full stop. */
static inline void assert_says(int code, enum ds_code expected, const struct ds_err *err,
                               const char *words)
{
    const size_t n = strlen(err->text);

    if (code != (int)expected || !strstr(err->text, words))
        print_error("code %d (expected %d), '%s' (expected '%s')\n", code, (int)expected,
                    err->text, words);
    assert_int_equal(code, expected);
    assert_int_equal(err->code, expected);
    assert_non_null(strstr(err->text, words));
    assert_null(strchr(err->text, '\n'));
    assert_true(n > 0 && err->text[n - 1] != '.');
}

#endif
