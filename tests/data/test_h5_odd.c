/* tests/data/test_h5_odd.c -- HDF5 files with a right checksum that are odd rather than
 * hostile: what in them is read as well as what is refused. See test_h5_hostile.c. */
#define _GNU_SOURCE
#include "h5_made.h"

static const hsize_t one_dim[] = {1}, two_dims[] = {2, 2};
static const char four[4] = "abcd";

static hid_t text_type(size_t size)
{
    const hid_t type = H5Tcopy(H5T_C_S1);

    H5Tset_size(type, size ? size : H5T_VARIABLE);
    H5Tset_cset(type, size ? H5T_CSET_ASCII : H5T_CSET_UTF8);
    return type;
}

/* The types live until H5close. */
static void add_texts(hid_t object, const char *key, int rank, hsize_t n, const void *value)
{
    add_attribute(object, key, text_type(0), rank, n, value);
}

static hid_t add_bytes(hid_t file, const char *name, int rank, const hsize_t *dims)
{
    const hid_t set = add_set(file, name, H5T_STD_U8LE, rank, dims, H5P_DEFAULT);

    assert_true(H5Dwrite(set, H5T_NATIVE_UINT8, H5S_ALL, H5S_ALL, H5P_DEFAULT, four) >= 0);
    return set;
}

static void make_list_of_many(hid_t file)
{
    const char *many[257];

    for (int i = 0; i < 257; i++)
        many[i] = "t";
    add_texts(file, "many", 1, 257, many);
}

static void make_fixed_list(hid_t file)
{
    add_attribute(file, "CLASS", text_type(16), 1, 2, NULL);
}

static void make_fixed_list_of_array(hid_t file)
{
    const hid_t set = add_bytes(file, "a", 1, (const hsize_t[]){4});

    add_attribute(set, "CLASS", text_type(16), 1, 2, NULL);
    H5Dclose(set);
}

static void make_table_note(hid_t file)
{
    const hid_t space = H5Screate_simple(2, two_dims, NULL);

    H5Aclose(H5Acreate2(file, "table", H5T_STD_I64LE, space, H5P_DEFAULT, H5P_DEFAULT));
    H5Sclose(space);
}

static void make_control_key(hid_t file)
{
    add_texts(file, "a\x1b[2J", 0, 1, NULL);
}

static void make_control_key_of_array(hid_t file)
{
    const hid_t set = add_bytes(file, "a", 1, (const hsize_t[]){4});

    add_texts(set, "\x7f", 0, 1, NULL);
    H5Dclose(set);
}

