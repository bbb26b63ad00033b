/* tests/weights/test_torch.c -- files of torch.save: what is read, and what is refused. */
#define _GNU_SOURCE
#include "tests/weights/help.h"

static void every_age_of_file_opens(void **state)
{
    struct ds_archive a;
    struct made m;

    (void)state;
    for (int large = 0; large < 2; large++) {
        m = fresh();
        make_torch_zip(&m, large);
        assert_opens(&a, &m, "PyTorch zip");
        assert_is_the_object(&a);
        ds_archive_close(&a);
    }
    m = fresh();
    make_legacy(&m);
    assert_opens(&a, &m, "PyTorch legacy pickle");
    assert_is_the_object(&a);
    ds_archive_close(&a);
}

/* A pickle that is one tensor of that description. */
static size_t one_tensor(uint8_t *out, size_t room, const char *type, const char *key,
                         int64_t count, const int64_t numbers[5])
{
    struct made p = {.out = out, .room = room};

    pickle_tensor(&p, type, key, count, numbers, 0);
    put_text(&p, ".");
    return p.n;
}

#define TEN   "0123456789"
#define LARGE ((int64_t)1 << 40)

static void wrong_tensors_are_refused(void **state)
{
    static const struct {
        const char *type, *key;
        int64_t count, numbers[5];
        const char *says;
    } row[] = {
        {"FloatStorage", "0", 6, {0, 2, 3, 3, 2}, "'tensor' reaches behind the 6 numbers"},
        {"FloatStorage", "0", 6, {1, 2, 3, 3, 1}, "'tensor' reaches behind the 5 numbers"},
        {"FloatStorage", "0", 6, {7, 0, 3, 3, 1}, "'tensor' begins outside its storage"},
        {"FloatStorage", "0", 6, {-1, 2, 3, 3, 1}, "'tensor' begins outside its storage"},
        {"FloatStorage", "0", 6, {0, 2, -3, 3, 1}, "'tensor' has a negative dimension"},
        {"FloatStorage", "0", 6, {0, 2, 3, -3, 1}, "'tensor' has a negative stride"},
        {"FloatStorage", "0", 6, {0, 40000, 40000, 0, 0}, "repeats its numbers"},
        {"FloatStorage", "0", 6, {0, 2, INT32_MAX, INT32_MAX, INT32_MAX}, "reaches behind"},
        {"FloatStorage", "0", 6, {0, LARGE, 1, LARGE, 1}, "reaches behind the 6 numbers"},
        {"FloatStorage", "0", 6, {0, 2, 2, INT64_MAX, INT64_MAX}, "reaches behind"},
        {"FloatStorage", "0", 6, {0, LARGE, LARGE, 0, 0}, "is larger than can be addressed"},
        {"FloatStorage", "0", INT64_MAX, {0, 2, 3, 3, 1}, "declares 9223372036854775807"},
        {"FloatStorage",
         TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN,
         6,
         {0, 2, 3, 3, 1},
         "'tensor' needs the storage '" TEN},
        {"a.", "0", 6, {0, 2, 3, 3, 1}, "has a storage of torch.a., which is not known"},
        {"FloatStorage",
         "0",
         7,
         {0, 2, 3, 3, 1},
         "the storage '0' declares 7 numbers of 4 bytes and has 24 bytes"},
        {"DoubleStorage", "0", 6, {0, 2, 3, 3, 1}, "declares 6 numbers of 8 bytes"},
        {"FloatStorage", "0", -1, {0, 2, 3, 3, 1}, "refers to something that is no storage"},
        {"FloatStorage",
         "1",
         6,
         {0, 2, 3, 3, 1},
         "'tensor' needs the storage '1', which is not there"},
        {"FloatStorage", "../data/0", 6, {0, 2, 3, 3, 1}, "which is not there"},
        {"FloatStorage", "a\nb", 6, {0, 2, 3, 3, 1}, "something that is no storage"},
        {"Storage",
         "0",
         6,
         {0, 2, 3, 3, 1},
         "has a storage of torch.Storage, which is not known"},
    };
    uint8_t bytes[1024];

    (void)state;
    for (size_t i = 0; i < sizeof row / sizeof *row; i++)
        assert_pickle_refused(bytes,
                              one_tensor(bytes, sizeof bytes, row[i].type, row[i].key,
                                         row[i].count, row[i].numbers),
                              row[i].says);
}

