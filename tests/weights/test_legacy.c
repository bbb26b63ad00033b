/* tests/weights/test_legacy.c -- files of torch.save before PyTorch 1.6: what is read and
 * refused. */
#define _GNU_SOURCE
#include "tests/weights/help.h"

static void damaged_older_files_are_refused(void **state)
{
    struct made m = fresh(), whole = fresh();
    static uint8_t copy[4096];
    size_t n;

    (void)state;
    make_legacy_head(&m, 0);
    assert_refused(m.out, m.n, "its numbers are big-endian");
    m = fresh();
    make_legacy_head(&m, 1);
    patch(&m, 18, 7, 1);
    assert_refused(m.out, m.n, "has another protocol than 1001");
    m = fresh();
    make_legacy_head(&m, 1);
    patch(&m, 14, '0', 1);
    assert_refused(m.out, m.n, "does not begin with the number of torch.save");
    m = fresh();
    make_legacy_head(&m, 1);
    m.n = 14;
    put_text(&m, "}.");
    assert_refused(m.out, m.n, "does not begin with the number of torch.save");
    m = fresh();
    make_legacy_head(&m, 1);
    m.n = 14; /* the number is there, and then another one, or half of it */
    put_text(&m, "\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x18.");
    assert_refused(m.out, m.n, "does not begin with the number of torch.save");
    m = fresh();
    make_legacy_head(&m, 1);
    m.n = 14;
    put_text(&m, "\x8a\x09\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50.");
    assert_refused(m.out, m.n, "does not begin with the number of torch.save");

    make_legacy(&whole);
    n = whole.n;
    memcpy(copy, whole.out, n);
    put_text(&whole, "x");
    assert_refused(whole.out, n + 1, "has 1 bytes behind its last storage");
    assert_refused(copy, n - 1, "ends in the storage '1'; it is cut off");
    copy[n - 6 - 8] = 9;
    assert_refused(copy, n, "the storage '1' has 9 numbers, 3 expected");
    copy[n - 6 - 8] = 3;
    for (size_t at = n - 80; at < n; at++) /* the list of keys: X 1 0 0 0 "1" e . */
        if (!memcmp(copy + at,
                    "X\1\0\0\0"
                    "1e.",
                    8)) {
            copy[at + 5] = '2';
            assert_refused(copy, n, "has a storage '2' that no tensor uses");
            copy[at + 5] = '0';
            assert_refused(copy, n, "has the storage '0' twice");
            copy[at + 5] = '\0';
            assert_refused(copy, n, "has a storage without a name");
            memcpy(copy + at - 8, "\x80\2}(\x8c\0\x8c\0\x8c\0\x8c\0u.", 14);
            assert_refused(copy, n, "has no list of storages behind its pickle");
        }
}

/* An older file with a pickle of its own, and that list of keys. */
static void assert_older_refused(const void *pickle, size_t n, const char *keys,
                                 const char *says)
{
    struct made m = fresh();

    make_legacy_head(&m, 1);
    put(&m, pickle, n);
    put_text(&m, keys);
    assert_refused(m.out, m.n, says);
}

/* Tensors a and b of the storage 0. */
static void storages_of_older_files_are_checked(void **state)
{
    static const struct {
        const char *type[2];
        int64_t count[2];
        const char *keys, *says;
    } row[] = {
        {{"FloatStorage", "IntStorage"},
         {6, 6},
         "].",
         "the storage '0' has two types or sizes"},
        {{"FloatStorage", "FloatStorage"}, {6, 7}, "].", "'0' has two types or sizes"},
        {{"FloatStorage", "FloatStorage"}, {6, 6}, "].", "'a' needs the storage '0', which is"},
        {{"FloatStorage", "FloatStorage"},
         {INT64_MAX, INT64_MAX},
         "](\x8c\1"
         "0e.too little",
         "ends in the storage '0'; it is cut off"},
    };
    struct made m = fresh();
    struct ds_archive a;
    size_t head;

    (void)state;
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        uint8_t bytes[1024];
        struct made p = {.out = bytes, .room = sizeof bytes};

        put_text(&p, "}(");
        for (int k = 0; k < 2; k++) {
            pickle_text(&p, k ? "b" : "a");
            pickle_tensor(&p, row[i].type[k], "0", row[i].count[k],
                          (const int64_t[5]){0, 2, 3, 3, 1}, 1);
        }
        put_text(&p, "u.");
        assert_older_refused(bytes, p.n, row[i].keys, row[i].says);
    }
    assert_older_refused(")Q.", 3, "].", "refers to something that is no storage");
    make_legacy_head(&m, 1);
    head = m.n;
    m = fresh();
    make_legacy(&m);
    m.out[head - 3] = 'N'; /* nothing is said about the order of bytes */
    assert_opens(&a, &m, "PyTorch legacy pickle");
    assert_is_the_object(&a);
    ds_archive_close(&a);
}