static void make_many_groups(hid_t file)
{
    const hid_t type = text_type(2);

    for (int i = 0; i <= 4096; i++) {
        char name[16];
        hid_t group;

        snprintf(name, sizeof name, "%04d", i);
        group = H5Gcreate2(file, name, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
        add_attribute(group, "k", type, 0, 1, "v");
        H5Gclose(group);
    }
    H5Tclose(type);
}

static void make_long_names(hid_t file)
{
    char name[301];
    hid_t group;

    memset(name, 'n', 300);
    name[255] = '\0';
    group = H5Gcreate2(file, name, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    name[255] = 'n';
    name[300] = '\0';
    H5Dclose(add_bytes(group, name, 1, (const hsize_t[]){4}));
    H5Gclose(group);
}

/* A kind of link that only its inventor can follow. */
static hid_t follow_not(const char *name, hid_t group, const void *value, size_t n, hid_t how,
                        hid_t moves)
{
    (void)moves;
    (void)name;
    (void)group;
    (void)value;
    (void)n;
    (void)how;
    return -1;
}

static void make_own_link(hid_t file)
{
    const H5L_class_t own = {H5L_LINK_CLASS_T_VERS,
                             (H5L_type_t)200,
                             "own",
                             NULL,
                             NULL,
                             NULL,
                             follow_not,
                             NULL,
                             NULL};

    H5Lregister(&own);
    H5Lcreate_ud(file, "own", (H5L_type_t)200, "x", 1, H5P_DEFAULT, H5P_DEFAULT);
}

static void with_labels(hid_t file, int rank, hsize_t n, const char *const *labels)
{
    const hid_t set = add_bytes(file, "a", 1, (const hsize_t[]){4});

    add_texts(set, "DIMENSION_LABELS", rank, n, labels);
    H5Dclose(set);
}

static void make_single_label(hid_t file)
{
    with_labels(file, 0, 1, (const char *const[]){"x"});
}

static void make_three_labels(hid_t file)
{
    with_labels(file, 1, 3, (const char *const[]){"x", "y", "z"});
}

static void make_control_label(hid_t file)
{
    with_labels(file, 1, 1, (const char *const[]){"\x1b"});
}

/* `n` scales for the one dimension of an array, each the array of that name. */
static void with_scales(hid_t file, int rank, hsize_t lists, size_t n, const char *name)
{
    const hid_t set = add_bytes(file, "a", 1, (const hsize_t[]){4}),
                type = H5Tvlen_create(H5T_STD_REF_OBJ);
    hobj_ref_t to[2];
    hvl_t list[2] = {{n, to}, {n, to}};

    H5Dclose(add_bytes(file, "table", 2, two_dims));
    H5Dclose(add_bytes(file, "short", 1, one_dim));
    for (int i = 0; i < 2; i++)
        assert_true(H5Rcreate(&to[i], file, name, H5R_OBJECT, -1) >= 0);
    add_attribute(set, "DIMENSION_LIST", type, rank, lists, list);
    H5Tclose(type);
    H5Dclose(set);
}

static void make_single_list(hid_t file)
{
    with_scales(file, 0, 1, 1, "short");
}

static void make_two_lists(hid_t file)
{
    with_scales(file, 1, 2, 1, "short");
}

static void make_two_scales(hid_t file)
{
    with_scales(file, 1, 1, 2, "short");
}

static void make_own_scale(hid_t file)
{
    with_scales(file, 1, 1, 1, "a");
}

static void make_table_scale(hid_t file)
{
    with_scales(file, 1, 1, 1, "table");
}

static void make_short_scale(hid_t file)
{
    with_scales(file, 1, 1, 1, "short");
}

/* At an address before everything. */
static void make_scale_before(hid_t file)
{
    const hid_t set = add_bytes(file, "a", 1, (const hsize_t[]){4}),
                type = H5Tvlen_create(H5T_STD_REF_OBJ);
    hobj_ref_t before = 1;
    const hvl_t list = {1, &before};

    add_attribute(set, "DIMENSION_LIST", type, 1, 1, &list);
    H5Tclose(type);
    H5Dclose(set);
}

/* Where in the file these bytes are, the k-th time. */
static unsigned char *find(unsigned char *bytes, size_t n, const void *what, size_t size, int k)
{
    unsigned char *at = bytes;

    for (int i = 0; at && i < k; i++)
        at = memmem(at + (i > 0), n - (size_t)(at + (i > 0) - bytes), what, size);
    assert_non_null(at);
    return at;
}

/* A dataset in one piece that says it is 2^40 bytes long: version 3, class 1, address, size. */
enum { FLAT = 12345 };

static void make_flat(hid_t file)
{
    static const uint8_t zeros[FLAT];
    const hsize_t dims[] = {FLAT};
    const hid_t set = add_set(file, "flat", H5T_STD_U8LE, 1, dims, H5P_DEFAULT);

    H5Dwrite(set, H5T_NATIVE_UINT8, H5S_ALL, H5S_ALL, H5P_DEFAULT, zeros);
    H5Dclose(set);
}

static void patch_flat(unsigned char *bytes, size_t n)
{
    const uint64_t size = FLAT;
    unsigned char *at;
    int k = 1;

    do
        at = find(bytes, n, &size, sizeof size, k++);
    while (at[-10] != 3 || at[-9] != 1);
    at[5] = 1;
}

/* FLAT times 7, of which nothing is stored, becomes as large as can be written. */
static void make_beyond(hid_t file)
{
    const hsize_t dims[] = {FLAT, 7};

    H5Dclose(add_set(file, "beyond", H5T_STD_U8LE, 2, dims, H5P_DEFAULT));
}

/* Everywhere: in the shape, and in the most it may become. */
static void patch_size(unsigned char *bytes, size_t n, uint64_t to)
{
    const uint64_t size = FLAT;
    unsigned char *at;

    find(bytes, n, &size, sizeof size, 1);
    while ((at = memmem(bytes, n, &size, sizeof size)))
        memcpy(at, &to, sizeof to);
}

static void patch_counting(unsigned char *bytes, size_t n)
{
    patch_size(bytes, n, 1ULL << 62);
}

static void patch_signs(unsigned char *bytes, size_t n)
{
    patch_size(bytes, n, 1ULL << 63);
}

/* Texts are kept beside: length, where, which. These all become the first one. */
enum { LONG = 30000 };

static const char *long_text(void)
{
    static char text[LONG + 1];

    memset(text, 'x', LONG);
    return text;
}

static void make_repeated(hid_t file)
{
    const char *texts[4] = {long_text(), "b", "c", "d"};
    const hsize_t dims[] = {4};
    const hid_t type = text_type(0), set = add_set(file, "texts", type, 1, dims, H5P_DEFAULT);

    H5Dwrite(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, texts);
    H5Dclose(set);
}

/* Where a text of that length is spoken of: the place is one of a heap. */
static unsigned char *find_text(unsigned char *bytes, size_t n, uint32_t length)
{
    uint64_t place;
    unsigned char *at;

    for (int k = 1;; k++) {
        at = find(bytes, n, &length, sizeof length, k);
        memcpy(&place, at + 4, sizeof place);
        if (place < n - 1024 && !memcmp(bytes + 512 + place, "GCOL", 4))
            return at;
    }
}

static void patch_repeated(unsigned char *bytes, size_t n)
{
    unsigned char *at = find_text(bytes, n, LONG);

    for (int i = 1; i < 4; i++)
        memcpy(at + 16 * i, at, 16);
}

static void make_repeated_note(hid_t file)
{
    add_texts(file, "list", 1, 4, (const char *const[]){long_text(), "b", "c", "d"});
}

/* "a", "b" and "bb" will be the same, so that not enough is left for "c". */
static void make_fixed_behind(hid_t file)
{
    const hid_t group = H5Gcreate2(file, "g", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    const char *text = long_text(), *b = "b", *bb = "bb";
    static const char fixed[40000];

    add_texts(group, "a", 0, 1, &text);
    add_texts(group, "b", 0, 1, &b);
    add_texts(group, "bb", 0, 1, &bb);
    add_attribute(group, "c", text_type(sizeof fixed), 0, 1, fixed);
    H5Gclose(group);
}

static void patch_notes(unsigned char *bytes, size_t n)
{
    memcpy(find_text(bytes, n, 1), find_text(bytes, n, LONG), 16);
    memcpy(find_text(bytes, n, 2), find_text(bytes, n, LONG), 16);
}

/* The names of a group are in a heap, the second after the root's. */
static void make_group(hid_t file)
{
    const hid_t group = H5Gcreate2(file, "g", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);

    H5Dclose(add_bytes(group, "a", 1, (const hsize_t[]){4}));
    H5Gclose(group);
}

static void patch_heap(unsigned char *bytes, size_t n)
{
    find(bytes, n, "HEAP", 4, 2)[0] = 'h';
}

static void patch_first_heap(unsigned char *bytes, size_t n)
{
    find(bytes, n, "HEAP", 4, 1)[0] = 'h';
}

/* The header of "a" is not where the group says: the third of "SNOD" entries' addresses. */
static void patch_entry(unsigned char *bytes, size_t n)
{
    memset(find(bytes, n, "SNOD", 4, 1) + 8 + 8, 0x7f, 6);
}

static void odd_files_are_refused(void **state)
{
    static const struct {
        maker *make;
        patcher *patch;
        const char *says;
    } row[] = {
        {make_beyond, patch_counting, "'beyond' "}, /* libhdf5 says so before we do */
        {make_beyond, patch_signs, "'beyond' "},
        {make_list_of_many, NULL, "'many' of '/' has more texts than a note can have"},
        {make_fixed_list, NULL, "'CLASS' of '/' is a list of fixed-length texts"},
        {make_fixed_list_of_array, NULL, "'CLASS' of 'a' is a list of fixed-length texts"},
        {make_table_note, NULL, "'table' of '/' has a type that is not stored here"},
        {make_control_key, NULL, "a note of '/': byte 1 of a name is 0x1b"},
        {make_control_key_of_array, NULL, "a note of 'a': byte 0 of a name is 0x7f"},
        {make_many_groups, NULL, "more than 4096 groups have notes"},
        {make_long_names, NULL, "nnn' is too long"},
        {make_own_link, NULL, "'own' is a link of an unknown kind"},
        {make_single_label, NULL, "'DIMENSION_LABELS' of 'a' is not one label per dimension"},
        {make_three_labels, NULL, "'DIMENSION_LABELS' of 'a' is not one label per dimension"},
        {make_control_label, NULL, "'DIMENSION_LABELS' of 'a' is not printable UTF-8"},
        {make_single_list, NULL, "'DIMENSION_LIST' of 'a' is not one list of references"},
        {make_two_lists, NULL, "'DIMENSION_LIST' of 'a' is not one list of references"},
        {make_two_scales, NULL, "'DIMENSION_LIST' of 'a' has several scales for one"},
        {make_own_scale, NULL, "dimension 0 of 'a' has a scale that does not fit"},
        {make_table_scale, NULL, "dimension 0 of 'a' has a scale that does not fit"},
        {make_short_scale, NULL, "dimension 0 of 'a' has a scale that does not fit"},
        {make_flat, patch_flat, "'flat' claims more bytes than the file has"},
        {make_repeated, patch_repeated, "'texts' claims more text than the file has bytes"},
        {make_repeated_note, patch_repeated, "'/' claims more text than the file has bytes"},
        {make_fixed_behind, patch_notes, "'g' claims more text than the file has bytes"},
        {make_group, patch_heap, "'g' cannot be "},
        {make_group, patch_first_heap, "cannot be "},
        {make_group, patch_entry, "'g' cannot be "},
        {make_scale_before, NULL, "dimension 0 of 'a' has a scale that does not fit"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        struct ds_bundle b = {0};
        struct ds_err err = {0};

        assert_says(read_patched(row[i].make, row[i].patch, &b, &err), DS_DATA, &err,
                    row[i].says);
        assert_int_equal(b.count, 0);
        assert_int_equal(H5Fget_obj_count((hid_t)H5F_OBJ_ALL, H5F_OBJ_FILE), 0);
    }
}

/* Empty, unwritten, in chunks where we use none: read as what it is. */
static void make_readable(hid_t file)
{
    const hid_t early = H5Pcreate(H5P_DATASET_CREATE), how = chunked(2), type = text_type(0);
    const hsize_t none = 0, most = H5S_UNLIMITED, two[] = {2};
    const hid_t space = H5Screate_simple(1, &none, &most);
    const char *texts[2] = {"x", "y"};
    hid_t set;

    H5Pset_alloc_time(early, H5D_ALLOC_TIME_EARLY);
    set = add_set(file, "unwritten", type, 1, two, early);
    add_texts(set, "DIMENSION_LABELS", 1, 1, NULL);
    add_texts(set, "list", 1, 2, NULL);
    H5Dclose(set);
    set = add_set(file, "chunks", type, 1, two, how);
    H5Dwrite(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, texts);
    add_attribute(set, "CLASS", text_type(16), 0, 1, "DIMENSION_SCALX");
    H5Dclose(set);
    H5Dclose(H5Dcreate2(file, "empty", H5T_STD_U8LE, space, H5P_DEFAULT, how, H5P_DEFAULT));
    H5Sclose(space);
    H5Tclose(type);
    H5Pclose(how);
    H5Pclose(early);
}

static void odd_files_are_read(void **state)
{
    const struct ds_array *a;
    struct ds_bundle b = {0};
    struct ds_err err;

    (void)state;
    assert_good(read_made(make_readable, &b, &err), &err);
    a = ds_bundle_lookup(&b, "unwritten");
    assert_string_equal(((char **)a->data)[1], "");
    assert_null(ds_array_label_of(a, 0));
    assert_string_equal(ds_note_lookup(&a->notes, "list")->texts[1], "");
    a = ds_bundle_lookup(&b, "chunks");
    assert_string_equal(((char **)a->data)[1], "y");
    assert_string_equal(ds_note_lookup(&a->notes, "CLASS")->text, "DIMENSION_SCALX");
    assert_int_equal(ds_array_count(ds_bundle_lookup(&b, "empty")), 0);
    ds_bundle_clear(&b);
}

/* Deflated without getting smaller: 1032 times what is stored would be more than 8 GiB. */
static void make_incompressible(hid_t file)
{
    const hsize_t dims[] = {9 << 20};
    const hid_t how = chunked(dims[0]);
    unsigned char *bytes = calloc(1, dims[0]);
    hid_t set;

    assert_non_null(bytes);
    H5Pset_deflate(how, 0);
    set = add_set(file, "large", H5T_STD_U8LE, 1, dims, how);
    bytes[dims[0] - 1] = 7;
    H5Dwrite(set, H5T_NATIVE_UINT8, H5S_ALL, H5S_ALL, H5P_DEFAULT, bytes);
    H5Dclose(set);
    H5Pclose(how);
    free(bytes);
}

static void large_deflated_ones_are_read(void **state)
{
    struct ds_bundle b = {0};
    struct ds_err err;

    (void)state;
    assert_good(read_made(make_incompressible, &b, &err), &err);
    assert_int_equal(((uint8_t *)ds_bundle_lookup(&b, "large")->data)[(9 << 20) - 1], 7);
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
        cmocka_unit_test(odd_files_are_refused),
        cmocka_unit_test(odd_files_are_read),
        cmocka_unit_test(large_deflated_ones_are_read),
    };

    return cmocka_run_group_tests_name("h5 odd", tests, make_folder, finish);
}
