/* tests/viz/test_numbers.c -- what bars stand for, against numbers worked out by hand. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "synth.h"
#include "viz/page/figure_int.h"

static void near(double a, double b)
{
    if (!(fabs(a - b) <= 1e-9))
        fail_msg("%.12g is not %.12g", a, b);
}

/* Three tasks of 1000 test images: task 1 is best after the second, task 2 hardly falls. */
static void fill(struct ds_record *r, const char *method, int first, int fall)
{
    const struct synth want = {.method = method,
                               .tasks = 3,
                               .learned = 3,
                               .per_task = 2,
                               .grid_h = 4,
                               .grid_w = 4,
                               .patch = 4,
                               .layers = 2,
                               .per_class = 2,
                               .drift = 0.1,
                               .seed = (uint64_t)first};
    struct ds_err err;

    if (synth_fill(r, &want, &err))
        fail_msg("%s", err.text);
    r->correct_class[0] = first;
    r->correct_class[3] = 950;
    r->correct_class[6] = 950 - fall;
    r->correct_class[4] = 800;
    r->correct_class[7] = 780;
    r->correct_class[8] = 900;
}

/* The ends of the bars of `runs` runs drawn with --show. */
static void ends(double *lo, double *hi, const struct ds_study_run *run, int runs,
                 const char *show, const char *band)
{
    struct ds_figure_opt o;
    struct ds_study study;
    struct ds_job job;
    double width;
    struct ds_err err;

    memset(&o, 0, sizeof o);
    if (ds_opt_defaults(ds_figure_table, &o, &err) ||
        ds_study_init(&study, run, runs, "", &err) ||
        ds_opt_set(ds_figure_table, &o, "show", show, "show", &err) ||
        ds_opt_set(ds_figure_table, &o, "band", band, "band", &err) ||
        ds_job_open(&job, &width, &ds_fig_forgetting_bars, &study, &o, &err) ||
        ds_fig_forgetting_bars.prepare(&job, &err))
        fail_msg("%s", err.text);
    ds_fig_forgetting_bars.range(&job, lo, hi);
    ds_fig_forgetting_bars.clear(&job);
}

static double binomial(double p, double q)
{
    return 100 * 1.959963984540054 * sqrt((p * (1 - p) + q * (1 - q)) / 1000);
}

static void one_run_has_binomial_bars(void **state)
{
    struct ds_record r;
    struct ds_study_run run = {&r, "a", 1, 0};
    double lo, hi;

    (void)state;
    fill(&r, "arcl", 900, 250);
    ends(&lo, &hi, &run, 1, "chaudhry", "none"); /* max(900, 950) - 700 */
    near(hi, 25);
    near(lo, 0);
    ends(&lo, &hi, &run, 1, "chaudhry", "ci");
    assert_true(fabs(hi - (25 + binomial(0.95, 0.70))) < 1e-6);
    assert_true(fabs(lo - fmin(0, 2 - binomial(0.80, 0.78))) < 1e-6);
    ends(&lo, &hi, &run, 1, "first_minus_last", "none"); /* 900 - 700 */
    near(hi, 20);
    ends(&lo, &hi, &run, 1, "clipped", "none");
    near(hi, 25);
    ds_record_clear(&r);
}

static void seeds_have_t_bars(void **state)
{
    struct ds_record r[3];
    struct ds_study_run run[3];
    double lo, hi;

    (void)state;
    for (int i = 0; i < 3; i++) { /* task 1 loses 20, 25 and 30 points: mean 25, sd 5 */
        fill(&r[i], "arcl", 900 + i, 200 + 50 * i);
        run[i] = (struct ds_study_run){&r[i], "a", 1, 0};
    }
    ends(&lo, &hi, run, 3, "chaudhry", "sd");
    near(hi, 30);
    ends(&lo, &hi, run, 3, "chaudhry", "ci");
    assert_true(fabs(hi - (25 + 4.302652729911275 * 5 / sqrt(3))) < 1e-8);
    for (int i = 0; i < 3; i++)
        ds_record_clear(&r[i]);
}

/* No task can lose more than everything, whatever three seeds say. */
static void bars_stay_within_the_possible(void **state)
{
    struct ds_record r[2];
    struct ds_study_run run[2];
    double lo, hi;

    (void)state;
    for (int i = 0; i < 2; i++) {
        fill(&r[i], "arcl", 900 + i, i ? 900 : 100);
        run[i] = (struct ds_study_run){&r[i], "a", 1, 0};
    }
    ends(&lo, &hi, run, 2, "chaudhry", "ci");
    near(hi, 100);
    near(lo, -100);
    for (int i = 0; i < 2; i++)
        ds_record_clear(&r[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_run_has_binomial_bars),
        cmocka_unit_test(seeds_have_t_bars),
        cmocka_unit_test(bars_stay_within_the_possible),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
