/* analysis/metric/metric.h -- the table of ways two attention maps differ. Public header.
 *
 * A map is one row of attention over the patches of one image in one layer: p the reference,
 * q the later one, both [n]. Every row of the table states its formula, unit, range, whether
 * swapping p and q changes it, and whether the maps are compared raw (as rolled out, the mass
 * lost to prefix tokens included) or renormalised so that the patches sum to 1.
 * share/doc/metrics.md has formulas, sources and costs.
 *
 *     struct ds_metric_ctx ctx = {.height = 14, .width = 14,
 *                                 .scratch = malloc(ds_metric_scratch(n))};
 *     double d = ds_metric_value(ds_metric_lookup("js"), p, q, n, &ctx);
 *     if (isnan(d)) reasons[ctx.why]++;
 *
 * A value that does not exist (a zero map has no direction, a constant one no ranks) is NAN
 * with its reason in ctx.why, never a silent 0. Kernels cannot fail and allocate nothing. */
#ifndef DS_ANALYSIS_METRIC_METRIC_H
#define DS_ANALYSIS_METRIC_METRIC_H

#include <stdbool.h>
#include <stddef.h>
#include "core/base/err.h"

/* Why a value is undefined. */
enum ds_undefined {
    DS_DEFINED,
    DS_UNDEFINED_ZERO,     /* a map is 0 everywhere */
    DS_UNDEFINED_FLAT,     /* a map is constant: no correlation */
    DS_UNDEFINED_SHORT,    /* fewer patches than the formula needs */
    DS_UNDEFINED_NEGATIVE, /* a negative entry where a distribution is needed */
    DS_UNDEFINED_INFINITE, /* an entry or a split point is not finite */
    DS_UNDEFINED_GRID,     /* the patch grid is not known, or does not fit the map */
    DS_UNDEFINED_SMALL,    /* the grid is smaller than the window */
    DS_UNDEFINED_LARGE,    /* more patches than the exact method takes */
    DS_UNDEFINED_STEPS,    /* no optimum within n^2 + 10000 steps, which theory rules out */
    DS_UNDEFINED_COUNT
};

const char *ds_undefined_text(enum ds_undefined why); /* "zero map", ... */

struct ds_metric_ctx {
    double split_p, split_q; /* in: a patch is protected where value > its own map's split */
    int height, width;       /* in: the patch grid, height * width = n; 0: not known */
    void *scratch;           /* in: ds_metric_scratch(n) bytes, aligned as malloc does */
    enum ds_undefined why;   /* out */
    bool empty;              /* out: both masks are empty, the index is 1 by convention */
};

typedef double ds_metric_of(const double *p, const double *q, int n, struct ds_metric_ctx *ctx);

enum ds_normalise { DS_RAW, DS_PATCHES, DS_MASK };    /* DS_MASK: binary, by a rule */
enum ds_better { DS_LOWER, DS_HIGHER, DS_NEAR_ZERO }; /* which way means less drift */

enum ds_metric_group {
    DS_GROUP_VECTOR,       /* the map as a vector */
    DS_GROUP_DISTRIBUTION, /* as a distribution over patches */
    DS_GROUP_MASK,         /* as a set of patches */
    DS_GROUP_RANK,         /* as an order of patches */
    DS_GROUP_SPACE,        /* as a picture on the grid */
    DS_GROUP_SPREAD        /* one number of each map, q's minus p's */
};

#define DS_KL_EPS 1e-8       /* added to every patch before KL */
enum { DS_SSIM_WINDOW = 7 }; /* patches a side; the grid must hold one */
enum { DS_EMD_MOST = 1600 }; /* patches the earth mover's distance takes */

struct ds_metric {
    const char *key, *name, *formula, *unit;
    enum ds_metric_group group;
    double lo, hi; /* range; may be infinite */
    bool symmetric;
    enum ds_normalise normalise;
    enum ds_better better;
    double same; /* the value where q = p */
    bool grid;   /* needs ctx.height and ctx.width */
    ds_metric_of *of;
};

extern const struct ds_metric ds_metrics[]; /* ends with a row whose key is NULL */
enum { DS_METRIC_COUNT = 31 };

/* The row of that key, or NULL. */
const struct ds_metric *ds_metric_lookup(const char *key);

/* "relfro,js", groups ("mask,rank") or "all" -> rows in the order given, doubles dropped;
 * *count of them in list[DS_METRIC_COUNT]. DS_USAGE with "did you mean". */
int ds_metric_list(const struct ds_metric **list, int *count, const char *text,
                   struct ds_err *err);

size_t ds_metric_scratch(int n); /* bytes */

/* of() behind the checks every metric shares: n >= 1, all entries finite, the grid where one
 * is needed. */
double ds_metric_value(const struct ds_metric *m, const double *p, const double *q, int n,
                       struct ds_metric_ctx *ctx);

const char *ds_metric_group_text(enum ds_metric_group g); /* "vector", "mask", ... */
const char *ds_normalise_text(enum ds_normalise n);       /* "raw", "patches sum to 1", ... */
const char *ds_better_text(enum ds_better b);             /* "lower", "higher", "near 0" */

#endif
