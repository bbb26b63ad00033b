/* tests/data/test_source_odd.c -- data sets at the ends of what can be: paths as long as they
 * may be, files that end while they are read, sizes beyond any memory, folders of many things.
 */
#define _GNU_SOURCE
#include "tests/data/source_help.h"
#include "tests/data/source_open.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/resource.h>

#include "data/source/folder_int.h"
#include "data/source/lines_int.h"
#include "data/source/loader.h"
#include "data/source/reader_int.h"
#include "data/source/stream.h"

/* From the k-th read on the file is over, or (fails) it cannot be read. */
static struct {
    int calls, from;
    bool fails;
} odd;

ssize_t __real_read(int fd, void *to, size_t n);
ssize_t __wrap_read(int fd, void *to, size_t n);
ssize_t __wrap_read(int fd, void *to, size_t n)
{
    if (!odd.from || ++odd.calls < odd.from)
        return __real_read(fd, to, n);
    errno = EIO;
    return odd.fails ? -1 : 0;
}

static const int labels[] = {0, 1, 0};
enum { RECORD = 1 + 3 * 32 * 32 };

static void put_cifar10(const char *dir)
{
    static unsigned char record[RECORD];
    char name[300];

    for (int i = 0; i <= 5; i++) {
        snprintf(name, sizeof name, i ? "%.200s/data_batch_%d.bin" : "%.200s/test_batch.bin",
                 dir, i);
        put(name, record, sizeof record);
    }
    snprintf(name, sizeof name, "%.200s/batches.meta.txt", dir);
    put_text(name, "a\nb\nc\nd\ne\nf\ng\nh\ni\nj\n");
}

static void put_classes(const char *dir, const char *below, int height, int width)
{
    char name[300];

    for (int i = 0; i < 4; i++) {
        snprintf(name, sizeof name, "%.60s/%s%.60s%c/1.png", dir, i < 2 ? "train/" : "test/",
                 below, 'a' + i % 2);
        put_png(name, i, 3, height, width);
    }
}

static void put_domains(const char *dir)
{
    put_classes(dir, "photo/", 3, 3);
    put_classes(dir, "sketch/", 3, 3);
}

/* DIR as a path of exactly n bytes. */
static const char *stretched(const char *dir, size_t n)
{
    static char path[DS_PATH_BYTES + 8];
    const size_t own = strlen(in_base(dir));
    size_t at = strlen(base);

    assert_true(n > own && n < sizeof path);
    strcpy(path, base);
    for (; at < n - strlen(dir); at++) /* slashes, as many as it takes */
        path[at] = '/';
    strcpy(path + at, dir);
    return path;
}

/* Whatever their length, sets are read or it is said why not. */
static void paths_may_be_so_long(void **state)
{
    static const char *const sets[] = {"idx", "cifar", "classes", "domains", "tests", "vals"};
    int good = 0, longer = 0;

    (void)state;
    put_idx("idx", "train", labels, 3, 4, 4);
    put_idx("idx", "t10k", labels, 3, 4, 4);
    put_cifar10("cifar");
    put_classes("classes", "", 3, 3);
    put_domains("domains");
    put_png("tests/test/a/1.png", 0, 3, 3, 3);
    put_png("vals/val/photo/a/1.png", 0, 3, 3, 3);
    for (size_t i = 0; i < sizeof sets / sizeof *sets; i++)
        for (size_t n = DS_PATH_BYTES - 64; n <= DS_PATH_BYTES; n++)
            for (int part = 0; part < 2; part++) {
                struct ds_err err = {0};
                struct ds_source *s;

                if (!ds_source_open(&s, stretched(sets[i], n), part ? DS_TEST : DS_TRAIN, 0,
                                    &err))
                    good += ds_source_info(s)->count > 0;
                else if (strstr(err.text, "longer than"))
                    longer++;
                else
                    assert_true(err.code == DS_DATA || err.code == DS_NOINPUT);
                ds_source_close(s);
            }
    assert_true(good > 100);
    assert_true(longer > 50);
}

