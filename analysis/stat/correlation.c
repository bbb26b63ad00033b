/* analysis/stat/correlation.c -- does one thing go with another?
 *
 * Everything is computed from mid-ranks, so no monotone change of scale changes a result. */
#include "analysis/stat/correlation.h"

#include <math.h>
#include <stdlib.h>
#include "analysis/metric/rank.h"
#include "analysis/stat/stat.h"

enum { MOST = 3 }; /* variables */

/* Ranks of up to three variables over the cases where all of them are defined. */
struct ranks {
    double *rank[MOST]; /* [n] each */
    int n;
    void *memory, *scratch;
};

static void ranks_clear(struct ranks *r)
{
    free(r->scratch);
    free(r->memory);
}

static int ranks_of(struct ranks *r, const double *const *x, int variables, int n,
                    struct ds_err *err)
{
    const size_t room = (size_t)(n > 0 ? n : 1);
    double *value;

    *r = (struct ranks){.memory = malloc((MOST + 1) * room * sizeof(double)),
                        .scratch = malloc(ds_rank_scratch(n))};
    if (!r->memory || !r->scratch) {
        ranks_clear(r);
        return ds_fail(err, DS_NOMEM, "no memory to correlate %d values", n);
    }
    value = r->memory;
    for (int v = 0; v < variables; v++) {
        int count = 0;

        for (int i = 0; i < n; i++) {
            bool whole = true;

            for (int k = 0; k < variables; k++)
                whole &= !isnan(x[k][i]);
            if (whole)
                value[count++] = x[v][i];
        }
        r->n = count;
        r->rank[v] = value + (size_t)(v + 1) * room;
        ds_ranks(r->rank[v], value, count, r->scratch);
    }
    return 0;
}

/* Interval and p of a correlation that stands on `spare` fewer cases than a plain one. */
static void infer(struct ds_correlation *c, double level, int spare)
{
    const int df = c->n - 2 - spare, left = c->n - 3 - spare;
    const double r = c->value;

    if (df < 1) {
        c->why = "too few pairs for a p-value";
        return;
    }
    c->p = fabs(r) < 1 ? ds_student_tail(r * sqrt(df / ((1 - r) * (1 + r))), df) : 0;
    if (left < 1) {
        c->why = "too few pairs for an interval";
    } else if (!(fabs(r) < 1)) {
        c->why = "the order agrees wholly: Fisher's z has no interval";
    } else {
        const double half = ds_normal_quantile((1 + level) / 2) * sqrt(1.06 / left);

        c->lo = tanh(atanh(r) - half);
        c->hi = tanh(atanh(r) + half);
    }
}

int ds_spearman_of(struct ds_correlation *c, const double *x, const double *y, int n,
                   double level, struct ds_err *err)
{
    const double *const both[] = {x, y};
    struct ranks r;
    int code;

    *c = (struct ds_correlation){.value = NAN, .lo = NAN, .hi = NAN, .p = NAN};
    if ((code = ranks_of(&r, both, 2, n, err)))
        return code;
    c->n = r.n;
    c->undefined = n - r.n;
    if (r.n >= 3)
        c->value = ds_pearson(r.rank[0], r.rank[1], r.n);
    if (r.n < 3)
        c->why = "fewer than 3 pairs";
    else if (isnan(c->value))
        c->why = "one side is constant";
    else
        infer(c, level, 0);
    ranks_clear(&r);
    return 0;
}

static void partial(struct ds_correlation *c, const struct ranks *r, double level)
{
    const double xy = ds_pearson(r->rank[0], r->rank[1], r->n);
    const double xz = ds_pearson(r->rank[0], r->rank[2], r->n);
    const double yz = ds_pearson(r->rank[1], r->rank[2], r->n);
    const double left = (1 - xz * xz) * (1 - yz * yz);

    if (isnan(xy) || isnan(xz)) {
        c->why = "one of the three is constant";
    } else if (!(left > 1e-12)) {
        c->why = "the covariate alone gives the order";
    } else {
        c->value = fmin(fmax((xy - xz * yz) / sqrt(left), -1), 1);
        infer(c, level, 1);
    }
}

