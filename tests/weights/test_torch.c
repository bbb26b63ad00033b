/* tests/weights/test_torch.c -- files of torch.save: what is read, and what is refused. */
#define _GNU_SOURCE
#include "tests/weights/help.h"

static const float transposed[6] = {1, 4, 2, 5, 3, 6};

static void assert_is_the_object(const struct ds_archive *a)
{
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

/* A zip with that pickle, and six floats as storage 0. */
static struct made around(const void *pickle, size_t n)
{
    struct made m = fresh();

    zip_entry(&m, "net/data.pkl", pickle, n, 0);
    zip_entry(&m, "net/data/0", made_floats, sizeof made_floats, 0);
    zip_end(&m, 0);
    return m;
}

static void assert_pickle_refused(const void *pickle, size_t n, const char *says)
{
    const struct made m = around(pickle, n);

    assert_refused(m.out, m.n, says);
}

static void wrong_pickles_are_refused(void **state)
{
#define PICKLE(text) text, sizeof text - 1
    static const struct {
        const char *pickle;
        size_t n;
        const char *says;
    } row[] = {
        {PICKLE("\x80\2"), "its pickle ends in the middle of an instruction at byte 2"},
        {PICKLE("\x80\6N."), "its pickle has a protocol later than 5"},
        {PICKLE("\x80\2\x82\1."), "its pickle has the instruction 0x82 at byte 2, which torch"},
        {PICKLE("V1\n."), "has the instruction 0x56"},
        {PICKLE("."), "takes a value that is not there"},
        {PICKLE(")."), "holds no tensors"},
        {PICKLE("(."), "takes a value that is not there"},
        {PICKLE("0."), "takes a value that is not there"},
        {PICKLE("2."), "takes a value that is not there"},
        {PICKLE("N(\x85."), "takes a value that is not there"},
        {PICKLE("N\x86."), "takes a value that is not there"},
        {PICKLE("t."), "takes a mark that is not there"},
        {PICKLE("1."), "takes a mark that is not there"},
        {PICKLE("}e."), "takes a mark that is not there"},
        {PICKLE("}(NNNu."), "has a key without a value"},
        {PICKLE("(Nd."), "has a key without a value"},
        {PICKLE("](NNu."), "sets an item of what is no dictionary"},
        {PICKLE("}Na."), "appends to what is no list"},
        {PICKLE("h\1."), "recalls a value that it does not have"},
        {PICKLE("Nr\xff\xff\xff\x7f."), "remembers a value under an impossible number"},
        {PICKLE("Np-1\n."), "remembers a value under an impossible number"},
        {PICKLE("q\1."), "takes a value that is not there"},
        {PICKLE("gx\n."), "has a line that is no number of 18 digits"},
        {PICKLE("I1234567890123456789\n."), "has a line that is no number of 18 digits"},
        {PICKLE("X\xff\xff\xff\xff."), "ends in the middle of an instruction"},
        {PICKLE("\x8d\xff\xff\xff\xff\xff\xff\xff\xff."), "ends in the middle"},
        {PICKLE("\x8b\xff\xff\xff\xff."), "ends in the middle of an instruction"},
        {PICKLE("\x95\xff\0\0\0\0\0\0\0N."), "is cut off in a frame"},
        {PICKLE("cos"), "has a line without an end"},
        {PICKLE("c\nx\n)R."), "has a name that is no text of 255 bytes"},
        {PICKLE("ca\1b\nx\n)R."), "its pickle wants a name that is no printable text"},
        {PICKLE("NN\x93."), "wants a name that is no text"},
        {PICKLE("ca\nb\nNR."), "calls with what are no arguments"},
        {PICKLE("NQ."), "holds no tensors, expected a state_dict"},
        {PICKLE("}."), "holds no tensors, expected a state_dict"},
        {PICKLE("K\1."), "holds no tensors"},
        {PICKLE("Nq"), "ends in the middle of an instruction"},
        {PICKLE("Nr\1"), "ends in the middle of an instruction"},
        {PICKLE("h"), "ends in the middle of an instruction"},
        {PICKLE("j\1"), "ends in the middle of an instruction"},
        {PICKLE("\x80"), "ends in the middle of an instruction"},
        {PICKLE("\x8a"), "ends in the middle of an instruction"},
        {PICKLE("\x8a\2\1"), "ends in the middle of an instruction"},
        {PICKLE("G\1"), "ends in the middle of an instruction"},
        {PICKLE("X\1"), "ends in the middle of an instruction"},
        {PICKLE("I"), "has a line that is no number of 18 digits"},
        {PICKLE("I-"), "has a line that is no number of 18 digits"},
        {PICKLE("I1"), "has a line that is no number of 18 digits"},
        {PICKLE("Np1:"), "has a line that is no number of 18 digits"},
        {PICKLE("\x91."), "takes a mark that is not there"},
        {PICKLE("s."), "takes a value that is not there"},
        {PICKLE("}s."), "takes a value that is not there"},
        {PICKLE("R."), "takes a value that is not there"},
        {PICKLE("b."), "takes a value that is not there"},
        {PICKLE("Q."), "takes a value that is not there"},
        {PICKLE("N\x93."), "takes a value that is not there"},
        {PICKLE("X\1\0\0\0aN\x93."), "wants a name that is no text"},
        {PICKLE("cx\n\n)R."), "has a name that is no text of 255 bytes"},
        {PICKLE("}(NNe."), "appends to what is no list"},
        {PICKLE("NNb."), "holds no tensors"},
        {PICKLE("Nq\1j\2\0\0\0."), "recalls a value that it does not have"},
    };
    char deep[5000];

    (void)state;
    for (size_t i = 0; i < sizeof row / sizeof *row; i++)
        assert_pickle_refused(row[i].pickle, row[i].n, row[i].says);
    memset(deep, '(', sizeof deep);
    assert_pickle_refused(deep, sizeof deep, "nests more than 4096 deep");
    memset(deep, ']', sizeof deep); /* lists in lists, 300 of them */
    for (int i = 0; i < 300; i++)
        deep[300 + i] = 'a';
    deep[599] = '.';
    assert_pickle_refused(deep, 600, "its pickle nests values more than 128 deep");
}

/* Names that only an attack needs; the last ones as later protocols spell them. */
static void attacks_are_refused(void **state)
{
    static const struct {
        const char *module, *name;
    } row[] = {
        {"os", "system"},
        {"posix", "system"},
        {"nt", "system"},
        {"subprocess", "Popen"},
        {"builtins", "eval"},
        {"__builtin__", "compile"},
        {"builtins", "__import__"},
        {"sys", "exit"},
        {"shutil", "rmtree"},
        {"socket", "socket"},
        {"importlib", "import_module"},
        {"runpy", "run_path"},
        {"webbrowser", "open"},
        {"pickle", "loads"},
        {"torch.hub", "load"},
        {"torch", "load"},
        {"torch.storage", "_load_from_bytes"},
        {"torch.serialization", "os.system"},
        {"harmless.package", "os.system"},
        {"os.path", "join"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof row / sizeof *row; i++)
        for (int late = 0; late < 2; late++) {
            uint8_t bytes[256];
            struct made p = {.out = bytes, .room = sizeof bytes};
            char says[256];

            if (late) {
                pickle_text(&p, row[i].module);
                pickle_text(&p, row[i].name);
                put_text(&p, "\x93");
            } else {
                put_text(&p, "c");
                put_text(&p, row[i].module);
                put_text(&p, "\n");
                put_text(&p, row[i].name);
                put_text(&p, "\n");
            }
            pickle_text(&p, "echo");
            put_text(&p, "\x85R.");
            snprintf(
                says, sizeof says,
                "its pickle wants %s.%s, which is not among the names a weights file needs; "
                "nothing was executed",
                row[i].module, row[i].name);
            assert_pickle_refused(bytes, p.n, says);
        }
}

/* A pickle that is one tensor of that description. */
static size_t one_tensor(uint8_t *out, size_t room, const char *type, const char *key,
                         int count, const int numbers[5])
{
    struct made p = {.out = out, .room = room};

    pickle_tensor(&p, type, key, count, numbers, 0);
    put_text(&p, ".");
    return p.n;
}

static void wrong_tensors_are_refused(void **state)
{
    static const struct {
        const char *type, *key;
        int count, numbers[5];
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
    uint8_t bytes[512];

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
    };

    (void)state;
    for (size_t i = 0; i < sizeof row / sizeof *row; i++)
        assert_pickle_refused(row[i].pickle, strlen(row[i].pickle), row[i].says);
}

/* _rebuild_tensor_v3, _rebuild_from_type_v2, torch.Size, Python 2's OrderedDict; an empty
 * tensor at the very end of its storage. */
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
        "ctorch\nfloat8_e5m2\ntRu.";
    const struct made m = around(text, sizeof text - 1);
    struct ds_archive a;

    (void)state;
    assert_opens(&a, &m, "PyTorch zip");
    assert_floats(&a, "a", (const float[]){3, 5}, 2);
    assert_floats(&a, "b", made_floats, 6);
    assert_floats(&a, "c.w", NULL, 0);
    assert_null(ds_archive_lookup(&a, "d"));
    assert_string_equal(ds_note_lookup(&a.meta, "skipped")->texts[0], "d (float8_e5m2)");
    ds_archive_close(&a);
}

/* Values in themselves end; dictionaries that double at every level do not go on for ever. */
static void cycles_end(void **state)
{
    uint8_t bytes[2048];
    struct made p = {.out = bytes, .room = sizeof bytes}, m;
    struct ds_archive a;

    (void)state;
    put_text(&p, "}q\1(");
    pickle_text(&p, "self");
    put_text(&p, "h\1");
    pickle_text(&p, "w");
    pickle_tensor(&p, "FloatStorage", "0", 6, (const int[5]){0, 2, 3, 3, 1}, 0);
    put_text(&p, "u.");
    m = around(bytes, p.n);
    assert_opens(&a, &m, "PyTorch zip");
    assert_int_equal(a.count, 1);
    ds_archive_close(&a);

    p.n = 0;
    put_text(&p, "]q\1");
    for (int i = 0; i < 40; i++) {
        const uint8_t before = (uint8_t)(i + 1), now = (uint8_t)(i + 2);
        const uint8_t level[] = {']', 'q', now, '(', 'h', before, 'h', before, 'e'};

        put(&p, level, sizeof level);
    }
    put_text(&p, ".");
    assert_pickle_refused(bytes, p.n, "reaches the same values over and over");
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
            pickle_tensor(&p, "FloatStorage", "0", 6, (const int[5]){0, 2, 3, 3, 1}, 0);
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
}

static void long_pickles_are_refused(void **state)
{
    const size_t n = (64 << 20) + 1, room = n + 4096;
    uint8_t *bytes = malloc(room), *pickle = malloc(n);
    struct made m = {.out = bytes, .room = room};

    (void)state;
    assert_non_null(bytes);
    assert_non_null(pickle);
    memset(pickle, 'N', n);
    zip_entry(&m, "net/data.pkl", pickle, n, 0);
    zip_end(&m, 0);
    assert_refused(m.out, m.n, "its pickle is longer than 64 MiB");
    m.n = 0;
    m.rows = 0;
    zip_entry(&m, "net/data.pkl", pickle, n - 1, 0);
    zip_end(&m, 0);
    assert_refused(m.out, m.n, "its pickle stacks more than 1048576 values");
    memset(pickle, ']', n);
    for (size_t i = 1; i < n; i += 2)
        pickle[i] = '0';
    m.n = 0;
    m.rows = 0;
    zip_entry(&m, "net/data.pkl", pickle, n - 1, 0);
    zip_end(&m, 0);
    assert_refused(m.out, m.n, "its pickle: needs more than 49152 kB for its structure alone");
    m.n = 0;
    m.rows = 0;
    make_legacy_head(&m, 1);
    memset(pickle, 0x95, n);
    for (size_t i = 0; i + 9 <= n; i += 9)
        memset(pickle + i + 1, 0, 8);
    put(&m, pickle, n);
    assert_refused(m.out, m.n, "its pickle is longer than 64 MiB");
    free(bytes);
    free(pickle);
}

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
        cmocka_unit_test(every_age_of_file_opens),
        cmocka_unit_test(wrong_pickles_are_refused),
        cmocka_unit_test(attacks_are_refused),
        cmocka_unit_test(wrong_tensors_are_refused),
        cmocka_unit_test(arguments_are_checked),
        cmocka_unit_test(other_ways_to_describe_a_tensor),
        cmocka_unit_test(cycles_end),
        cmocka_unit_test(names_are_checked),
        cmocka_unit_test(other_archives_are_refused),
        cmocka_unit_test(long_pickles_are_refused),
        cmocka_unit_test(damaged_older_files_are_refused),
        cmocka_unit_test(parts_of_storages_stay_inside),
    };

    return cmocka_run_group_tests_name("torch", tests, make_folder, remove_folder);
}
