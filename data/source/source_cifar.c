/* data/source/source_cifar.c -- CIFAR-10 and CIFAR-100 in their official binary layout.
 *
 * A record is one label byte (CIFAR-100: coarse, then fine, which is ours) and 3 x 32 x 32
 * bytes, planes of red, green and blue. Files with fewer records than the official ones are
 * fine; files with a part of a record are not. */
#define _GNU_SOURCE
#include "data/source/source_int.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "data/source/reader_int.h"
#include "data/source/lines_int.h"
#include "data/store/file.h"

enum { SIDE = 32, PIXELS = 3 * SIDE * SIDE, FILES = 5 };

struct layout {
    int classes;
    size_t lead; /* label bytes before the pixels; the last of them is the class */
    const char *names, *file[2][FILES + 1];
};

static const struct layout cifar10 = {
    .classes = 10,
    .lead = 1,
    .names = "batches.meta.txt",
    .file = {[DS_TRAIN] = {"data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin",
                           "data_batch_4.bin", "data_batch_5.bin"},
             [DS_TEST] = {"test_batch.bin"}},
};
static const struct layout cifar100 = {
    .classes = 100,
    .lead = 2,
    .names = "fine_label_names.txt",
    .file = {[DS_TRAIN] = {"train.bin"}, [DS_TEST] = {"test.bin"}},
};

static bool probe(const struct layout *l, const char *dir)
{
    return ds_source_has(dir, l->file[DS_TRAIN][0]) || ds_source_has(dir, l->file[DS_TEST][0]);
}

static int read_names(struct ds_source *s, const struct layout *l, const char *dir,
                      struct ds_err *err)
{
    char path[DS_PATH_BYTES];
    struct ds_lines lines;
    int code;

    if (ds_source_path(path, dir, l->names, err) || ds_lines_load(&lines, path, err))
        return err->code;
    if (lines.count == l->classes)
        code = ds_source_set_classes(s, l->classes, (const char *const *)lines.line, err);
    else
        code =
            ds_fail(err, DS_DATA, "%s: %d class names, expected %d; unpack the archive again",
                    path, lines.count, l->classes);
    ds_lines_clear(&lines);
    return code;
}

/* How many records a file holds, by its size. */
static int count_records(uint64_t *n, const char *path, size_t stride, struct ds_err *err)
{
    struct stat st;

    if (stat(path, &st))
        return ds_fail(err, ds_open_code(errno), "%s: %s; unpack the archive again", path,
                       strerror(errno));
    if (!S_ISREG(st.st_mode) || st.st_size == 0 || (uint64_t)st.st_size % stride)
        return ds_fail(err, DS_DATA,
                       "%s: %lld bytes, expected a multiple of %zu (one record); "
                       "unpack the archive again",
                       path, (long long)st.st_size, stride);
    *n = (uint64_t)st.st_size / stride;
    return 0;
}

static int read_records(unsigned char *into, const char *path, size_t bytes, struct ds_err *err)
{
    struct ds_reader *reader;
    int code;

    if ((code = ds_reader_open(&reader, path, err)))
        return code;
    code = ds_reader_read(reader, into, bytes, err);
    if (!code)
        code = ds_reader_end(reader, err);
    ds_reader_close(reader);
    return code;
}

/* Labels of the n records from `first` on, which came from `path`. */
static int take_labels(struct ds_source *s, int first, int n, const char *path,
                       struct ds_err *err)
{
    for (int i = first; i < first + n; i++) {
        s->label[i] = s->records[(size_t)i * s->stride + s->skip - 1];
        if (s->label[i] >= s->info.classes)
            return ds_fail(err, DS_DATA,
                           "%s: label %d in record %d, expected 0 to %d; is this the "
                           "binary version of CIFAR?",
                           path, s->label[i], i - first, s->info.classes - 1);
    }
    return 0;
}

static int reserve(struct ds_source *s, uint64_t total, const char *dir, struct ds_err *err)
{
    if (total > INT_MAX || total * s->stride > DS_SOURCE_BYTES)
        return ds_fail(err, DS_DATA, "%s: %llu pictures, more than %llu GB are not read", dir,
                       (unsigned long long)total, (unsigned long long)(DS_SOURCE_BYTES >> 30));
    s->info.count = (int)total;
    assert(total && s->stride);
    s->records = malloc(total * s->stride);
    s->label = calloc(total, sizeof *s->label);
    if (!s->records || !s->label)
        return ds_fail(err, DS_NOMEM, "%s: out of memory for %llu pictures", dir,
                       (unsigned long long)total);
    return 0;
}

static int open_cifar(struct ds_source *s, const struct layout *l, const char *dir,
                      enum ds_part part, struct ds_err *err)
{
    char path[FILES][DS_PATH_BYTES];
    uint64_t n[FILES], total = 0;
    int files = 0, first = 0;

    s->info.channels = 3;
    s->info.height = s->info.width = SIDE;
    s->skip = l->lead;
    s->stride = l->lead + PIXELS;
    if (read_names(s, l, dir, err))
        return err->code;
    for (; l->file[part][files]; files++) {
        if (ds_source_path(path[files], dir, l->file[part][files], err) ||
            count_records(&n[files], path[files], s->stride, err))
            return err->code;
        total += n[files];
    }
    if (reserve(s, total, dir, err))
        return err->code;
    for (int i = 0; i < files; i++) {
        if (read_records(s->records + (size_t)first * s->stride, path[i], n[i] * s->stride,
                         err) ||
            take_labels(s, first, (int)n[i], path[i], err))
            return err->code;
        first += (int)n[i];
    }
    return 0;
}

static bool probe10(const char *dir)
{
    return probe(&cifar10, dir);
}

static bool probe100(const char *dir)
{
    return probe(&cifar100, dir);
}

static int open10(struct ds_source *s, const char *dir, const struct ds_source_want *want,
                  struct ds_err *err)
{
    return open_cifar(s, &cifar10, dir, want->part, err);
}

static int open100(struct ds_source *s, const char *dir, const struct ds_source_want *want,
                   struct ds_err *err)
{
    return open_cifar(s, &cifar100, dir, want->part, err);
}

const struct ds_source_kind ds_kind_cifar10 = {
    .name = "cifar10",
    .about = "data_batch_1.bin to data_batch_5.bin, test_batch.bin and batches.meta.txt",
    .probe = probe10,
    .open = open10,
    .picture = ds_source_record,
};

const struct ds_source_kind ds_kind_cifar100 = {
    .name = "cifar100",
    .about = "train.bin, test.bin and fine_label_names.txt",
    .probe = probe100,
    .open = open100,
    .picture = ds_source_record,
};
