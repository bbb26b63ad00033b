/* analysis/metric.c -- the table of ways two attention maps differ.
 *
 * All sums run in double and in patch order, so a value does not depend on anything but the
 * two maps. sqrt(pp * qq) is used for the product of two norms because it is exactly pp where
 * p = q: the distance of a map to itself is then exactly 0, not a rounding error. */
#include "analysis/metric.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "core/base/opt.h"

/* A value and where it stood, for ranking. */
struct place {
    double value;
    int at;
};

static double undefined(struct ds_metric_ctx *ctx, enum ds_undefined why)
{
    ctx->why = why;
    return NAN;
}

static double difference_squared(const double *p, const double *q, int n)
{
    double sum = 0;

    for (int i = 0; i < n; i++)
        sum += (q[i] - p[i]) * (q[i] - p[i]);
    return sum;
}

static double dot(const double *p, const double *q, int n)
{
    double sum = 0;

    for (int i = 0; i < n; i++)
        sum += p[i] * q[i];
    return sum;
}

static bool constant(const double *p, int n)
{
    for (int i = 1; i < n; i++)
        if (p[i] != p[0])
            return false;
    return true;
}

static double relative_frobenius(const double *p, const double *q, int n,
                                 struct ds_metric_ctx *ctx)
{
    const double pp = dot(p, p, n);

    if (!(pp > 0))
        return undefined(ctx, DS_UNDEFINED_ZERO);
    return sqrt(difference_squared(p, q, n)) / sqrt(pp);
}

static double l1(const double *p, const double *q, int n, struct ds_metric_ctx *ctx)
{
    double sum = 0;

    (void)ctx;
    for (int i = 0; i < n; i++)
        sum += fabs(p[i] - q[i]);
    return sum;
}

static double l2(const double *p, const double *q, int n, struct ds_metric_ctx *ctx)
{
    (void)ctx;
    return sqrt(difference_squared(p, q, n));
}

static double one_minus_cosine(const double *p, const double *q, int n,
                               struct ds_metric_ctx *ctx)
{
    const double pp = dot(p, p, n), qq = dot(q, q, n);

    if (!(pp > 0 && qq > 0))
        return undefined(ctx, DS_UNDEFINED_ZERO);
    return fmin(fmax(1 - dot(p, q, n) / sqrt(pp * qq), 0), 2);
}

/* The sum of a distribution's weights; 0 after recording why it is none. */
static double mass(const double *p, int n, struct ds_metric_ctx *ctx)
{
    double sum = 0;

    for (int i = 0; i < n; i++) {
        if (p[i] < 0) {
            ctx->why = DS_UNDEFINED_NEGATIVE;
            return 0;
        }
        sum += p[i];
    }
    if (!(sum > 0))
        ctx->why = DS_UNDEFINED_ZERO;
    return sum;
}

static double jensen_shannon(const double *p, const double *q, int n, struct ds_metric_ctx *ctx)
{
    const double ps = mass(p, n, ctx), qs = mass(q, n, ctx);
    double d = 0;

    if (ctx->why)
        return NAN;
    for (int i = 0; i < n; i++) {
        const double a = p[i] / ps, b = q[i] / qs, m = (a + b) / 2;

        if (a > 0)
            d += a * log2(a / m) / 2;
        if (b > 0)
            d += b * log2(b / m) / 2;
    }
    return fmin(fmax(d, 0), 1);
}

static double intersection_over_union(const double *p, const double *q, int n,
                                      struct ds_metric_ctx *ctx)
{
    int both = 0, either = 0;

    if (!isfinite(ctx->split_p) || !isfinite(ctx->split_q))
        return undefined(ctx, DS_UNDEFINED_INFINITE);
    for (int i = 0; i < n; i++) {
        const bool a = p[i] > ctx->split_p, b = q[i] > ctx->split_q;

        both += a && b;
        either += a || b;
    }
    ctx->empty = either == 0;
    return either ? (double)both / either : 1;
}

