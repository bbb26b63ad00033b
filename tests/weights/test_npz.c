/* tests/weights/test_npz.c -- zip archives and NumPy's arrays: what is read and refused. */
#define _GNU_SOURCE
#include "tests/weights/help.h"

static void arrays_open(void **state)
{
    (void)state;
    for (int i = 0; i < 4; i++) {
        static const int16_t swapped[3] = {0x003c, 0x00c0, 0x0100};
        struct made m = fresh();
        struct ds_archive a;
        float expected[3];

        make_npz(&m, i & 1 ? 8 : 0, i & 2);
        assert_opens(&a, &m, "npz");
        assert_int_equal(a.count, 2);
        assert_floats(&a, "Transformer/scale", made_floats, 6);
        for (int k = 0; k < 3; k++)
            expected[k] = swapped[k];
        assert_floats(&a, "order", expected, 3);
        ds_archive_close(&a);
    }
}

/* A directory in another order than the data; an array with a block of memory of its own
 * beside a small one; numbers of one byte, which have no order. */
static void arrays_come_in_any_order_and_size(void **state)
{
    enum { MANY = 39000 };
    static uint8_t bytes[MANY + 128], threes[MANY], small[128];
    struct made m = fresh(), before;
    struct ds_archive a;

    (void)state;
    memset(threes, 3, MANY);
    zip_entry(&m, "small.npy", small,
              npy(small, sizeof small,
                  "{'descr': '<f4', 'fortran_order': False, 'shape': (6,)}", made_floats, 24),
              8);
    zip_entry(&m, "many.npy", bytes,
              npy(bytes, sizeof bytes,
                  "{'descr': '>i1', 'fortran_order': False, 'shape': (39000,)}", threes, MANY),
              8);
    before = m;
    m.row[0] = before.row[1];
    m.row[1] = before.row[0];
    zip_end(&m, 0);
    assert_opens(&a, &m, "npz");
    assert_string_equal(a.tensor[0].name, "small");
    assert_string_equal(a.tensor[1].name, "many");
    assert_floats(&a, "small", made_floats, 6);
    assert_int_equal(ds_stored_count(&a.tensor[1]), MANY);
    assert_memory_equal(a.tensor[1].data, threes, MANY);
    ds_archive_close(&a);
}

/* Where a patch is counted from. */
enum { LOCAL, SECOND_LOCAL, FIRST, SECOND, END };

