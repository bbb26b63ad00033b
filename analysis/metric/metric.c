/* analysis/metric/metric.c -- the table of ways two attention maps differ.
 *
 * The kernels stand in metric_*.c, one file a group. All sums run in double and in patch order,
 * so a value does not depend on anything but the two maps. */
#include "analysis/metric/metric_int.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "analysis/metric/rank.h"
#include "core/base/opt.h"

const struct ds_metric ds_metrics[] = {
    {"relfro", "relative Frobenius", "||q - p|| / ||p||, CLS row of one layer", "1",
     DS_GROUP_VECTOR, 0, INFINITY, false, DS_RAW, DS_LOWER, 0, false,
     ds_map_relative_frobenius},
    {"l1", "L1", "sum |p - q|", "1", DS_GROUP_VECTOR, 0, INFINITY, true, DS_RAW, DS_LOWER, 0,
     false, ds_map_l1},
    {"l2", "L2", "sqrt(sum (p - q)^2)", "1", DS_GROUP_VECTOR, 0, INFINITY, true, DS_RAW,
     DS_LOWER, 0, false, ds_map_l2},
    {"rel_l2", "relative L2 of shapes", "||q - p|| / ||p||", "1", DS_GROUP_VECTOR, 0, INFINITY,
     false, DS_PATCHES, DS_LOWER, 0, false, ds_map_relative_l2},
    {"cosine", "cosine distance", "1 - p.q / (||p|| ||q||)", "1", DS_GROUP_VECTOR, 0, 2, true,
     DS_RAW, DS_LOWER, 0, false, ds_map_cosine},
    {"pearson", "Pearson distance", "1 - r", "1", DS_GROUP_VECTOR, 0, 2, true, DS_RAW, DS_LOWER,
     0, false, ds_map_pearson},

    {"tv", "total variation", "sum |p - q| / 2", "1", DS_GROUP_DISTRIBUTION, 0, 1, true,
     DS_PATCHES, DS_LOWER, 0, false, ds_map_total_variation},
    {"kl", "Kullback-Leibler", "sum p ln(p / q), both (x + 1e-8) / (1 + n 1e-8)", "nat",
     DS_GROUP_DISTRIBUTION, 0, INFINITY, false, DS_PATCHES, DS_LOWER, 0, false, ds_map_kl},
    {"js", "Jensen-Shannon", "(KL(p||m) + KL(q||m)) / 2, m = (p + q) / 2, log2", "bit",
     DS_GROUP_DISTRIBUTION, 0, 1, true, DS_PATCHES, DS_LOWER, 0, false, ds_map_js},
    {"hellinger", "Hellinger", "sqrt(1 - sum sqrt(p q))", "1", DS_GROUP_DISTRIBUTION, 0, 1,
     true, DS_PATCHES, DS_LOWER, 0, false, ds_map_hellinger},
    {"emd", "earth mover's", "least sum f_ij |r_i - r_j|, f moves p to q", "patch",
     DS_GROUP_DISTRIBUTION, 0, INFINITY, true, DS_PATCHES, DS_LOWER, 0, true, ds_map_emd},

    {"iou", "mask IoU", "|P & Q| / |P | Q|, P = p > split(p)", "1", DS_GROUP_MASK, 0, 1, true,
     DS_MASK, DS_HIGHER, 1, false, ds_map_iou},
    {"dice", "mask Dice", "2 |P & Q| / (|P| + |Q|), P = p > split(p)", "1", DS_GROUP_MASK, 0, 1,
     true, DS_MASK, DS_HIGHER, 1, false, ds_map_dice},
    {"iou_top10", "IoU of the top 10 %", "|P & Q| / |P | Q|, P the 10 % largest, ties included",
     "1", DS_GROUP_MASK, 0, 1, true, DS_MASK, DS_HIGHER, 1, false, ds_map_iou_top10},
    {"dice_top10", "Dice of the top 10 %",
     "2 |P & Q| / (|P| + |Q|), P the 10 % largest, ties included", "1", DS_GROUP_MASK, 0, 1,
     true, DS_MASK, DS_HIGHER, 1, false, ds_map_dice_top10},
    {"iou_top20", "IoU of the top 20 %", "|P & Q| / |P | Q|, P the 20 % largest, ties included",
     "1", DS_GROUP_MASK, 0, 1, true, DS_MASK, DS_HIGHER, 1, false, ds_map_iou_top20},
    {"dice_top20", "Dice of the top 20 %",
     "2 |P & Q| / (|P| + |Q|), P the 20 % largest, ties included", "1", DS_GROUP_MASK, 0, 1,
     true, DS_MASK, DS_HIGHER, 1, false, ds_map_dice_top20},
    {"iou_mass60", "IoU at 60 % mass", "|P & Q| / |P | Q|, P fewest with 0.6 of the sum", "1",
     DS_GROUP_MASK, 0, 1, true, DS_MASK, DS_HIGHER, 1, false, ds_map_iou_mass60},
    {"dice_mass60", "Dice at 60 % mass",
     "2 |P & Q| / (|P| + |Q|), P fewest with 0.6 of the sum", "1", DS_GROUP_MASK, 0, 1, true,
     DS_MASK, DS_HIGHER, 1, false, ds_map_dice_mass60},
    {"iou_sd1", "IoU above mean + sd", "|P & Q| / |P | Q|, P above mean + sd", "1",
     DS_GROUP_MASK, 0, 1, true, DS_MASK, DS_HIGHER, 1, false, ds_map_iou_sd1},
    {"dice_sd1", "Dice above mean + sd", "2 |P & Q| / (|P| + |Q|), P above mean + sd", "1",
     DS_GROUP_MASK, 0, 1, true, DS_MASK, DS_HIGHER, 1, false, ds_map_dice_sd1},

    {"spearman", "Spearman distance", "1 - rho, ties share their mean rank", "1", DS_GROUP_RANK,
     0, 2, true, DS_RAW, DS_LOWER, 0, false, ds_map_spearman},
    {"kendall", "Kendall distance", "1 - tau-b", "1", DS_GROUP_RANK, 0, 2, true, DS_RAW,
     DS_LOWER, 0, false, ds_map_kendall},

    {"ssim", "structural similarity", "SSIM, 7 x 7 uniform windows, range of both maps", "1",
     DS_GROUP_SPACE, -1, 1, true, DS_RAW, DS_HIGHER, 1, true, ds_map_ssim},
    {"centroid", "centroid shift", "|sum p_i r_i - sum q_i r_i|", "patch", DS_GROUP_SPACE, 0,
     INFINITY, true, DS_PATCHES, DS_LOWER, 0, true, ds_map_centroid},
    {"peak", "peak shift", "|r_argmax(p) - r_argmax(q)|, the first of equals", "patch",
     DS_GROUP_SPACE, 0, INFINITY, true, DS_RAW, DS_LOWER, 0, true, ds_map_peak},

    {"entropy", "entropy difference", "H(q) - H(p), H = -sum p ln p", "nat", DS_GROUP_SPREAD,
     -INFINITY, INFINITY, false, DS_PATCHES, DS_NEAR_ZERO, 0, false, ds_map_entropy},
    {"entropy_norm", "normalised entropy", "(H(q) - H(p)) / ln n", "1", DS_GROUP_SPREAD, -1, 1,
     false, DS_PATCHES, DS_NEAR_ZERO, 0, false, ds_map_entropy_share},
    {"effective", "effective patches", "exp H(q) - exp H(p)", "patch", DS_GROUP_SPREAD,
     -INFINITY, INFINITY, false, DS_PATCHES, DS_NEAR_ZERO, 0, false, ds_map_effective},
    {"prefix", "prefix mass change", "(1 - sum q) - (1 - sum p)", "1", DS_GROUP_SPREAD,
     -INFINITY, INFINITY, false, DS_RAW, DS_NEAR_ZERO, 0, false, ds_map_prefix},
    {"sink", "peak mass change", "max q - max p", "1", DS_GROUP_SPREAD, -1, 1, false,
     DS_PATCHES, DS_NEAR_ZERO, 0, false, ds_map_sink},
    {0}};

