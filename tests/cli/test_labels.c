/* tests/cli/test_labels.c -- names of classes from a file, and which class a word means. */
#define _GNU_SOURCE
#include "tests/data/store_help.h"

#include "viz/cli/cmd_labels.h"

static void loaded(struct ds_labels *l, const char *text, size_t n, int classes)
{
    struct ds_model m = {.vit.shape.classes = classes};
    struct ds_err err = {0};

    write_file(in_folder("labels"), text, n);
    assert_good(ds_labels_load(l, in_folder("labels"), &m, &err), &err);
}

static void assert_labels(const char *text, const char *const (*want)[2], int classes)
{
    struct ds_labels l;
    char name[64];

    loaded(&l, text, strlen(text), classes);
    assert_int_equal(l.classes, classes);
    for (int i = 0; i < classes; i++) {
        assert_string_equal(ds_labels_text(name, sizeof name, &l, i), want[i][0]);
        assert_true((l.id[i] != NULL) == (want[i][1] != NULL));
        if (want[i][1])
            assert_string_equal(l.id[i], want[i][1]);
    }
    ds_labels_clear(&l);
}

static void refused(const char *text, size_t n, int classes, enum ds_code code,
                    const char *words)
{
    struct ds_model m = {.vit.shape.classes = classes};
    struct ds_labels l;
    struct ds_err err = {0};

    write_file(in_folder("labels"), text, n);
    assert_says(ds_labels_load(&l, in_folder("labels"), &m, &err), code, &err, words);
    ds_labels_clear(&l);
}

static void every_form_is_read(void **state)
{
    (void)state;
    assert_labels("cat\ndog\nowl\n",
                  (const char *const[][2]){{"cat", NULL}, {"dog", NULL}, {"owl", NULL}}, 3);
    assert_labels("cat\r\n\r\ndog\r\nowl",
                  (const char *const[][2]){{"cat", NULL}, {"dog", NULL}, {"owl", NULL}}, 3);
    assert_labels("2\tn02\towl\n0\tn00\tcat\n",
                  (const char *const[][2]){{"cat", "n00"}, {"class 1", NULL}, {"owl", "n02"}},
                  3);
    assert_labels("1\tgreat white shark\nnext one\n",
                  (const char *const[][2]){
                      {"class 0", NULL}, {"great white shark", NULL}, {"next one", NULL}},
                  3);
    assert_labels("\xef\xbb\xbf"
                  "0\tn0\tcat\n0\tn9\tlater\n",
                  (const char *const[][2]){{"later", "n9"}, {"class 1", NULL}}, 2);
    assert_labels("0\t\tcat\n1\tn1\t\n",
                  (const char *const[][2]){{"cat", NULL}, {"class 1", "n1"}}, 2);
    assert_labels("0\tn0\ta\tb\n", (const char *const[][2]){{"a\tb", "n0"}}, 1);
}

static void damaged_files_are_refused(void **state)
{
    (void)state;
    refused("", 0, 3, DS_DATA, "labels: the file is empty");
    refused("a\nb\nc\nd\n", 8, 3, DS_DATA, "labels: line 4: expected a class from 0 to 2");
    refused("\n\n9\tn\tx\n", 8, 3, DS_DATA, "line 3: expected a class");
    refused("-1\tn\tx\n", 7, 3, DS_DATA, "line 1: expected a class");
    refused("x\tn\ty\n", 6, 3, DS_DATA, "line 1: expected a class");
    refused("99999999999999999999\tn\ty\n", 25, 3, DS_DATA, "line 1: expected a class");
    refused("a\0b\n", 4, 3, DS_DATA, "labels: holds a byte 0");
    refused("a\n", 2, 0, DS_USAGE, "the network has no classes to name");
}

static void words_mean_classes(void **state)
{
    static const char text[] =
        "0\tn10\tcrane\n1\tn11\tcat\n2\tn12\tcrane\n3\tn13\t1\n4\t2\tfive\n";
    static const struct {
        const char *word;
        int class;
    } row[] = {{"n10", 0},
               {"n12", 2},
               {"cat", 1},
               {"crane", DS_LABELS_SEVERAL},
               {"1", 3},
               {"2", 4},
               {"0", 0},
               {"4", 4},
               {"5", -1},
               {"-1", -1},
               {"", -1},
               {"dog", -1},
               {"4x", -1},
               {"n1", -1},
               {"99999999999999999999", -1}};
    struct ds_labels l;

    (void)state;
    loaded(&l, text, strlen(text), 5);
    for (size_t i = 0; i < sizeof row / sizeof *row; i++)
        if (ds_labels_lookup(&l, row[i].word) != row[i].class)
            fail_msg("'%s' is %d", row[i].word, ds_labels_lookup(&l, row[i].word));
    ds_labels_clear(&l);
}

static void a_network_brings_its_own_names(void **state)
{
    char *name[2] = {"yes", NULL};
    struct ds_model m = {.vit.shape.classes = 2, .class_name = name};
    struct ds_labels l;
    struct ds_err err = {0};
    char text[32];

    (void)state;
    assert_good(ds_labels_load(&l, "", &m, &err), &err);
    assert_int_equal(ds_labels_lookup(&l, "yes"), 0);
    assert_string_equal(ds_labels_text(text, sizeof text, &l, 1), "class 1");
    ds_labels_clear(&l);
    assert_says(ds_labels_load(&l, in_folder("none"), &m, &err), DS_NOINPUT, &err, "none: ");
    ds_labels_clear(&l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_form_is_read),
        cmocka_unit_test(damaged_files_are_refused),
        cmocka_unit_test(words_mean_classes),
        cmocka_unit_test(a_network_brings_its_own_names),
    };

    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
