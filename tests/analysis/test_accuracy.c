/* tests/analysis/test_accuracy.c -- every published convention, on vectors with known answers.
 */
#define _POSIX_C_SOURCE 200809L
#include "tests/analysis/hand.h"
#include <jansson.h>
#include "analysis/drift/accuracy.h"

static double of(const char *key, const struct ds_accuracy *acc, int k)
{
    const struct ds_convention *c = ds_convention_lookup(key);

    assert_non_null(c);
    return c->of(acc, k);
}

/* Four tasks of unequal test sets; the answers were computed with the frameworks' own functions
 *. */
static void ten_numbers(void **state)
{
    double a[] = {80, 0, 0, 0, 86, 75, 0, 0, 90, 78, 88, 0, 88, 81, 82, 84};
    double n[] = {1000, 500, 800, 300};
    const struct ds_accuracy acc = {.tasks = 4, .learned = 4, .a = a, .n = n};

    (void)state;
    NEAR(of("forgetting_clipped", &acc, 4), 2.667, 5e-4);
    NEAR(of("forgetting_chaudhry", &acc, 4), 1.667, 5e-4);
    NEAR(of("forgetting_first", &acc, 4), -2.667, 5e-4);
    NEAR(of("forgetting_libcontinual", &acc, 4), -4.667, 5e-4);
    NEAR(of("bwt", &acc, 4), 2.667, 5e-4);
    NEAR(of("bwt_diaz", &acc, 4), 4.5, 5e-4);
    NEAR(of("bwt_libcontinual", &acc, 4), 4.0, 5e-4);
    NEAR(of("last", &acc, 4), 83.75, 5e-3);
    NEAR(of("last_weighted", &acc, 4), 84.35, 5e-3);
    NEAR(of("average", &acc, 4), 82.40, 5e-3);
    NEAR(of("average_weighted", &acc, 4), 83.34, 5e-3);
    NEAR(of("learning", &acc, 4), (80 + 75 + 88 + 84) / 4.0, 1e-12);
    assert_true(isnan(of("fwt", &acc, 4))); /* no untrained model: n/a, not a number */
}

/* What needs a second (LibContinual: a third) task does not exist without it. */
static void too_few_tasks(void **state)
{
    double a[] = {0.9, 0, 0.8, 0.7}, n[] = {10, 10};
    const struct ds_accuracy acc = {.tasks = 2, .learned = 2, .a = a, .n = n};

    (void)state;
    for (const struct ds_convention *c = ds_conventions; c->key; c++) {
        assert_int_equal(isnan(c->of(&acc, 1)) != 0,
                         c->least > 1 || c->from == DS_FROM_JOINT);
        assert_true(isnan(c->of(&acc, 0)));
    }
    assert_true(isnan(of("bwt_libcontinual", &acc, 2)));
    assert_true(isnan(of("forgetting_libcontinual", &acc, 2)));
    NEAR(of("bwt", &acc, 2), -0.1, 1e-15);
}

static void from_a_record(void **state)
{
    struct ds_err err = {0};
    struct ds_record r;
    struct ds_accuracy acc;

    (void)state;
    hand_record(&r, 3);
    hand_counts(&r, 0, (int[]){90, 0, 0});
    hand_counts(&r, 1, (int[]){60, 80, 0});
    hand_counts(&r, 2, (int[]){50, 70, 100});
    r.total[2] = 200;
    assert_int_equal(ds_accuracy_of(&acc, &r, DS_CLASS_INCREMENTAL, DS_REFINED, &err), 0);
    assert_int_equal(acc.learned, 3);
    NEAR(acc.a[8], 0.5, 0);
    assert_true(isnan(acc.a[1])); /* not learned yet */
    NEAR(of("last", &acc, 3), (0.5 + 0.7 + 0.5) / 3, 1e-15);
    NEAR(of("last_weighted", &acc, 3), 220.0 / 400, 1e-15);
    NEAR(of("forgetting_clipped", &acc, 3), (0.4 + 0.1) / 2, 1e-15);
    NEAR(of("forgetting_chaudhry", &acc, 2), 0.3, 1e-15);
    ds_accuracy_clear(&acc);
    assert_int_equal(ds_accuracy_of(&acc, &r, DS_CLASS_INCREMENTAL, DS_RAW_HEAD, &err), 0);
    NEAR(acc.a[0], 0.45, 1e-15);
    ds_accuracy_clear(&acc);
    assert_int_equal(ds_accuracy_of(&acc, &r, DS_TASK_INCREMENTAL, DS_REFINED, &err), 0);
    NEAR(of("forgetting_clipped", &acc, 3), 0, 0);
    ds_accuracy_clear(&acc);
    r.done = 2; /* a run in progress: later rows are not read */
    assert_int_equal(ds_accuracy_of(&acc, &r, DS_CLASS_INCREMENTAL, DS_REFINED, &err), 0);
    assert_int_equal(acc.learned, 1);
    assert_true(isnan(acc.a[3]));
    ds_accuracy_clear(&acc);
    ds_record_clear(&r);
}

