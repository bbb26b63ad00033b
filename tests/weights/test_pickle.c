/* tests/weights/test_pickle.c -- the machine that reads pickles: what it refuses, and where it
 * ends. */
#define _GNU_SOURCE
#include "tests/weights/help.h"

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
        {PICKLE("](e."), "holds no tensors"},
        {PICKLE("ctorch._utils\n_rebuild_parameter\n)R."), "holds no tensors"},
        {PICKLE("ctorch._tensor\n_rebuild_from_type_v2\n)R."), "holds no tensors"},
        {PICKLE("ctorch._tensor\n_rebuild_from_type_v2\n(NNNtR."), "holds no tensors"},
        {PICKLE("ctorch._tensor\n_rebuild_from_type_v2\n(ca\nb\nNNtR."), "holds no tensors"},
    };
    char deep[5000], name[2][400];

    (void)state;
    for (size_t i = 0; i < sizeof row / sizeof *row; i++)
        assert_pickle_refused(row[i].pickle, row[i].n, row[i].says);
    for (int i = 0; i < 2; i++) { /* of the module, of what is in it */
        snprintf(name[i], sizeof name[i], "c%0*d\n%0*d\n)R.", i ? 1 : 256, 7, i ? 256 : 1, 7);
        assert_pickle_refused(name[i], strlen(name[i]), "has a name that is no text of 255");
    }
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
    pickle_tensor(&p, "FloatStorage", "0", 6, (const int64_t[5]){0, 2, 3, 3, 1}, 0);
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

/* Calls of nothing take more memory than they have bytes for, so the limit comes at the end of
 * many; bytes behind the pickle move it on, through instructions of every kind, 64 bytes a
 * time. */
static void the_limit_holds_at_every_instruction(void **state)
{
    enum { CALLS = 8700, LEAST = 60 };
    static uint8_t bytes[2 * CALLS + 2048];
    struct made p = {.out = bytes, .room = sizeof bytes};
    char name[100];
    int refused = 0;

    (void)state;
    snprintf(name, sizeof name, "%099d", 7);
    put_text(&p, "N");
    for (int i = 0; i < CALLS; i++)
        put_text(&p, ")R");
    for (int i = 0; i < 2; i++) {
        put_text(&p, "]q"); /* the memo grows */
        put(&p, "\0", 1);
        put_text(&p, "(NNNNNe(NNNNNt)RQ");
        put_text(&p, i ? "" : "(");
        for (int k = 0; k < 256; k++) /* the stack grows */
            put_text(&p, i ? "" : "N");
        put_text(&p, i ? "" : "1");
        pickle_text(&p, name);
        put_text(&p, "c");
        put_text(&p, name);
        put_text(&p, "\n");
        put_text(&p, name);
        put_text(&p, "\n");
    }
    put_text(&p, ".");
    for (bool all = false; !all; refused += !all) {
        const struct made m = around(bytes, p.n);
        const char *path = in_folder("limit.pt");
        struct ds_archive a;
        struct ds_err err;

        write_file(path, m.out, m.n);
        assert_int_equal(ds_archive_open(&a, path, &err), DS_DATA);
        all = strstr(err.text, "holds no tensors");
        assert_true(all || strstr(err.text, "its pickle: needs more than"));
        put(&p, "", 1);
    }
    assert_true(refused > LEAST);
    print_message("refused at %d limits\n", refused);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wrong_pickles_are_refused),
        cmocka_unit_test(attacks_are_refused),
        cmocka_unit_test(cycles_end),
        cmocka_unit_test(the_limit_holds_at_every_instruction),
        cmocka_unit_test(long_pickles_are_refused),
    };

    return cmocka_run_group_tests_name("pickle", tests, make_folder, remove_folder);
}
