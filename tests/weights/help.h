/* tests/weights/help.h -- what the tests of archives share. */
#ifndef DS_TESTS_WEIGHTS_HELP_H
#define DS_TESTS_WEIGHTS_HELP_H

#include "tests/data/store_help.h"

#include "data/archive/archive.h"
#include "tests/weights/make.h"

static uint8_t made_bytes[1 << 16];

static inline struct made fresh(void)
{
    return (struct made){.out = made_bytes, .room = sizeof made_bytes};
}

/* Writes the bytes as a file, opens it; the sentence must hold those words after its path. */
static inline void assert_refused(const void *bytes, size_t n, const char *says)
{
    const char *path = in_folder("made.weights");
    struct ds_archive a;
    struct ds_err err = {0};

    write_file(path, bytes, n);
    assert_says(ds_archive_open(&a, path, &err), DS_DATA, &err, says);
    assert_non_null(strstr(err.text, "made.weights: "));
    assert_null(a.tensor);
    assert_null(a.own);
    unlink(path);
}

static inline void assert_opens(struct ds_archive *a, const struct made *m,
                                const char *container)
{
    const char *path = in_folder("made.weights");
    struct ds_err err;

    write_file(path, m->out, m->n);
    assert_good(ds_archive_open(a, path, &err), &err);
    assert_string_equal(a->container, container);
    unlink(path);
}

static inline void assert_floats(const struct ds_archive *a, const char *name,
                                 const float *expected, int n)
{
    const struct ds_stored *t = ds_archive_lookup(a, name);
    float values[64];

    assert_non_null(t);
    assert_int_equal(ds_stored_count(t), n);
    ds_stored_floats(values, t);
    for (int i = 0; i < n; i++)
        assert_true(values[i] == expected[i]);
}

/* What make_torch_zip and make_legacy have written. */
static inline void assert_is_the_object(const struct ds_archive *a)
{
    static const float transposed[6] = {1, 4, 2, 5, 3, 6};
    const struct ds_stored *w = ds_archive_lookup(a, "model.w");

    assert_int_equal(a->count, 3);
    assert_ptr_equal(w->data, ds_archive_lookup(a, "model.t")->data);
    assert_floats(a, "model.w", made_floats, 6);
    assert_floats(a, "model.t", transposed, 6);
    assert_floats(a, "half", (const float[]){-2, 0x1p-24f}, 2);
    assert_int_equal(ds_note_lookup(&a->meta, "epoch")->whole, 3);
    assert_string_equal(ds_note_lookup(&a->meta, "args.arch")->text, "vit");
    assert_true(ds_note_lookup(&a->meta, "args.lr")->real == 0.5);
    assert_int_equal(ds_note_lookup(&a->meta, "opaque objects")->whole, 1);
    assert_string_equal(ds_note_lookup(&a->meta, "opaque names")->texts[0],
                        "argparse.Namespace");
}

/* A zip with that pickle, and six floats as storage 0. */
static inline struct made around(const void *pickle, size_t n)
{
    struct made m = fresh();

    zip_entry(&m, "net/data.pkl", pickle, n, 0);
    zip_entry(&m, "net/data/0", made_floats, sizeof made_floats, 0);
    zip_end(&m, 0);
    return m;
}

static inline void assert_pickle_refused(const void *pickle, size_t n, const char *says)
{
    const struct made m = around(pickle, n);

    assert_refused(m.out, m.n, says);
}

#endif