static void files_may_end_while_they_are_read(void **state)
{
    unsigned char *bytes;
    struct ds_err err;
    size_t n;

    (void)state;
    odd.from = 2; /* names come first */
    odd.calls = 0;
    put_cifar10("ends");
    odd.from = 3;
    assert_refused(in_base("ends"), DS_TEST, 0, DS_DATA, "test_batch.bin: ends after 0 bytes");
    odd.from = 0;
    bytes = malloc(1 << 18);
    assert_non_null(bytes);
    for (size_t i = 0; i < 1 << 18; i++) /* that does not get smaller */
        bytes[i] = (unsigned char)ds_rng_bits(ds_rng_stream(1, "noise"), i);
    put_gzip("packed.gz", bytes, 1 << 18);
    for (int fails = 0; fails < 2; fails++)
        for (int from = 2; from < 6; from++) {
            struct ds_reader *r;

            odd.from = 0;
            odd.calls = 0;
            odd.fails = fails;
            assert_int_equal(ds_reader_open(&r, in_base("packed.gz"), &err), 0);
            odd.from = from - 1;
            n = 1 << 18;
            if (ds_reader_read(r, bytes, n, &err))
                assert_says(err, fails ? DS_IO : DS_DATA,
                            fails ? "Input/output error" : "the gzip file is truncated after");
            else
                assert_int_equal(from, 5);
            odd.from = 0;
            ds_reader_close(r);
        }
    odd.fails = false;
    free(bytes);
}

/* A sparse file of that size with that beginning; false where there are no such files. */
static bool put_sparse(const char *name, const void *bytes, size_t n, off_t size)
{
    put(name, bytes, n);
    return !truncate(in_base(name), size);
}

static void sizes_beyond_memory_are_refused(void **state)
{
    static const unsigned char packed[] = {0x1f, 0x8b};
    unsigned char head[16] = {0, 0, 8, 3, 0, 0, 0, 3, 0x7f, 0xff, 0xff, 0xff, 0, 0, 0, 4};
    char small[64];
    struct ds_reader *r;
    struct ds_err err;

    (void)state;
    put_cifar10("vast");
    if (put_sparse("vast/test_batch.bin", "", 0, (off_t)RECORD * (3 << 20)))
        assert_refused(in_base("vast"), DS_TEST, 0, DS_DATA,
                       "vast: 3145728 pictures, more than 8 GB are not read");
    if (put_sparse("vast/test_batch.bin", "", 0, (off_t)RECORD * (1L << 31)))
        assert_refused(in_base("vast"), DS_TEST, 0, DS_DATA, "vast: 2147483648 pictures, more");
    put_idx("huge", "train", labels, 3, 4, 4);
    if (put_sparse("huge/train-images-idx3-ubyte", head, sizeof head, (off_t)40 << 30))
        assert_refused(in_base("huge"), DS_TRAIN, 0, DS_DATA, "more than this file can hold");
    big_endian(head + 8, 16385);
    if (put_sparse("huge/train-images-idx3-ubyte", head, sizeof head, 1 << 20))
        assert_refused(in_base("huge"), DS_TRAIN, 0, DS_DATA, "pictures of 4 x 16385 pixels");
    if (put_sparse("endless.gz", packed, sizeof packed, (off_t)1 << 62)) {
        assert_int_equal(ds_reader_open(&r, in_base("endless.gz"), &err), 0);
        assert_true(ds_reader_limit(r) == UINT64_MAX);
        ds_reader_close(r);
    }
    put_text("short", "abc"); /* which more is wanted of than can be asked for at once */
    assert_int_equal(ds_reader_open(&r, in_base("short"), &err), 0);
    assert_int_equal(ds_reader_read(r, small, (size_t)1 << 31, &err), DS_DATA);
    assert_says(err, DS_DATA, "short: ends after 3 bytes, expected 2147483648");
    ds_reader_close(r);
}