static double one_minus_pearson(const double *p, const double *q, int n,
                                struct ds_metric_ctx *ctx)
{
    double mp = 0, mq = 0, pp = 0, qq = 0, pq = 0;

    if (n < 3)
        return undefined(ctx, DS_UNDEFINED_SHORT);
    if (constant(p, n) || constant(q, n))
        return undefined(ctx, DS_UNDEFINED_FLAT);
    for (int i = 0; i < n; i++) {
        mp += p[i];
        mq += q[i];
    }
    mp /= n;
    mq /= n;
    for (int i = 0; i < n; i++) {
        pp += (p[i] - mp) * (p[i] - mp);
        qq += (q[i] - mq) * (q[i] - mq);
        pq += (p[i] - mp) * (q[i] - mq);
    }
    if (!(pp > 0 && qq > 0)) /* constant to within rounding */
        return undefined(ctx, DS_UNDEFINED_FLAT);
    return fmin(fmax(1 - pq / sqrt(pp * qq), 0), 2);
}

static int by_value(const void *a, const void *b)
{
    const struct place *x = a, *y = b;

    return (x->value > y->value) - (x->value < y->value);
}

/* rank[i] in 1..n; equal values share the mean of their ranks. */
static void rank(double *ranks, const double *p, int n, struct place *order)
{
    for (int i = 0; i < n; i++)
        order[i] = (struct place){p[i], i};
    qsort(order, (size_t)n, sizeof *order, by_value);
    for (int first = 0, end; first < n; first = end) {
        for (end = first + 1; end < n && order[end].value == order[first].value;)
            end++;
        for (int i = first; i < end; i++)
            ranks[order[i].at] = (first + 1 + end) / 2.0;
    }
}

static double one_minus_spearman(const double *p, const double *q, int n,
                                 struct ds_metric_ctx *ctx)
{
    struct place *order = ctx->scratch;
    double *ranks_p = (double *)(order + n), *ranks_q = ranks_p + n;

    if (n < 3)
        return undefined(ctx, DS_UNDEFINED_SHORT);
    rank(ranks_p, p, n, order);
    rank(ranks_q, q, n, order);
    return one_minus_pearson(ranks_p, ranks_q, n, ctx);
}

static double entropy(const double *p, int n, double sum)
{
    double h = 0;

    for (int i = 0; i < n; i++)
        if (p[i] > 0)
            h -= p[i] / sum * log(p[i] / sum);
    return h;
}

static double entropy_gain(const double *p, const double *q, int n, struct ds_metric_ctx *ctx)
{
    const double ps = mass(p, n, ctx), qs = mass(q, n, ctx);

    return ctx->why ? NAN : entropy(q, n, qs) - entropy(p, n, ps);
}

const struct ds_metric ds_metrics[] = {
    {"relfro", "relative Frobenius", "||q - p|| / ||p||, CLS row of one layer", "1", 0,
     INFINITY, false, DS_RAW, DS_LOWER, 0, relative_frobenius},
    {"l1", "L1", "sum |p - q|", "1", 0, INFINITY, true, DS_RAW, DS_LOWER, 0, l1},
    {"l2", "L2", "sqrt(sum (p - q)^2)", "1", 0, INFINITY, true, DS_RAW, DS_LOWER, 0, l2},
    {"cosine", "cosine distance", "1 - p.q / (||p|| ||q||)", "1", 0, 2, true, DS_RAW, DS_LOWER,
     0, one_minus_cosine},
    {"js", "Jensen-Shannon", "(KL(p||m) + KL(q||m)) / 2, m = (p + q) / 2, log2", "bit", 0, 1,
     true, DS_PATCHES, DS_LOWER, 0, jensen_shannon},
    {"iou", "mask IoU", "|P & Q| / |P | Q|, P = p > split(p); both empty: 1", "1", 0, 1, true,
     DS_MASK, DS_HIGHER, 1, intersection_over_union},
    {"spearman", "Spearman distance", "1 - rho, ties share their mean rank", "1", 0, 2, true,
     DS_RAW, DS_LOWER, 0, one_minus_spearman},
    {"pearson", "Pearson distance", "1 - r", "1", 0, 2, true, DS_RAW, DS_LOWER, 0,
     one_minus_pearson},
    {"entropy", "entropy difference", "H(q) - H(p), H = -sum p ln p", "nat", -INFINITY,
     INFINITY, false, DS_PATCHES, DS_NEAR_ZERO, 0, entropy_gain},
    {0}};

