/* tests/analysis/test_drift.c -- drift of a record whose drift is known. */
#define _POSIX_C_SOURCE 200809L
#include "tests/analysis/hand.h"
#include "analysis/drift/drift_sheet.h"
#include "analysis/drift/moment.h"

static const struct ds_drift_part everything = {-1, -1, -1};
static const struct ds_stat_want plain = {.resamples = 0};

/* Scale of hand_record's maps at checkpoint m, 0-based layer l; float32 holds it to 1e-7. */
static double scale(int m, int l)
{
    return 1 + m * (l + 1) / 10.0;
}

static struct ds_drift measure(struct ds_record *before, struct ds_record *after,
                               const char *key, enum ds_reference reference, int given,
                               int target)
{
    const struct ds_drift_want want = {ds_metric_lookup(key), reference, given, target, false};
    struct ds_err err = {0};
    struct ds_drift d;

    if (ds_drift_of(&d, before, after, &want, &err))
        fail_msg("%s", err.text);
    return d;
}

static double mean(const struct ds_drift *d, struct ds_drift_part part, int n)
{
    struct ds_err err = {0};
    struct ds_stat s;

    assert_int_equal(ds_drift_stat(&s, d, part, &plain, &err), 0);
    assert_int_equal(s.n, n);
    return s.mean;
}

/* Maps only grow by a factor: relative Frobenius is scale(target)/scale(reference) - 1. */
static void known_drift(void **state)
{
    struct ds_record r;
    struct ds_drift d;

    (void)state;
    hand_record(&r, 3);
    d = measure(&r, &r, "relfro", DS_REF_OWN, 0, 3);
    assert_int_equal(d.compared, 8); /* tasks 1 and 2; task 3 was learned just now */
    for (int l = 0; l < 3; l++) {
        const double first = scale(3, l) / scale(1, l) - 1,
                     second = scale(3, l) / scale(2, l) - 1;

        NEAR(d.value[0 * 3 + l], first, 1e-6);
        NEAR(d.value[4 * 3 + l], second, 1e-6);
        assert_true(isnan(d.value[8 * 3 + l]));
        NEAR(mean(&d, (struct ds_drift_part){l, -1, -1}, 8), (first + second) / 2, 1e-6);
        NEAR(mean(&d, (struct ds_drift_part){l, -1, 1}, 4), second, 1e-6);
        NEAR(mean(&d, (struct ds_drift_part){l, 1, -1}, 2), first, 1e-6);
    }
    assert_int_equal(d.from[0], 1);
    assert_int_equal(d.from[4], 2);
    assert_int_equal(d.from[8], -1);
    assert_int_equal(mean(&d, (struct ds_drift_part){0, -1, 2}, 0) != 0, 1); /* NAN */
    ds_drift_clear(&d);
    d = measure(&r, &r, "js", DS_REF_OWN, 0, 3); /* the shape never changed */
    NEAR(mean(&d, everything, 8), 0, 1e-12);
    ds_drift_clear(&d);
    ds_record_clear(&r);
}

/* Workers take denormals for 0: a mask above 0 of a map of zeros is empty all the same. */
static void masks_of_zeros(void **state)
{
    struct ds_record r;
    struct ds_drift d;

    (void)state;
    hand_record(&r, 3);
    for (int i = 0; i < r.images; i++)
        for (int l = 0; l < r.layers; l++) {
            memset(hand_map(&r, 3, i, l), 0, 6 * sizeof(float));
            *hand_split(&r, 3, i, l) = 0;
        }
    d = measure(&r, &r, "iou", DS_REF_GIVEN, 1, 3);
    assert_int_equal(d.compared, 4);
    for (int i = 0; i < 12; i++)
        NEAR(d.value[i], 0, 0);
    assert_int_equal(d.empty, 0);
    ds_drift_clear(&d);
    d = measure(&r, &r, "iou_sd1", DS_REF_GIVEN, 1, 3);
    NEAR(d.value[0], 0, 0);
    ds_drift_clear(&d);
    ds_record_clear(&r);
}

static void references(void **state)
{
    struct ds_record r;
    struct ds_drift d;

    (void)state;
    hand_record(&r, 3);
    d = measure(&r, &r, "relfro", DS_REF_PREVIOUS, 0, 3);
    assert_int_equal(d.compared, 8); /* learned at checkpoint 2 */
    NEAR(mean(&d, (struct ds_drift_part){0, -1, -1}, 8), 1.3 / 1.2 - 1, 1e-6);
    ds_drift_clear(&d);
    d = measure(&r, &r, "relfro", DS_REF_FIRST, 0, 2);
    assert_int_equal(d.compared, 8); /* learned at the target */
    NEAR(mean(&d, (struct ds_drift_part){1, -1, -1}, 8), 0.4, 1e-6);
    ds_drift_clear(&d);
    d = measure(&r, &r, "relfro", DS_REF_GIVEN, 2, 1); /* backwards in time */
    assert_int_equal(d.compared, 8);
    NEAR(mean(&d, (struct ds_drift_part){0, -1, -1}, 8), 1 - 1.1 / 1.2, 1e-6);
    ds_drift_clear(&d);
    d = measure(&r, &r, "relfro", DS_REF_GIVEN, 2, 2);
    assert_true(mean(&d, everything, 8) == 0);
    ds_drift_clear(&d);
    d = measure(&r, &r, "relfro", DS_REF_OWN, 0, 1);
    assert_int_equal(d.compared, 0);
    ds_drift_clear(&d);
    ds_record_clear(&r);
}

