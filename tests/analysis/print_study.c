/* tests/analysis/print_study.c -- random inputs and what statistics, attention, feature and
 * weight measures say of them, for check_study.py: one JSON document on standard output. */
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include "analysis/metric/attention_metric.h"
#include "analysis/stat/correlation.h"
#include "analysis/metric/feature.h"
#include "analysis/metric/rank.h"
#include "analysis/stat/stat_test.h"
#include "analysis/metric/weight.h"
#include "core/base/rng.h"

enum { MOST = 4096 };
static struct ds_err err; /* memory is the only thing that can be wanting here */

static uint64_t stream(const char *name, int number)
{
    return ds_rng_sub(ds_rng_stream(77, name), (uint64_t)number);
}

static void normals(double *x, int n, const char *name, int number)
{
    for (int i = 0; i < n; i++)
        x[i] = ds_rng_normal(stream(name, number), (uint64_t)i);
}

static void floats(float *x, int n, const char *name, int number)
{
    for (int i = 0; i < n; i++)
        x[i] = (float)ds_rng_normal(stream(name, number), (uint64_t)i);
}

static void number(const char *name, double v)
{
    printf(isfinite(v) ? ", \"%s\": %.17g" : ", \"%s\": null", name, v);
}

static void list(const char *name, const double *x, int n)
{
    printf(", \"%s\": [", name);
    for (int i = 0; i < n; i++)
        printf(isfinite(x[i]) ? "%s%.17g" : "%snull", i ? ", " : "", x[i]);
    printf("]");
}

static void list_f(const char *name, const float *x, int n)
{
    printf(", \"%s\": [", name);
    for (int i = 0; i < n; i++)
        printf("%s%.17g", i ? ", " : "", (double)x[i]);
    printf("]");
}

static void begin(const char *kind)
{
    static bool again;

    printf("%s{\"kind\": \"%s\"", again ? ",\n" : "", kind);
    again = true;
}

/* The resamples as the header promises them, so that others can go on from there. */
static void print_bootstrap(int trial)
{
    static const int sizes[] = {5, 8, 31, 60};
    const struct ds_stat_want want = {trial % 3 ? DS_BCA : DS_PERCENTILE, 500, 0.9, 3,
                                      (uint64_t)trial};
    const uint64_t from = ds_rng_sub(ds_rng_stream(3, "bootstrap"), (uint64_t)trial);
    const int n = sizes[trial % 4];
    struct ds_estimate e;
    double x[64] = {0}, draws[500 * 64], scratch[4 * 64];

    normals(x, n, "bootstrap", trial);
    for (int i = 0; i < n; i++)
        x[i] = exp(x[i]);
    ds_sorted(x, x, n, scratch); /* medians are drawn from the sorted values */
    for (int i = 0; i < 500 * n; i++)
        draws[i] = x[ds_rng_below(from, (uint64_t)i, (uint32_t)n)];
    ds_bootstrap_of(&e, trial % 2 ? DS_OF_MEDIAN : DS_OF_MEAN, x, n, &want, &err);
    begin("bootstrap");
    list("x", x, n);
    list("draws", draws, 500 * n);
    number("median", trial % 2);
    number("bca", e.kind == DS_BCA);
    number("asked_bca", want.kind == DS_BCA);
    number("value", e.value);
    number("lo", e.lo);
    number("hi", e.hi);
    printf("}");
}

static void print_paired(int trial)
{
    static const int sizes[] = {1, 2, 7, 12, 16, 40, 60};
    const int n = sizes[trial % 7];
    const struct ds_stat_want want = {DS_BCA, 20000, 0.95, 5, (uint64_t)trial};
    struct ds_test flip, wilcoxon;
    struct ds_seeds seeds;
    double x[64] = {0};

    normals(x, n, "paired", trial);
    for (int i = 0; i < n; i++)
        x[i] = trial % 3 == 2 ? round(2 * x[i]) + 1 : x[i] + 0.4;
    ds_sign_flip(&flip, x, n, &want);
    ds_wilcoxon(&wilcoxon, x, n, &err);
    ds_seeds_of(&seeds, x, n, 0.95);
    begin("paired");
    list("x", x, n);
    number("flip", flip.p);
    number("flip_exact", flip.exact);
    number("wilcoxon", wilcoxon.p);
    number("wilcoxon_exact", wilcoxon.exact);
    number("mean", seeds.mean);
    number("sd", seeds.sd);
    number("lo", seeds.lo);
    number("hi", seeds.hi);
    printf("}");
}

