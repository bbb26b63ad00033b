/* analysis/metric/attention_metric.c -- attention matrices described head by head. */
#include "analysis/metric/attention_metric.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

static const float *row_of(const float *a, const struct ds_attention_shape *s, int head, int i)
{
    const size_t n = (size_t)s->tokens;

    return a + ((size_t)head * n + (size_t)i) * n;
}

static double sum_of(const float *row, int n)
{
    double sum = 0;

    for (int j = 0; j < n; j++)
        sum += (double)row[j];
    return sum;
}

/* |r_i - r_j| by how far apart rows and columns are: [height][width]. */
static void measure(double *far, int height, int width)
{
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++)
            far[y * width + x] = sqrt((double)(y * y + x * x));
}

/* How far query i looks, over the patches; NAN where it attends to prefix tokens only. */
static double look(const float *row, int i, const struct ds_attention_shape *s,
                   const double *far)
{
    double sum = 0, mass = 0;

    for (int y = 0; y < s->height; y++) {
        const double *line =
            far + (y > i / s->width ? y - i / s->width : i / s->width - y) * s->width;

        for (int x = 0; x < s->width; x++) {
            const double w = (double)row[s->prefix + y * s->width + x];

            sum += w * line[x > i % s->width ? x - i % s->width : i % s->width - x];
            mass += w;
        }
    }
    return sum / mass;
}

static void distance(double *out, const float *a, const struct ds_attention_shape *s,
                     double *scratch)
{
    const int patches = s->height * s->width;

    measure(scratch, s->height, s->width);
    for (int h = 0; h < s->heads; h++) {
        out[h] = 0;
        for (int i = 0; i < patches; i++)
            out[h] += look(row_of(a, s, h, s->prefix + i), i, s, scratch);
        out[h] /= patches;
    }
}

static void diagonal(double *out, const float *a, const struct ds_attention_shape *s,
                     double *scratch)
{
    (void)scratch;
    for (int h = 0; h < s->heads; h++) {
        out[h] = 0;
        for (int i = 0; i < s->tokens; i++)
            out[h] += (double)row_of(a, s, h, i)[i];
        out[h] /= s->tokens;
    }
}

static void prefix(double *out, const float *a, const struct ds_attention_shape *s,
                   double *scratch)
{
    (void)scratch;
    for (int h = 0; h < s->heads; h++) {
        out[h] = 0;
        for (int i = s->prefix; i < s->tokens; i++)
            out[h] += sum_of(row_of(a, s, h, i), s->prefix);
        out[h] /= s->tokens - s->prefix;
    }
}

static void columns(double *out, const float *a, const struct ds_attention_shape *s, int head)
{
    memset(out, 0, (size_t)s->tokens * sizeof *out);
    for (int i = 0; i < s->tokens; i++) {
        const float *row = row_of(a, s, head, i);

        for (int j = 0; j < s->tokens; j++)
            out[j] += (double)row[j];
    }
    for (int j = 0; j < s->tokens; j++)
        out[j] /= s->tokens;
}

void ds_attention_columns(double *out, const float *a, const struct ds_attention_shape *s)
{
    for (int h = 0; h < s->heads; h++)
        columns(out + (size_t)h * (size_t)s->tokens, a, s, h);
}

static void sink(double *out, const float *a, const struct ds_attention_shape *s,
                 double *scratch)
{
    for (int h = 0; h < s->heads; h++) {
        columns(scratch, a, s, h);
        out[h] = scratch[0];
        for (int j = 1; j < s->tokens; j++)
            out[h] = fmax(out[h], scratch[j]);
    }
}

static double row_entropy(const float *row, int n, double scale)
{
    double h = 0;

    for (int j = 0; j < n; j++) {
        const double p = (double)row[j] * scale;

        if (p > 0)
            h -= p * log(p);
    }
    return h;
}

static void entropy(double *out, const float *a, const struct ds_attention_shape *s,
                    double *scratch)
{
    (void)scratch;
    for (int h = 0; h < s->heads; h++) {
        out[h] = 0;
        for (int i = 0; i < s->tokens; i++) {
            const float *row = row_of(a, s, h, i);

            out[h] += row_entropy(row, s->tokens, 1 / sum_of(row, s->tokens));
        }
        out[h] /= s->tokens;
    }
}

/* H((p + q) / 2) of two rows, each scaled to sum 1. */
static double middle_entropy(const float *p, const float *q, int n, double scale_p,
                             double scale_q)
{
    double h = 0;

    for (int j = 0; j < n; j++) {
        const double m = ((double)p[j] * scale_p + (double)q[j] * scale_q) / 2;

        if (m > 0)
            h -= m * log(m);
    }
    return h;
}