_Static_assert(sizeof ds_metrics / sizeof *ds_metrics == DS_METRIC_COUNT + 1,
               "DS_METRIC_COUNT counts the rows");

const struct ds_metric *ds_metric_lookup(const char *key)
{
    for (const struct ds_metric *m = ds_metrics; m->key; m++)
        if (!strcmp(m->key, key))
            return m;
    return NULL;
}

static int unknown(const char *word, struct ds_err *err)
{
    const char *keys[DS_METRIC_COUNT + 1] = {0}, *near;

    for (int i = 0; i < DS_METRIC_COUNT; i++)
        keys[i] = ds_metrics[i].key;
    near = ds_opt_nearest(word, keys);
    if (near)
        return ds_fail(err, DS_USAGE, "there is no metric '%s'; did you mean '%s'?", word,
                       near);
    return ds_fail(err, DS_USAGE,
                   "there is no metric '%s'; 'driftscope drift --list' shows them all", word);
}

static void append(const struct ds_metric **list, int *count, const struct ds_metric *m)
{
    for (int i = 0; i < *count; i++)
        if (list[i] == m)
            return;
    list[(*count)++] = m;
}

int ds_metric_list(const struct ds_metric **list, int *count, const char *text,
                   struct ds_err *err)
{
    char word[32];

    *count = 0;
    if (!strcmp(text, "all")) {
        for (const struct ds_metric *m = ds_metrics; m->key; m++)
            append(list, count, m);
        return 0;
    }
    for (const char *end; *text; text = *end ? end + 1 : end) {
        const struct ds_metric *m;
        size_t length;

        end = text + strcspn(text, ",");
        length = (size_t)(end - text) < sizeof word ? (size_t)(end - text) : sizeof word - 1;
        memcpy(word, text, length);
        word[length] = 0;
        if (!(m = ds_metric_lookup(word)))
            return unknown(word, err);
        append(list, count, m);
    }
    if (*count == 0)
        return ds_fail(err, DS_USAGE, "the list of metrics is empty; e.g. --metric relfro,js");
    return 0;
}

size_t ds_metric_scratch(int n)
{
    return (size_t)(n > 0 ? n : 1) * (sizeof(struct place) + 2 * sizeof(double));
}

double ds_metric_value(const struct ds_metric *m, const double *p, const double *q, int n,
                       struct ds_metric_ctx *ctx)
{
    ctx->why = DS_DEFINED;
    ctx->empty = false;
    if (n < 1)
        return undefined(ctx, DS_UNDEFINED_SHORT);
    for (int i = 0; i < n; i++)
        if (!isfinite(p[i]) || !isfinite(q[i]))
            return undefined(ctx, DS_UNDEFINED_INFINITE);
    return m->of(p, q, n, ctx);
}

const char *ds_undefined_text(enum ds_undefined why)
{
    static const char *const text[DS_UNDEFINED_COUNT] = {
        "defined",          "zero map",       "constant map",
        "too few patches",  "negative entry", "not finite",
    };

    return text[why];
}

const char *ds_normalise_text(enum ds_normalise n)
{
    static const char *const text[] = {"raw", "patches sum to 1", "binary mask"};

    return text[n];
}

const char *ds_better_text(enum ds_better b)
{
    static const char *const text[] = {"lower", "higher", "near 0"};

    return text[b];
}
