/* tests/weights/test_archive.c -- what a file is, and what a tensor may be. */
#define _GNU_SOURCE
#include "tests/weights/help.h"

#include "data/store/floats.h"
#include "data/store/h5.h"
#include "data/store/half.h"

static void others_are_refused_by_name(void **state)
{
    static const struct {
        const char *bytes;
        size_t n;
        const char *says;
    } row[] = {
        {"GGUF\3\0\0\0aaaaaaaaa", 17, "is GGUF, which holds language models"},
        {"\x89HDF\r\n\x1a\n........", 16,
         "is an HDF5 file that driftscope did not write (Keras"},
        {"\x93NUMPY\1\0v\0{'descr'", 18, "is a single NumPy array; save all arrays with"},
        {"\x1f\x8b..............", 16, "is packed with gzip"},
        {"\xfd"
         "7zXZ...........",
         16, "is packed with xz"},
        {"\x28\xb5\x2f\xfd............", 16, "is packed with zstd"},
        {"BZh.............", 16, "is packed with bzip2"},
        {"version https://git-lfs.github.com", 34, "is a pointer of Git LFS"},
        {"<!DOCTYPE html>.", 16, "is a web page"},
        {"<!doctype html>.", 16, "is a web page"},
        {"<html>..........", 16, "is a web page"},
        {"\x80\4\x95..............", 17, "is a plain pickle, not a file of torch.save"},
        {"\x82\xa6params.........", 17, "looks like msgpack (Flax)"},
        {"\xde\0\1\xa6params.......", 17, "looks like msgpack (Flax)"},
        {"\x08\7\x12\7pytorch.....", 16, "looks like ONNX"},
        {"\xdf\0\0\0\1\xa6params.....", 17, "looks like msgpack (Flax)"},
        {"\x81\xd9\6params........", 17, "looks like msgpack (Flax)"},
        {"\x81\1..............", 16, "begins with the bytes 81 01"},
        {"\x80\1..............", 16, "begins with the bytes 80 01"},
        {"\x80\6..............", 16, "begins with the bytes 80 06"},
        {"\x08\0\x12.............", 16, "begins with the bytes 08 00 12"},
        {"\x08\x20\x12.............", 16, "begins with the bytes 08 20 12"},
        {"\x08\7\x13.............", 16, "begins with the bytes 08 07 13"},
        {"hello, here are no weights", 26, "begins with the bytes 68 65 6c 6c, which no known"},
        {"\1\2", 2, "has 2 bytes, even an empty safetensors file has 10"},
        {"\0\0\0\0\0\1\0\0{}......", 16, "its header would have 1099511627776 bytes"},
        {"[1]", 3, "has 3 bytes, even an empty"},
        {"{\"a\":", 5, "is not JSON with unique keys"},
    };
    uint8_t tar[512] = {'x'};

    (void)state;
    for (size_t i = 0; i < sizeof row / sizeof *row; i++)
        assert_refused(row[i].bytes, row[i].n, row[i].says);
    memcpy(tar + 257, "ustar", 5);
    assert_refused(tar, sizeof tar, "is a tar archive (PyTorch before 0.2");
    assert_refused("", 0, "is empty, expected weights");
}

static void paths_that_are_no_files_are_refused(void **state)
{
    const char *pipe = in_folder("pipe"), *missing = in_folder("missing");
    struct ds_archive a;
    struct ds_err err;

    (void)state;
    assert_says(ds_archive_open(&a, missing, &err), DS_NOINPUT, &err,
                "cannot be read (No such");
    assert_int_equal(mkfifo(pipe, 0600), 0);
    assert_says(ds_archive_open(&a, pipe, &err), DS_NOINPUT, &err,
                "is a device, pipe or socket");
    unlink(pipe);
    assert_says(ds_archive_open(&a, folder, &err), DS_NOINPUT, &err,
                "holds no weights; looked for model.safetensors.index.json, model.safetensors, "
                "pytorch_model.bin.index.json and pytorch_model.bin");
    ds_archive_close(&a);
}