static void other_things_are_no_data(void **state)
{
    struct ds_names none;
    struct ds_err err;
    char name[300];

    (void)state;
    put_idx("odd", "train", labels, 3, 4, 4);
    unlink(in_base("odd/train-images-idx3-ubyte"));
    mkdir(in_base("odd/train-images-idx3-ubyte"), 0777);
    assert_refused(in_base("odd"), DS_TRAIN, 0, DS_DATA, "images-idx3-ubyte: not a regular");
    put_cifar10("dirs");
    unlink(in_base("dirs/test_batch.bin"));
    mkdir(in_base("dirs/test_batch.bin"), 0777);
    assert_refused(in_base("dirs"), DS_TEST, 0, DS_DATA, "expected a multiple of 3073");
    assert_int_equal(ds_names_list(&none, in_base("nowhere"), &err), DS_NOINPUT);
    assert_int_equal(none.count, 0);
    memset(name, 'x', sizeof name);
    name[256] = '\0';
    assert_false(ds_name_fits(name));
    assert_true(ds_name_fits(name + 1));
    assert_false(ds_name_fits(""));
    assert_string_equal(ds_stream_word(DS_STREAM_CLASS), "class");
    assert_string_equal(ds_stream_word(DS_STREAM_DOMAIN), "domain");
}

/* A set is called like its folder, where that can be printed. */
static void folders_have_names(void **state)
{
    char name[100] = "";
    struct ds_source *s;

    (void)state;
    memset(name, 'n', 64);
    put_idx(name, "train", labels, 3, 4, 4);
    s = open_in_base(name, DS_TRAIN);
    assert_string_equal(ds_source_info(s)->name, "idx");
    assert_int_equal(ds_source_domain(s, 2), 0);
    assert_null(ds_source_note(s, -1));
    assert_null(ds_source_note(s, 0));
    ds_source_close(s);
    put_idx("\x01", "train", labels, 3, 4, 4);
    s = open_in_base("\x01", DS_TRAIN);
    assert_string_equal(ds_source_info(s)->name, "idx");
    ds_source_close(s);
}

/* Where named sets are looked for: variables may be empty, or name what cannot be. */
static void variables_may_be_anything(void **state)
{
    static const char *const variable[] = {"DRIFTSCOPE_DATA", "XDG_DATA_HOME", "HOME"};
    static char values[4][DS_PATH_BYTES + 8]; /* "", long, too long, none */
    char *was[3];

    (void)state;
    for (int i = 0; i < DS_PATH_BYTES; i++)
        values[2][i] = "/nowhere"[i % 8];
    memcpy(values[1], values[2], 800);
    for (int i = 0; i < 3; i++)
        was[i] = getenv(variable[i]) ? strdup(getenv(variable[i])) : NULL;
    for (int k = 0; k < 4 * 4 * 4; k++) {
        const int of[3] = {k % 4, k / 4 % 4, k / 16};
        struct ds_err err;
        struct ds_source *s;

        for (int i = 0; i < 3; i++)
            if (of[i] == 3)
                unsetenv(variable[i]);
            else
                setenv(variable[i], values[of[i]], 1);
        assert_int_equal(ds_source_open(&s, "cifar10", DS_TRAIN, 0, &err), DS_NOINPUT);
        assert_says(err, DS_NOINPUT, "data set 'cifar10' was not found in ");
    }
    for (int i = 0; i < 3; i++) {
        if (was[i])
            setenv(variable[i], was[i], 1);
        else
            unsetenv(variable[i]);
        free(was[i]);
    }
}