static void damaged_archives_are_refused(void **state)
{
    static const struct {
        int from, at;
        uint64_t value;
        int bytes;
        const char *says;
    } row[] = {
        {END, 0, 0, 1, "has no zip directory at its end; it is cut off"},
        {END, 20, 1, 2, "has no zip directory at its end; it is cut off"},
        {END, 4, 1, 2, "is a zip archive in several parts"},
        {END, 4, 0x00010001, 4, "is a zip archive in several parts"},
        {END, 16, 7, 4, "its zip directory is not where it should be"},
        {END, 12, 0xffffff, 4, "its zip directory is not where it should be"},
        {END, 10, 0xfff0, 2, "its zip directory has 65520 entries in"},
        {END, 10, 1, 2, "its zip directory is damaged"},
        {FIRST, 0, 0, 1, "its zip directory is damaged"},
        {FIRST, 28, 0xfff0, 2, "its zip directory is damaged"},
        {FIRST, 46, 7, 1, "has a zip entry whose name is no printable text"},
        {FIRST, 46, 0, 1, "has a zip entry whose name is no printable text"},
        {FIRST, 46, '/', 1, "has an absolute name"},
        {FIRST, 47, '\\', 1, "has an absolute name"},
        {FIRST, 46, '.' | '.' << 8 | '/' << 16, 3, "leads out of the archive"},
        {FIRST, 8, 1, 2, "is encrypted; save it without a password"},
        {FIRST, 8, 1 << 13, 2, "is encrypted; save it without a password"},
        {FIRST, 10, 14, 2, "is packed with lzma (14), expected stored or deflated"},
        {FIRST, 10, 77, 2, "is packed with an unknown method (77)"},
        {FIRST, 20, 1, 4, "is stored, but its two sizes differ"},
        {FIRST, 20, UINT32_MAX, 4, "has no sizes of 64 bits where it needs them"},
        {FIRST, 42, 0xfffffff, 4, "begins behind the data"},
        {FIRST, 42, 1, 4, "is not where the directory says"},
        {SECOND_LOCAL, 0, 0, 1, "is not where the directory says"},
        {LOCAL, 30, 'x', 1, "is not where the directory says"},
        {LOCAL, 28, 0xfff0, 2, "ends behind the data; the file is damaged"},
        {FIRST, 20, 0x0001000000010000, 8, "ends behind the data; the file is damaged"},
        {FIRST, 20, 0x000000d0000000d0, 8, "lies in another one"},
        {FIRST, 16, 5, 4, "is damaged: its checksum is wrong"},
        {LOCAL, 70, '!', 1, "is damaged: its checksum is wrong"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        struct made m = fresh();
        size_t from[5] = {0};

        make_npz(&m, 0, 0);
        from[SECOND_LOCAL] = m.row[1].head;
        from[END] = m.n - 22;
        for (size_t at = m.n - 22; at > 0; at--)
            if (!memcmp(m.out + at, "PK\1\2", 4)) {
                from[SECOND] = from[FIRST] ? from[FIRST] : at;
                from[FIRST] = at;
            }
        patch(&m, from[row[i].from] + (size_t)row[i].at, row[i].value, row[i].bytes);
        assert_refused(m.out, m.n, row[i].says);
    }
}

/* The records of large archives, behind the rows: 56 + 20 + 22 bytes. */
static void damaged_large_archives_are_refused(void **state)
{
    static const struct {
        int before; /* bytes before the end of the file */
        uint64_t value;
        int bytes;
        const char *says;
    } row[] = {
        {22 + 20 - 4, 1, 4, "is a zip archive in several parts"},
        {22 + 20 - 16, 2, 4, "is a zip archive in several parts"},
        {22 + 20 - 8, 7, 4, "its zip64 directory is not where it should be"},
        {22 + 20 + 56, 0, 4, "its zip64 directory is not where it should be"},
        {22 + 20 + 56 - 16, 1, 4, "is a zip archive in several parts"},
        {22 + 20 + 56 - 48, 7, 4, "its zip directory is not where it should be"},
        {22 + 20 + 56 - 32, 1 << 20, 4, "its zip directory has 1048576 entries"},
        {22 + 20, 0, 1, "its zip directory is not where it should be"},
        {22 + 20 + 56 + 28, 99, 2, "has no sizes of 64 bits where it needs them"},
        {22 + 20 + 56 + 26, 8, 2, "has no sizes of 64 bits where it needs them"},
    };
    static const char far[70000] = "PK\3\4"; /* a comment is not that long */
    struct made m;

    (void)state;
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        m = fresh();
        make_npz(&m, 0, 1);
        patch(&m, m.n - (size_t)row[i].before, row[i].value, row[i].bytes);
        assert_refused(m.out, m.n, row[i].says);
    }
    m = fresh();
    put(&m, "PK\3\4", 4); /* a locator, and no room for what it locates */
    put(&m, "PK\6\7\0\0\0\0\0\0\0\0\0\0\0\0\1\0\0\0", 20);
    zip_end(&m, 0);
    assert_refused(m.out, m.n, "its zip64 directory is not where it should be");
    assert_refused(far, sizeof far, "has no zip directory at its end; it is cut off");
}

static void names_are_unique(void **state)
{
    struct made m = fresh();

    (void)state;
    zip_entry(&m, "a.npy", "x", 1, 0);
    zip_entry(&m, "a.npy", "x", 1, 0);
    zip_end(&m, 0);
    assert_refused(m.out, m.n, "its entry 'a.npy' comes twice");
}

static void archives_of_other_things_are_refused(void **state)
{
    struct made m = fresh();

    (void)state;
    zip_entry(&m, "config.json", "{}", 2, 0);
    zip_entry(&m, "v", "2", 1, 0);
    zip_entry(&m, "..a", "", 0, 0);
    zip_end(&m, 0);
    assert_refused(m.out, m.n,
                   "is a zip archive with neither NumPy arrays nor a PyTorch pickle");
    m = fresh();
    zip_entry(&m, "model.weights.h5", "{}", 2, 0);
    zip_end(&m, 0);
    assert_refused(m.out, m.n, "nor a PyTorch pickle (Keras packs so)");
    m = fresh();
    zip_end(&m, 0);
    assert_refused(m.out, m.n, "neither NumPy arrays nor a PyTorch pickle");
}