static void tensors_of_safetensors_stay_in_the_file(void **state)
{
    struct made m = fresh();
    struct ds_archive a;
    const struct ds_stored *w, *half;

    (void)state;
    make_safetensors(&m);
    assert_opens(&a, &m, "safetensors");
    assert_int_equal(a.count, 3);
    assert_string_equal(ds_note_lookup(&a.meta, "format")->text, "pt");
    w = ds_archive_lookup(&a, "w");
    half = ds_archive_lookup(&a, "half");
    assert_non_null(w);
    assert_ptr_equal(w->data, half->data + 6);
    assert_int_equal(w->stride[0], 3);
    assert_int_equal(w->stride[1], 1);
    assert_floats(&a, "w", made_floats, 6);
    assert_floats(&a, "half", (const float[]){1, -2, 0x1p-24f}, 3);
    assert_floats(&a, "none", NULL, 0);
    assert_null(ds_archive_lookup(&a, "v"));
    assert_null(ds_archive_lookup(&a, ""));
    ds_archive_close(&a);
    assert_null(ds_archive_lookup(&a, "w"));
    ds_archive_close(&a);
}

static void a_file_is_read_once(void **state)
{
    const char *path = in_folder("changing.safetensors");
    struct made m = fresh();
    struct ds_archive a;
    struct ds_err err;

    (void)state;
    make_safetensors(&m);
    write_file(path, m.out, m.n);
    assert_good(ds_archive_open(&a, path, &err), &err);
    assert_int_equal(truncate(path, 0), 0); /* a mapped file would end us with SIGBUS */
    assert_floats(&a, "w", made_floats, 6);
    ds_archive_close(&a);
    unlink(path);
}

static void checkpoints_of_driftscope_open(void **state)
{
    const char *path = in_folder("task_00.h5");
    struct ds_bundle b = {0};
    struct ds_archive a;
    struct ds_err err;

    (void)state;
    ds_bundle_floats(&b, "model/norm.weight", made_floats, 1, (const int64_t[]){6}, NULL, &err);
    ds_bundle_strings(&b, "names", NULL, 2, NULL, &err);
    assert_good(ds_bundle_save(&b, path, &err), &err);
    ds_bundle_clear(&b);
    assert_good(ds_archive_open(&a, path, &err), &err);
    assert_string_equal(a.container, "driftscope hdf5");
    assert_int_equal(a.count, 1);
    assert_floats(&a, "model/norm.weight", made_floats, 6);
    ds_archive_close(&a);
    assert_int_equal(truncate(path, 600), 0);
    assert_says(ds_archive_open(&a, path, &err), DS_DATA, &err, "its header says");
    unlink(path);
}

/* Bulk conversion against the conversion of single numbers: all 65536 halves, and odd ends. */
static void numbers_are_converted_once(void **state)
{
    static uint16_t bits[65537];
    static unsigned char unaligned[sizeof bits + 1];
    static float out[65537];

    (void)state;
    for (int i = 0; i < 65537; i++)
        bits[i] = (uint16_t)i;
    memcpy(unaligned + 1, bits, sizeof bits);
    assert_int_equal(ds_floats_from(out, unaligned + 1, DS_F16, 65537), 0);
    for (int i = 0; i < 65537; i++) {
        const float one = ds_float_from_half(bits[i]);

        assert_memory_equal(&out[i], &one, sizeof one);
    }
    assert_int_equal(ds_floats_from(out, unaligned + 1, DS_BF16, 65537), 0);
    for (int i = 0; i < 65537; i++) {
        const float one = ds_float_from_bf16(bits[i]);

        assert_memory_equal(&out[i], &one, sizeof one);
    }
    assert_int_equal(ds_floats_from(out, "\x80\x7f", DS_I8, 2), 0);
    assert_true(out[0] == -128 && out[1] == 127);
    assert_int_equal(ds_floats_from(out, "\xff\x7f\0\x80", DS_I16, 2), 0);
    assert_true(out[0] == 32767 && out[1] == -32768);
    assert_int_equal(ds_floats_from(out, NULL, DS_F32, 0), 0);
    assert_int_equal(ds_floats_from(out, "", DS_STRING, 0), DS_USAGE);
}

