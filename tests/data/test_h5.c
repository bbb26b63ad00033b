/* tests/data/test_h5.c -- bundles as HDF5: laws, and every kind of damage refused. */
#define _GNU_SOURCE
#include "store_help.h"

#include <math.h>

#include "data/store/file_int.h"
#include "data/store/h5.h"
#include "data/store/h5_int.h"
#include "everything.h"

static void same_notes(const struct ds_notes *x, const struct ds_notes *y)
{
    assert_int_equal(x->count, y->count);
    for (int i = 0; i < x->count; i++) {
        const struct ds_note *a = &x->note[i], *b = ds_note_lookup(y, a->key);

        assert_non_null(b);
        assert_int_equal(a->type, b->type);
        if (a->type == DS_NOTE_TEXT)
            assert_string_equal(a->text, b->text);
        assert_true(a->type != DS_NOTE_INT || a->whole == b->whole);
        assert_true(a->type != DS_NOTE_REAL || !memcmp(&a->real, &b->real, sizeof a->real));
        for (int t = 0; a->type == DS_NOTE_TEXTS && (a->texts[t] || b->texts[t]); t++)
            assert_string_equal(a->texts[t], b->texts[t]);
    }
}

static void same_word(const char *x, const char *y)
{
    assert_int_equal(x == NULL, y == NULL);
    if (x)
        assert_string_equal(x, y);
}

static void same_array(const struct ds_array *x, const struct ds_array *y)
{
    const int64_t n = ds_array_count(x);

    assert_non_null(y);
    assert_int_equal(x->type, y->type);
    assert_int_equal(x->rank, y->rank);
    for (int i = 0; i < x->rank; i++) {
        assert_int_equal(x->dims[i], y->dims[i]);
        same_word(ds_array_label_of(x, i), ds_array_label_of(y, i));
        same_word(ds_array_scale_of(x, i), ds_array_scale_of(y, i));
    }
    for (int64_t i = 0; x->type == DS_STRING && i < n; i++)
        assert_string_equal(((char **)x->data)[i], ((char **)y->data)[i]);
    if (x->type != DS_STRING && n)
        assert_memory_equal(x->data, y->data, (size_t)n * ds_type_size(x->type));
    same_notes(&x->notes, &y->notes);
}

static void what_goes_in_comes_out(void **state)
{
    struct ds_bundle b = {0}, c = {0};
    unsigned char *bytes, *again;
    size_t n, m;
    struct ds_err err;

    (void)state;
    assert_good(add_everything(&b, &err), &err);
    assert_good(ds_h5_encode(&bytes, &n, &b, &err), &err);
    assert_good(ds_h5_decode(&c, bytes, n, "f", &err), &err);
    assert_int_equal(b.count, c.count);
    for (int i = 0; i < b.count; i++)
        same_array(&b.array[i], ds_bundle_lookup(&c, b.array[i].name));
    for (int i = 0; i < b.groups; i++)
        same_notes(&b.group[i].notes, ds_bundle_notes_lookup(&c, b.group[i].group));
    assert_good(ds_h5_encode(&again, &m, &c, &err), &err);
    assert_int_equal(n, m);
    assert_memory_equal(bytes, again, n);
    free(again);
    free(bytes);
    ds_bundle_clear(&b);
    ds_bundle_clear(&c);
    assert_int_equal(H5Fget_obj_count((hid_t)H5F_OBJ_ALL, H5F_OBJ_ALL), 0);
}

static void order_leaves_no_trace(void **state)
{
    static const char *const names[] = {"b", "a.x", "a/x", "c", "a/b/c"};
    struct ds_bundle forth = {0}, back = {0};
    unsigned char *x, *y;
    size_t n, m;
    struct ds_err err;

    (void)state;
    for (int i = 0; i < 5; i++) {
        struct ds_array *a = ds_bundle_ints(&forth, names[i], &i, 0, NULL, NULL, &err);
        const int j = 4 - i;

        assert_good(ds_note_int(&a->notes, "p", 1, &err), &err);
        assert_good(ds_note_int(&a->notes, "q", 2, &err), &err);
        a = ds_bundle_ints(&back, names[j], &j, 0, NULL, NULL, &err);
        assert_good(ds_note_int(&a->notes, "q", 2, &err), &err);
        assert_good(ds_note_int(&a->notes, "p", 1, &err), &err);
    }
    assert_good(ds_h5_encode(&x, &n, &forth, &err), &err);
    assert_good(ds_h5_encode(&y, &m, &back, &err), &err);
    assert_int_equal(n, m);
    assert_memory_equal(x, y, n);
    free(x);
    free(y);
    ds_bundle_clear(&forth);
    ds_bundle_clear(&back);
}