/* A folder may be anything, as the root of a disk: few of its entries are looked at. */
static void only_some_entries_are_looked_at(void **state)
{
    char name[64];
    struct ds_source *s;

    (void)state;
    for (int i = 0; i < 600; i++) {
        snprintf(name, sizeof name, "many/%s%d.txt", i < 300 ? "" : "inner/", i);
        put_text(name, "");
    }
    assert_false(ds_layout_probe(in_base("many")));
    put_png("linked/real/1.png", 0, 3, 3, 3);
    mkdir(in_base("linked/train"), 0777);
    mkdir(in_base("linked/train/d"), 0777);
    assert_int_equal(symlink("../../real", in_base("linked/train/d/a")), 0);
    s = open_in_base("linked", DS_TRAIN); /* d is a domain, its class a link */
    assert_int_equal(ds_source_info(s)->domains, 1);
    assert_string_equal(ds_source_info(s)->class_name[0], "a");
    ds_source_close(s);
    put_text("foreign/train/a/1.bmp", "");
    assert_refused(in_base("foreign"), DS_TRAIN, 0, DS_DATA, "only PNG and JPEG");
    for (int i = 0; i < 1025; i++) {
        snprintf(name, sizeof name, "grown/train/a/%04d.png", i);
        if (i)
            assert_int_equal(link(in_base("grown/train/a/0000.png"), in_base(name)), 0);
        else
            put_png(name, 0, 3, 3, 3);
    }
    s = open_in_base("grown", DS_TRAIN);
    assert_int_equal(ds_source_info(s)->count, 1025);
    ds_source_close(s);
}

