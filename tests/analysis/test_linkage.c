/* tests/analysis/test_linkage.c -- rank correlation, partial correlation, AUROC, and drift
 * against forgetting. */
#define _POSIX_C_SOURCE 200809L
#include "tests/analysis/hand.h"
#include "analysis/drift/linkage.h"

static struct ds_err err;

static double normal(const char *name, int trial, int i)
{
    return ds_rng_normal(ds_rng_sub(ds_rng_stream(31, name), (uint64_t)trial), (uint64_t)i);
}

static void undefined_correlations_say_why(void **state)
{
    const double x[] = {1, 2, 3, 4, 5}, same[] = {2, 2, 2, 2, 2}, y[] = {2, 1, 4, 3, NAN};
    const double z[] = {5, 1, 3, 2, 4};
    struct ds_correlation c;

    (void)state;
    ds_spearman_of(&c, x, y, 2, 0.95, &err);
    assert_string_equal(c.why, "fewer than 3 pairs");
    assert_true(isnan(c.value) && isnan(c.p));
    ds_spearman_of(&c, x, same, 5, 0.95, &err);
    assert_string_equal(c.why, "one side is constant");
    ds_spearman_of(&c, x, y, 3, 0.95, &err);
    assert_string_equal(c.why, "too few pairs for an interval");
    assert_true(!isnan(c.value) && isnan(c.lo));
    ds_spearman_of(&c, x, x, 5, 0.95, &err);
    assert_string_equal(c.why, "the order agrees wholly: Fisher's z has no interval");
    assert_true(c.value == 1 && c.p == 0);
    ds_spearman_of(&c, x, y, 5, 0.95, &err);
    assert_true(c.n == 4 && c.undefined == 1 && !c.why);
    NEAR(c.value, 0.6, 1e-15);
    ds_partial_of(&c, x, y, z, 3, 0.95, &err);
    assert_string_equal(c.why, "fewer than 4 triples");
    ds_partial_of(&c, x, z, x, 5, 0.95, &err);
    assert_string_equal(c.why, "the covariate alone gives the order");
    ds_partial_of(&c, x, same, z, 5, 0.95, &err);
    assert_string_equal(c.why, "one of the three is constant");
    ds_partial_of(&c, x, y, z, 5, 0.95, &err);
    assert_string_equal(c.why, "too few pairs for an interval");
}

static void undefined_areas_say_why(void **state)
{
    const double x[] = {1, 2, 3, 4, NAN}, same[] = {1, 1, 1, 1};
    const int flip[] = {0, 0, 1, 1, 1}, all[] = {1, 1, 1, 1}, none[] = {0, 0, 0, 0};
    const int one[] = {0, 1, 0, -1};
    struct ds_auroc a;

    (void)state;
    ds_auroc_of(&a, x, flip, 5, 0.95, &err);
    assert_true(a.value == 1 && a.positives == 2 && a.negatives == 2 && a.undefined == 1);
    assert_string_equal(a.why,
                        "the classes do not overlap, or all scores are equal: no variance");
    ds_auroc_of(&a, same, flip, 4, 0.95, &err);
    assert_true(a.value == 0.5 && isnan(a.lo));
    ds_auroc_of(&a, x, all, 4, 0.95, &err);
    assert_string_equal(a.why, "no negative");
    ds_auroc_of(&a, x, none, 4, 0.95, &err);
    assert_string_equal(a.why, "no positive");
    assert_true(isnan(a.value));
    ds_auroc_of(&a, x, one, 4, 0.95, &err);
    assert_true(a.value == 0.5 && a.undefined == 1);
    assert_string_equal(a.why, "fewer than 2 of a class: no variance");
}