static void arguments_are_checked(void **state)
{
    static const struct {
        const char *pickle, *says;
    } row[] = {
        {"ctorch._utils\n_rebuild_tensor_v2\n)R.", "'tensor' is no tensor of storage, offset"},
        {"ctorch._utils\n_rebuild_tensor_v2\n(NNNNtR.", "'tensor' is no tensor of storage"},
        {"ctorch._utils\n_rebuild_tensor_v2\n(NQK\1NNtR.", "'tensor' has no size and stride"},
        {"ctorch._utils\n_rebuild_tensor_v2\n(NQK\1(K\1K\1K\1K\1K\1K\1K\1K\1K\1t)tR.",
         "'tensor' has no size and stride of at most 8 numbers"},
        {"ctorch._utils\n_rebuild_tensor_v2\n(NQK\1(K\1t)tR.", "has no size and stride"},
        {"ctorch._utils\n_rebuild_tensor_v2\n(NQK\1))tR.", "something that is no storage"},
        {"ctorch._utils\n_rebuild_tensor_v2\n((NNNNNtQK\1))tR.",
         "something that is no storage"},
        {"ctorch._utils\n_rebuild_tensor_v2\n(NQN))tR.", "'tensor' is no tensor of storage"},
        {"ctorch._utils\n_rebuild_tensor_v2\n(NQK\1(Nt(K\1ttR.", "has no size and stride"},
        {"ctorch._utils\n_rebuild_tensor_v2\n((\x8c\1xNNNNtQK\1))tR.",
         "something that is no storage"},
        {"ctorch._utils\n_rebuild_tensor_v2\n((\x8c\7storageNNNNtQK\1))tR.",
         "something that is no storage"},
        {"ctorch._utils\n_rebuild_tensor_v2\n((\x8c\7storagectorch\nFloatStorage\nNNK\6tQK\1))"
         "tR.",
         "something that is no storage"},
        {"ctorch._utils\n_rebuild_tensor_v2\n(NQK\1N)R)tR.", "has no size and stride"},
        {"ctorch._utils\n_rebuild_tensor_v2\n(NQK\1ca\nb\n)R)tR.", "has no size and stride"},
        {"ctorch._utils\n_rebuild_tensor_v2\n(NQK\1ctorch\nSize\n)R)tR.",
         "has no size and stride"},
        {"ccollections\nOrderedDict\n](](\x8c\1wctorch._utils\n_rebuild_tensor_v2\n)Re](\x8c\1v"
         "Nee\x85R.",
         "'w' is no tensor of storage, offset"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof row / sizeof *row; i++)
        assert_pickle_refused(row[i].pickle, strlen(row[i].pickle), row[i].says);
}

/* _rebuild_tensor_v3, _rebuild_from_type_v2, torch.Size, Python 2's OrderedDict, a dictionary
 * with a factory, an object with slots; an empty tensor at the very end of its storage. */
static void other_ways_to_describe_a_tensor(void **state)
{
    static const char text[] =
        "}(X\1\0\0\0a"
        "ctorch._utils\n_rebuild_tensor_v3\n((X\7\0\0\0storage"
        "ctorch.storage\nUntypedStorage\nX\1\0\0\0"
        "0X\3\0\0\0cpuK\x18tQK\2"
        "K\2\x85K\2\x85\x89}ctorch\nfloat32\ntR"
        "X\1\0\0\0b"
        "ctorch._tensor\n_rebuild_from_type_v2\n(ctorch._utils\n_rebuild_tensor_v2\n"
        "cmine\nTensor\n((X\7\0\0\0storagectorch\nFloatStorage\nX\1\0\0\0"
        "0X\3\0\0\0cpuK\6tQq\1K\0"
        "ctorch\nSize\n(K\2K\3t\x85RK\3K\1\x86\x89}t}tR"
        "X\1\0\0\0c"
        "ccollections\nOrderedDict\n](]X\1\0\0\0wactorch._utils\n_rebuild_tensor\n"
        "(h\1K\6K\0\x85K\1\x85tRae\x85R"
        "X\1\0\0\0dctorch._utils\n_rebuild_tensor_v3\n(h\1K\0K\1\x85K\1\x85\x89}"
        "ctorch\nfloat8_e5m2\ntR"
        "X\1\0\0\0e"
        "ccollections\ndefaultdict\ncbuiltins\nlist\n\x85RX\1\0\0\0w"
        "ctorch._utils\n_rebuild_tensor\n(h\1K\1K\1\x85K\1\x85tRq\2s"
        "X\1\0\0\0fcmine\nNet\n)\x81}X\1\0\0\0wh\2sN\x86"
        "bX\1\0\0\0g"
        "ccollections\nOrderedDict\n](N](NNNe(X\1\0\0\0wh\2te\x85R"
        "X\1\0\0\0h"
        "cmine\nNet\n)\x81NNN\x87"
        "bu.";
    const struct made m = around(text, sizeof text - 1);
    struct ds_archive a;

    (void)state;
    assert_opens(&a, &m, "PyTorch zip");
    assert_floats(&a, "a", (const float[]){3, 5}, 2);
    assert_floats(&a, "b", made_floats, 6);
    assert_floats(&a, "c.w", NULL, 0);
    assert_floats(&a, "e.w", made_floats + 1, 1);
    assert_floats(&a, "f.w", made_floats + 1, 1);
    assert_floats(&a, "g.w", made_floats + 1, 1);
    assert_null(ds_archive_lookup(&a, "d"));
    assert_string_equal(ds_note_lookup(&a.meta, "skipped")->texts[0], "d (float8_e5m2)");
    ds_archive_close(&a);
}

/* What stands behind size and stride of one number in a storage of bytes. */
static void types_without_a_place_are_left_out(void **state)
{
    static const struct {
        const char *version, *rest, *says;
    } row[] = {
        {"v2", "", "tensor (untyped)"},
        {"v3", "", "tensor (unknown type)"},
        {"v3", "\x89}N", "tensor (unknown type)"},
        {"v3", "\x89}cmine\nfloat32\n", "tensor (unknown type)"},
        {"v3", "\x89}ctorch\nx.\n", "tensor (unknown type)"},
        {"v3", "\x89}ctorch\nfloat99\n", "tensor (unknown type)"},
        {"v3", "\x89}ctorch\nuint16\n", "tensor (uint16)"},
    };
    struct ds_archive a;

    (void)state;
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        uint8_t bytes[256];
        struct made p = {.out = bytes, .room = sizeof bytes}, m;

        put_text(&p, "ctorch._utils\n_rebuild_tensor_");
        put_text(&p, row[i].version);
        put_text(&p, "\n((\x8c\7storagectorch.storage\nUntypedStorage\n");
        pickle_text(&p, "0");
        pickle_text(&p, "cpu");
        put_text(&p, "K\x18tQ");
        pickle_int(&p, 0);
        put_text(&p, "K\1\x85K\1\x85");
        put_text(&p, row[i].rest);
        put_text(&p, "tR.");
        m = around(bytes, p.n);
        assert_opens(&a, &m, "PyTorch zip");
        assert_int_equal(a.count, 0);
        assert_string_equal(ds_note_lookup(&a.meta, "skipped")->texts[0], row[i].says);
        ds_archive_close(&a);
    }
}