static void print_discovery(int trial)
{
    double p[40], q[40];
    const int n = 1 + trial * 7;

    for (int i = 0; i < n; i++) {
        p[i] = ds_rng_unit(stream("p", trial), (uint64_t)i);
        p[i] = i % 5 == 3 ? NAN : i % 2 ? p[i] : floor(20 * p[i] * p[i]) / 100;
    }
    ds_false_discovery(q, p, n, &err);
    begin("discovery");
    list("p", p, n);
    list("q", q, n);
    printf("}");
}

static void print_correlation(int trial)
{
    static const int sizes[] = {4, 6, 25, 80, 3};
    const int n = sizes[trial % 5];
    struct ds_correlation rho, partial;
    struct ds_auroc a;
    double x[80] = {0}, y[80] = {0}, z[80] = {0}, scratch[4 * 80], flips[80];
    int positive[80];

    normals(z, n, "z", trial);
    normals(x, n, "x", trial);
    normals(y, n, "y", trial);
    for (int i = 0; i < n; i++) {
        x[i] += z[i];
        y[i] += 0.5 * z[i] + 0.3 * x[i];
        if (trial % 2)
            x[i] = round(2 * x[i]); /* ties */
        positive[i] = y[i] + ds_rng_unit(stream("f", trial), (uint64_t)i) > 0.5;
        flips[i] = positive[i];
    }
    ds_spearman_of(&rho, x, y, n, 0.95, &err);
    ds_partial_of(&partial, x, y, z, n, 0.95, &err);
    ds_auroc_of(&a, x, positive, n, 0.95, &err);
    begin("correlation");
    list("x", x, n);
    list("y", y, n);
    list("z", z, n);
    list("positive", flips, n);
    number("rho", rho.value);
    number("rho_p", rho.p);
    number("rho_lo", rho.lo);
    number("rho_hi", rho.hi);
    number("partial", partial.value);
    number("partial_p", partial.p);
    number("partial_lo", partial.lo);
    number("partial_hi", partial.hi);
    number("auroc", a.value);
    number("auroc_lo", a.lo);
    number("auroc_hi", a.hi);
    number("auroc_p", a.p);
    number("kendall", ds_kendall(x, y, n, scratch));
    printf("}");
}

static void print_student(void)
{
    static const double df[] = {1, 2, 3, 4.5, 10, 30, 200, 5000};
    double tail[24], quantile[24], t[24], all[24];

    for (int i = 0; i < 24; i++) {
        t[i] = 0.1 * (i + 1) * (i + 1) / 4;
        all[i] = df[i % 8];
        tail[i] = ds_student_tail(t[i], df[i % 8]);
        quantile[i] = ds_student_quantile((i + 0.5) / 24, df[i % 8]);
    }
    begin("student");
    list("t", t, 24);
    list("df", all, 24);
    list("tail", tail, 24);
    list("quantile", quantile, 24);
    printf("}");
}

static void print_attention(int trial)
{
    static const struct ds_attention_shape shapes[] = {
        {3, 14, 2, 3, 4}, {2, 10, 1, 3, 3}, {5, 5, 0, 1, 5}, {1, 17, 1, 4, 4}};
    const struct ds_attention_shape *s = shapes + trial % 4;
    const int n = s->tokens, count = s->heads * n * n;
    float a[MOST];
    double out[MOST], scratch[256];

    for (int i = 0; i < s->heads * n; i++) {
        float sum = 0;

        for (int j = 0; j < n; j++) {
            const double z = ds_rng_normal(stream("a", trial), (uint64_t)(i * n + j));

            sum += a[i * n + j] = (float)exp(2 * z) * (float)(j % 7 != trial % 7);
        }
        for (int j = 0; j < n; j++)
            a[i * n + j] /= sum;
    }
    begin("attention");
    printf(", \"shape\": [%d, %d, %d, %d, %d]", s->heads, n, s->prefix, s->height, s->width);
    list_f("a", a, count);
    for (const struct ds_attention_metric *m = ds_attention_metrics; m->key; m++) {
        ds_attention_value(out, m, a, s, scratch);
        list(m->key, out, s->heads);
    }
    ds_attention_columns(out, a, s);
    list("columns", out, s->heads * n);
    printf("}");
}

