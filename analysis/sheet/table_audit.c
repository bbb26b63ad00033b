/* analysis/sheet/table_audit.c -- what retention did: to the gradients, as the run counted it,
 * and to the masks, as its maps say.
 *
 * The run keeps per task, layer and part (q, k, v) what its gradients lost, and the mask in
 * force. The maps of the evaluation images right after their own task give the split points
 * retention works with, and which patches each published rule would protect. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/sheet/tables_int.h"
#include "core/base/size.h"
#include "core/retain/mask.h"
#include "data/protocol/options.h"

enum { PAPER, OFFICIAL, KNEE, RULES };

/* One layer after one task. */
struct masked {
    double q1, median, q3; /* of the split points */
    double share[RULES];   /* of patches protected, mean over images */
    double agreement;      /* IoU of paper and official, mean over images */
    int n;                 /* images */
};

/* The maps of a task's images at the checkpoint after it, and what the rules make of them. */
struct cut {
    const struct ds_record *r;
    int task, images;
    float *maps;            /* [n][L][P] */
    int *label;             /* [n] */
    double *split;          /* [n][L] */
    uint8_t *binary[RULES]; /* [n][L][P], 1: free */
    float *soft;            /* [L][P] */
};

static struct ds_mask_rule rule_of(int which)
{
    struct ds_mask_rule rule = ds_retain_preset(which == OFFICIAL ? 2 : 1)->rule;

    if (which == KNEE)
        rule.split = DS_SPLIT_KNEE;
    return rule;
}

static void gather(struct cut *c)
{
    const struct ds_record *r = c->r;
    const size_t cells = (size_t)r->layers * (size_t)r->patches;
    const size_t at = (size_t)(c->task + 1) * (size_t)r->images;

    for (int i = 0; i < r->images; i++) {
        if (r->task[i] != c->task)
            continue;
        memcpy(c->maps + (size_t)c->images * cells, r->rollout + (at + (size_t)i) * cells,
               cells * sizeof *c->maps);
        for (int l = 0; l < r->layers; l++)
            c->split[(size_t)c->images * (size_t)r->layers + (size_t)l] =
                (double)r->split[(at + (size_t)i) * (size_t)r->layers + (size_t)l];
        c->label[c->images++] = r->label[i];
    }
}

static void free_cut(struct cut *c)
{
    for (int i = 0; i < RULES; i++)
        free(c->binary[i]);
    free(c->soft);
    free(c->split);
    free(c->label);
    free(c->maps);
}

static int cut_of(struct cut *c, const struct ds_record *r, struct ds_err *err)
{
    const size_t n = (size_t)r->images, cells = (size_t)r->layers * (size_t)r->patches;
    bool missing;

    *c = (struct cut){.r = r, .maps = malloc(ds_sizes(n, cells, sizeof *c->maps, 1) | 1)};
    c->label = malloc(n * sizeof *c->label + 1);
    c->split = malloc(n * (size_t)r->layers * sizeof *c->split + 1);
    c->soft = malloc(cells * sizeof *c->soft);
    missing = !c->maps || !c->label || !c->split || !c->soft;
    for (int i = 0; i < RULES; i++)
        missing |= !(c->binary[i] = malloc(ds_mul_size(n, cells) | 1));
    return missing ? ds_fail(err, DS_NOMEM, "out of memory for the masks of %zu images", n) : 0;
}

static int apply_rules(struct cut *c, int task, struct ds_err *err)
{
    const struct ds_record *r = c->r;
    int code = 0;

    c->task = task;
    c->images = 0;
    gather(c);
    for (int k = 0; k < RULES && c->images && !code; k++) {
        const struct ds_mask_rule rule = rule_of(k);

        code = ds_mask_from_maps(c->soft, NULL, c->binary[k], c->maps, c->label, c->images,
                                 r->classes, r->layers, r->patches, &rule, NULL, err);
    }
    return code;
}