static int texts(const struct ds_archive *a, const char *note)
{
    char **text = ds_note_lookup(&a->meta, note)->texts;
    int n = 0;

    while (text[n])
        n++;
    return n;
}

/* 70 arrays that are left out, 20 kinds of objects: 64 and 16 are named. */
static void what_is_left_out_is_named_up_to_a_limit(void **state)
{
    static uint8_t bytes[4096];
    struct made p = {.out = bytes, .room = sizeof bytes}, m;
    struct ds_archive a;

    (void)state;
    put_text(&p, "](");
    pickle_tensor(&p, "QInt8Storage", "0", 24, (const int64_t[5]){0, 2, 3, 3, 1}, 0);
    put_text(&p, "q\1");
    for (int i = 1; i < 70; i++)
        put_text(&p, "h\1");
    for (int i = 0; i < 20; i++) {
        char object[32];

        snprintf(object, sizeof object, "cmine\nClass%d\n)R", i);
        put_text(&p, object);
    }
    put_text(&p, "e.");
    m = around(bytes, p.n);
    assert_opens(&a, &m, "PyTorch zip");
    assert_int_equal(a.count, 0);
    assert_int_equal(texts(&a, "skipped"), 64);
    assert_int_equal(texts(&a, "opaque names"), 16);
    assert_int_equal(ds_note_lookup(&a.meta, "opaque objects")->whole, 20);
    ds_archive_close(&a);
}

/* Keys of 300 bytes, a text of 5000, keys that are numbers: no notes. Of 1100 others the first
 * 1024. */
static void notes_are_short_and_few(void **state)
{
    static uint8_t bytes[32768];
    struct made p = {.out = bytes, .room = sizeof bytes}, m;
    struct ds_archive a;
    char text[5001], key[301];

    (void)state;
    snprintf(text, sizeof text, "%05000d", 7);
    snprintf(key, sizeof key, "%0300d", 7);
    put_text(&p, "}(");
    pickle_text(&p, "text");
    pickle_text(&p, text);
    pickle_text(&p, key);
    put_text(&p, "K\1K\1K\1");
    pickle_text(&p, "below");
    put_text(&p, "}(K\1K\1");
    pickle_text(&p, key);
    put_text(&p, "K\1");
    pickle_text(&p, "kept");
    put_text(&p, "K\2u");
    pickle_text(&p, "w");
    pickle_tensor(&p, "FloatStorage", "0", 6, (const int64_t[5]){0, 2, 3, 3, 1}, 0);
    for (int i = 0; i < 1100; i++) {
        snprintf(key, sizeof key, "%d", i);
        pickle_text(&p, key);
        put_text(&p, "K\3");
    }
    put_text(&p, "u.");
    m = around(bytes, p.n);
    assert_opens(&a, &m, "PyTorch zip");
    assert_int_equal(a.meta.count, 1024);
    assert_int_equal(ds_note_lookup(&a.meta, "below.kept")->whole, 2);
    assert_int_equal(ds_note_lookup(&a.meta, "1022")->whole, 3);
    assert_null(ds_note_lookup(&a.meta, "1023"));
    assert_null(ds_note_lookup(&a.meta, "text"));
    ds_archive_close(&a);
}

