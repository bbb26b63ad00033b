/* tests/data/test_h5.c -- bundles as HDF5: laws, and everything that must be refused.
 *
 * Hostile files are built with libhdf5 itself and sealed like ours, so that length and
 * checksum are right and the walk has to find them out. */
#define _GNU_SOURCE
#include "store_help.h"

#define H5_USE_110_API
#include <hdf5.h>
#include <math.h>

#include "data/store/file_int.h"
#include "data/store/h5.h"

static int add_everything(struct ds_bundle *b, struct ds_err *err)
{
    static const float f[6] = {1.5f, -2, 3e-40f, INFINITY, 5, -0.0f};
    static const int ints[3] = {1, -2, INT32_MAX};
    static const int64_t wide[2] = {INT64_MIN, 7};
    static const double d[2] = {0.1, -1e300};
    static const uint8_t bytes[4] = {0, 1, 128, 255};
    static const uint16_t halves[2] = {0x3c00, 0xc001};
    static const char *const texts[3] = {"eins", "", "zwei \xc3\xbc"};
    static const char *const axes[] = {"a", ".", NULL};
    static const int64_t two[] = {2}, four[] = {4}, matrix[] = {2, 3}, none[] = {0, 4},
                         deep[] = {1, 1, 2, 1, 1, 1, 1, 1};
    struct ds_array *a = ds_bundle_floats(b, "g/f", f, 2, matrix, "row column", err);

    if (!a || ds_array_scale(a, 1, "g/x", err) || ds_array_scale(a, 0, "d", err) ||
        ds_note_text(&a->notes, "CLASS", "IMAGE", err) ||
        ds_note_text(&a->notes, "units", "\xc2\xb5m", err) ||
        !ds_bundle_ints(b, "g/x", ints, 1, (const int64_t[]){3}, "x", err) ||
        !ds_bundle_add(b, "wide", DS_I64, 1, two, wide, err) ||
        !ds_bundle_add(b, "d", DS_F64, 1, two, d, err) ||
        !ds_bundle_add(b, "g/h/bytes", DS_U8, 1, four, bytes, err) ||
        !ds_bundle_add(b, "halves", DS_F16, 1, two, halves, err) ||
        !ds_bundle_add(b, "deep", DS_F32, 8, deep, f, err) ||
        !ds_bundle_add(b, "scalar", DS_F32, 0, NULL, f, err) ||
        !ds_bundle_add(b, "text", DS_STRING, 0, NULL, texts, err) ||
        !ds_bundle_add(b, "empty", DS_F32, 2, none, NULL, err) ||
        !(a = ds_bundle_floats(b, "empty2", NULL, 2, none, "row column", err)) ||
        ds_array_scale(a, 0, "s0", err) || !ds_bundle_strings(b, "s", texts, 3, "name", err) ||
        !ds_bundle_strings(b, "s0", NULL, 0, NULL, err) ||
        ds_note_int(ds_bundle_notes(b, "", err), "major", -3, err) ||
        ds_note_real(ds_bundle_notes(b, "", err), "pi", 3.14, err) ||
        ds_note_texts(ds_bundle_notes(b, "g", err), "axes", axes, err) ||
        ds_note_texts(ds_bundle_notes(b, "g", err), "nothing", axes + 2, err))
        return 1;
    return ds_note_text(ds_bundle_notes(b, "only/notes", err), "empty", "", err);
}

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

static void same_words(char *const x[DS_RANK_MAX], char *const y[DS_RANK_MAX])
{
    for (int i = 0; i < DS_RANK_MAX; i++) {
        assert_int_equal(x[i] == NULL, y[i] == NULL);
        if (x[i])
            assert_string_equal(x[i], y[i]);
    }
}