static int ascending(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* sorted [n] scratch */
static struct masked masked_of(const struct cut *c, int layer, double *sorted)
{
    const size_t layers = (size_t)c->r->layers, p = (size_t)c->r->patches;
    struct masked m = {NAN, NAN, NAN, {0}, 0, c->images};
    int compared = 0;

    for (int i = 0; i < c->images; i++) {
        const size_t at = ((size_t)i * layers + (size_t)layer) * p;
        int both = 0, either = 0;

        sorted[i] = c->split[(size_t)i * layers + (size_t)layer];
        for (size_t k = 0; k < p; k++) {
            const bool paper = !c->binary[PAPER][at + k],
                       official = !c->binary[OFFICIAL][at + k];

            for (int rule = 0; rule < RULES; rule++)
                m.share[rule] += !c->binary[rule][at + k];
            both += paper && official;
            either += paper || official;
        }
        m.agreement += either ? (double)both / either : 1;
        compared++;
    }
    qsort(sorted, (size_t)c->images, sizeof *sorted, ascending);
    m.q1 = ds_quantile(sorted, c->images, 0.25);
    m.median = ds_quantile(sorted, c->images, 0.5);
    m.q3 = ds_quantile(sorted, c->images, 0.75);
    for (int rule = 0; rule < RULES; rule++)
        m.share[rule] = compared ? m.share[rule] / (compared * (double)p) : NAN;
    m.agreement = compared ? m.agreement / compared : NAN;
    return m;
}

static void part_row(struct ds_sheet *s, const struct ds_record *r, int task, int layer,
                     int part, const struct masked *m)
{
    static const char *const name[] = {"q", "k", "v"};
    const size_t at = (((size_t)task * (size_t)r->layers + (size_t)layer) * 3 + (size_t)part) *
                      DS_AUDIT_COUNT;

    ds_sheet_int(s, task + 1);
    ds_sheet_int(s, layer + 1);
    ds_sheet_text(s, name[part]);
    for (size_t c = 0; c < DS_AUDIT_COUNT; c++)
        ds_sheet_real(s, (double)r->audit[at + c]);
    ds_sheet_int(s, m->n);
    ds_sheet_real(s, m->q1);
    ds_sheet_real(s, m->median);
    ds_sheet_real(s, m->q3);
    ds_sheet_real(s, m->share[PAPER]);
    ds_sheet_real(s, m->share[OFFICIAL]);
    ds_sheet_real(s, m->agreement);
    ds_sheet_real(s, m->share[KNEE]);
}

static int rows(struct ds_sheet *s, const struct ds_table_want *want, int run,
                struct ds_err *err)
{
    const struct ds_record *r = want->run[run].record;
    double *sorted = malloc((size_t)r->images * sizeof *sorted + 1);
    struct cut c = {0};
    int code = sorted ? cut_of(&c, r, err) : ds_fail(err, DS_NOMEM, "out of memory");

    for (int t = 0; t < ds_table_learned(&want->run[run]) && !code; t++) {
        code = apply_rules(&c, t, err);
        for (int l = 0; l < r->layers && !code; l++) {
            const struct masked m = masked_of(&c, l, sorted);

            for (int p = 0; p < 3; p++) {
                ds_table_run_cell(s, want, run);
                part_row(s, r, t, l, p, &m);
            }
        }
    }
    free_cut(&c);
    free(sorted);
    return code;
}

static void columns(struct ds_sheet *s, const struct ds_table_want *want)
{
    static const char *const split[] = {"split_q1", "split_median", "split_q3"};

    ds_table_run_column(s, want);
    ds_sheet_add(s, "task", DS_CELL_INT);
    ds_sheet_add(s, "layer", DS_CELL_INT);
    ds_sheet_add(s, "part", DS_CELL_TEXT);
    ds_table_share_column(s, "removed", DS_BEST_NONE);
    ds_sheet_add(s, "factor", DS_CELL_REAL);
    ds_table_share_column(s, "negative", DS_BEST_NONE);
    ds_table_share_column(s, "clamped", DS_BEST_NONE);
    ds_table_share_column(s, "protected", DS_BEST_NONE);
    ds_sheet_add(s, "n", DS_CELL_INT);
    for (int i = 0; i < 3; i++) {
        struct ds_column c = {.type = DS_CELL_REAL, .digits = 6};

        snprintf(c.name, sizeof c.name, "%s", split[i]);
        ds_sheet_column(s, &c);
    }
    ds_table_share_column(s, "paper", DS_BEST_NONE);
    ds_table_share_column(s, "official", DS_BEST_NONE);
    ds_table_share_column(s, "agreement", DS_BEST_NONE);
    ds_table_share_column(s, "knee", DS_BEST_NONE);
}

int ds_table_audit(struct ds_sheet *s, const struct ds_table_want *want, struct ds_err *err)
{
    columns(s, want);
    ds_sheet_note(s,
                  "removed ... protected: means over the task's steps; removed: 1 - |g'|/|g|, "
                  "share of the gradient's norm; factor: mean |f|; negative: share of f < 0; "
                  "clamped: share of |f| at the clamp; protected: 1 - mean soft mask of the "
                  "layer");
    ds_sheet_note(s, "n ... knee: from the stored maps of the task's n evaluation images right "
                     "after it (retention itself sees training images), equal for q, k and v; "
                     "split: quartiles (type 7) of the adaptive split points, epsilon 0");
    ds_sheet_note(
        s, "paper, official, knee: share of patches each rule protects: adaptive split of "
           "the image's map; the released code's with epsilon 0.001 and its shifted "
           "window; equation 10. agreement: IoU of paper and official, mean over images");
    ds_table_run_notes(s, want);
    for (int i = 0; i < want->runs; i++) {
        const struct ds_record *r = want->run[i].record;

        if (!r->audit)
            return ds_fail(
                err, DS_DATA,
                "%s: method %s keeps no audit: it removes nothing from the gradients",
                want->run[i].name, r->method);
        if (rows(s, want, i, err))
            return err->code;
    }
    return 0;
}