/* Deflated entries: what is promised is checked before memory is asked for. */
static void bombs_are_refused(void **state)
{
    static const struct {
        int at;
        uint64_t value;
        const char *says;
    } row[] = {
        {24, 0x7fffffff, "promises more than deflate can pack"},
        {24, 97, "is damaged: it does not unpack to the size that is promised"},
        {24, 99, "is damaged: it does not unpack to the size that is promised"},
        {16, 1, "is damaged: its checksum is wrong"},
        {16, 0, "is damaged: its checksum is wrong"},
    };
    uint8_t *bytes = calloc(1, 24 << 20);
    struct made m = {.out = bytes, .room = 24 << 20};

    (void)state;
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        uint8_t array[128];
        struct made one = fresh();
        size_t at;

        zip_entry(&one, "a.npy", array,
                  npy(array, sizeof array,
                      "{'descr': '<f4', 'fortran_order': False, 'shape': (6,), }", made_floats,
                      sizeof made_floats),
                  8);
        assert_int_not_equal(one.row[0].size, row[i].value);
        at = zip_end(&one, 0);
        if (row[i].value == 97 || row[i].value == 99)
            patch(&one, at + 24, one.row[0].size + row[i].value - 98, 4);
        else
            patch(&one, at + (size_t)row[i].at, row[i].value, 4);
        assert_refused(one.out, one.n, row[i].says);
    }
    for (int i = 0; i < 3; i++) {
        char name[16];

        snprintf(name, sizeof name, "%d.npy", i);
        zip_entry(&m, name, bytes, 0, 0);
        m.n += 4 << 20;
        m.row[i].method = 8;
        m.row[i].packed = 4 << 20;
        m.row[i].size = 0xf0000000;
    }
    zip_end(&m, 0);
    assert_refused(m.out, m.n, "unpacks to more than 8 GiB");
    free(bytes);
}

static void wrong_headers_are_refused(void **state)
{
    static const struct {
        const char *header;
        size_t numbers;
        const char *says;
    } row[] = {
        {"", 9, "has a header that is not {'descr'"},
        {"{", 9, "has a header that is not"},
        {"{}", 9, "has a header that is not"},
        {"{'descr': '<f4', 'fortran_order': False}", 0, "has a header that is not"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (1,)", 4,
         "has a header that is not"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (1,)} x", 4, "header that is not"},
        {"{'descr': '<f4', 'descr': '<f4', 'shape': (1,)}", 4, "has a header that is not"},
        {"{'descr': '<f4', 'fortran_order': 0, 'shape': (1,)}", 4, "has a header that is not"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (1)}", 4, "header that is not"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (-1,)}", 4, "header that is not"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (1, 1, 1, 1, 1, 1, 1, 1, 1)}", 4,
         "at most 8 dimensions"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,)}", 4,
         "has a header that is not"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (9223372036854775807, 4)}", 4,
         "'x' is larger than can be addressed"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (4611686018427387904, 1)}", 4,
         "'x' is larger than can be addressed"},
        {"{'descr': '<f4', 'fortran_order': True, 'shape': (0, 9223372036854775807, 4)}", 0,
         "'x' is larger than can be addressed"},
        {"{'descr': '<f4\\x00', 'fortran_order': False, 'shape': (1,)}", 4,
         "header that is not"},
        {"{'descr': '<f4', 'fortran_order': False, 'extra': 1, 'shape': (1,)}", 4,
         "has a header that is not"},
        {"{'descr': '<f4, 'fortran_order': False, 'shape': (1,)}", 4, "header that is not"},
        {"{'descr': '<f4", 4, "has a header that is not"},
        {"{'descr': <f4, 'fortran_order': False, 'shape': (1,)}", 4, "header that is not"},
        {"{'descr': '<\1f', 'fortran_order': False, 'shape': (1,)}", 4, "header that is not"},
        {"{'descr' '<f4', 'fortran_order': False, 'shape': (1,)}", 4, "header that is not"},
        {"{'a key of more than thirty-one bytes': 1}", 4, "has a header that is not"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': 1}", 4, "header that is not"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (1 1)}", 4, "header that is not"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (1, 1 1)}", 4,
         "header that is not"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (9223372036854775808,)}", 4,
         "has a header that is not"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (1", 4, "header that is not"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (2,)}", 4,
         "'x' has 4 bytes of numbers, its shape needs 8"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': ()}", 8,
         "'x' has 8 bytes of numbers, its shape needs 4"},
    };
    static const struct {
        const char *bytes;
        size_t n;
        const char *says;
    } raw[] = {
        {"hello", 5, "'x' is no NumPy array"},
        {"hello, NumPy", 12, "'x' is no NumPy array"},
        {"\x93NUMPX\1\0\2\0{}", 12, "'x' is no NumPy array"},
        {"\x93NUMPY\4\0....", 12, "'x' has version 4.0 of the npy format, 1.0 to 3.0 are"},
        {"\x93NUMPY\1\0\xff\0{}", 12,
         "'x' has a header of 255 bytes, it has 12 and at most 65536"},
        {"\x93NUMPY\2\0\1\0\2\0{}", 14, "'x' has a header of 131073 bytes"},
        {"\x93NUMPY\1\0\2\0{'", 12,
         "'x' has a header that is not {'descr'"}, /* no end of line */
        {"\x93NUMPY\1\0\14\0{'shape': (1", 22, "'x' has a header that is not {'descr'"},
    };
    uint8_t array[256];
    struct made m = fresh();

    (void)state;
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        m = fresh();
        zip_entry(&m, "x.npy", array,
                  npy(array, sizeof array, row[i].header, made_floats, row[i].numbers), 0);
        zip_end(&m, 0);
        assert_refused(m.out, m.n, row[i].says);
    }
    for (size_t i = 0; i < sizeof raw / sizeof *raw; i++) {
        m = fresh();
        zip_entry(&m, "x.npy", raw[i].bytes, raw[i].n, 0);
        zip_end(&m, 0);
        assert_refused(m.out, m.n, raw[i].says);
    }
    m = fresh();
    zip_entry(&m, "a//x.npy", array,
              npy(array, sizeof array,
                  "{'descr': '<f4', 'fortran_order': False, 'shape': (1,)}", made_floats, 4),
              0);
    zip_end(&m, 0);
    assert_refused(m.out, m.n, "the name 'a//x' has an empty part");
}