enum { GROUPS = DS_GROUP_SPREAD + 1 };
static const char *const group_text[GROUPS + 1] = {"vector", "distribution", "mask",
                                                   "rank",   "space",        "spread"};

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
    const char *keys[DS_METRIC_COUNT + GROUPS + 1] = {0}, *near;

    for (int i = 0; i < DS_METRIC_COUNT; i++)
        keys[i] = ds_metrics[i].key;
    for (int i = 0; i < GROUPS; i++)
        keys[DS_METRIC_COUNT + i] = group_text[i];
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

/* The rows one word means: a metric, a group, or all; false where it means none. */
static bool expand(const struct ds_metric **list, int *count, const char *word)
{
    bool found = false;

    for (const struct ds_metric *m = ds_metrics; m->key; m++)
        if (!strcmp(word, "all") || !strcmp(word, m->key) ||
            !strcmp(word, group_text[m->group])) {
            append(list, count, m);
            found = true;
        }
    return found;
}

int ds_metric_list(const struct ds_metric **list, int *count, const char *text,
                   struct ds_err *err)
{
    char word[32];

    *count = 0;
    for (const char *end; *text; text = *end ? end + 1 : end) {
        size_t length;

        end = text + strcspn(text, ",");
        length = (size_t)(end - text) < sizeof word ? (size_t)(end - text) : sizeof word - 1;
        memcpy(word, text, length);
        word[length] = 0;
        if (!expand(list, count, word))
            return unknown(word, err);
    }
    if (*count == 0)
        return ds_fail(err, DS_USAGE, "the list of metrics is empty; e.g. --metric relfro,js");
    return 0;
}

size_t ds_metric_scratch(int n)
{
    const size_t ranks = 2 * (size_t)(n > 0 ? n : 1) * sizeof(double) + ds_rank_scratch(n);

    return ranks > ds_emd_scratch(n) ? ranks : ds_emd_scratch(n);
}

double ds_metric_value(const struct ds_metric *m, const double *p, const double *q, int n,
                       struct ds_metric_ctx *ctx)
{
    ctx->why = DS_DEFINED;
    ctx->empty = false;
    if (n < 1)
        return ds_map_undefined(ctx, DS_UNDEFINED_SHORT);
    for (int i = 0; i < n; i++)
        if (!isfinite(p[i]) || !isfinite(q[i]))
            return ds_map_undefined(ctx, DS_UNDEFINED_INFINITE);
    if (m->grid && (ctx->height < 1 || (int64_t)ctx->height * ctx->width != n))
        return ds_map_undefined(ctx, DS_UNDEFINED_GRID);
    return m->of(p, q, n, ctx);
}

const char *ds_undefined_text(enum ds_undefined why)
{
    static const char *const text[DS_UNDEFINED_COUNT] = {
        "defined",
        "zero map",
        "constant map",
        "too few patches",
        "negative entry",
        "not finite",
        "patch grid not known",
        "grid smaller than the 7 x 7 window",
        "more than 1600 patches",
        "no optimum found",
    };

    return text[why];
}

const char *ds_metric_group_text(enum ds_metric_group g)
{
    return group_text[g];
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