static void unlearned_images_on_request(void **state)
{
    const struct ds_drift_want want = {ds_metric_lookup("l1"), DS_REF_PREVIOUS, 0, 2, true};
    struct ds_err err = {0};
    struct ds_record r;
    struct ds_drift d;

    (void)state;
    hand_record(&r, 3);
    assert_int_equal(ds_drift_of(&d, &r, &r, &want, &err), 0);
    assert_int_equal(d.compared, 12);
    ds_drift_clear(&d);
    ds_record_clear(&r);
}

/* Undefined values are left out and counted, one by one; a layer that is undefined does not
 * take the image's mean over layers with it. */
static void undefined_values(void **state)
{
    struct ds_err err = {0};
    struct ds_record r;
    struct ds_drift d;
    struct ds_stat s;

    (void)state;
    hand_record(&r, 2);
    memset(hand_map(&r, 1, 0, 1), 0, 6 * sizeof(float));
    hand_map(&r, 1, 1, 0)[2] = NAN;
    d = measure(&r, &r, "relfro", DS_REF_OWN, 0, 2);
    assert_int_equal(d.compared, 4);
    assert_int_equal(d.undefined[DS_UNDEFINED_ZERO], 1);
    assert_int_equal(d.undefined[DS_UNDEFINED_INFINITE], 1);
    assert_int_equal(d.undefined[DS_DEFINED], 10);
    assert_int_equal(ds_drift_stat(&s, &d, (struct ds_drift_part){1, -1, -1}, &plain, &err), 0);
    assert_int_equal(s.n, 3);
    assert_int_equal(s.undefined, 1);
    mean(&d, everything, 4);
    NEAR(d.value[0], 1.2 / 1.1 - 1, 1e-6);
    ds_drift_clear(&d);
    ds_record_clear(&r);
}

static void masks(void **state)
{
    struct ds_record r;
    struct ds_drift d;

    (void)state;
    hand_record(&r, 2);
    d = measure(&r, &r, "iou", DS_REF_OWN, 0, 2); /* the split grows with the map */
    NEAR(mean(&d, everything, 4), 1, 0);
    assert_int_equal(d.empty, 0);
    ds_drift_clear(&d);
    *hand_split(&r, 2, 0, 0) = hand_map(&r, 2, 0, 0)[4]; /* 2 patches before, 1 now */
    *hand_split(&r, 1, 1, 0) = *hand_split(&r, 2, 1, 0) = 9;
    d = measure(&r, &r, "iou", DS_REF_OWN, 0, 2);
    NEAR(d.value[0], 0.5, 0);
    assert_int_equal(d.empty, 1);
    ds_drift_clear(&d);
    ds_record_clear(&r);
}

static void two_runs(void **state)
{
    struct ds_err err = {0};
    struct ds_record a, b;
    struct ds_drift d;

    (void)state;
    hand_record(&a, 2);
    hand_record(&b, 2);
    d = measure(&a, &b, "relfro", DS_REF_GIVEN, 2, 2);
    assert_true(mean(&d, everything, 8) == 0);
    ds_drift_clear(&d);
    for (int p = 0; p < 6; p++)
        hand_map(&b, 2, 5, 2)[p] *= 2;
    d = measure(&a, &b, "relfro", DS_REF_GIVEN, 2, 2);
    NEAR(d.value[5 * 3 + 2], 1, 1e-7);
    NEAR(mean(&d, (struct ds_drift_part){2, -1, -1}, 8), 1.0 / 8, 1e-7);
    ds_drift_clear(&d);
    b.id[3] = 7;
    assert_int_equal(ds_drift_comparable(&a, &b, &err), DS_DATA);
    assert_non_null(strstr(err.text, "number 4 is image 103 of the test set here, 7 there"));
    b.id[3] = a.id[3];
    b.pixels[24 * 3 * 7] ^= 1;
    assert_int_equal(ds_drift_comparable(&a, &b, &err), DS_DATA);
    assert_non_null(strstr(err.text, "number 8"));
    b.pixels[24 * 3 * 7] ^= 1;
    assert_int_equal(ds_drift_comparable(&a, &b, &err), 0);
    b.grid_h = 3;
    assert_int_equal(ds_drift_comparable(&a, &b, &err), DS_DATA);
    assert_string_equal(err.text, "the grids differ: 2 x 3 patches here, 3 x 3 there");
    b.grid_h = 2;
    b.layers = 2;
    assert_int_equal(ds_drift_comparable(&a, &b, &err), DS_DATA);
    assert_string_equal(err.text, "the models differ: 3 layers here, 2 there");
    b.layers = 3;
    b.images = 7;
    assert_int_equal(ds_drift_comparable(&a, &b, &err), DS_DATA);
    assert_non_null(strstr(err.text, "8 here, 7 there"));
    b.images = 8;
    b.height = 5;
    assert_int_equal(ds_drift_comparable(&a, &b, &err), DS_DATA);
    assert_non_null(strstr(err.text, "4 x 6 here, 5 x 6 there"));
    b.height = 4;
    ds_record_clear(&a);
    ds_record_clear(&b);
}