/* JS(p, q) = H((p + q) / 2) - (H(p) + H(q)) / 2: one logarithm per entry and pair of heads. */
static void diversity(double *out, const float *a, const struct ds_attention_shape *s,
                      double *scratch)
{
    const int n = s->tokens;
    double *scale = scratch, *own = scratch + s->heads;

    memset(out, 0, (size_t)s->heads * sizeof *out);
    for (int i = 0; i < n; i++) {
        for (int h = 0; h < s->heads; h++) {
            scale[h] = 1 / sum_of(row_of(a, s, h, i), n);
            own[h] = row_entropy(row_of(a, s, h, i), n, scale[h]);
        }
        for (int h = 0; h < s->heads; h++)
            for (int g = h + 1; g < s->heads; g++) {
                const double js = middle_entropy(row_of(a, s, h, i), row_of(a, s, g, i), n,
                                                 scale[h], scale[g]) -
                                  (own[h] + own[g]) / 2;

                out[h] += fmax(js, 0);
                out[g] += fmax(js, 0);
            }
    }
    for (int h = 0; h < s->heads; h++)
        out[h] /= log(2) * n * (s->heads - 1);
}

const struct ds_attention_metric ds_attention_metrics[] = {
    {"distance", "mean attention distance", "mean_i sum_j A~_ij |r_i - r_j|, patches only",
     "patch", 0, INFINITY, 1, distance},
    {"diagonal", "diagonal mass", "mean_i A_ii", "1", 0, 1, 1, diagonal},
    {"prefix", "prefix mass", "mean over patch queries of sum_{j < prefix} A_ij", "1", 0, 1, 1,
     prefix},
    {"sink", "sink mass", "max_j mean_i A_ij", "1", 0, 1, 1, sink},
    {"entropy", "row entropy", "mean_i H(A_i)", "nat", 0, INFINITY, 1, entropy},
    {"diversity", "head diversity", "mean_{g != h} mean_i JS(A_h,i, A_g,i)", "bit", 0, 1, 2,
     diversity},
    {0}};

const struct ds_attention_metric *ds_attention_lookup(const char *key)
{
    for (const struct ds_attention_metric *m = ds_attention_metrics; m->key; m++)
        if (!strcmp(m->key, key))
            return m;
    return NULL;
}

size_t ds_attention_scratch(const struct ds_attention_shape *s)
{
    return (size_t)s->tokens + 2 * (size_t)s->heads;
}

/* Why a head is no stack of distributions. */
static enum ds_undefined check(const float *a, const struct ds_attention_shape *s, int head)
{
    for (int i = 0; i < s->tokens; i++) {
        const float *row = row_of(a, s, head, i);
        double sum = 0;

        for (int j = 0; j < s->tokens; j++) {
            if (!isfinite(row[j]))
                return DS_UNDEFINED_INFINITE;
            if (row[j] < 0)
                return DS_UNDEFINED_NEGATIVE;
            sum += (double)row[j];
        }
        if (!(sum > 0))
            return DS_UNDEFINED_ZERO;
    }
    return DS_DEFINED;
}

static enum ds_undefined fits(const struct ds_attention_metric *m,
                              const struct ds_attention_shape *s)
{
    if (s->height < 1 || s->width < 1 || s->prefix < 0 ||
        (int64_t)s->height * s->width + s->prefix != s->tokens)
        return DS_UNDEFINED_GRID;
    return s->heads < m->least ? DS_UNDEFINED_SHORT : DS_DEFINED;
}

enum ds_undefined ds_attention_value(double *out, const struct ds_attention_metric *m,
                                     const float *a, const struct ds_attention_shape *s,
                                     double *scratch)
{
    enum ds_undefined why = fits(m, s);
    const bool unfit = why != DS_DEFINED;

    for (int h = 0; h < s->heads && !unfit && !why; h++)
        why = check(a, s, h);
    if (unfit ||
        (why && m->least > 1)) { /* a head compared with a bad one is none the better */
        for (int h = 0; h < s->heads; h++)
            out[h] = NAN;
        return why;
    }
    m->of(out, a, s, scratch);
    for (int h = 0; h < s->heads; h++) {
        if (why && check(a, s, h))
            out[h] = NAN;
        if (isnan(out[h]) && !why) /* a patch that attends to no patch */
            why = DS_UNDEFINED_ZERO;
    }
    return why;
}
