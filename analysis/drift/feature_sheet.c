/* analysis/drift/feature_sheet.c -- how far the representation moved, as a table. */
#include "analysis/drift/feature_sheet.h"

#include <math.h>
#include <stdlib.h>

#include "analysis/metric/feature.h"

/* Both looks, and memory for every measure. */
struct features {
    struct ds_sheet *sheet;
    const struct ds_look *a, *b;
    const struct ds_drift_sheet_want *want;
    struct ds_stat_want stat;
    int n, classes;
    double *cosine, *shift, *part; /* [N], [classes], [N] scratch */
    double *scratch;
};

static void columns(struct ds_sheet *s, const struct ds_drift_sheet_want *want)
{
    static const char *const stats[] = {"sd", "median", "q1", "q3", "lo", "hi"};

    ds_sheet_add(s, "measure", DS_CELL_TEXT);
    if (want->by == DS_BY_CLASS)
        ds_sheet_add(s, "class", DS_CELL_TEXT);
    if (want->by == DS_BY_IMAGE) {
        ds_sheet_add(s, "picture", DS_CELL_TEXT);
        ds_sheet_add(s, "class", DS_CELL_TEXT);
        ds_sheet_add(s, "value", DS_CELL_REAL);
        return;
    }
    ds_sheet_add(s, "of", DS_CELL_TEXT);
    ds_sheet_add(s, "n", DS_CELL_INT);
    ds_sheet_add(s, "undefined", DS_CELL_INT);
    ds_sheet_add(s, "value", DS_CELL_REAL);
    for (size_t i = 0; i < sizeof stats / sizeof *stats; i++)
        ds_sheet_add(s, stats[i], DS_CELL_REAL);
}

static void keys(const struct features *f, const char *measure, int class, const char *of)
{
    ds_sheet_text(f->sheet, measure);
    if (f->want->by == DS_BY_CLASS)
        ds_sheet_text(f->sheet, f->a->record.class_name[class]);
    ds_sheet_text(f->sheet, of);
}

/* The statistics of many values. */
static int stat_row(struct features *f, const char *measure, int class, const char *of,
                    const double *x, int n, struct ds_err *err)
{
    struct ds_stat s;

    f->stat.index++;
    if (ds_stat_of(&s, x, n, &f->stat, err))
        return err->code;
    keys(f, measure, class, of);
    ds_sheet_int(f->sheet, s.n);
    ds_sheet_int(f->sheet, s.undefined);
    ds_sheet_real(f->sheet, s.mean);
    ds_sheet_real(f->sheet, s.sd);
    ds_sheet_real(f->sheet, s.median);
    ds_sheet_real(f->sheet, s.q1);
    ds_sheet_real(f->sheet, s.q3);
    ds_sheet_real(f->sheet, s.lo);
    ds_sheet_real(f->sheet, s.hi);
    return 0;
}

/* One number of n images; `why` it does not exist goes into the notes. */
static void value_row(struct features *f, const char *measure, int class, int n, double value,
                      const char *why)
{
    keys(f, measure, class, "image");
    ds_sheet_int(f->sheet, isnan(value) ? 0 : n);
    ds_sheet_int(f->sheet, isnan(value) ? n : 0);
    ds_sheet_real(f->sheet, value);
    for (int i = 0; i < 6; i++)
        ds_sheet_real(f->sheet, NAN);
    if (why)
        ds_sheet_note(f->sheet, "%s: undefined (%s)", measure, why);
}

static void cka_rows(struct features *f)
{
    const float *x = f->a->feature, *y = f->b->feature;
    const int dx = f->a->width, dy = f->b->width;
    struct ds_cka_sum sum = {0};
    const char *why = f->n > DS_CKA_MOST ? "too many images, see cka_minibatch" : NULL;
    double value = NAN;

    if (!why)
        why = ds_cka_biased(&value, x, y, f->n, dx, dy, f->scratch);
    value_row(f, "cka_biased", 0, f->n, value, why);
    value = NAN;
    why = f->n > DS_CKA_MOST ? "too many images, see cka_minibatch"
                             : ds_cka_debiased(&value, x, y, f->n, dx, dy, f->scratch);
    value_row(f, "cka_debiased", 0, f->n, value, why);
    for (int i = 0; i < f->n; i += DS_CKA_BATCH)
        ds_cka_add(&sum, x + (size_t)i * (size_t)dx, y + (size_t)i * (size_t)dy,
                   f->n - i < DS_CKA_BATCH ? f->n - i : DS_CKA_BATCH, dx, dy, f->scratch);
    why = ds_cka_value(&value, &sum);
    value_row(f, "cka_minibatch", 0, f->n, value, why);
}

static void procrustes_row(struct features *f)
{
    const int dx = f->a->width, dy = f->b->width;
    const char *why = NULL;
    double value = NAN;

    if (dx > DS_PROCRUSTES_MOST || dy > DS_PROCRUSTES_MOST)
        why = "features wider than 2048";
    else
        why = ds_procrustes(&value, f->a->feature, f->b->feature, f->n, dx, dy, f->scratch);
    value_row(f, "procrustes", 0, f->n, value, why);
}

static int all_rows(struct features *f, struct ds_err *err)
{
    if (stat_row(f, "cls_cosine", 0, "image", f->cosine, f->n, err) ||
        stat_row(f, "class_shift", 0, "class", f->shift, f->classes, err))
        return err->code;
    cka_rows(f);
    procrustes_row(f);
    return 0;
}