/* Its classes are persistent, with their source; names are those of its state_dict. */
static void a_network_saved_whole_opens(void **state)
{
    static const int64_t six[5] = {0, 2, 3, 3, 1};
    struct made m = fresh();
    struct ds_archive a;

    (void)state;
    make_legacy_head(&m, 1);
    put_text(&m, "(");
    pickle_text(&m, "module");
    put_text(&m, "cmine\nNet\n");
    pickle_text(&m, "net.py");
    pickle_text(&m, "class Net(Module): ...");
    put_text(&m, "tQ)\x81}(");
    pickle_text(&m, "_parameters");
    put_text(&m, "}");
    pickle_text(&m, "w");
    put_text(&m, "ctorch._utils\n_rebuild_parameter\n(");
    pickle_tensor(&m, "FloatStorage", "0", 6, six, 1);
    put_text(&m, "\x88}tRs");
    pickle_text(&m, "_modules");
    put_text(&m, "}");
    pickle_text(&m, "fc");
    put_text(&m, "cmine\nLinear\n)\x81}");
    pickle_text(&m, "_buffers");
    put_text(&m, "}");
    pickle_text(&m, "b");
    pickle_tensor(&m, "FloatStorage", "0", 6, six, 1);
    put_text(&m, "ssbsub.](");
    pickle_text(&m, "0");
    put_text(&m, "e.");
    put_number(&m, 6, 8);
    put(&m, made_floats, sizeof made_floats);
    assert_opens(&a, &m, "PyTorch legacy pickle");
    assert_int_equal(a.count, 2);
    assert_floats(&a, "w", made_floats, 6);
    assert_floats(&a, "fc.b", made_floats, 6);
    ds_archive_close(&a);
}

/* {"w": 3 floats} of an older file whose storage id ends in `view`, a value of a pickle. */
static struct made with_view(const void *view, size_t n)
{
    struct made m = fresh();

    make_legacy_head(&m, 1);
    put_text(&m, "\x80\2}(");
    pickle_text(&m, "w");
    put_text(&m, "ctorch._utils\n_rebuild_tensor_v2\n((");
    pickle_text(&m, "storage");
    put_text(&m, "ctorch\nFloatStorage\n");
    pickle_text(&m, "0");
    pickle_text(&m, "cpu");
    pickle_int(&m, 6);
    put(&m, view, n);
    put_text(&m, "tQK");
    put(&m, "\0K\3\x85K\1\x85\x89", 8);
    put_text(&m, "ccollections\nOrderedDict\n)RtRu.\x80\2](");
    pickle_text(&m, "0");
    put_text(&m, "e.");
    put_number(&m, 6, 8);
    put(&m, made_floats, sizeof made_floats);
    return m;
}

/* Before PyTorch 1.6 a storage could be a part of another: (key, first, count). */
static void parts_of_storages_stay_inside(void **state)
{
    static const struct {
        const char *view;
        size_t n;
        const char *says; /* NULL: it opens */
    } row[] = {
        {"(X\1\0\0\0vK\2K\3t", 12, NULL}, /* 3, 4, 5 */
        {"(X\1\0\0\0vK\3K\3t", 12, NULL}, /* to the last number */
        {"(X\1\0\0\0vK\4K\3t", 12, "the part of the storage '0' is not in it"},
        {"(X\1\0\0\0vK\7K\0t", 12, "the part of the storage '0' is not in it"},
        {"(X\1\0\0\0vJ\xff\xff\xff\xffK\3t", 15, "the part of the storage '0' is not"},
        {"(X\1\0\0\0vK\2J\xff\xff\xff\xfft", 15, "the part of the storage '0' is not"},
        {"(X\1\0\0\0vK\2t", 10, "the part of the storage '0' is not in it"},
        {"(X\1\0\0\0vNK\3t", 11, "the part of the storage '0' is not in it"},
        {"(X\1\0\0\0vK\2Nt", 11, "the part of the storage '0' is not in it"},
        {"K\2", 2, "the part of the storage '0' is not in it"},
        {"(X\1\0\0\0vK\2K\2t", 12, "'w'"}, /* three numbers of two */
    };
    struct ds_archive a;

    (void)state;
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        const struct made m = with_view(row[i].view, row[i].n);

        if (row[i].says) {
            assert_refused(m.out, m.n, row[i].says);
        } else {
            assert_opens(&a, &m, "PyTorch legacy pickle");
            assert_floats(&a, "w", made_floats + row[i].view[8], 3);
            ds_archive_close(&a);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(damaged_older_files_are_refused),
        cmocka_unit_test(storages_of_older_files_are_checked),
        cmocka_unit_test(a_network_saved_whole_opens),
        cmocka_unit_test(parts_of_storages_stay_inside),
    };

    return cmocka_run_group_tests_name("legacy", tests, make_folder, remove_folder);
}
