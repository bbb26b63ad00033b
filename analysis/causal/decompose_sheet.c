/* analysis/causal/decompose_sheet.c -- the table of a decomposition. See decompose.h. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "analysis/causal/decompose.h"

/* A place in the table, and room for its values. */
struct place {
    char label[64];
    int layer, head, group; /* -1: all */
    int n;
    double *share[DS_MOVERS], *total; /* [n] of its pictures */
};

static void columns(struct ds_sheet *s)
{
    static const struct ds_column list[] = {
        {.name = "label", .type = DS_CELL_TEXT},
        {.name = "group", .type = DS_CELL_TEXT},
        {.name = "n", .type = DS_CELL_INT},
        {.name = "value", .type = DS_CELL_REAL, .digits = 5},
        {.name = "lo", .type = DS_CELL_REAL, .digits = 5},
        {.name = "hi", .type = DS_CELL_REAL, .digits = 5},
        {.name = "percent", .unit = "%", .type = DS_CELL_REAL, .digits = 1},
        {.name = "percent_lo", .unit = "%", .type = DS_CELL_REAL, .digits = 1},
        {.name = "percent_hi", .unit = "%", .type = DS_CELL_REAL, .digits = 1},
        {.name = "drift", .type = DS_CELL_REAL, .digits = 5},
        {.name = "layer", .type = DS_CELL_TEXT, .machine = true},
        {.name = "head", .type = DS_CELL_TEXT, .machine = true},
        {.name = "metric", .type = DS_CELL_TEXT, .machine = true},
        {.name = "why", .type = DS_CELL_TEXT, .machine = true},
    };

    for (size_t i = 0; i < sizeof list / sizeof *list; i++)
        ds_sheet_column(s, &list[i]);
}

static bool counts(const struct place *at, const struct ds_decompose_sheet_want *want, int l,
                   int h)
{
    return want->layer[l] && want->head[h] && (at->layer < 0 || at->layer == l) &&
           (at->head < 0 || at->head == h);
}

/* Per picture the mean over the layers and heads of the place. */
static void gather(struct place *at, const struct ds_decomposition *r,
                   const struct ds_decompose_sheet_want *want)
{
    at->n = 0;
    for (int i = 0; i < r->count; i++) {
        double sum[DS_MOVERS] = {0}, total = 0;
        int cells = 0;

        if (at->group >= 0 && want->shown->group[i] != at->group)
            continue;
        for (int l = 0; l < r->layers; l++)
            for (int h = 0; h < r->heads; h++) {
                const size_t cell =
                    ((size_t)i * (size_t)r->layers + (size_t)l) * (size_t)r->heads + (size_t)h;

                if (!counts(at, want, l, h))
                    continue;
                cells++;
                total += r->total[cell];
                for (int m = 0; m < DS_MOVERS; m++)
                    sum[m] += r->share[cell * DS_MOVERS + (size_t)m];
            }
        for (int m = 0; m < DS_MOVERS; m++)
            at->share[m][at->n] = sum[m] / cells;
        at->total[at->n++] = total / cells;
    }
}

static const char *const metric_name[] = {"tv", "js", "relfro"};

static void number(struct ds_sheet *s, int i)
{
    char text[16] = "all";

    if (i >= 0)
        snprintf(text, sizeof text, "%d", i + 1);
    ds_sheet_text(s, text);
}

static int rows(struct ds_sheet *s, struct place *at, const struct ds_decomposition *r,
                const struct ds_decompose_sheet_want *want, struct ds_err *err)
{
    static const char *const mover[] = {"query weights", "key weights", "incoming tokens"};
    struct ds_stat value, total;
    struct ds_ratio part;

    gather(at, r, want);
    if (!at->n)
        return 0;
    if (ds_stat_of(&total, at->total, at->n, &(struct ds_stat_want){.level = 0.95}, err))
        return err->code;
    for (int m = 0; m < DS_MOVERS; m++) {
        if (ds_stat_of(&value, at->share[m], at->n, &want->stat, err) ||
            ds_ratio_of(&part, at->share[m], at->total, at->n, &want->stat, err))
            return err->code;
        ds_sheet_text(s, at->label);
        ds_sheet_text(s, mover[m]);
        ds_sheet_int(s, at->n);
        ds_sheet_real(s, value.mean);
        ds_sheet_real(s, value.lo);
        ds_sheet_real(s, value.hi);
        ds_sheet_real(s, 100 * part.value);
        ds_sheet_real(s, 100 * part.lo);
        ds_sheet_real(s, 100 * part.hi);
        ds_sheet_real(s, total.mean);
        number(s, at->layer);
        number(s, at->head);
        ds_sheet_text(s, metric_name[want->how.distance]);
        ds_sheet_text(s, isnan(part.value) ? "no drift, so no shares of it"
                         : part.why        ? part.why
                                           : "");
    }
    if (isnan(part.value))
        ds_sheet_note(s, "%s: no drift, so no shares of it", at->label);
    return 0;
}

