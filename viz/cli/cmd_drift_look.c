/* viz/cli/cmd_drift_look.c -- drift between two networks of any kind, on any pictures. See
 * cmd_drift.h.
 *
 * The pictures go through one network and then the other; what is kept of each is the maps
 * (images x layers x patches), never activations. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "analysis/look_pair.h"
#include "viz/cli/cmd_drift.h"

/* One network and what it saw. */
struct side {
    const char *name;
    struct ds_model m;
    struct ds_labels labels;
    struct ds_look look;
    struct ds_look_want want;
    struct ds_record shown; /* borrowed from look */
    char about[512];
};

static int open_side(struct side *s, const char *name, const struct ds_drift_opt *o,
                     const struct ds_tone *tone, struct ds_err *err)
{
    s->name = name;
    if (ds_model_open(&s->m, name, &o->model, err) ||
        ds_labels_load(&s->labels, "", &s->m, err))
        return err->code;
    if (ds_look_opt_read(&s->want, &o->look, &s->m, &s->labels, err))
        return ds_while(err, "%s", name);
    s->want.top = 0;
    s->want.by_head = o->by - 1 == DS_BY_HEAD;
    if (ds_look_check(&s->want, &s->m.vit.shape, err))
        return ds_while(err, "%s", name);
    snprintf(s->about, sizeof s->about, "transform '%s'; mean %g, std %g of the first channel",
             s->m.recipe, s->m.mean[0], s->m.std[0]);
    for (int i = 0; i < s->m.card.rows; i++)
        if (s->m.card.row[i].assumed)
            ds_tty_detail(tone, "%s: %s: %s (%s)", name, s->m.card.row[i].key,
                          s->m.card.row[i].value, s->m.card.row[i].source);
    return 0;
}

static void close_side(struct side *s)
{
    ds_look_clear(&s->look);
    ds_labels_clear(&s->labels);
    ds_model_close(&s->m);
}

/* A patch of one grid is no patch of another. */
static bool names_a_patch(const char *query)
{
    return strcmp(query, "cls") != 0 && strcmp(query, "all") != 0;
}

static int check_grids(const struct side *a, const struct side *b, const struct ds_drift_opt *o,
                       struct ds_err *err)
{
    const struct ds_vit_shape *s = &a->m.vit.shape, *t = &b->m.vit.shape;

    if (ds_grid_h(s) == ds_grid_h(t) && ds_grid_w(s) == ds_grid_w(t))
        return 0;
    if (!o->resample)
        return ds_fail(err, DS_USAGE,
                       "%s has %d x %d patches, %s %d x %d: their maps do not lie on each "
                       "other; --resample moves the second onto the grid of the first",
                       a->name, ds_grid_h(s), ds_grid_w(s), b->name, ds_grid_h(t),
                       ds_grid_w(t));
    if (names_a_patch(o->look.query))
        return ds_fail(err, DS_USAGE,
                       "--query %s is not the same patch on grids of %d x %d and %d x %d",
                       o->look.query, ds_grid_h(s), ds_grid_w(s), ds_grid_h(t), ds_grid_w(t));
    return 0;
}

/* Said before anything runs: what does not fit. */
static int check_pair(const struct side *a, const struct side *b, const struct ds_drift_opt *o,
                      struct ds_err *err)
{
    const struct ds_vit_shape *s = &a->m.vit.shape, *t = &b->m.vit.shape;

    if (s->depth != t->depth)
        return ds_fail(err, DS_USAGE,
                       "%s has %d layers, %s %d: layers are compared one with one", a->name,
                       s->depth, b->name, t->depth);
    if (o->by - 1 == DS_BY_HEAD && s->heads != t->heads)
        return ds_fail(err, DS_USAGE, "%s has %d heads, %s %d: heads are compared one with one",
                       a->name, s->heads, b->name, t->heads);
    return check_grids(a, b, o, err);
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
    if (by == DS_BY_HEAD && o->look.source != DS_LOOK_RAW)
        return ds_fail(err, DS_USAGE, "--by head compares raw attention; add --source raw");
    return 0;
}

