/* data/source/source_idx.c -- the idx files of MNIST and its relatives, plain or gzip.
 *
 * images: 00 00 08 03, count, height, width (32 bits, big-endian), then the bytes;
 * labels: 00 00 08 01, count, then the bytes. */
#include "data/source/source_int.h"

#include <assert.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "data/image/picture.h"
#include "data/source/reader_int.h"

enum { IMAGES = 0x803, LABELS = 0x801, STEMS = 2 };

/* As published, and as some programs rename them when unpacking. */
static const char *const image_stem[2][STEMS] = {
    [DS_TRAIN] = {"train-images-idx3-ubyte", "train-images.idx3-ubyte"},
    [DS_TEST] = {"t10k-images-idx3-ubyte", "t10k-images.idx3-ubyte"},
};
static const char *const label_stem[2][STEMS] = {
    [DS_TRAIN] = {"train-labels-idx1-ubyte", "train-labels.idx1-ubyte"},
    [DS_TEST] = {"t10k-labels-idx1-ubyte", "t10k-labels.idx1-ubyte"},
};

/* Sets whose class names are known; idx files carry none. */
static const struct {
    const char *set, *class_name[10];
} known[] = {
    {"mnist", {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"}},
    {"fashion-mnist",
     {"t-shirt/top", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker",
      "bag", "ankle boot"}},
};

/* The first of the possible files that is there; false when none is. */
static bool find(char path[DS_PATH_BYTES], const char *dir, const char *const stem[STEMS])
{
    static const char *const ending[] = {"", ".gz"};
    struct ds_err ignored;

    for (int i = 0; i < STEMS; i++)
        for (int e = 0; e < 2; e++) {
            char file[64];

            snprintf(file, sizeof file, "%s%s", stem[i], ending[e]);
            if (ds_source_has(dir, file))
                return ds_source_path(path, dir, file, &ignored) == 0;
        }
    return false;
}

static int locate(char path[DS_PATH_BYTES], const char *dir, const char *const stem[STEMS],
                  struct ds_err *err)
{
    if (find(path, dir, stem))
        return 0;
    return ds_fail(err, DS_NOINPUT,
                   "%s: no %s or %s.gz in this folder; an idx data set has four "
                   "such files, images and labels for training (train) and test (t10k)",
                   dir, stem[0], stem[0]);
}

static bool probe(const char *dir)
{
    char path[DS_PATH_BYTES];

    for (int part = 0; part < 2; part++)
        if (find(path, dir, image_stem[part]) || find(path, dir, label_stem[part]))
            return true;
    return false;
}

static uint32_t big_endian(const unsigned char *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* The magic number and `rank` sizes, whose product fits what the file can hold. */
static int read_head(struct ds_reader *reader, uint32_t *sizes, const char *path,
                     uint32_t magic, struct ds_err *err)
{
    const uint32_t rank = magic & 0xff;
    unsigned char head[16];
    uint64_t bytes = 1;

    if (ds_reader_read(reader, head, 4, err))
        return err->code;
    if (big_endian(head) != magic)
        return ds_fail(err, DS_DATA,
                       "%s: begins with 0x%08x, expected 0x%08x (an idx file of bytes "
                       "in %u dimensions)",
                       path, big_endian(head), magic, rank);
    if (ds_reader_read(reader, head, 4 * (size_t)rank, err))
        return err->code;
    for (uint32_t i = 0; i < rank; i++) {
        sizes[i] = big_endian(head + 4 * i);
        if (__builtin_mul_overflow(bytes, sizes[i], &bytes))
            bytes = UINT64_MAX;
    }
    if (bytes == 0)
        return ds_fail(err, DS_DATA, "%s: the header announces no bytes at all", path);
    if (sizes[0] > INT_MAX || bytes > ds_reader_limit(reader) || bytes > DS_SOURCE_BYTES)
        return ds_fail(err, DS_DATA,
                       "%s: the header announces %llu items of %llu bytes in all, more "
                       "than this file can hold; download it again",
                       path, (unsigned long long)sizes[0], (unsigned long long)bytes);
    return 0;
}

static int read_body(struct ds_reader *reader, unsigned char **out, size_t n, const char *path,
                     struct ds_err *err)
{
    assert(n);
    *out = malloc(n);
    if (!*out)
        return ds_fail(err, DS_NOMEM, "%s: out of memory for %.1f MB", path, (double)n / 1e6);
    if (ds_reader_read(reader, *out, n, err))
        return err->code;
    return ds_reader_end(reader, err);
}

static int read_labels(unsigned char **out, uint32_t *n, const char *path, struct ds_err *err)
{
    struct ds_reader *reader;
    int code;

    if (ds_reader_open(&reader, path, err))
        return err->code;
    code = read_head(reader, n, path, LABELS, err);
    if (!code)
        code = read_body(reader, out, *n, path, err);
    ds_reader_close(reader);
    return code;
}

static int take_images(struct ds_source *s, struct ds_reader *reader, const char *path,
                       struct ds_err *err)
{
    uint32_t size[3] = {0};

    if (read_head(reader, size, path, IMAGES, err))
        return err->code;
    if (size[1] > DS_PICTURE_SIDE || size[2] > DS_PICTURE_SIDE)
        return ds_fail(err, DS_DATA,
                       "%s: pictures of %u x %u pixels, at most %d a side are read", path,
                       size[2], size[1], DS_PICTURE_SIDE);
    if (size[0] != (uint32_t)s->info.count)
        return ds_fail(err, DS_DATA,
                       "%s: %u pictures, but %d labels beside it; download both "
                       "again",
                       path, size[0], s->info.count);
    s->info.channels = 1;
    s->info.height = (int)size[1];
    s->info.width = (int)size[2];
    s->stride = (size_t)size[1] * size[2];
    return read_body(reader, &s->records, s->stride * size[0], path, err);
}

static int read_images(struct ds_source *s, const char *path, struct ds_err *err)
{
    struct ds_reader *reader;
    int code;

    if (ds_reader_open(&reader, path, err))
        return err->code;
    code = take_images(s, reader, path, err);
    ds_reader_close(reader);
    return code;
}

/* Raises *classes to one more than the part's largest label, if the part is there. */
static int count_classes(int *classes, const char *dir, enum ds_part part, struct ds_err *err)
{
    char path[DS_PATH_BYTES];
    unsigned char *label = NULL;
    uint32_t n = 0;
    int code;

    if (!find(path, dir, label_stem[part]))
        return 0;
    code = read_labels(&label, &n, path, err);
    for (uint32_t i = 0; !code && i < n; i++)
        if (label[i] >= *classes)
            *classes = label[i] + 1;
    free(label);
    return code;
}

/* Both parts must agree on the number of classes, so both are asked. */
static int name_classes(struct ds_source *s, const char *dir, struct ds_err *err)
{
    int classes = 0;

    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (!strcmp(s->info.name, known[i].set))
            return ds_source_set_classes(s, 10, known[i].class_name, err);
    if (count_classes(&classes, dir, DS_TRAIN, err) ||
        count_classes(&classes, dir, DS_TEST, err))
        return err->code;
    return ds_source_set_classes(s, classes, NULL, err);
}

static int keep_labels(struct ds_source *s, const unsigned char *label, const char *path,
                       struct ds_err *err)
{
    const int n = s->info.count;

    assert(n > 0 && label);
    s->label = calloc((size_t)n, sizeof *s->label);
    if (!s->label)
        return ds_fail(err, DS_NOMEM, "%s: out of memory for %d labels", path, n);
    for (int i = 0; i < n; i++) {
        if (label[i] >= s->info.classes)
            return ds_fail(err, DS_DATA, "%s: label %d at item %d, expected 0 to %d", path,
                           label[i], i, s->info.classes - 1);
        s->label[i] = label[i];
    }
    return 0;
}

static int open_idx(struct ds_source *s, const char *dir, const struct ds_source_want *want,
                    struct ds_err *err)
{
    const enum ds_part part = want->part;
    char images[DS_PATH_BYTES], labels[DS_PATH_BYTES];
    unsigned char *label = NULL;
    uint32_t n = 0;
    int code;

    if (locate(images, dir, image_stem[part], err) ||
        locate(labels, dir, label_stem[part], err))
        return err->code;
    code = read_labels(&label, &n, labels, err);
    if (code)
        goto done;
    s->info.count = (int)n;
    code = name_classes(s, dir, err);
    if (!code)
        code = keep_labels(s, label, labels, err);
    if (!code)
        code = read_images(s, images, err);
done:
    free(label);
    return code;
}

const struct ds_source_kind ds_kind_idx = {
    .name = "idx",
    .about = "train-images-idx3-ubyte(.gz) and its three companions",
    .probe = probe,
    .open = open_idx,
    .picture = ds_source_record,
};