static void refusals(void **state)
{
    static const struct {
        enum ds_reference reference;
        int given, target;
        const char *says;
    } cases[] = {
        {DS_REF_OWN, 0, 3, "there is no checkpoint 3; 0 to 2 are stored"},
        {DS_REF_OWN, 0, -1, "there is no checkpoint -1; 0 to 2 are stored"},
        {DS_REF_GIVEN, 5, 1, "there is no checkpoint 5; 0 to 2 are stored"},
        {DS_REF_PREVIOUS, 0, 0, "checkpoint 0 is the initial model: nothing is before it"},
    };
    struct ds_drift_want want = {.metric = ds_metric_lookup("l1")};
    struct ds_err err = {0};
    struct ds_record r, other;
    struct ds_drift d;

    (void)state;
    hand_record(&r, 2);
    hand_record(&other, 2);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        want.reference = cases[i].reference;
        want.given = cases[i].given;
        want.target = cases[i].target;
        assert_int_equal(ds_drift_of(&d, &r, &r, &want, &err), DS_USAGE);
        assert_string_equal(err.text, cases[i].says);
    }
    want = (struct ds_drift_want){.metric = ds_metric_lookup("l1"), .target = 2};
    assert_int_equal(ds_drift_of(&d, &r, &other, &want, &err), DS_USAGE);
    assert_non_null(strstr(err.text, "a reference of 'own' needs one"));
    r.images = 0;
    assert_int_equal(ds_drift_of(&d, &r, &r, &want, &err), DS_DATA);
    assert_string_equal(err.text, "no rollout maps of evaluation images are stored");
    r.images = 8;
    r.task[0] = -1; /* a record put together wrongly must not lead out of an array */
    r.task[1] = INT32_MAX;
    d = measure(&r, &r, "l1", DS_REF_OWN, 0, 2);
    assert_int_equal(d.compared, 2);
    ds_drift_clear(&d);
    ds_record_clear(&r);
    ds_record_clear(&other);
}

/* Rows of a sheet: the text of a column where another column holds a text. */
static int count_rows(const struct ds_sheet *s)
{
    assert_false(s->failed);
    return ds_sheet_rows(s);
}

static void sheets(void **state)
{
    struct ds_drift_sheet_want want = {.metrics = 2, .reference = DS_REF_OWN, .target = -1,
                                       .layer = -1, .stat = {DS_BCA, 100, 0.95, 0, 0}};
    static const int rows[] = {2 * 4, 2 * 4, 2 * 2, 2 * 8, 2 * 2 * 4};
    struct ds_err err = {0};
    struct ds_drift_side side;
    struct ds_record r;
    struct ds_sheet s;

    (void)state;
    hand_record(&r, 3);
    side = (struct ds_drift_side){&r, "hand", NULL};
    want.metric[0] = ds_metric_lookup("relfro");
    want.metric[1] = ds_metric_lookup("iou");
    for (int by = 0; by <= DS_BY_TIMELINE; by++) {
        want.by = (enum ds_drift_by)by;
        ds_sheet_begin(&s, "drift", "x");
        assert_int_equal(ds_drift_sheet(&s, &side, &side, &want, &err), 0);
        assert_int_equal(count_rows(&s), rows[by]);
        ds_sheet_clear(&s);
    }
    want.target = 1;
    ds_sheet_begin(&s, "drift", "x");
    assert_int_equal(ds_drift_sheet(&s, &side, &side, &want, &err), DS_USAGE);
    assert_non_null(strstr(err.text, "hand: nothing to compare: no task was learned before"));
    ds_sheet_clear(&s);
    want.layer = 3;
    ds_sheet_begin(&s, "drift", "x");
    assert_int_equal(ds_drift_sheet(&s, &side, &side, &want, &err), DS_USAGE);
    assert_string_equal(err.text, "hand: there is no layer 4; it has 3");
    ds_sheet_clear(&s);
    ds_record_clear(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_drift),
        cmocka_unit_test(masks_of_zeros),
        cmocka_unit_test(references),
        cmocka_unit_test(unlearned_images_on_request),
        cmocka_unit_test(undefined_values),
        cmocka_unit_test(masks),
        cmocka_unit_test(two_runs),
        cmocka_unit_test(refusals),
        cmocka_unit_test(sheets),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