/* Many arrays and notes: dense storage of links and attributes, and growing tables. */
static void many_arrays_come_back(void **state)
{
    struct ds_bundle b = {0}, c = {0};
    struct ds_err err;
    char name[32];

    (void)state;
    for (int i = 0; i < 700; i++) {
        snprintf(name, sizeof name, "model/w.%d", i);
        assert_non_null(ds_bundle_ints(&b, name, &i, 1, (const int64_t[]){1}, NULL, &err));
        assert_good(ds_note_int(ds_bundle_notes(&b, "model", &err), name + 6, i, &err), &err);
    }
    assert_good(ds_bundle_save(&b, in_folder("many.h5"), &err), &err);
    assert_good(ds_bundle_load(&c, in_folder("many.h5"), &err), &err);
    assert_int_equal(c.count, 700);
    for (int i = 0; i < 700; i++)
        same_array(&b.array[i], ds_bundle_lookup(&c, b.array[i].name));
    same_notes(ds_bundle_notes_lookup(&b, "model"), ds_bundle_notes_lookup(&c, "model"));
    ds_bundle_clear(&b);
    ds_bundle_clear(&c);
}

static void large_arrays_grow_the_image(void **state)
{
    const int64_t dims[] = {3, 1000, 777};
    struct ds_bundle b = {0}, c = {0};
    struct ds_err err;
    struct ds_array *a = ds_bundle_add(&b, "large", DS_F32, 3, dims, NULL, &err);

    (void)state;
    for (int i = 0; i < 3 * 1000 * 777; i++)
        ((float *)a->data)[i] = (float)i * 0.37f;
    assert_good(ds_bundle_save(&b, in_folder("large.h5"), &err), &err);
    assert_good(ds_bundle_load(&c, in_folder("large.h5"), &err), &err);
    same_array(a, ds_bundle_lookup(&c, "large"));
    ds_bundle_clear(&b);
    ds_bundle_clear(&c);
}

/* Texts are not counted beforehand. */
static void long_texts_grow_the_image(void **state)
{
    static char text[300000];
    struct ds_bundle b = {0}, c = {0};
    struct ds_err err;

    (void)state;
    memset(text, 'x', sizeof text - 1);
    assert_good(ds_note_text(ds_bundle_notes(&b, "", &err), "text", text, &err), &err);
    assert_good(ds_bundle_save(&b, in_folder("long.h5"), &err), &err);
    assert_good(ds_bundle_load(&c, in_folder("long.h5"), &err), &err);
    assert_string_equal(ds_note_lookup(ds_bundle_notes_lookup(&c, ""), "text")->text, text);
    ds_bundle_clear(&b);
    ds_bundle_clear(&c);
}

/* What libhdf5 leaves is looked at, too: its end stands at byte 540, little-endian. */
static void images_without_an_end_are_noticed(void **state)
{
    unsigned char bytes[1024] = {0};
    struct ds_h5_image image = {.bytes = bytes, .room = sizeof bytes};

    (void)state;
    assert_int_equal(ds_h5_image_length(&image), 0);
    bytes[541] = 4;
    assert_int_equal(ds_h5_image_length(&image), 1024);
    image.room = 1023;
    assert_int_equal(ds_h5_image_length(&image), 0);
    image.room = 547;
    assert_int_equal(ds_h5_image_length(&image), 0);
    image.bytes = NULL;
    assert_int_equal(ds_h5_image_length(&image), 0);
    assert_true(ds_h5_type(DS_BF16) < 0);
}