/* Every order of three dimensions, repeated and single ones, runs longer than a piece. */
static void strides_are_honoured(void **state)
{
    static float stored[4000], out[4000];
    static const struct {
        int rank;
        int64_t dims[4], stride[4];
    } row[] = {
        {0, {0}, {0}},
        {1, {4000}, {1}},
        {1, {1300}, {3}},
        {2, {3, 1200}, {1, 3}},
        {2, {1200, 3}, {1, 1200}},
        {3, {5, 6, 7}, {1, 5, 30}},
        {3, {5, 6, 7}, {42, 1, 6}},
        {3, {5, 6, 7}, {7, 35, 1}},
        {3, {5, 1, 7}, {7, 999, 1}},
        {3, {2, 5, 3}, {3, 0, 1}},
        {2, {3, 4}, {0, 0}},
        {2, {1, 1}, {17, 18}},
        {4, {2, 3, 4, 5}, {7, 100, 14, 1}},
        {2, {0, 4}, {4, 1}},
    };

    (void)state;
    for (int i = 0; i < 4000; i++)
        stored[i] = (float)i;
    for (size_t r = 0; r < sizeof row / sizeof *row; r++) {
        struct ds_stored t = {
            .type = DS_F32, .rank = row[r].rank, .data = (const unsigned char *)stored};
        int64_t index[4] = {0}, n;

        memcpy(t.dims, row[r].dims, sizeof row[r].dims);
        memcpy(t.stride, row[r].stride, sizeof row[r].stride);
        n = ds_stored_count(&t);
        ds_stored_floats(out, &t);
        for (int64_t i = 0; i < n; i++) {
            int64_t at = 0, rest = i;

            for (int d = t.rank - 1; d >= 0; d--) {
                index[d] = rest % t.dims[d];
                rest /= t.dims[d];
                at += index[d] * t.stride[d];
            }
            assert_true(out[i] == (float)at);
        }
    }
}

static void reference_files_open_or_are_refused(void **state)
{
    static const struct {
        const char *name, *says; /* NULL: opens */
    } row[] = {
        {"dtypes.safetensors", NULL},
        {"bf16.safetensors", NULL},
        {"bad_header_len.safetensors", "its header would have 1099511627776 bytes"},
        {"bad_json.safetensors", "is not described by an object"},
        {"bad_overlap.safetensors", "arrays overlap"},
        {"bad_short.safetensors", "has 2 bytes, even an empty safetensors file has 10"},
        {"bad_size.safetensors", "'a' takes 8 bytes, its shape needs 12"},
        {"bad_truncated.safetensors", "ends at byte"},
    };
    const char *base = getenv("DRIFTSCOPE_SHARED");

    (void)state;
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        struct ds_archive a;
        struct ds_err err;
        char path[1200];

        snprintf(path, sizeof path, "%s%s/golden/safetensors/%s", base ? "" : DS_SOURCE_DIR,
                 base ? base : "/../shared", row[i].name);
        if (access(path, R_OK)) {
            print_message("skipped: not found: %s\n", path);
            skip();
        }
        if (row[i].says) {
            assert_says(ds_archive_open(&a, path, &err), DS_DATA, &err, row[i].says);
            continue;
        }
        assert_good(ds_archive_open(&a, path, &err), &err);
        assert_string_equal(a.container, "safetensors");
        assert_true(a.count > 0);
        ds_archive_close(&a);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(others_are_refused_by_name),
        cmocka_unit_test(paths_that_are_no_files_are_refused),
        cmocka_unit_test(tensors_of_safetensors_stay_in_the_file),
        cmocka_unit_test(a_file_is_read_once),
        cmocka_unit_test(checkpoints_of_driftscope_open),
        cmocka_unit_test(numbers_are_converted_once),
        cmocka_unit_test(strides_are_honoured),
        cmocka_unit_test(reference_files_open_or_are_refused),
    };

    return cmocka_run_group_tests_name("archive", tests, make_folder, remove_folder);
}
