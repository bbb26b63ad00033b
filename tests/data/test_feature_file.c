/* tests/data/test_feature_file.c -- features in a file: rows of many writers, each once,
 * ascending; what is no such file, or another network's, is refused by name and replaced by a
 * writer. */
#define _GNU_SOURCE
#include "data/store/feature_file.h"
#include "tests/data/store_help.h"
#include "data/store/h5.h"

enum { DIM = 3, KEY = 77 };
static const float value[4][DIM] = {{1, 2, 3}, {4, 5, 6}, {7, 8, 9}, {-1, 0, 1}};

static void add(const char *path, uint64_t key, struct ds_feature_row *row, int rows)
{
    struct ds_err err = {0};

    assert_good(ds_feature_file_add(path, key, DIM, row, rows, &err), &err);
}

static void rows_are_merged(void **state)
{
    const char *path = in_folder("a/b/rows.h5"), *other = in_folder("other.h5");
    static unsigned char x[1 << 16], y[1 << 16];
    struct ds_feature_row one[] = {{UINT64_MAX - 1, value[0]}, {5, value[1]}};
    struct ds_feature_row two[] = {{9, value[2]}, {5, value[1]}, {3, value[3]}};
    struct ds_feature_row all[] = {
        {3, value[3]}, {9, value[2]}, {5, value[1]}, {UINT64_MAX - 1, value[0]}};
    struct ds_feature_file f;
    struct ds_err err = {0};
    size_t n;

    (void)state;
    assert_int_equal(ds_feature_file_load(&f, path, KEY, DIM, &err), DS_NOINPUT);
    add(path, KEY, one, 2);
    add(path, KEY, two, 3);
    assert_good(ds_feature_file_load(&f, path, KEY, DIM, &err), &err);
    assert_int_equal(f.count, 4);
    for (int i = 0; i < 4; i++)
        assert_memory_equal(ds_feature_file_lookup(&f, all[i].picture), all[i].feature,
                            sizeof value[0]);
    assert_null(ds_feature_file_lookup(&f, 4));
    assert_null(ds_feature_file_lookup(&f, UINT64_MAX));
    ds_feature_file_clear(&f);
    assert_null(ds_feature_file_lookup(&f, 5));
    add(other, KEY, all, 4); /* at once and in another order: the same bytes */
    n = read_file(path, x, sizeof x);
    assert_int_equal(read_file(other, y, sizeof y), n);
    assert_memory_equal(x, y, n);
}

static void others_are_refused_and_replaced(void **state)
{
    const char *path = in_folder("theirs.h5");
    struct ds_feature_row row[] = {{2, value[0]}};
    const int64_t two[2] = {2, DIM};
    struct ds_bundle b = {0};
    struct ds_feature_file f;
    struct ds_err err = {0};

    (void)state;
    add(path, KEY, row, 1);
    assert_says(ds_feature_file_load(&f, path, KEY + 1, DIM, &err), DS_DATA, &err,
                "theirs.h5: holds the features of another network");
    assert_says(ds_feature_file_load(&f, path, KEY, DIM + 1, &err), DS_DATA, &err,
                "theirs.h5: 'feature' is 1 x 3 float32 here, 1 x 4 float32 expected");
    assert_good(
        ds_note_text(ds_bundle_notes(&b, "", &err), "format", "driftscope-features", &err),
        &err);
    assert_good(ds_note_int(ds_bundle_notes(&b, "", &err), "key", KEY, &err), &err);
    assert_non_null(
        ds_bundle_add(&b, "picture", DS_I64, 1, two, (const int64_t[]){7, 7}, &err));
    assert_non_null(ds_bundle_floats(&b, "feature", value[0], 2, two, NULL, &err));
    assert_good(ds_bundle_save(&b, path, &err), &err);
    assert_says(ds_feature_file_load(&f, path, KEY, DIM, &err), DS_DATA, &err,
                "theirs.h5: its pictures are out of order");
    assert_good(ds_note_text(ds_bundle_notes(&b, "", &err), "format", "driftscope-run", &err),
                &err);
    assert_good(ds_bundle_save(&b, path, &err), &err);
    ds_bundle_clear(&b);
    assert_says(ds_feature_file_load(&f, path, KEY, DIM, &err), DS_DATA, &err,
                "theirs.h5: holds no features");
    add(path, KEY, row, 1);
    assert_good(ds_feature_file_load(&f, path, KEY, DIM, &err), &err);
    assert_int_equal(f.count, 1);
    ds_feature_file_clear(&f);
}

/* One part of a good file that is not there, or another thing. */
static void each_part_is_looked_at(void **state)
{
    static const struct {
        const char *note; /* NULL: the array of pictures */
        bool gone;
        const char *says;
    } part[] = {
        {"format", true, "odd.h5: holds no features"},
        {"format", false, "odd.h5: holds no features"},
        {"key", true, "odd.h5: holds the features of another network"},
        {"key", false, "odd.h5: holds the features of another network"},
        {NULL, true, "odd.h5: there is no 'picture'"},
        {NULL, false, "odd.h5: 'picture' is 1 int32 here, any int64 expected"},
    };
    struct ds_feature_row row[] = {{2, value[0]}};
    struct ds_feature_file f;
    struct ds_err err = {0};

    (void)state;
    assert_int_equal(chdir(folder), 0); /* a name without a folder is one, too */
    for (size_t i = 0; i < sizeof part / sizeof *part; i++) {
        struct ds_bundle b = {0};
        struct ds_notes *root;

        add("odd.h5", KEY, row, 1);
        assert_good(ds_bundle_load(&b, "odd.h5", &err), &err);
        root = ds_bundle_notes(&b, "", &err);
        if (!part[i].note && part[i].gone)
            ds_bundle_lookup(&b, "picture")->name[0] = 'q';
        else if (!part[i].note)
            ds_bundle_lookup(&b, "picture")->type = DS_I32;
        else if (part[i].gone)
            ((struct ds_note *)ds_note_lookup(root, part[i].note))->key[0] = '~';
        else
            assert_good(ds_note_real(root, part[i].note, 1, &err), &err);
        assert_good(ds_bundle_save(&b, "odd.h5", &err), &err);
        ds_bundle_clear(&b);
        assert_says(ds_feature_file_load(&f, "odd.h5", KEY, DIM, &err), DS_DATA, &err,
                    part[i].says);
    }
    assert_int_equal(chdir("/"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_are_merged),
        cmocka_unit_test(others_are_refused_and_replaced),
        cmocka_unit_test(each_part_is_looked_at),
    };

    return cmocka_run_group_tests_name("feature_file", tests, make_folder, remove_folder);
}