int ds_partial_of(struct ds_correlation *c, const double *x, const double *y, const double *z,
                  int n, double level, struct ds_err *err)
{
    const double *const all[] = {x, y, z};
    struct ranks r;
    int code;

    *c = (struct ds_correlation){.value = NAN, .lo = NAN, .hi = NAN, .p = NAN};
    if ((code = ranks_of(&r, all, 3, n, err)))
        return code;
    c->n = r.n;
    c->undefined = n - r.n;
    if (r.n < 4)
        c->why = "fewer than 4 triples";
    else
        partial(c, &r, level);
    ranks_clear(&r);
    return 0;
}

/* Scores sorted by class: positives first. */
struct classes {
    double *score, *rank; /* [n] */
    double *own;          /* [n] ranks within the class */
    void *memory, *scratch;
};

static void classes_clear(struct classes *c)
{
    free(c->scratch);
    free(c->memory);
}

static int classes_of(struct classes *c, struct ds_auroc *a, const double *score,
                      const int *positive, int n, struct ds_err *err)
{
    const size_t room = (size_t)(n > 0 ? n : 1);
    int count = 0;

    *c = (struct classes){.memory = malloc(3 * room * sizeof(double)),
                          .scratch = malloc(ds_rank_scratch(n))};
    if (!c->memory || !c->scratch) {
        classes_clear(c);
        return ds_fail(err, DS_NOMEM, "no memory to rank %d scores", n);
    }
    c->score = c->memory;
    c->rank = c->score + room;
    c->own = c->rank + room;
    for (int wanted = 1; wanted >= 0; wanted--) {
        for (int i = 0; i < n; i++)
            if (!isnan(score[i]) && positive[i] >= 0 && (positive[i] > 0) == wanted)
                c->score[count++] = score[i];
        if (wanted)
            a->positives = count;
    }
    a->negatives = count - a->positives;
    a->undefined = n - count;
    ds_ranks(c->rank, c->score, count, c->scratch);
    ds_ranks(c->own, c->score, a->positives, c->scratch);
    ds_ranks(c->own + a->positives, c->score + a->positives, a->negatives, c->scratch);
    return 0;
}

/* Sample variance of (rank - own) / others over one class: the share of the other class each
 * member beats. */
static double placement_variance(const struct classes *c, int first, int n, int others)
{
    double mean = 0, sum = 0;

    for (int i = first; i < first + n; i++)
        mean += (c->rank[i] - c->own[i]) / others;
    mean /= n;
    for (int i = first; i < first + n; i++) {
        const double d = (c->rank[i] - c->own[i]) / others - mean;

        sum += d * d;
    }
    return sum / (n - 1);
}

static void area(struct ds_auroc *a, const struct classes *c, double level)
{
    const int m = a->positives, n = a->negatives;
    double won = 0, sd, half, odds;

    for (int i = 0; i < m; i++)
        won += c->rank[i] - c->own[i];
    a->value = won / m / n;
    odds = log(a->value / (1 - a->value));
    if (m < 2 || n < 2) {
        a->why = "fewer than 2 of a class: no variance";
        return;
    }
    sd = sqrt(placement_variance(c, 0, m, n) / m + placement_variance(c, m, n, m) / n);
    if (!(sd > 0)) {
        a->why = "the classes do not overlap, or all scores are equal: no variance";
        return;
    }
    half = ds_normal_quantile((1 + level) / 2) * sd / (a->value * (1 - a->value));
    a->lo = 1 / (1 + exp(half - odds));
    a->hi = 1 / (1 + exp(-half - odds));
    a->p = 2 * ds_normal_cdf(-fabs(a->value - 0.5) / sd);
}

int ds_auroc_of(struct ds_auroc *a, const double *score, const int *positive, int n,
                double level, struct ds_err *err)
{
    struct classes c;
    int code;

    *a = (struct ds_auroc){.value = NAN, .lo = NAN, .hi = NAN, .p = NAN};
    if ((code = classes_of(&c, a, score, positive, n, err)))
        return code;
    if (a->positives < 1 || a->negatives < 1)
        a->why = a->positives < 1 ? "no positive" : "no negative";
    else
        area(a, &c, level);
    classes_clear(&c);
    return 0;
}