static int look(struct side *s, const struct ds_gathered *g, const struct ds_tone *tone,
                struct ds_err *err)
{
    char label[64];
    const char *slash = strrchr(s->name, '/');

    snprintf(label, sizeof label, "pictures, %s", slash && slash[1] ? slash + 1 : s->name);
    if (ds_look_watched(&s->look, &s->m, g, &s->want, tone, label, err))
        return ds_while(err, "%s", s->name);
    return 0;
}

/* From two looks to two records of the same pictures on the same grid. */
static int pair_up(struct side *a, struct side *b, char *moved, size_t size, struct ds_err *err)
{
    const struct ds_record *r = &a->look.record, *t = &b->look.record;
    const bool by_head = a->want.by_head;

    *moved = '\0';
    if (ds_look_match(&a->look, &b->look, err))
        return err->code;
    if (r->grid_h != t->grid_h || r->grid_w != t->grid_w) {
        snprintf(moved, size, "maps of %s moved from %d x %d patches by overlapping area",
                 b->name, t->grid_h, t->grid_w);
        if (ds_look_resample(&b->look, r->grid_h, r->grid_w, err))
            return err->code;
    }
    a->shown = ds_look_shown(&a->look, by_head);
    b->shown = ds_look_shown(&b->look, by_head);
    return 0;
}

static int deliver(const struct side *a, const struct side *b, const struct ds_drift_opt *o,
                   struct ds_drift_sheet_want *want, const struct ds_tone *tone,
                   struct ds_err *err)
{
    const struct ds_drift_side before = {&a->shown, a->name, a->about},
                               after = {&b->shown, b->name, b->about};
    struct ds_sheet s = {0};
    int code;

    ds_sheet_begin(&s, "drift", ds_drift_title(want->by));
    if (!(code = ds_drift_sheet(&s, &before, &after, want, err)))
        code = ds_sheet_deliver(&s, &o->sheet, tone, err);
    ds_sheet_clear(&s);
    return code;
}

int ds_drift_looks(const struct ds_drift_opt *o, char **operand, const struct ds_tone *tone,
                   struct ds_err *err)
{
    struct side a = {0}, b = {0};
    struct ds_gathered pictures = {0};
    struct ds_drift_looks looks = {0};
    struct ds_drift_sheet_want want = {.reference = DS_REF_GIVEN,
                                       .by =
                                           o->by ? (enum ds_drift_by)(o->by - 1) : DS_BY_LAYER,
                                       .looks = &looks,
                                       .stat = ds_sheet_stat(&o->sheet)};
    char images[sizeof o->images], map[200], moved[1200];
    char *path = images;
    int code;

    snprintf(images, sizeof images, "%s", o->images);
    if ((code = check_options(o, err)) ||
        (code = ds_metric_list(want.metric, &want.metrics, o->metric, err)) ||
        (code = ds_gather(&pictures, &path, 1, err)) ||
        (code = open_side(&a, operand[0], o, tone, err)) ||
        (code = open_side(&b, operand[1], o, tone, err)) ||
        (code = ds_drift_layer(&want.layer, o->layer, a.m.vit.shape.depth, err)) ||
        (code = check_pair(&a, &b, o, err)) || (code = look(&a, &pictures, tone, err)) ||
        (code = look(&b, &pictures, tone, err)) ||
        (code = pair_up(&a, &b, moved, sizeof moved, err)))
        goto done;
    if (a.want.by_head)
        snprintf(map, sizeof map, "raw attention of query %s, head by head", o->look.query);
    else
        ds_look_opt_text(map, sizeof map, &o->look);
    looks.map = map;
    looks.resampled = *moved ? moved : NULL;
    looks.picture = a.look.path;
    looks.broken = pictures.count - a.look.record.images;
    looks.heads = a.want.by_head ? a.m.vit.shape.heads : 0;
    code = deliver(&a, &b, o, &want, tone, err);

done:
    close_side(&b);
    close_side(&a);
    ds_gather_clear(&pictures);
    return code;
}