static void same_array(const struct ds_array *x, const struct ds_array *y)
{
    const int64_t n = ds_array_count(x);

    assert_non_null(y);
    assert_int_equal(x->type, y->type);
    assert_int_equal(x->rank, y->rank);
    for (int i = 0; i < x->rank; i++)
        assert_int_equal(x->dims[i], y->dims[i]);
    for (int64_t i = 0; x->type == DS_STRING && i < n; i++)
        assert_string_equal(((char **)x->data)[i], ((char **)y->data)[i]);
    if (x->type != DS_STRING && n)
        assert_memory_equal(x->data, y->data, (size_t)n * ds_type_size(x->type));
    same_notes(&x->notes, &y->notes);
    same_words(x->labels, y->labels);
    same_words(x->scales, y->scales);
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

/* Makes whatever it likes in a fresh file. */
typedef void maker(hid_t file);

static void seal(unsigned char *bytes, size_t n)
{
    const uint64_t length = n;
    uint32_t sum;

    memset(bytes, 0, 512);
    memcpy(bytes, "driftsc\n\1", 9);
    memcpy(bytes + 16, &length, 8);
    sum = ds_crc32c_more(0, bytes, n);
    memcpy(bytes + 12, &sum, 4);
}

/* A file like ours around what the maker made, decoded. */
static int decode_made(maker *make, struct ds_bundle *b, struct ds_err *err)
{
    const char *path = in_folder("made.h5");
    const hid_t create = H5Pcreate(H5P_FILE_CREATE), access = H5Pcreate(H5P_FILE_ACCESS);
    static unsigned char bytes[1 << 20];
    hid_t file;
    size_t n;

    H5Pset_userblock(create, 512);
    H5Pset_libver_bounds(access, H5F_LIBVER_V110, H5F_LIBVER_V110);
    file = H5Fcreate(path, H5F_ACC_TRUNC, create, access);
    assert_true(file >= 0);
    make(file);
    H5Pclose(create);
    H5Pclose(access);
    assert_true(H5Fclose(file) >= 0);
    n = read_file(path, bytes, sizeof bytes);
    assert_true(n < sizeof bytes);
    seal(bytes, n);
    return ds_h5_decode(b, bytes, n, "f", err);
}

static hid_t add_set(hid_t file, const char *name, hid_t type, int rank, const hsize_t *dims,
                     hid_t how)
{
    const hid_t space = H5Screate_simple(rank, dims, NULL);
    const hid_t set = H5Dcreate2(file, name, type, space, H5P_DEFAULT, how, H5P_DEFAULT);

    assert_true(set >= 0);
    H5Sclose(space);
    return set;
}

static const float four_floats[4] = {1, 2, 3, 4};
static const hsize_t four_dims[] = {4}, no_dims = 0;

static void add_floats(hid_t file, const char *name, hid_t how)
{
    const hid_t set = add_set(file, name, H5T_IEEE_F32LE, 1, four_dims, how);

    assert_true(H5Dwrite(set, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, four_floats) >=
                0);
    H5Dclose(set);
}

static void make_soft(hid_t file)
{
    add_floats(file, "a", H5P_DEFAULT);
    H5Lcreate_soft("/a", file, "b", H5P_DEFAULT, H5P_DEFAULT);
}

static void make_external_link(hid_t file)
{
    H5Lcreate_external("/etc/passwd", "/x", file, "b", H5P_DEFAULT, H5P_DEFAULT);
}

static void make_second_name(hid_t file)
{
    add_floats(file, "a", H5P_DEFAULT);
    H5Lcreate_hard(file, "a", file, "b", H5P_DEFAULT, H5P_DEFAULT);
}

static void make_circle(hid_t file)
{
    const hid_t group = H5Gcreate2(file, "g", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);

    H5Lcreate_hard(file, "g", group, "again", H5P_DEFAULT, H5P_DEFAULT);
    H5Gclose(group);
}

static void make_root_circle(hid_t file)
{
    H5Lcreate_hard(file, "/", file, "root", H5P_DEFAULT, H5P_DEFAULT);
}

static void make_external_storage(hid_t file)
{
    const hid_t how = H5Pcreate(H5P_DATASET_CREATE);
    const hsize_t dims[] = {16};

    H5Pset_external(how, "/etc/passwd", 0, 16);
    H5Dclose(add_set(file, "secret", H5T_STD_U8LE, 1, dims, how));
    H5Pclose(how);
}

static void make_virtual(hid_t file)
{
    const hid_t how = H5Pcreate(H5P_DATASET_CREATE),
                space = H5Screate_simple(1, four_dims, NULL);

    H5Pset_virtual(how, space, "/tmp/other.h5", "x", space);
    H5Dclose(add_set(file, "far", H5T_IEEE_F32LE, 1, four_dims, how));
    H5Sclose(space);
    H5Pclose(how);
}

static hid_t chunked(hsize_t chunk)
{
    const hid_t how = H5Pcreate(H5P_DATASET_CREATE);

    H5Pset_chunk(how, 1, &chunk);
    return how;
}

static void make_scale_offset(hid_t file)
{
    const hid_t how = chunked(4);

    H5Pset_scaleoffset(how, H5Z_SO_FLOAT_DSCALE, 2);
    add_floats(file, "packed", how);
    H5Pclose(how);
}

static void make_two_deflates(hid_t file)
{
    const hid_t how = chunked(4);

    H5Pset_deflate(how, 1);
    H5Pset_deflate(how, 1);
    add_floats(file, "twice", how);
    H5Pclose(how);
}

/* 2^40 floats of which nothing is stored. */
static void make_void(hid_t file)
{
    const hid_t how = chunked(1 << 20);
    const hsize_t dims[] = {(hsize_t)1 << 40};

    H5Dclose(add_set(file, "void", H5T_IEEE_F32LE, 1, dims, how));
    H5Pclose(how);
}

/* A few bytes of deflate that are 400 MB of zeros: beyond what the file can hold. */
static void make_bomb(hid_t file)
{
    const hid_t how = chunked((hsize_t)100 << 20);
    const hsize_t dims[] = {(hsize_t)400 << 20};

    H5Pset_deflate(how, 9);
    H5Pset_alloc_time(how, H5D_ALLOC_TIME_INCR);
    H5Dclose(add_set(file, "bomb", H5T_STD_U8LE, 1, dims, how));
    H5Pclose(how);
}

static void make_compound(hid_t file)
{
    const hid_t type = H5Tcreate(H5T_COMPOUND, 8);

    H5Tinsert(type, "a", 0, H5T_NATIVE_INT);
    H5Tinsert(type, "b", 4, H5T_NATIVE_INT);
    H5Dclose(add_set(file, "pair", type, 1, four_dims, H5P_DEFAULT));
    H5Tclose(type);
}

static void make_big_endian(hid_t file)
{
    H5Dclose(add_set(file, "be", H5T_IEEE_F32BE, 1, four_dims, H5P_DEFAULT));
}

static void make_named_type(hid_t file)
{
    const hid_t type = H5Tcopy(H5T_IEEE_F32LE);

    H5Tcommit2(file, "type", type, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    H5Tclose(type);
}

static void make_named_in_use(hid_t file)
{
    const hid_t type = H5Tcopy(H5T_IEEE_F32LE);

    H5Tcommit_anon(file, type, H5P_DEFAULT, H5P_DEFAULT);
    H5Dclose(add_set(file, "named", type, 1, four_dims, H5P_DEFAULT));
    H5Tclose(type);
}

static void make_rank_nine(hid_t file)
{
    const hsize_t dims[9] = {1, 1, 1, 1, 1, 1, 1, 1, 1};

    H5Dclose(add_set(file, "nine", H5T_IEEE_F32LE, 9, dims, H5P_DEFAULT));
}

static void make_null_space(hid_t file)
{
    const hid_t space = H5Screate(H5S_NULL);

    H5Dclose(
        H5Dcreate2(file, "null", H5T_IEEE_F32LE, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
    H5Sclose(space);
}

static void make_deep(hid_t file)
{
    const hid_t link = H5Pcreate(H5P_LINK_CREATE);

    H5Pset_create_intermediate_group(link, 1);
    H5Gclose(H5Gcreate2(file, "1/2/3/4/5/6/7/8/9", link, H5P_DEFAULT, H5P_DEFAULT));
    H5Pclose(link);
}

static void make_control_name(hid_t file)
{
    add_floats(file, "a\x1b[2J", H5P_DEFAULT);
}

static void make_dots(hid_t file)
{
    add_floats(file, "..", H5P_DEFAULT);
}

static void add_attribute(hid_t object, const char *key, hid_t type, int rank, hsize_t n,
                          const void *value)
{
    const hid_t space = rank ? H5Screate_simple(1, &n, NULL) : H5Screate(H5S_SCALAR);
    const hid_t a = H5Acreate2(object, key, type, space, H5P_DEFAULT, H5P_DEFAULT);

    assert_true(a >= 0);
    if (value)
        H5Awrite(a, type, value);
    H5Aclose(a);
    H5Sclose(space);
}

static void make_odd_note(hid_t file)
{
    add_attribute(file, "odd", H5T_STD_I16LE, 0, 1, NULL);
}

static void make_list_note(hid_t file)
{
    const int64_t two[] = {1, 2};

    add_attribute(file, "list", H5T_STD_I64LE, 1, 2, two);
}

static void make_false_label(hid_t file)
{
    const hid_t set = add_set(file, "a", H5T_IEEE_F32LE, 1, &no_dims, H5P_DEFAULT);

    add_attribute(set, "DIMENSION_LABELS", H5T_STD_I64LE, 0, 1, NULL);
    H5Dclose(set);
}

static void make_false_scale(hid_t file)
{
    const hid_t set = add_set(file, "a", H5T_IEEE_F32LE, 1, four_dims, H5P_DEFAULT);
    const hid_t type = H5Tvlen_create(H5T_STD_REF_OBJ);
    hobj_ref_t nowhere = 123456;
    const hvl_t list = {1, &nowhere};

    H5Dwrite(set, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, four_floats);
    add_attribute(set, "DIMENSION_LIST", type, 1, 1, &list);
    H5Tclose(type);
    H5Dclose(set);
}

static void make_lonely_name(hid_t file)
{
    const hid_t set = add_set(file, "a", H5T_IEEE_F32LE, 1, &no_dims, H5P_DEFAULT);

    add_attribute(set, "NAME", H5T_STD_I64LE, 0, 1, NULL);
    H5Dclose(set);
}

/* Chunks far larger than the data: the reader would take the memory of one. */
static void make_huge_chunk(hid_t file)
{
    const hid_t how = chunked((hsize_t)1 << 29);
    const hsize_t one = 1, most = H5S_UNLIMITED;
    const hid_t space = H5Screate_simple(1, &one, &most);

    H5Dclose(H5Dcreate2(file, "chunk", H5T_IEEE_F32LE, space, H5P_DEFAULT, how, H5P_DEFAULT));
    H5Sclose(space);
    H5Pclose(how);
}

static void hostile_files_are_refused(void **state)
{
    static const struct {
        maker *make;
        const char *says;
    } row[] = {
        {make_soft, "'b' is a soft link, which is never followed"},
        {make_external_link, "'b' is a link to another file, which is never followed"},
        {make_second_name, "has a second name"},
        {make_circle, "'g' has a second name"},
        {make_root_circle, "'root' has a second name"},
        {make_external_storage, "'secret' keeps its data in another file"},
        {make_virtual, "'far' is a virtual dataset"},
        {make_scale_offset, "'packed' is stored with the filter 6"},
        {make_two_deflates, "'twice' is stored with the same filter twice"},
        {make_void, "'void' is larger than what is stored of it"},
        {make_bomb, "'bomb' is larger than what is stored of it"},
        {make_huge_chunk, "'chunk' is larger than what is stored of it"},
        {make_compound, "'pair' has a type that is not stored here"},
        {make_big_endian, "'be' has a type that is not stored here"},
        {make_named_type, "'type' is neither a group nor a dataset"},
        {make_named_in_use, "'named' has a named type"},
        {make_rank_nine, "'nine' has more than 8 dimensions"},
        {make_null_space, "'null' has no shape"},
        {make_deep, "is deeper than 8 groups"},
        {make_control_name, "byte 1 of a name is 0x1b"},
        {make_dots, "has a part '..'"},
        {make_odd_note, "the note 'odd' of '/' has a type that is not stored here"},
        {make_list_note, "the note 'list' of '/' has a type that is not stored here"},
        {make_false_label, "'DIMENSION_LABELS' of 'a' is not one label per dimension"},
        {make_false_scale, "dimension 0 of 'a' has a scale that does not fit"},
        {make_lonely_name, "'NAME' of 'a' belongs to a dimension scale"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        struct ds_bundle b = {0};
        struct ds_err err = {0};
        const int code = decode_made(row[i].make, &b, &err);

        assert_says(code, DS_DATA, &err, row[i].says);
        assert_int_equal(b.count, 0);
        assert_int_equal(H5Fget_obj_count((hid_t)H5F_OBJ_ALL, H5F_OBJ_ALL), 0);
    }
}

static void make_deflated(hid_t file)
{
    const hid_t how = chunked(3), edge = H5Pcreate(H5P_DATASET_CREATE);

    H5Pset_shuffle(how);
    H5Pset_deflate(how, 6);
    H5Pset_fletcher32(how);
    add_floats(file, "small", how);
    H5Pset_layout(edge, H5D_COMPACT);
    add_floats(file, "compact", edge);
    H5Pclose(edge);
    H5Pclose(how);
}

static void known_filters_are_read(void **state)
{
    struct ds_bundle b = {0};
    struct ds_err err;

    (void)state;
    assert_good(decode_made(make_deflated, &b, &err), &err);
    assert_memory_equal(ds_bundle_lookup(&b, "small")->data, four_floats, sizeof four_floats);
    assert_memory_equal(ds_bundle_lookup(&b, "compact")->data, four_floats, sizeof four_floats);
    ds_bundle_clear(&b);
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
        cmocka_unit_test(bundles_that_cannot_be_hdf5_are_refused),
        cmocka_unit_test(every_flipped_bit_is_refused),
        cmocka_unit_test(every_other_length_is_refused),
        cmocka_unit_test(versions_and_padding_are_looked_at),
        cmocka_unit_test(foreign_files_are_refused),
        cmocka_unit_test(hostile_files_are_refused),
        cmocka_unit_test(known_filters_are_read),
    };

    return cmocka_run_group_tests_name("h5", tests, make_folder, finish);
}