/* Arrays of records are left out by name; what stands beside them opens. */
static void records_are_left_out(void **state)
{
    static const char one[] = "{'descr': '<f4', 'fortran_order': False, 'shape': (6,)}",
                      records[] = "{'descr': [('a', '<f4'), ('b', '<i2', [2])], "
                                  "'fortran_order': False, 'shape': (1,)}";
    uint8_t array[256];
    struct made m = fresh();
    struct ds_archive a;

    (void)state;
    zip_entry(&m, "r.npy", array, npy(array, sizeof array, records, made_floats, 8), 0);
    zip_entry(&m, "x.npy", array, npy(array, sizeof array, one, made_floats, 24), 0);
    zip_end(&m, 0);
    assert_opens(&a, &m, "npz");
    assert_null(ds_archive_lookup(&a, "r"));
    assert_floats(&a, "x", made_floats, 6);
    assert_string_equal(ds_note_lookup(&a.meta, "skipped")->texts[0], "r (record)");
    ds_archive_close(&a);
    m = fresh(); /* types that we do not have: unicode, none, of an unknown order of bytes */
    for (int i = 0; i < 3; i++) {
        static const char *const names[] = {"u.npy", "n.npy", "o.npy"};
        static const char *const headers[] = {
            "{\"descr\": \"<U1\", 'fortran_order': False, 'shape': (6L,)}",
            "{'descr': '', 'fortran_order': False, 'shape': (6,)}",
            "{'descr': '?f4', 'fortran_order': False, 'shape': (6,)}"};

        zip_entry(&m, names[i], array, npy(array, sizeof array, headers[i], made_floats, 24),
                  0);
    }
    zip_entry(&m, "x.npy", array, npy(array, sizeof array, one, made_floats, 24), 0);
    zip_end(&m, 0);
    assert_opens(&a, &m, "npz");
    assert_int_equal(a.count, 1);
    for (int i = 0; i < 3; i++)
        assert_non_null(ds_note_lookup(&a.meta, "skipped")->texts[i]);
    ds_archive_close(&a);
    m = fresh();
    zip_entry(&m, "r.npy", array,
              npy(array, sizeof array, "{'descr': [('a', [2), 'shape': (1,)}", made_floats, 8),
              0);
    zip_end(&m, 0);
    assert_refused(m.out, m.n, "'r' has a header that is not");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arrays_open),
        cmocka_unit_test(arrays_come_in_any_order_and_size),
        cmocka_unit_test(damaged_archives_are_refused),
        cmocka_unit_test(damaged_large_archives_are_refused),
        cmocka_unit_test(names_are_unique),
        cmocka_unit_test(archives_of_other_things_are_refused),
        cmocka_unit_test(bombs_are_refused),
        cmocka_unit_test(wrong_headers_are_refused),
        cmocka_unit_test(records_are_left_out),
    };

    return cmocka_run_group_tests_name("npz", tests, make_folder, remove_folder);
}