/* y as the scale of x, spoiled in one way after the other. */
static void scales_that_do_not_fit_are_refused(void **state)
{
    static const char *const ways[] = {"fits", "itself", "rank", "length", "scaled", "noted"};

    (void)state;
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        const int64_t two[2] = {i == 3 ? 3 : 2, 1};
        struct ds_bundle b = {0};
        unsigned char *bytes = NULL;
        struct ds_err err;
        struct ds_array *x, *y;
        size_t n;

        assert_non_null(y = ds_bundle_add(&b, "y", DS_U8, i == 2 ? 2 : 1, two, NULL, &err));
        if (i == 4)
            assert_good(ds_array_scale(y, 0, "z", &err), &err);
        if (i == 5)
            assert_good(ds_note_int(&y->notes, "CLASS", 1, &err), &err);
        assert_non_null(ds_bundle_add(&b, "z", DS_U8, 1, two, NULL, &err));
        assert_non_null(x = ds_bundle_add(&b, "x", DS_U8, 1, (const int64_t[]){2}, NULL, &err));
        assert_good(ds_array_scale(x, 0, i == 1 ? "x" : "y", &err), &err);
        if (ds_h5_encode(&bytes, &n, &b, &err))
            assert_non_null(strstr(err.text, "' cannot be the scale of dimension 0 of 'x'"));
        else if (i)
            fail_msg("the scale that is wrong in '%s' is taken", ways[i]);
        free(bytes);
        ds_bundle_clear(&b);
    }
}

static void bundles_that_cannot_be_hdf5_are_refused(void **state)
{
    static const char *const many[258] = {0};
    const char *long_list[258];
    struct ds_bundle b = {0};
    unsigned char *bytes;
    struct ds_err err;
    struct ds_array *a;
    size_t n;

    (void)state;
    ds_bundle_add(&b, "x", DS_BF16, 0, NULL, NULL, &err);
    assert_says(ds_h5_encode(&bytes, &n, &b, &err), DS_DATA, &err, "'x' is bfloat16");
    ds_bundle_clear(&b);

    ds_bundle_add(&b, "x", DS_I8, 0, NULL, NULL, &err);
    assert_says(ds_h5_encode(&bytes, &n, &b, &err), DS_DATA, &err, "'x' is int8, which is not");
    ds_bundle_clear(&b);
    ds_bundle_add(&b, "x", DS_I16, 0, NULL, NULL, &err);
    assert_says(ds_h5_encode(&bytes, &n, &b, &err), DS_DATA, &err, "'x' is int16, which is");
    ds_bundle_clear(&b);
    ds_bundle_borrow(&b, "x", DS_U8, 1, (const int64_t[]){1LL << 32}, "", &err);
    assert_says(ds_h5_encode(&bytes, &n, &b, &err), DS_DATA, &err,
                "'x' has 4294967296 numbers, HDF5 takes less than 4 GiB");
    ds_bundle_clear(&b);

    ds_bundle_add(&b, "x", DS_U8, 0, NULL, NULL, &err);
    ds_bundle_add(&b, "x/y", DS_U8, 0, NULL, NULL, &err);
    assert_says(ds_h5_encode(&bytes, &n, &b, &err), DS_DATA, &err,
                "'x' is an array, so 'x/y' cannot be in it");
    ds_bundle_clear(&b);

    ds_bundle_add(&b, "x", DS_U8, 0, NULL, NULL, &err);
    ds_bundle_notes(&b, "x", &err);
    assert_says(ds_h5_encode(&bytes, &n, &b, &err), DS_DATA, &err,
                "'x' is an array and a group");
    ds_bundle_clear(&b);

    a = ds_bundle_add(&b, "x", DS_U8, 1, (const int64_t[]){2}, NULL, &err);
    ds_array_scale(a, 0, "y", &err);
    assert_says(ds_h5_encode(&bytes, &n, &b, &err), DS_DATA, &err,
                "a scale 'y' that is not there");
    ds_bundle_add(&b, "y", DS_U8, 1, (const int64_t[]){3}, NULL, &err);
    assert_says(ds_bundle_save(&b, in_folder("no.h5"), &err), DS_DATA, &err,
                "no.h5: 'y' cannot be the scale of dimension 0 of 'x'");
    ds_bundle_clear(&b);

    a = ds_bundle_add(&b, "x", DS_U8, 0, NULL, NULL, &err);
    ds_note_int(&a->notes, "NAME", 1, &err);
    assert_says(ds_h5_encode(&bytes, &n, &b, &err), DS_DATA, &err,
                "'NAME' of 'x' is HDF5's own");
    ds_bundle_clear(&b);
    ds_note_int(ds_bundle_notes(&b, "", &err), "CLASS", 1, &err);
    assert_good(ds_h5_encode(&bytes, &n, &b, &err), &err);
    free(bytes);
    ds_note_text(ds_bundle_notes(&b, "", &err), "CLASS", "DIMENSION_SCALE", &err);
    assert_says(ds_h5_encode(&bytes, &n, &b, &err), DS_DATA, &err,
                "'CLASS' of '/' is HDF5's own");
    ds_bundle_clear(&b);
    memcpy(long_list, many, sizeof many);
    for (int i = 0; i < 257; i++)
        long_list[i] = "t";
    ds_note_texts(ds_bundle_notes(&b, "", &err), "list", long_list, &err);
    assert_says(ds_h5_encode(&bytes, &n, &b, &err), DS_DATA, &err,
                "has 257 texts, at most 256");
    ds_bundle_clear(&b);
    assert_int_equal(H5Fget_obj_count((hid_t)H5F_OBJ_ALL, H5F_OBJ_ALL), 0);
    assert_int_not_equal(access(in_folder("no.h5"), F_OK), 0);
}