static void impossible_counts_are_refused(void **state)
{
    struct ds_err err = {0};
    struct ds_record r;
    struct ds_accuracy acc;

    (void)state;
    hand_record(&r, 2);
    hand_counts(&r, 0, (int[]){101, 0});
    assert_int_equal(ds_accuracy_of(&acc, &r, DS_CLASS_INCREMENTAL, DS_REFINED, &err), DS_DATA);
    assert_string_equal(err.text, "task 1 after task 1: 101 of 100 images correct");
    assert_null(acc.a);
    r.done = 9;
    assert_int_equal(ds_accuracy_of(&acc, &r, DS_CLASS_INCREMENTAL, DS_REFINED, &err), DS_DATA);
    assert_string_equal(err.text, "9 checkpoints of 2 tasks, expected at most 3");
    r.done = 3;
    ds_record_clear(&r);
}

static double number(const json_t *from, const char *key)
{
    const json_t *v = json_object_get(from, key);

    assert_non_null(v);
    return json_number_value(v);
}

static int square(double *a, const json_t *from)
{
    const int n = (int)json_array_size(from);

    assert_true(n > 0 && n <= 8);
    for (int i = 0; i < n; i++)
        for (int j = 0; j < n; j++)
            a[i * n + j] = json_number_value(
                json_array_get(json_array_get(from, (size_t)i), (size_t)j));
    return n;
}

static void golden_matrices(void **state)
{
    char *text = hand_shared("golden/metrics/metrics.json");
    double a[64], n[8] = {1, 1, 1, 1, 1, 1, 1, 1}, untrained[8];
    struct ds_accuracy acc = {.a = a, .n = n};
    json_t *root, *cl;

    (void)state;
    if (!text)
        skip();
    root = json_loads(text, 0, NULL);
    free(text);
    cl = json_object_get(root, "cl");
    acc.tasks = acc.learned = square(a, json_object_get(cl, "A"));
    for (int j = 0; j < acc.tasks; j++) {
        n[j] = json_number_value(json_array_get(json_object_get(cl, "n"), (size_t)j));
        untrained[j] =
            json_number_value(json_array_get(json_object_get(cl, "baseline"), (size_t)j));
    }
    acc.untrained = untrained;
    NEAR(of("last", &acc, 4), number(cl, "last"), 1e-12);
    NEAR(of("last_weighted", &acc, 4), number(cl, "last_weighted"), 1e-12);
    NEAR(of("average", &acc, 4), number(cl, "average"), 1e-12);
    NEAR(of("average_weighted", &acc, 4), number(cl, "average_weighted"), 1e-12);
    NEAR(of("forgetting_clipped", &acc, 4), number(cl, "forgetting_official"), 1e-12);
    NEAR(of("forgetting_clipped", &acc, 3), number(cl, "forgetting_official_t2"), 1e-12);
    NEAR(of("forgetting_chaudhry", &acc, 4), number(cl, "forgetting_chaudhry"), 1e-12);
    NEAR(of("bwt", &acc, 4), number(cl, "bwt"), 1e-12);
    NEAR(of("fwt", &acc, 4), number(cl, "fwt"), 1e-12);
    NEAR(of("learning", &acc, 4), number(cl, "learning_accuracy"), 1e-12);
    cl = json_object_get(root, "cl_gain");
    acc.tasks = acc.learned = square(a, json_object_get(cl, "A"));
    NEAR(of("forgetting_clipped", &acc, 2), number(cl, "forgetting_official"), 1e-12);
    NEAR(of("forgetting_chaudhry", &acc, 2), number(cl, "forgetting_chaudhry"), 1e-12);
    NEAR(of("bwt", &acc, 2), number(cl, "bwt"), 1e-12);
    json_decref(root);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ten_numbers),
        cmocka_unit_test(too_few_tasks),
        cmocka_unit_test(from_a_record),
        cmocka_unit_test(impossible_counts_are_refused),
        cmocka_unit_test(golden_matrices),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
