/* tests/fault/folders.c -- image folders opened, put in order, cut into tasks and loaded.
 *
 * A target for tests/fuzz/failing.c, with one byte for input: which of them. What is not
 * refused has every picture in it, and each is what it is without failures. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "data/source/loader.h"
#include "data/source/stream.h"
#include "tests/fuzz/folder.h"
#include "tests/fuzz/fuzz.h"

enum { CLASSES, DOMAINS, BROKEN, KINDS };

/* Four grey points. */
static const unsigned char png[] = {
    137, 80,  78,  71,  13,  10,  26,  10, 0,   0,  0,   13, 73,  72,  68,  82, 0,   0,
    0,   2,   0,   0,   0,   2,   8,   0,  0,   0,  0,   87, 221, 82,  248, 0,  0,   0,
    14,  73,  68,  65,  84,  120, 156, 99, 208, 56, 193, 16, 197, 5,   0,   4,  172, 1,
    85,  179, 139, 160, 221, 0,   0,   0,  0,   73, 69,  78, 68,  174, 66,  96, 130};

/* Every picture of each kind, and how many of them are to learn from. */
static const struct {
    const char *name, *file[9];
    int train;
} kinds[KINDS] = {
    [CLASSES] = {"classes",
                 {"train/a/1.png", "train/a/2.png", "train/b/1.png", "test/a/1.png",
                  "test/b/1.png"},
                 3},
    [DOMAINS] = {"domains",
                 {"train/p/a/1.png", "train/p/b/1.png", "train/s/a/1.png", "train/s/b/1.png",
                  "test/p/a/1.png", "test/p/b/1.png", "test/s/a/1.png", "test/s/b/1.png"},
                 4},
    [BROKEN] = {"broken",
                {"train/a/0.png", "train/a/1.png", "train/b/1.png", "test/a/1.png",
                 "test/b/1.png"},
                2},
};

static char dirs[32][600], order[600];
static int made;

/* By calls that do not fail; once for all. */
static void put(const char *path, const void *bytes, size_t n)
{
    char part[600];
    int fd;

    for (const char *at = path + strlen(ds_fuzz_folder()) + 1; (at = strchr(at, '/')); at++) {
        snprintf(part, sizeof part, "%.*s", (int)(at - path), path);
        if (!mkdirat(AT_FDCWD, part, 0777))
            snprintf(dirs[made++], sizeof dirs[0], "%s", part);
    }
    if ((fd = creat(path, 0666)) < 0)
        abort();
    if (pwrite(fd, bytes, n, 0) != (ssize_t)n)
        abort();
}

static void remove_all(void)
{
    char path[600];

    for (int k = 0; k < KINDS; k++)
        for (int i = 0; kinds[k].file[i]; i++) {
            snprintf(path, sizeof path, "%s/%s/%s", ds_fuzz_folder(), kinds[k].name,
                     kinds[k].file[i]);
            remove(path);
        }
    while (made)
        remove(dirs[--made]);
}

static int read_batch(struct ds_loader *l, struct ds_err *err)
{
    ds_pool_run(NULL, ds_loader_work(l), 1);
    return ds_loader_failed(l, err);
}

static int load(const struct ds_stream *s, const struct ds_source *train, struct ds_err *err)
{
    struct ds_loader_want want = {.source = train,
                                  .indices = s->train[0],
                                  .n_indices = s->n_train[0],
                                  .position = s->position,
                                  .batch = 2,
                                  .mean = {0, 0, 0},
                                  .std = {1, 1, 1}};
    struct ds_loader *l;
    int code = ds_loader_open(&l, &want, err);

    code = code ? code : read_batch(l, err);
    ds_loader_close(l);
    return code;
}

static int everything(int kind, struct ds_err *err)
{
    char path[600];
    struct ds_stream_want cut = {.kind = kind == DOMAINS ? DS_STREAM_DOMAIN : DS_STREAM_CLASS,
                                 .tasks = 2,
                                 .order = kind == CLASSES ? order : "natural"};
    struct ds_source_want want = {.spec = path, .size = 4, .skip_broken = kind == BROKEN};
    struct ds_source *train, *test = NULL;
    struct ds_stream s;
    int code;

    snprintf(path, sizeof path, "%s/%s", ds_fuzz_folder(), kinds[kind].name);
    code = ds_source_open_want(&train, &want, err);
    want.part = DS_TEST;
    if (!code && !(code = ds_source_open_want(&test, &want, err)) &&
        !(code = ds_stream_open(&s, train, test, &cut, err))) {
        if (ds_source_info(train)->count != kinds[kind].train || s.tasks != 2)
            abort();
        code = load(&s, train, err);
        ds_stream_clear(&s);
    }
    ds_source_close(train);
    ds_source_close(test);
    return code;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct ds_err err = {0};

    if (everything(n ? bytes[0] % KINDS : CLASSES, &err))
        ds_fuzz_refused(&err);
    return 0;
}

static void prepare(void)
{
    char path[600];

    for (int k = 0; k < KINDS; k++)
        for (int i = 0; kinds[k].file[i]; i++) {
            snprintf(path, sizeof path, "%s/%s/%s", ds_fuzz_folder(), kinds[k].name,
                     kinds[k].file[i]);
            put(path, png, k == BROKEN && !i ? sizeof png / 2 : sizeof png);
        }
    snprintf(order, sizeof order, "%s/order", ds_fuzz_folder());
    ds_fuzz_put("order", "b\na\n", 4);
    atexit(remove_all);
}

size_t ds_fuzz_seed(int i, uint8_t *out, size_t room)
{
    if (i >= KINDS || !room)
        return 0;
    if (!made)
        prepare();
    out[0] = (uint8_t)i;
    return 1;
}