/* libhdf5 compares the checksums of chunks with its own when it reads them. */
static void chunks_have_the_checksum_of_libhdf5(void **state)
{
    static const size_t lengths[] = {1,  2,    3,    30,   31,   32,     33,
                                     64, 8190, 8192, 8193, 8223, 3000001};
    static const unsigned char fills[][4] = {{0},
                                             {0x7f, 0x7f, 0x7f, 0x7f},
                                             {255, 255, 255, 255},
                                             {0, 0, 255, 255},
                                             {1, 0, 254, 255}};
    enum { FILLS = sizeof fills / sizeof *fills };
    const size_t most = lengths[sizeof lengths / sizeof *lengths - 1];
    unsigned char *numbers = malloc(most), *bytes;
    struct ds_bundle b = {0}, back = {0};
    struct ds_err err;
    char name[32];
    size_t n;

    (void)state;
    assert_non_null(numbers);
    assert_int_equal(ds_fletcher32(numbers, 0), 0);
    for (int kind = 0; kind <= FILLS; kind++) {
        for (size_t i = 0; i < most; i++) /* zeros, sums of 0 modulo 65535, any */
            numbers[i] = kind < FILLS ? fills[kind][i % 4] : (unsigned char)(i * i >> 3);
        for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
            const int64_t dims[1] = {(int64_t)lengths[i]};

            snprintf(name, sizeof name, "%d/%zu", kind, lengths[i]);
            assert_non_null(ds_bundle_add(&b, name, DS_U8, 1, dims, numbers, &err));
        }
    }
    assert_good(ds_h5_encode(&bytes, &n, &b, &err), &err);
    assert_good(ds_h5_decode(&back, bytes, n, "f", &err), &err);
    for (int i = 0; i < b.count; i++) {
        const struct ds_array *a = ds_bundle_lookup(&back, b.array[i].name);

        assert_non_null(a);
        assert_memory_equal(a->data, b.array[i].data, (size_t)ds_array_count(a));
    }
    ds_bundle_clear(&back);
    ds_bundle_clear(&b);
    free(bytes);
    free(numbers);
}

static void borrowed_numbers_stay(void **state)
{
    static const float numbers[3] = {1, 2, 3};
    static const int64_t dims[1] = {3};
    struct ds_bundle b = {0}, back = {0};
    unsigned char *bytes;
    struct ds_err err;
    size_t n;

    (void)state;
    assert_non_null(ds_bundle_borrow(&b, "x", DS_F32, 1, dims, numbers, &err));
    assert_ptr_equal(b.array[0].data, numbers);
    assert_good(ds_h5_encode(&bytes, &n, &b, &err), &err);
    ds_bundle_clear(&b);
    assert_good(ds_h5_decode(&back, bytes, n, "f", &err), &err);
    assert_memory_equal(back.array[0].data, numbers, sizeof numbers);
    ds_bundle_clear(&back);
    free(bytes);
}

static void refuses(const unsigned char *bytes, size_t n, const char *words)
{
    struct ds_bundle b = {0};
    struct ds_err err = {0};

    assert_says(ds_h5_decode(&b, bytes, n, "f", &err), DS_DATA, &err, words);
    assert_int_equal(b.count, 0);
    assert_null(b.array);
}

