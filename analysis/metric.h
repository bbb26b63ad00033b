/* analysis/metric.h -- the table of ways two attention maps differ. Public header.
 *
 * A map is one row of attention over the patches of one image in one layer: p the reference,
 * q the later one, both [n]. Every row of the table states its formula, unit, range, whether
 * swapping p and q changes it, and whether the maps are compared raw (as rolled out, the mass
 * lost to prefix tokens included) or renormalised so that the patches sum to 1.
 *
 *     struct ds_metric_ctx ctx = {.scratch = malloc(ds_metric_scratch(n))};
 *     double d = ds_metric_value(ds_metric_lookup("js"), p, q, n, &ctx);
 *     if (isnan(d)) reasons[ctx.why]++;
 *
 * A value that does not exist (a zero map has no direction, a constant one no ranks) is NAN
 * with its reason in ctx.why, never a silent 0. Kernels cannot fail and allocate nothing. */
#ifndef DS_ANALYSIS_METRIC_H
#define DS_ANALYSIS_METRIC_H

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
    DS_UNDEFINED_COUNT
};

const char *ds_undefined_text(enum ds_undefined why); /* "zero map", ... */

struct ds_metric_ctx {
    double split_p, split_q; /* in: a patch is protected where value > its own map's split */
    void *scratch;           /* in: ds_metric_scratch(n) bytes, aligned as malloc does */
    enum ds_undefined why;   /* out */
    bool empty;              /* out: both masks are empty, the index is 1 by convention */
};

typedef double ds_metric_of(const double *p, const double *q, int n, struct ds_metric_ctx *ctx);

enum ds_normalise { DS_RAW, DS_PATCHES, DS_MASK };    /* DS_MASK: binary, by the split points */
enum ds_better { DS_LOWER, DS_HIGHER, DS_NEAR_ZERO }; /* which way means less drift */

struct ds_metric {
    const char *key, *name, *formula, *unit;
    double lo, hi; /* range; may be infinite */
    bool symmetric;
    enum ds_normalise normalise;
    enum ds_better better;
    double same; /* the value where q = p */
    ds_metric_of *of;
};

extern const struct ds_metric ds_metrics[]; /* ends with a row whose key is NULL */
enum { DS_METRIC_COUNT = 9 };

/* The row of that key, or NULL. */
const struct ds_metric *ds_metric_lookup(const char *key);

/* "relfro,js" or "all" -> rows in the order given, doubles dropped; *count of them in
 * list[DS_METRIC_COUNT]. DS_USAGE with "did you mean". */
int ds_metric_list(const struct ds_metric **list, int *count, const char *text,
                   struct ds_err *err);

size_t ds_metric_scratch(int n); /* bytes */

/* of() behind the checks every metric shares: n >= 1, all entries finite. */
double ds_metric_value(const struct ds_metric *m, const double *p, const double *q, int n,
                       struct ds_metric_ctx *ctx);

const char *ds_normalise_text(enum ds_normalise n); /* "raw", "patches sum to 1", ... */
const char *ds_better_text(enum ds_better b);       /* "lower", "higher", "near 0" */

#endif
