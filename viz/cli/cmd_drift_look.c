/* viz/cli/cmd_drift_look.c -- drift between two networks of any kind, on any pictures. See
 * cmd_drift.h.
 *
 * The pictures go through one network and then the other; what is kept of each is the maps
 * (images x layers x patches) or the features, never activations. */
#include <stdio.h>
#include <string.h>

#include "analysis/drift/feature_sheet.h"
#include "analysis/look/look_pair.h"
#include "viz/cli/cmd_drift.h"

static int check_features(const struct ds_drift_opt *o, struct ds_err *err)
{
    const char *word = o->link                            ? "--link"
                       : *o->noise                        ? "--noise"
                       : *o->null                         ? "--null"
                       : o->resample                      ? "--resample"
                       : strcmp(o->metric, "relfro") != 0 ? "--metric"
                                                          : ds_look_opt_odd(&o->look);

    return word && o->what == DS_DRIFT_FEATURES
               ? ds_fail(err, DS_USAGE, "%s is about maps, not --what features", word)
               : 0;
}

static int check_options(const struct ds_drift_opt *o, struct ds_err *err)
{
    const int by = o->by - 1;

    if (o->reference != DS_DRIFT_AUTO)
        return ds_fail(err, DS_USAGE,
                       "--reference %s is for one run; with pictures the first network is the "
                       "reference",
                       ds_drift_references[o->reference]);
    if (by == DS_BY_TASK || by == DS_BY_TIMELINE)
        return ds_fail(err, DS_USAGE,
                       "--by %s is for runs; with pictures: layer, class, image or head",
                       ds_drift_bys[o->by]);
    if (by == DS_BY_IMAGE && (*o->noise || *o->null || o->link))
        return ds_fail(err, DS_USAGE, "%s takes many images together: not --by image",
                       o->link    ? "--link"
                       : *o->null ? "--null"
                                  : "--noise");
    if (by == DS_BY_HEAD && o->what == DS_DRIFT_FEATURES)
        return ds_fail(err, DS_USAGE, "features belong to whole images: no --by head");
    if (by == DS_BY_HEAD && o->look.source != DS_LOOK_RAW)
        return ds_fail(err, DS_USAGE, "--by head compares raw attention; add --source raw");
    if (o->link && (*o->noise || *o->null))
        return ds_fail(err, DS_USAGE, "--link and a noise floor are two questions; ask one");
    return check_features(o, err);
}

void ds_drift_words_of(struct ds_drift_words *w, const struct ds_drift_seen *a,
                       const struct ds_drift_seen *b, const struct ds_drift_opt *o, int given)
{
    const struct ds_vit_shape *s = &a->m.vit.shape, *t = &b->m.vit.shape;
    const bool moved = ds_grid_h(s) != ds_grid_h(t) || ds_grid_w(s) != ds_grid_w(t);

    if (a->want.by_head)
        snprintf(w->map, sizeof w->map, "raw attention of query %s, head by head",
                 o->look.query);
    else
        ds_look_opt_text(w->map, sizeof w->map, &o->look);
    snprintf(w->moved, sizeof w->moved, "maps of %s moved from %d x %d patches, by area",
             b->name, ds_grid_h(t), ds_grid_w(t));
    w->looks = (struct ds_drift_looks){.map = w->map,
                                       .resampled = moved ? w->moved : NULL,
                                       .picture = a->look.path,
                                       .broken = given - a->look.record.images,
                                       .heads = a->want.by_head ? s->heads : 0};
}

static int features(const struct ds_drift_opt *o, const struct ds_drift_seen *a,
                    const struct ds_drift_seen *b, const struct ds_drift_sheet_want *want,
                    const struct ds_tone *tone, struct ds_err *err)
{
    const struct ds_drift_side before = {&a->shown, a->name, a->about},
                               after = {&b->shown, b->name, b->about};
    struct ds_sheet s = {0};
    int code;

    ds_sheet_begin(&s, "features", "change of the features");
    if (!(code = ds_feature_sheet(&s, &before, &after, &a->look, &b->look, want, err)))
        code = ds_sheet_deliver(&s, &o->sheet, tone, err);
    ds_sheet_clear(&s);
    return code;
}

static int maps(const struct ds_drift_opt *o, const struct ds_drift_seen *a,
                const struct ds_drift_seen *b, const struct ds_drift_sheet_want *want,
                const struct ds_tone *tone, struct ds_err *err)
{
    const struct ds_drift_side before = {&a->shown, a->name, a->about},
                               after = {&b->shown, b->name, b->about};

    return ds_drift_deliver(o, &before, &after, want, tone, err);
}

/* Everything that can be refused is, before the first picture is looked at. */
static int open_both(struct ds_drift_seen *a, struct ds_drift_seen *b,
                     struct ds_drift_sheet_want *want, const struct ds_drift_opt *o,
                     char **operand, const struct ds_gathered *g, const struct ds_tone *tone,
                     struct ds_err *err)
{
    if (ds_drift_seen_open(a, operand[0], o, g, tone, err) ||
        ds_drift_seen_open(b, operand[1], o, g, tone, err) ||
        ds_drift_layer(&want->layer, o->layer, a->m.vit.shape.depth, err))
        return err->code;
    return o->what == DS_DRIFT_FEATURES ? 0 : ds_drift_seen_check(a, b, o, err);
}

int ds_drift_duo(const struct ds_drift_opt *o, char **operand, const struct ds_tone *tone,
                 struct ds_err *err)
{
    struct ds_drift_seen a = {0}, b = {0};
    struct ds_drift_floor floor = {0};
    struct ds_drift_pictures p = {0};
    struct ds_drift_words words = {0};
    struct ds_drift_sheet_want want = {.reference = DS_REF_GIVEN,
                                       .by =
                                           o->by ? (enum ds_drift_by)(o->by - 1) : DS_BY_LAYER,
                                       .looks = &words.looks,
                                       .threads = o->look.threads,
                                       .stat = ds_sheet_stat(&o->sheet)};
    int code;

    if ((code = check_options(o, err)) ||
        (code = ds_metric_list(want.metric, &want.metrics, o->metric, err)) ||
        (code = ds_drift_pictures_open(&p, o, err)) ||
        (code = open_both(&a, &b, &want, o, operand, &p.g, tone, err)) ||
        (code = ds_drift_seen_look(&a, &p, tone, err)) ||
        (code = ds_drift_seen_look(&b, &p, tone, err)) ||
        (code = ds_drift_floor_open(&floor, &a, o, &p, tone, err)) ||
        (code = ds_drift_floor_match(&floor, &a, err)) ||
        (code = o->what == DS_DRIFT_FEATURES ? ds_look_match(&a.look, &b.look, err)
                                             : ds_drift_seen_match(&a, &b, err)) ||
        (code = ds_drift_floor_match(&floor, &a, err)))
        goto done;
    ds_drift_words_of(&words, &a, &b, o, p.g.count);
    want.null = floor.null.count ? &floor.null : NULL;
    code = o->what == DS_DRIFT_FEATURES ? features(o, &a, &b, &want, tone, err)
                                        : maps(o, &a, &b, &want, tone, err);

done:
    ds_drift_floor_close(&floor);
    ds_drift_seen_close(&b);
    ds_drift_seen_close(&a);
    ds_gather_clear(&p.g);
    return code;
}