static void notes(struct ds_sheet *s, const struct ds_decomposition *r,
                  const struct ds_decompose_sheet_want *want)
{
    static const char *const metric[] = {
        "total variation, sum |p - q| / 2", "Jensen-Shannon divergence, bit",
        "relative Frobenius distance, |q - p| / |p|, all rows of a head together"};

    ds_sheet_note(s, "S (old, reference): %s; T (new): %s; %d pictures", want->s, want->t,
                  r->count);
    ds_sheet_note(s,
                  "drift: %s, of attention over all tokens, prefix included (rows sum to "
                  "1), %s; per picture first, then the mean",
                  metric[want->how.distance],
                  r->all_rows ? "mean over all queries" : "query: the CLS token");
    ds_sheet_note(s, "value: Shapley share of the drift over the eight old and new "
                     "combinations; the three of a label sum to its drift; query and key "
                     "weights with their biases; incoming tokens as norm1 leaves them, its "
                     "weights included");
    ds_sheet_note(s, "percent: mean share / mean drift; several layers or heads: their mean, "
                     "picture by picture");
    if (want->stat.resamples > 0)
        ds_sheet_note(s, "lo, hi: %g %% %s bootstrap interval over pictures, %d resamples",
                      100 * want->stat.level, want->stat.kind == DS_BCA ? "BCa" : "percentile",
                      want->stat.resamples);
    if (want->shown->left_out)
        ds_sheet_note(s, "%d pictures of tasks that S and T have not both learned are left out",
                      want->shown->left_out);
}

static int write_all(struct ds_sheet *s, struct place *at, const struct ds_decomposition *r,
                     const struct ds_decompose_sheet_want *want, struct ds_err *err)
{
    int code = 0;

    at->layer = at->head = at->group = -1;
    for (int g = 0; want->by == DS_MOVED_GROUP && g < want->shown->groups && !code; g++) {
        at->group = g;
        snprintf(at->label, sizeof at->label, "%.60s", want->shown->group_name[g]);
        code = rows(s, at, r, want, err);
    }
    at->group = -1;
    for (int l = 0; want->by <= DS_MOVED_HEAD && l < r->layers && !code; l++)
        for (int h = 0; h < (want->by == DS_MOVED_HEAD ? r->heads : 1) && !code; h++) {
            at->layer = l;
            at->head = want->by == DS_MOVED_HEAD ? h : -1;
            if (!want->layer[l] || (at->head >= 0 && !want->head[h]))
                continue;
            if (at->head < 0)
                snprintf(at->label, sizeof at->label, "layer %d", l + 1);
            else
                snprintf(at->label, sizeof at->label, "layer %d head %d", l + 1, h + 1);
            code = rows(s, at, r, want, err);
        }
    at->layer = at->head = -1;
    snprintf(at->label, sizeof at->label, "all");
    return code ? code : rows(s, at, r, want, err);
}

int ds_decompose_sheet(struct ds_sheet *sheet, const struct ds_decomposition *r,
                       const struct ds_decompose_sheet_want *want, struct ds_err *err)
{
    const size_t n = (size_t)r->count + 1;
    double *memory = malloc((DS_MOVERS + 1) * n * sizeof *memory);
    struct place at = {.total = memory};
    int code;

    if (!memory)
        return ds_fail(err, DS_NOMEM, "out of memory for %d pictures", r->count);
    for (size_t m = 0; m < DS_MOVERS; m++)
        at.share[m] = memory + (m + 1) * n;
    columns(sheet);
    notes(sheet, r, want);
    code = write_all(sheet, &at, r, want, err);
    free(memory);
    return code;
}