static void print_feature(int trial)
{
    static const int sizes[][3] = {
        {20, 6, 6}, {9, 14, 14}, {30, 5, 11}, {12, 11, 5}, {4, 3, 3}};
    const int n = sizes[trial % 5][0], dx = sizes[trial % 5][1], dy = sizes[trial % 5][2];
    float x[512], y[512];
    double value, out[64], *scratch = malloc(MOST * sizeof *scratch);
    struct ds_cka_sum sum = {0};
    int label[64];

    floats(x, n * dx, "feature x", trial);
    floats(y, n * dy, "feature y", trial);
    for (int i = 0; i < n * (dx < dy ? dx : dy); i++)
        y[i] += x[i];
    for (int i = 0; i < n; i++)
        label[i] = i * i % 3;
    begin("feature");
    printf(", \"sizes\": [%d, %d, %d]", n, dx, dy);
    list_f("x", x, n * dx);
    list_f("y", y, n * dy);
    ds_cka_biased(&value, x, y, n, dx, dy, scratch);
    number("biased", value);
    ds_cka_debiased(&value, x, y, n, dx, dy, scratch);
    number("debiased", value);
    for (int from = 0; from < n; from += 5)
        ds_cka_add(&sum, x + from * dx, y + from * dy, n - from < 5 ? n - from : 5, dx, dy,
                   scratch);
    ds_cka_value(&value, &sum);
    number("minibatch", value);
    ds_procrustes(&value, x, y, n, dx, dy, scratch);
    number("procrustes", value);
    if (dx == dy) {
        ds_feature_cosine(out, x, y, n, dx);
        list("cosine", out, n);
        ds_class_shift(out, x, y, label, n, dx, 3, scratch);
        list("shift", out, 3);
    }
    printf("}");
    free(scratch);
}

static void print_weight(int trial)
{
    const int heads = 2 + trial % 3, dim = heads * (3 + trial % 2), square = dim * dim;
    const float step = trial % 2 ? 1e-3F : 0.5F;
    float s[2048], t[2048], ps[256], pt[256];
    double out[16], thirds[3], *scratch = malloc(MOST * sizeof *scratch);
    struct ds_top_singular top;

    floats(s, 3 * square, "qkv", trial);
    floats(t, 3 * square, "moved", trial);
    floats(ps, square, "proj", trial);
    floats(pt, square, "moved proj", trial);
    for (int i = 0; i < 3 * square; i++)
        t[i] = s[i] + step * t[i];
    for (int i = 0; i < square; i++)
        pt[i] = ps[i] + step * pt[i];
    begin("weight");
    printf(", \"heads\": %d, \"dim\": %d", heads, dim);
    list_f("s", s, 3 * square);
    list_f("t", t, 3 * square);
    list_f("ps", ps, square);
    list_f("pt", pt, square);
    number("change", ds_weight_change(s, t, (size_t)(3 * square)));
    ds_qkv_change(thirds, s, t, (size_t)square);
    list("thirds", thirds, 3);
    ds_top_singular_of(&top, s, 3 * dim, dim, 5000, scratch);
    number("top", top.sigma);
    number("residual", top.residual);
    number("converged", top.converged);
    number("stable_rank", ds_stable_rank(s, 3 * dim, dim, &top));
    ds_qk_change(out, s, t, dim, heads, scratch);
    list("qk", out, heads);
    ds_ov_change(out, s, ps, t, pt, dim, heads, scratch);
    list("ov", out, heads);
    printf("}");
    free(scratch);
}

int main(void)
{
    printf("[");
    print_student();
    for (int i = 0; i < 12; i++) {
        print_bootstrap(i);
        print_paired(i);
        print_discovery(i % 6);
        print_correlation(i);
        print_attention(i);
        print_feature(i);
        print_weight(i);
    }
    for (int i = 12; i < 40; i++) {
        print_paired(i);
        print_correlation(i);
        print_feature(i);
    }
    printf("]\n");
    return err.code;
}