static void every_flipped_bit_is_refused(void **state)
{
    struct ds_bundle b = {0};
    struct ds_err err;
    unsigned char *bytes;
    size_t n;

    (void)state;
    assert_good(add_everything(&b, &err), &err);
    assert_good(ds_h5_encode(&bytes, &n, &b, &err), &err);
    assert_in_range(n, 8000, 30000);
    for (size_t i = 0; i < 8 * n; i++) {
        bytes[i / 8] ^= (unsigned char)(1 << i % 8);
        refuses(bytes, n, "f: ");
        bytes[i / 8] ^= (unsigned char)(1 << i % 8);
    }
    assert_good(ds_h5_verify(bytes, n, "f", &err), &err);
    free(bytes);
    ds_bundle_clear(&b);
}

static void every_other_length_is_refused(void **state)
{
    struct ds_bundle b = {0};
    struct ds_err err;
    unsigned char *bytes, *cut;
    size_t n;

    (void)state;
    assert_good(add_everything(&b, &err), &err);
    assert_good(ds_h5_encode(&bytes, &n, &b, &err), &err);
    for (size_t i = 0; i < n; i++) {
        cut = malloc(i ? i : 1); /* of its own, so that ASan sees a byte too far */
        memcpy(cut, bytes, i);
        refuses(cut, i, i == 0 ? "is empty" : i < 512 ? "is cut off" : "its header says");
        free(cut);
    }
    cut = calloc(n + 1, 1);
    memcpy(cut, bytes, n);
    refuses(cut, n + 1, "its header says");
    free(cut);
    free(bytes);
    ds_bundle_clear(&b);
}

static void versions_and_padding_are_looked_at(void **state)
{
    struct ds_bundle b = {0};
    struct ds_err err;
    unsigned char *bytes;
    uint32_t sum;
    size_t n;

    (void)state;
    assert_good(ds_h5_encode(&bytes, &n, &b, &err), &err);
    bytes[8] = 2;
    refuses(bytes, n, "has format 2.0, this driftscope reads up to 1.x");
    bytes[8] = 1;
    bytes[10] = 9; /* a newer minor, honestly sealed, is read */
    memset(bytes + 12, 0, 4);
    sum = ds_crc32c_more(0, bytes, n);
    memcpy(bytes + 12, &sum, 4);
    assert_good(ds_h5_decode(&b, bytes, n, "f", &err), &err);
    bytes[500] = 1;
    memset(bytes + 12, 0, 4);
    sum = ds_crc32c_more(0, bytes, n);
    memcpy(bytes + 12, &sum, 4);
    refuses(bytes, n, "byte 500 of the header is 0x01, expected 0");
    free(bytes);
    ds_bundle_clear(&b);
}

static void foreign_files_are_refused(void **state)
{
    const char *path = in_folder("foreign.h5");
    const hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    struct ds_bundle b = {0};
    struct ds_err err;

    (void)state;
    H5Fclose(file);
    assert_says(ds_bundle_load(&b, path, &err), DS_DATA, &err,
                "foreign.h5: is an HDF5 file that driftscope did not write");
    write_file(path, "\x93NUMPY\x01\x00 and so on", 18);
    assert_says(ds_bundle_load(&b, path, &err), DS_DATA, &err, "is not a file written by");
    write_file(path, "", 0);
    assert_says(ds_bundle_load(&b, path, &err), DS_DATA, &err, "is empty");
    unlink(path);
    assert_says(ds_bundle_load(&b, path, &err), DS_NOINPUT, &err, "cannot be read");
}

static int finish(void **state)
{
    H5close(); /* libhdf5 keeps pools of memory until then */
    return remove_folder(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_goes_in_comes_out),
        cmocka_unit_test(order_leaves_no_trace),
        cmocka_unit_test(many_arrays_come_back),
        cmocka_unit_test(large_arrays_grow_the_image),
        cmocka_unit_test(long_texts_grow_the_image),
        cmocka_unit_test(images_without_an_end_are_noticed),
        cmocka_unit_test(scales_that_do_not_fit_are_refused),
        cmocka_unit_test(bundles_that_cannot_be_hdf5_are_refused),
        cmocka_unit_test(chunks_have_the_checksum_of_libhdf5),
        cmocka_unit_test(borrowed_numbers_stay),
        cmocka_unit_test(every_flipped_bit_is_refused),
        cmocka_unit_test(every_other_length_is_refused),
        cmocka_unit_test(versions_and_padding_are_looked_at),
        cmocka_unit_test(foreign_files_are_refused),
    };

    return cmocka_run_group_tests_name("h5", tests, make_folder, finish);
}