/* Scale and monotone changes leave ranks alone; swapping the classes mirrors the area. */
static void laws(void **state)
{
    double x[60], y[60], bent[60];
    int flip[60], other[60];
    struct ds_correlation a, b;
    struct ds_auroc up, down, warped;

    (void)state;
    for (int i = 0; i < 60; i++) {
        x[i] = normal("x", 0, i);
        y[i] = x[i] + normal("y", 0, i);
        bent[i] = exp(3 * x[i]) + 7;
        flip[i] = y[i] > 0.5;
        other[i] = !flip[i];
    }
    ds_spearman_of(&a, x, y, 60, 0.95, &err);
    ds_spearman_of(&b, bent, y, 60, 0.95, &err);
    assert_true(a.value == b.value && a.lo == b.lo && a.p == b.p);
    assert_true(a.lo < a.value && a.value < a.hi && a.p < 1e-4);
    ds_auroc_of(&up, x, flip, 60, 0.95, &err);
    ds_auroc_of(&warped, bent, flip, 60, 0.95, &err);
    ds_auroc_of(&down, x, other, 60, 0.95, &err);
    assert_true(up.value == warped.value && up.lo == warped.lo);
    NEAR(up.value + down.value, 1, 1e-15);
    NEAR(up.hi + down.lo, 1, 1e-14);
}

/* Over 1000 samples of 60: the 95 % intervals hold the population's value. For normal pairs of
 * correlation r, rho is 6 / pi asin(r / 2) and the area P(x1 > x0) is known too. */
static void intervals_cover(void **state)
{
    const double rho = 6 / acos(-1) * asin(0.25), area = ds_normal_cdf(1 / sqrt(2));
    int held = 0, held_area = 0;

    (void)state;
    for (int t = 0; t < 1000; t++) {
        double x[60], y[60], score[60];
        struct ds_correlation c;
        struct ds_auroc a;
        int flip[60];

        for (int i = 0; i < 60; i++) {
            x[i] = normal("cx", t, i);
            y[i] = 0.5 * x[i] + sqrt(0.75) * normal("cy", t, i);
            flip[i] = i % 2;
            score[i] = normal("cs", t, i) + flip[i];
        }
        ds_spearman_of(&c, x, y, 60, 0.95, &err);
        ds_auroc_of(&a, score, flip, 60, 0.95, &err);
        held += c.lo <= rho && rho <= c.hi;
        held_area += a.lo <= area && area <= a.hi;
    }
    print_message("95 %% intervals of 60 cases: Spearman %.3f, AUROC (DeLong) %.3f\n",
                  held / 1000.0, held_area / 1000.0);
    NEAR(held / 1000.0, 0.95, 0.02);
    NEAR(held_area / 1000.0, 0.95, 0.02);
}

/* Made data: three layers. Layer 2 drifts with what is forgotten; layer 1 only with the initial
 * margin, which also decides how much is lost; layer 3 is noise. */
struct made {
    struct ds_linkage_data data;
    double drift[240][3], loss[240], margin[240];
    int flip[240], label[240], task[240];
};

static void make(struct made *m)
{
    for (int i = 0; i < 240; i++) {
        const double cause = normal("cause", 0, i), noise = normal("noise", 0, i);

        m->margin[i] = 2 + normal("margin", 0, i);
        m->loss[i] = cause - m->margin[i] + 0.5 * noise;
        m->drift[i][0] = -m->margin[i] + 0.3 * normal("d0", 0, i);
        m->drift[i][1] = cause + 0.5 * normal("d1", 0, i);
        m->drift[i][2] = normal("d2", 0, i);
        m->flip[i] = i % 20 == 7 ? -1 : m->margin[i] < m->loss[i] + 1;
        m->label[i] = i % 4;
        m->task[i] = i % 4 / 2;
    }
    m->drift[5][1] = NAN;
    m->data = (struct ds_linkage_data){240,       3,       m->drift[0], m->loss,
                                       m->margin, m->flip, m->label,    m->task};
}