static void names_are_checked(void **state)
{
    char key[300];
    static const struct {
        const char *key, *says;
    } row[] = {
        {"", "a name is empty"},
        {"a\1", "byte 1 of a name is 0x01"},
        {"a/../b", "has a part '..'"},
        {NULL, "a name has 299 bytes, at most 255 are allowed"},
    };

    (void)state;
    memset(key, 'k', 299);
    key[299] = '\0';
    for (size_t i = 0; i < 5; i++) {
        uint8_t bytes[2048];
        struct made p = {.out = bytes, .room = sizeof bytes};

        put_text(&p, "}(");
        for (int twice = 0; twice < (i == 4 ? 2 : 1); twice++) {
            if (i == 4 && twice)
                put_text(&p, "K\7"); /* the number and the text 7 are two keys, and one name */
            else
                pickle_text(&p, i == 4 ? "7" : row[i].key ? row[i].key : key);
            pickle_tensor(&p, "FloatStorage", "0", 6, (const int64_t[5]){0, 2, 3, 3, 1}, 0);
        }
        put_text(&p, "u.");
        if (i < 4 && row[i].key && !*row[i].key) {
            struct made m = around(bytes, p.n);
            struct ds_archive a;

            /* An empty key at the top is the tensor itself. */
            assert_opens(&a, &m, "PyTorch zip");
            assert_non_null(ds_archive_lookup(&a, "tensor"));
            ds_archive_close(&a);
            continue;
        }
        assert_pickle_refused(bytes, p.n, i == 4 ? "there are two tensors '7'" : row[i].says);
    }
}

/* The way to a tensor is kept up to 1023 bytes. */
static void endless_names_are_refused(void **state)
{
    uint8_t bytes[2048];
    struct made p = {.out = bytes, .room = sizeof bytes};
    char key[1201];

    (void)state;
    snprintf(key, sizeof key, "%01200d", 7);
    put_text(&p, "}");
    pickle_text(&p, key);
    pickle_tensor(&p, "FloatStorage", "0", 6, (const int64_t[5]){0, 2, 3, 3, 1}, 0);
    put_text(&p, "s.");
    assert_pickle_refused(bytes, p.n, "a name has 1023 bytes, at most 255 are allowed");
}

static void other_archives_are_refused(void **state)
{
    struct made m = fresh();

    (void)state;
    zip_entry(&m, "net/data.pkl", "}.", 2, 0);
    zip_entry(&m, "net/constants.pkl", "}.", 2, 0);
    zip_end(&m, 0);
    assert_refused(m.out, m.n, "is TorchScript, a program with its weights");
    m = fresh();
    zip_entry(&m, "net/data.pkl", "}.", 2, 0);
    zip_entry(&m, "net/code/a.py", "", 0, 0);
    zip_end(&m, 0);
    assert_refused(m.out, m.n, "is TorchScript, a program with its weights");
    m = fresh();
    zip_entry(&m, "net/data.pkl", "}.", 2, 0);
    zip_entry(&m, "net/byteorder", "big", 3, 0);
    zip_end(&m, 0);
    assert_refused(m.out, m.n, "its numbers are big-endian");
    m = fresh();
    zip_entry(&m, "net/data.pkl", "}.", 2, 0); /* these two are in no folder of the model */
    zip_entry(&m, "other/constants.pkl", "}.", 2, 0);
    zip_entry(&m, "net2/code/a.py", "", 0, 0);
    zip_end(&m, 0);
    assert_refused(m.out, m.n, "holds no tensors, expected a state_dict");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_age_of_file_opens),
        cmocka_unit_test(wrong_tensors_are_refused),
        cmocka_unit_test(arguments_are_checked),
        cmocka_unit_test(other_ways_to_describe_a_tensor),
        cmocka_unit_test(types_without_a_place_are_left_out),
        cmocka_unit_test(what_is_left_out_is_named_up_to_a_limit),
        cmocka_unit_test(notes_are_short_and_few),
        cmocka_unit_test(names_are_checked),
        cmocka_unit_test(endless_names_are_refused),
        cmocka_unit_test(other_archives_are_refused),
    };

    return cmocka_run_group_tests_name("torch", tests, make_folder, remove_folder);
}