static int class_rows(struct features *f, struct ds_err *err)
{
    const struct ds_record *r = &f->a->record;

    for (int k = 0; k < f->classes; k++) {
        int n = 0;

        for (int i = 0; i < f->n; i++)
            if (r->label[i] == k)
                f->part[n++] = f->cosine[i];
        if (n && stat_row(f, "cls_cosine", k, "image", f->part, n, err))
            return err->code;
    }
    for (int k = 0; k < f->classes; k++) {
        int n = 0;

        for (int i = 0; i < f->n; i++)
            n += r->label[i] == k;
        if (n)
            value_row(f, "class_shift", k, n, f->shift[k], NULL);
    }
    return 0;
}

static int image_rows(struct features *f)
{
    const struct ds_record *r = &f->a->record;

    for (int i = 0; i < f->n; i++) {
        ds_sheet_text(f->sheet, "cls_cosine");
        ds_sheet_text(f->sheet, f->want->looks->picture[i]);
        ds_sheet_text(f->sheet, r->class_name[r->label[i]]);
        ds_sheet_real(f->sheet, f->cosine[i]);
    }
    return 0;
}

static int alloc(struct features *f, struct ds_err *err)
{
    const size_t dx = (size_t)f->a->width, dy = (size_t)f->b->width, n = (size_t)f->n;
    const int cka = f->n > DS_CKA_MOST ? DS_CKA_BATCH : f->n;
    size_t room = ds_cka_scratch(cka, (int)dx, (int)dy);
    const size_t turn = dx <= DS_PROCRUSTES_MOST && dy <= DS_PROCRUSTES_MOST
                            ? ds_procrustes_scratch(f->n, (int)dx, (int)dy)
                            : 0;

    room = turn > room ? turn : room;
    room = room > dx ? room : dx;
    f->cosine = malloc((2 * n + (size_t)f->classes) * sizeof *f->cosine);
    f->scratch = malloc(room * sizeof *f->scratch);
    if (!f->cosine || !f->scratch)
        return ds_fail(err, DS_NOMEM, "out of memory for features of %zu images", n);
    f->part = f->cosine + n;
    f->shift = f->part + n;
    return 0;
}

/* What needs the same width is undefined without it. */
static void measure(struct features *f)
{
    const int d = f->a->width;

    if (d == f->b->width) {
        ds_feature_cosine(f->cosine, f->a->feature, f->b->feature, f->n, d);
        ds_class_shift(f->shift, f->a->feature, f->b->feature, f->a->record.label, f->n, d,
                       f->classes, f->scratch);
        return;
    }
    for (int i = 0; i < f->n; i++)
        f->cosine[i] = NAN;
    for (int k = 0; k < f->classes; k++)
        f->shift[k] = NAN;
    ds_sheet_note(f->sheet, "cls_cosine, class_shift: undefined (features are %d and %d wide)",
                  d, f->b->width);
}

static void notes(const struct features *f, const struct ds_drift_side *before,
                  const struct ds_drift_side *after)
{
    const struct ds_stat_want *s = &f->want->stat;

    ds_sheet_note(f->sheet, "before: %s (%s)", before->name, before->about);
    ds_sheet_note(f->sheet, "after: %s (%s)", after->name, after->about);
    ds_sheet_note(f->sheet, "reference: %s", before->name);
    ds_sheet_note(f->sheet,
                  "features: what the head reads, %d and %d wide; %d pictures, %d classes "
                  "(folders), %d left out",
                  f->a->width, f->b->width, f->n, f->classes, f->want->looks->broken);
    ds_sheet_note(f->sheet,
                  "cls_cosine: 1 - cos, range [0, 2]; class_shift: |mean after - mean "
                  "before| of a class, in units of the feature, classes without "
                  "pictures undefined");
    if (f->want->by == DS_BY_LAYER)
        ds_sheet_note(f->sheet,
                      "cka: linear, centred; biased in [0, 1], debiased (Nguyen 2020), "
                      "minibatch: sums over batches of %d; procrustes: 2 - 2 |X'Y|_*, |X| = "
                      "|Y| = 1, in [0, 2]; 1, 1, 1 and 0 mean no change",
                      DS_CKA_BATCH);
    if (f->want->by != DS_BY_IMAGE && s->resamples > 0)
        ds_sheet_note(f->sheet,
                      "value: a mean where there is an sd; lo, hi: %g %% interval of it, %s "
                      "bootstrap, B = %d, seed %llu",
                      100 * s->level, s->kind == DS_BCA ? "BCa" : "percentile", s->resamples,
                      (unsigned long long)s->seed);
}

int ds_feature_sheet(struct ds_sheet *s, const struct ds_drift_side *before,
                     const struct ds_drift_side *after, const struct ds_look *a,
                     const struct ds_look *b, const struct ds_drift_sheet_want *want,
                     struct ds_err *err)
{
    struct features f = {.sheet = s,
                         .a = a,
                         .b = b,
                         .want = want,
                         .stat = want->stat,
                         .n = a->record.images,
                         .classes = a->record.classes};
    int code;

    if (want->by != DS_BY_LAYER && want->by != DS_BY_CLASS && want->by != DS_BY_IMAGE)
        return ds_fail(err, DS_USAGE,
                       "features belong to whole images: --by class or image, or neither");
    columns(s, want);
    if (!(code = alloc(&f, err))) {
        measure(&f);
        code = want->by == DS_BY_CLASS   ? class_rows(&f, err)
               : want->by == DS_BY_IMAGE ? image_rows(&f)
                                         : all_rows(&f, err);
    }
    if (!code)
        notes(&f, before, after);
    free(f.scratch);
    free(f.cosine);
    return code;
}
