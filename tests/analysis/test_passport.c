/* tests/analysis/test_passport.c -- one accuracy matrix under every convention, and what each
 * lacks.
 */
#define _POSIX_C_SOURCE 200809L
#include "tests/analysis/hand.h"
#include <jansson.h>
#include "analysis/drift/passport.h"
#include "analysis/sheet/tables.h"

static const struct ds_passport_row *row_of(const struct ds_passport_row *rows, const char *key)
{
    for (int i = 0; i < DS_CONVENTION_COUNT; i++)
        if (!strcmp(rows[i].convention->key, key))
            return rows + i;
    fail_msg("no convention %s", key);
    return NULL;
}

/* R = [[80], [86, 75], [90, 78, 88], [88, 81, 82, 84]] % of unequal test sets: what the
 * frameworks' own functions make of it. */
static void one_matrix_many_numbers(void **state)
{
    static const struct {
        const char *key;
        double value;
    } known[] = {
        {"forgetting_clipped", 0.02667},
        {"forgetting_chaudhry", 0.01667},
        {"forgetting_first", -0.02667},
        {"forgetting_libcontinual", -0.04667},
        {"bwt", 0.02667},
        {"bwt_diaz", 0.045},
        {"bwt_libcontinual", 0.04},
        {"last", 0.8375},
        {"last_weighted", 0.8435},
        {"average", 0.8240},
        {"average_weighted", 0.8334},
        {"bwt_positive", 0.045},
        {"remembering", 1},
        {"triangle", 8.32 / 10},
    };
    static const int total[] = {1000, 500, 800, 300};
    static const int correct[] = {800, 9999, -1,  0, 860, 375, 0,   0,
                                  900, 390,  704, 0, 880, 405, 656, 252};
    struct ds_passport_row rows[DS_CONVENTION_COUNT];
    struct ds_accuracy acc;
    struct ds_err err = {0};

    (void)state;
    assert_int_equal(ds_accuracy_counts(&acc, correct, total, 4, 4, false, &err), 0);
    ds_passport_of(rows, &acc, 4);
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        NEAR(row_of(rows, known[i].key)->value, known[i].value, 5e-5);
        assert_null(row_of(rows, known[i].key)->why);
    }
    ds_accuracy_clear(&acc);
    assert_int_equal(ds_accuracy_counts(&acc, correct, total, 4, 4, true, &err), DS_DATA);
    assert_string_equal(err.text, "task 2 after task 1: 9999 of 500 images correct");
}

static void what_is_missing_is_said(void **state)
{
    static const int total[] = {10, 10, 0}, correct[] = {9, 1, 0, 8, 7, 0, 6, 6, 0};
    static const double untrained[] = {0.1, 0.1, 0.1}, joint[] = {1, 0.9, 0.9};
    struct ds_passport_row rows[DS_CONVENTION_COUNT];
    struct ds_accuracy acc;
    struct ds_err err = {0};

    (void)state;
    assert_int_equal(ds_accuracy_counts(&acc, correct, total, 3, 3, false, &err), 0);
    ds_passport_of(rows, &acc, 0);
    assert_string_equal(row_of(rows, "last")->why, "needs a task");
    ds_passport_of(rows, &acc, 1);
    assert_string_equal(row_of(rows, "bwt")->why, "needs 2 tasks");
    ds_passport_of(rows, &acc, 2);
    assert_string_equal(row_of(rows, "bwt_libcontinual")->why, "needs 3 tasks");
    assert_string_equal(row_of(rows, "fwt")->why, "needs the untrained model's accuracy");
    assert_string_equal(row_of(rows, "fwt_diaz")->why, "needs tests on tasks not learned yet");
    assert_string_equal(row_of(rows, "intransigence")->why, "needs a jointly trained model");
    NEAR(row_of(rows, "remembering")->value, 0.9, 1e-15);
    NEAR(row_of(rows, "bwt_positive")->value, 0, 0);
    acc.untrained = untrained;
    acc.joint = joint;
    ds_passport_of(rows, &acc, 2);
    assert_string_equal(row_of(rows, "fwt")->why, "needs tests on tasks not learned yet");
    NEAR(row_of(rows, "intransigence")->value, 0.2, 1e-15);
    ds_passport_of(rows, &acc, 3);
    assert_string_equal(row_of(rows, "last")->why, "a task was not tested");
    ds_accuracy_clear(&acc);

    assert_int_equal(ds_accuracy_counts(&acc, correct, total, 3, 3, true, &err), 0);
    acc.untrained = untrained;
    ds_passport_of(rows, &acc, 2);
    NEAR(row_of(rows, "fwt")->value, 0, 1e-15);
    NEAR(row_of(rows, "fwt_continuum")->value, 0.1, 1e-15);
    NEAR(row_of(rows, "fwt_diaz")->value, 0.1, 1e-15);
    ds_accuracy_clear(&acc);
}