static void domains_are_chosen_by_name(void **state)
{
    char longest[300];
    struct ds_source_want want = {.spec = in_base("domains"), .domain = ""};
    struct ds_source *s;
    struct ds_err err;

    (void)state;
    assert_int_equal(ds_source_open_want(&s, &want, &err), 0); /* nothing special is chosen */
    assert_int_equal(ds_source_info(s)->domains, 2);
    ds_source_close(s);
    memset(longest, 'd', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    want.domain = longest;
    assert_int_equal(ds_source_open_want(&s, &want, &err), DS_USAGE);
    assert_says(err, DS_USAGE, "there is no domain 'ddd");
}

/* Opened at this size, with this recipe. */
static void opens(const char *dir, int size, const char *transform, const char *says)
{
    const struct ds_source_want want = {
        .spec = in_base(dir), .size = size, .transform = transform};
    struct ds_source *s;
    struct ds_err err = {0};
    uint8_t pixels[64 * 64 * 3];

    if (ds_source_open_want(&s, &want, &err)) {
        if (!says)
            fail_msg("%s", err.text);
        assert_non_null(strstr(err.text, says));
        return;
    }
    assert_null(says);
    assert_int_equal(ds_source_read(s, 0, pixels, &err), 0);
    ds_source_close(s);
}

static void sizes_fit_or_are_refused(void **state)
{
    struct ds_room room = {0};
    struct ds_recipe recipe;
    struct ds_source *s;
    struct ds_err err = {0};
    uint8_t pixels[64];

    (void)state;
    put_classes("flat", "", 3, 4);
    put_classes("mixed", "", 3, 3);
    put_png("mixed/train/a/1.png", 0, 3, 3, 4);
    opens("classes", 3, NULL, NULL);
    opens("flat", 3, NULL, NULL);
    opens("mixed", 3, NULL, NULL);
    opens("flat", 4, "resize 4x5 bilinear", "makes 4 x 5 pixels, the size asked for is 4");
    opens("flat", 4, "resize 5x4 bilinear", "makes 5 x 4 pixels, the size asked for is 4");
    opens("flat", 0, "resize 16000 bilinear", "flat: ");
    s = open_in_base("idx", DS_TRAIN);
    assert_int_equal(ds_recipe_parse(&recipe, "resize 4x3 bilinear", 0, &err), 0);
    assert_int_equal(ds_source_make(s, 1, &recipe, 0, 0, pixels, &room, &err), DS_DATA);
    assert_says(err, DS_DATA, "idx: picture 1: 4 x 3 pixels, expected 4 x 4");
    assert_int_equal(ds_recipe_parse(&recipe, "resize 3x4 bilinear", 0, &err), 0);
    assert_int_equal(ds_source_make(s, 1, &recipe, 0, 0, pixels, &room, &err), DS_DATA);
    assert_says(err, DS_DATA, "idx: picture 1: 3 x 4 pixels, expected 4 x 4");
    assert_int_equal(ds_recipe_parse(&recipe, "resize 3x16000 bilinear", 0, &err), 0);
    assert_int_not_equal(ds_source_make(s, 1, &recipe, 0, 0, pixels, &room, &err), 0);
    ds_source_close(s);
    s = open_in_base("flat", DS_TRAIN);
    assert_int_equal(ds_recipe_parse(&recipe, "resize 16000 bilinear", 0, &err), 0);
    assert_int_equal(ds_source_make(s, 0, &recipe, 0, 0, pixels, &room, &err), DS_DATA);
    assert_says(err, DS_DATA, "flat/train/a/1.png: ");
    ds_source_close(s);
    ds_room_clear(&room);
}

/* Heights are alike, widths are not. */
static void a_loader_takes_what_is_made_alike(void **state)
{
    const struct ds_source_want as = {.spec = in_base("mixed"), .size = 3};
    const int indices[] = {0, 1}, position[] = {0, 1};
    struct ds_loader_want want = {
        .indices = indices, .n_indices = 2, .position = position, .batch = 2, .std = {1, 1, 1}};
    struct ds_recipe recipe;
    struct ds_loader *l;
    struct ds_source *s;
    struct ds_err err;

    (void)state;
    assert_int_equal(ds_source_open_want(&s, &as, &err), 0);
    assert_int_equal(ds_recipe_parse(&recipe, "resize 3x3 bilinear", 0, &err), 0);
    want.source = s;
    want.recipe = &recipe;
    assert_int_equal(ds_loader_open(&l, &want, &err), 0);
    ds_pool_run(NULL, ds_loader_work(l), 1);
    assert_int_equal(ds_loader_failed(l, &err), 0);
    ds_loader_close(l);
    ds_source_close(s);
}

/* What cannot be listed holds no pictures. */
static void descriptors_may_run_out(void **state)
{
    struct rlimit was, few;
    int next;

    (void)state;
    assert_true(ds_layout_probe(in_base("tests")));
    getrlimit(RLIMIT_NOFILE, &was);
    next = dup(0);
    close(next);
    few = was;
    few.rlim_cur = (rlim_t)next + 1; /* for one folder, and none in it */
    setrlimit(RLIMIT_NOFILE, &few);
    assert_false(ds_layout_probe(in_base("tests")));
    setrlimit(RLIMIT_NOFILE, &was);
}

static void links_to_nothing_are_broken_pictures(void **state)
{
    const struct ds_source_want want = {.spec = in_base("links"), .skip_broken = true};
    struct ds_source *s;
    struct ds_err err;

    (void)state;
    put_png("links/train/a/1.png", 0, 3, 3, 3);
    assert_int_equal(symlink("nowhere", in_base("links/train/a/2.png")), 0);
    assert_int_equal(ds_source_open_want(&s, &want, &err), 0);
    assert_int_equal(ds_source_info(s)->count, 1);
    assert_non_null(strstr(ds_source_note(s, 0), "links/train/a/2.png"));
    ds_source_close(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(paths_may_be_so_long),
        cmocka_unit_test(files_may_end_while_they_are_read),
        cmocka_unit_test(sizes_beyond_memory_are_refused),
        cmocka_unit_test(other_things_are_no_data),
        cmocka_unit_test(folders_have_names),
        cmocka_unit_test(variables_may_be_anything),
        cmocka_unit_test(only_some_entries_are_looked_at),
        cmocka_unit_test(domains_are_chosen_by_name),
        cmocka_unit_test(sizes_fit_or_are_refused),
        cmocka_unit_test(a_loader_takes_what_is_made_alike),
        cmocka_unit_test(descriptors_may_run_out),
        cmocka_unit_test(links_to_nothing_are_broken_pictures),
    };

    return cmocka_run_group_tests(tests, make_base, remove_base);
}
