/* analysis/drift/drift_notes.c -- what the numbers of a drift sheet mean, said under it. See
 * drift_sheet.h. */
#include "analysis/drift/drift_sheet_int.h"

static void note_side(const struct ds_drift_work *w, const char *word,
                      const struct ds_drift_side *side)
{
    const struct ds_record *r = side->record;

    if (side->about)
        ds_sheet_note(w->sheet, "%s: %s (%s)", word, side->name, side->about);
    else
        ds_sheet_note(w->sheet, "%s: %s (method %s, seed %lld, uuid %s)", word, side->name,
                      r->method, (long long)r->seed, r->uuid);
}

static void note_maps(const struct ds_drift_work *w)
{
    const struct ds_drift_looks *l = w->want->looks;
    const struct ds_record *r = w->before->record;

    ds_sheet_note(w->sheet,
                  "map: %s, over %d patches (%d x %d), prefix columns dropped; %d "
                  "layers",
                  l->map, r->patches, r->grid_h, r->grid_w,
                  l->heads ? r->layers / l->heads : r->layers);
    if (l->resampled)
        ds_sheet_note(w->sheet, "grid: %s", l->resampled);
    ds_sheet_note(w->sheet, "images: %d pictures, %d classes (folders); %d left out", r->images,
                  r->classes, l->broken);
}

static void note_reference(const struct ds_drift_work *w)
{
    static const char *const meaning[] = {
        "own, the checkpoint right after the image's own task",
        "previous, the checkpoint before the target",
        "first, the initial model",
    };
    const struct ds_drift_sheet_want *want = w->want;

    if (want->reference == DS_REF_GIVEN)
        ds_sheet_note(w->sheet, "reference: checkpoint %d of %s", want->given, w->before->name);
    else
        ds_sheet_note(w->sheet, "reference: %s", meaning[want->reference]);
    ds_sheet_note(w->sheet, "images: %s; up to %d of %d compared",
                  want->unlearned ? "all evaluation images"
                  : want->reference == DS_REF_OWN
                      ? "those of tasks learned before the target"
                      : "those of tasks learned at the reference (at the target, where the "
                        "reference is the initial model)",
                  w->compared, w->before->record->images);
}

void ds_drift_note_metric(const struct ds_drift_work *w, int i)
{
    const struct ds_metric *m = w->want->metric[i];

    ds_sheet_note(w->sheet, "%s: %s = %s; unit %s; maps %s; %s means less drift", m->key,
                  m->name, m->formula, m->unit, ds_normalise_text(m->normalise),
                  ds_better_text(m->better));
    for (int why = 1; why < DS_UNDEFINED_COUNT; why++)
        if (w->undefined[i][why])
            ds_sheet_note(w->sheet, "%s: %d values undefined (%s), left out", m->key,
                          w->undefined[i][why], ds_undefined_text((enum ds_undefined)why));
    if (w->empty[i])
        ds_sheet_note(w->sheet, "%s: %d values are 1 because both masks are empty", m->key,
                      w->empty[i]);
}

static void note_aggregation(const struct ds_drift_work *w)
{
    const struct ds_stat_want *s = &w->want->stat;
    char layer[16];

    ds_drift_layer_text(layer, sizeof layer, w->want->layer);
    if (w->want->by == DS_BY_CLASS || w->want->by == DS_BY_TASK)
        ds_sheet_note(w->sheet, "layer: %s", layer);
    ds_sheet_note(w->sheet,
                  "aggregation: per image first, then over images; layer 'mean' is each "
                  "image's mean over layers%s",
                  w->want->by == DS_BY_HEAD ? " and heads" : "");
    if (w->want->by == DS_BY_IMAGE)
        return;
    ds_sheet_note(w->sheet, "sd: sample; quartiles: type 7");
    if (s->resamples > 0)
        ds_sheet_note(w->sheet,
                      "lo, hi: %g %% interval of the mean over images, %s bootstrap, B = %d, "
                      "seed %llu",
                      100 * s->level, s->kind == DS_BCA ? "BCa" : "percentile", s->resamples,
                      (unsigned long long)s->seed);
    else
        ds_sheet_note(w->sheet, "lo, hi: not asked for");
}

static void note_runs(const struct ds_drift_work *w)
{
    const struct ds_record *r = w->before->record;

    if (w->before->record == w->after->record) {
        note_side(w, "run", w->before);
    } else {
        note_side(w, "before", w->before);
        note_side(w, "after", w->after);
        ds_sheet_note(w->sheet, "classes and tasks are those of %s", w->before->name);
    }
    if (w->want->looks)
        note_maps(w);
    else
        ds_sheet_note(
            w->sheet,
            "map: CLS row of the layer-wise rollout over %d patches (%d x %d), prefix "
            "columns dropped; %d layers",
            r->patches, r->grid_h, r->grid_w, r->layers);
    note_reference(w);
}

static void note_null(const struct ds_drift_work *w)
{
    ds_sheet_note(w->sheet, "null: %s", w->want->null->text);
    ds_sheet_note(
        w->sheet,
        "floor: median over images of the drift under the null, per image the mean of "
        "its draws; excess: median drift - floor; p: one-sided, %d relabellings of "
        "images, least possible %.2g; q: Benjamini and Hochberg over the rows of a "
        "metric, layer 'mean' left out; *** q < 0.001, ** < 0.01, * < 0.05",
        w->want->stat.resamples, w->least);
    for (int i = 0; i < w->want->metrics; i++) {
        const struct ds_metric *m = w->want->metric[i];

        if (m->better == DS_HIGHER)
            ds_sheet_note(w->sheet, "%s: floor and excess of %g - value", m->key, m->same);
        else if (m->better == DS_NEAR_ZERO)
            ds_sheet_note(w->sheet, "%s: floor and excess of |value|", m->key);
    }
}

void ds_drift_note_sides(const struct ds_drift_work *w)
{
    if (ds_drift_pair(w)) {
        note_side(w, "before", w->before);
        note_side(w, "after", w->after);
        note_maps(w);
        ds_sheet_note(w->sheet, "reference: %s", w->before->name);
    } else {
        note_runs(w);
    }
}

void ds_drift_notes(const struct ds_drift_work *w)
{
    ds_drift_note_sides(w);
    for (int i = 0; i < w->want->metrics; i++)
        ds_drift_note_metric(w, i);
    note_aggregation(w);
    if (w->want->null)
        note_null(w);
}