static void drift_and_forgetting(void **state)
{
    struct ds_linkage row[3], one, tasks[2], classes[4];
    static struct made m;

    (void)state;
    make(&m);
    assert_int_equal(ds_linkage_rows(&m.data, DS_LINK_LAYER), 3);
    assert_int_equal(ds_linkage_rows(&m.data, DS_LINK_TASK), 2);
    assert_int_equal(ds_linkage_rows(&m.data, DS_LINK_CLASS), 4);
    assert_int_equal(ds_linkage_each(row, &m.data, DS_LINK_LAYER, -1, 0.95, &err), 0);
    for (int l = 0; l < 3; l++)
        print_message("layer %d: rho %.2f [%.2f, %.2f], given the margin %.2f, AUROC %.2f, "
                      "q %.3g\n",
                      l + 1, row[l].rank.value, row[l].rank.lo, row[l].rank.hi,
                      row[l].partial.value, row[l].auroc.value, row[l].q);
    assert_true(row[0].rank.value > 0.4 && fabs(row[0].partial.value) < 0.2);
    assert_true(row[1].rank.value > 0.3 && row[1].partial.value > 0.6);
    assert_true(row[1].auroc.value > 0.6 && row[1].auroc.lo > 0.5);
    assert_true(fabs(row[2].rank.value) < 0.2 && row[2].q > 0.05);
    assert_true(row[0].q < 1e-6 && row[1].q >= row[1].rank.p);
    assert_int_equal(row[1].rank.n, 239);
    assert_int_equal(row[1].auroc.undefined, 13);

    assert_int_equal(
        ds_linkage_of(&one, &m.data, (struct ds_drift_part){1, -1, -1}, 0.95, &err), 0);
    assert_true(one.rank.value == row[1].rank.value && one.q == one.rank.p);
    assert_int_equal(
        ds_linkage_of(&one, &m.data, (struct ds_drift_part){-1, -1, -1}, 0.95, &err), 0);
    assert_int_equal(one.rank.n, 240); /* image 6 has two layers left */
    assert_int_equal(ds_linkage_each(tasks, &m.data, DS_LINK_TASK, 1, 0.95, &err), 0);
    assert_int_equal(tasks[0].rank.n + tasks[1].rank.n, 239);
    assert_int_equal(ds_linkage_each(classes, &m.data, DS_LINK_CLASS, 1, 0.95, &err), 0);
    assert_int_equal(classes[2].rank.n, 60);
    assert_true(classes[3].part.label == 3 && classes[3].part.layer == 1);
    assert_int_equal(ds_linkage_of(&one, &m.data, (struct ds_drift_part){1, 9, -1}, 0.95, &err),
                     0);
    assert_true(isnan(one.rank.value) && isnan(one.q) && one.rank.n == 0);
    assert_string_equal(one.rank.why, "fewer than 3 pairs");
}

/* Three tasks of four images: margins fall by 1 a checkpoint, image 2 is never right, image 1
 * turns wrong. */
static void margins_of_a_record(void **state)
{
    const struct ds_drift_want want = {ds_metric_lookup("l1"), DS_REF_OWN, 0, 3, false};
    double loss[12], margin[12];
    struct ds_drift d;
    struct ds_record r;
    int flip[12];

    (void)state;
    hand_record(&r, 3);
    for (int m = 0; m < 4; m++)
        for (int i = 0; i < 12; i++) {
            r.margin[m * 12 + i] = (float)(5 + i - m);
            r.predicted[m * 12 + i] = i == 2 || (i == 1 && m == 3) ? 99 : r.label[i];
        }
    assert_int_equal(ds_drift_of(&d, &r, &r, &want, &err), 0);
    ds_linkage_margins(loss, margin, flip, &d, &r, &r);
    assert_true(loss[0] == 2 && margin[0] == 4 && flip[0] == 0);
    assert_true(loss[1] == 2 && flip[1] == 1 && flip[2] == -1);
    assert_true(loss[5] == 1 && margin[5] == 8);
    assert_true(isnan(loss[8]) && isnan(margin[8]) && flip[8] == -1); /* its own checkpoint */
    ds_drift_clear(&d);
    ds_record_clear(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(undefined_correlations_say_why),
        cmocka_unit_test(undefined_areas_say_why),
        cmocka_unit_test(laws),
        cmocka_unit_test(intervals_cover),
        cmocka_unit_test(drift_and_forgetting),
        cmocka_unit_test(margins_of_a_record),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