static const char *cell_text(const struct ds_sheet *s, int row, const char *column)
{
    for (int c = 0; c < s->columns; c++)
        if (!strcmp(s->column[c].name, column))
            return ds_sheet_cell(s, row, c)->text;
    fail_msg("no column %s", column);
    return NULL;
}

static void as_a_table(void **state)
{
    struct ds_record r;
    struct ds_table_run run = {.record = &r, .name = "runs/a", .checkpoint = -1};
    const struct ds_table_want want = {.run = &run, .runs = 1};
    struct ds_err err = {0};
    struct ds_sheet s;

    (void)state;
    hand_record(&r, 2);
    hand_counts(&r, 0, (int[]){90, 0});
    hand_counts(&r, 1, (int[]){60, 80});
    assert_int_equal(ds_table_fill(&s, "passport", &want, &err), 0);
    assert_int_equal(ds_sheet_rows(&s), DS_CONVENTION_COUNT);
    for (int i = 0; i < DS_CONVENTION_COUNT; i++) {
        const char *key = cell_text(&s, i, "convention");

        assert_string_equal(key, ds_conventions[i].key);
        if (!strcmp(key, "bwt")) {
            NEAR(ds_sheet_cell(&s, i, 2)->real, -0.3, 1e-15);
            NEAR(ds_sheet_cell(&s, i, 3)->real, -0.15, 1e-15);
            NEAR(ds_sheet_cell(&s, i, 4)->real, 0, 0);
            assert_string_equal(cell_text(&s, i, "used_by"), "GEM, mammoth");
        }
        if (!strcmp(key, "fwt"))
            assert_string_equal(cell_text(&s, i, "used_by"),
                                "needs the untrained model's accuracy");
    }
    ds_sheet_clear(&s);
    run.checkpoint = 0;
    assert_int_equal(ds_table_fill(&s, "passport", &want, &err), DS_USAGE);
    ds_sheet_clear(&s);
    ds_record_clear(&r);
}

/* The reference's full matrix with the untrained model's accuracy, where the folder is. */
static void golden_forward_transfer(void **state)
{
    char *text = hand_shared("golden/metrics/metrics.json");
    json_t *root, *cl, *row, *cell;
    double a[64], n[8], untrained[8];
    struct ds_accuracy acc = {.a = a, .n = n, .untrained = untrained};
    struct ds_passport_row rows[DS_CONVENTION_COUNT];
    size_t i, j;

    (void)state;
    if (!text)
        skip();
    root = json_loads(text, 0, NULL);
    free(text);
    cl = json_object_get(root, "cl");
    acc.tasks = acc.learned = (int)json_array_size(json_object_get(cl, "A"));
    assert_true(acc.tasks > 1 && acc.tasks <= 8);
    json_array_foreach(json_object_get(cl, "A"), i, row)
    {
        n[i] = json_number_value(json_array_get(json_object_get(cl, "n"), i));
        untrained[i] = json_number_value(json_array_get(json_object_get(cl, "baseline"), i));
        json_array_foreach(row, j, cell) a[i * (size_t)acc.tasks + j] = json_number_value(cell);
    }
    ds_passport_of(rows, &acc, acc.tasks);
    NEAR(row_of(rows, "fwt")->value, json_number_value(json_object_get(cl, "fwt")), 1e-12);
    NEAR(row_of(rows, "bwt")->value, json_number_value(json_object_get(cl, "bwt")), 1e-12);
    NEAR(row_of(rows, "forgetting_chaudhry")->value,
         json_number_value(json_object_get(cl, "forgetting_chaudhry")), 1e-12);
    json_decref(root);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_matrix_many_numbers),
        cmocka_unit_test(what_is_missing_is_said),
        cmocka_unit_test(as_a_table),
        cmocka_unit_test(golden_forward_transfer),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
