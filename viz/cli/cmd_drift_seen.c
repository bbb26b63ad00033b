/* viz/cli/cmd_drift_seen.c -- one side of a drift: a network, and what it sees in pictures. See
 * cmd_drift.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/look/look_cache.h"
#include "analysis/look/look_pair.h"
#include "analysis/drift/moment.h"
#include "data/store/run.h"
#include "viz/cli/cmd_drift.h"

/* A checkpoint knows the classes it has learned; pictures of others have no margin there. */
static int learned_truth(struct ds_drift_seen *s, const struct ds_drift_opt *o,
                         const struct ds_gathered *g, struct ds_err *err)
{
    struct ds_moment moment = {0};
    struct ds_labels labels = {0};
    int found = 0, code;

    if ((code = ds_moment_open(&moment, s->name, err)))
        return code;
    code = ds_labels_run(&labels, &moment.record, s->m.vit.shape.classes, err);
    for (int k = 0; k < g->classes && !code; k++) {
        s->truth[k] = ds_labels_lookup(&labels, g->class_name[k]);
        found += s->truth[k] >= 0;
    }
    if (!code && !found)
        code = ds_fail(err, DS_DATA, "%s: no folder is a class that %s has learned", o->images,
                       s->name);
    ds_labels_clear(&labels);
    ds_moment_close(&moment);
    return code;
}

static int find_truth(struct ds_drift_seen *s, const struct ds_drift_opt *o,
                      const struct ds_gathered *g, struct ds_err *err)
{
    bool ordered; /* where no folder is a class, their order is meant */

    s->truth = malloc((size_t)g->classes * sizeof *s->truth);
    if (!s->truth)
        return ds_fail(err, DS_NOMEM, "out of memory for %d folders", g->classes);
    if (s->m.vit.shape.classes < 2)
        return ds_fail(err, DS_DATA,
                       "%s: has no head of two classes at least, so an image has no margin",
                       s->name);
    s->want.truth = s->truth;
    return *s->run && !*o->labels
               ? learned_truth(s, o, g, err)
               : ds_labels_folders(s->truth, g, &s->labels, &ordered, o->images, err);
}

int ds_drift_pictures_open(struct ds_drift_pictures *p, const struct ds_drift_opt *o,
                           struct ds_err *err)
{
    char images[sizeof o->images], *path = images;

    snprintf(images, sizeof images, "%s", o->images);
    p->cache = o->cache;
    return ds_gather(&p->g, &path, 1, err);
}

/* RUN@t and RUN are files below RUN/checkpoints. */
static void find_run(struct ds_drift_seen *s)
{
    struct ds_err ignored = {0};
    struct ds_address at;
    const size_t n = ds_address_parse(&at, s->name, &ignored) ? 0 : strlen(at.run);

    if (n && !strncmp(s->m.file, at.run, n) && !strncmp(s->m.file + n, "/checkpoints/", 13))
        snprintf(s->run, sizeof s->run, "%s", at.run);
}

int ds_drift_seen_open(struct ds_drift_seen *s, const char *name, const struct ds_drift_opt *o,
                       const struct ds_gathered *g, const struct ds_tone *tone,
                       struct ds_err *err)
{
    s->name = name;
    if (ds_model_open(&s->m, name, &o->model, err) ||
        ds_labels_load(&s->labels, o->labels, &s->m, err))
        return err->code;
    if (ds_look_opt_read(&s->want, &o->look, &s->m, &s->labels, err))
        return ds_while(err, "%s", name);
    s->want.top = 0;
    s->want.by_head = o->by - 1 == DS_BY_HEAD;
    s->want.features = o->what == DS_DRIFT_FEATURES;
    s->want.seed = (uint64_t)o->sheet.seed;
    if (ds_look_check(&s->want, &s->m.vit.shape, err))
        return ds_while(err, "%s", name);
    find_run(s);
    if (o->link && find_truth(s, o, g, err))
        return err->code;
    snprintf(s->about, sizeof s->about, "transform '%s'; mean %g, std %g of the first channel",
             s->m.recipe, s->m.mean[0], s->m.std[0]);
    for (int i = 0; i < s->m.card.rows; i++)
        if (s->m.card.row[i].assumed)
            ds_tty_detail(tone, "%s: %s: %s (%s)", name, s->m.card.row[i].key,
                          s->m.card.row[i].value, s->m.card.row[i].source);
    return 0;
}

void ds_drift_seen_close(struct ds_drift_seen *s)
{
    free(s->truth);
    s->truth = NULL;
    ds_look_clear(&s->look);
    ds_labels_clear(&s->labels);
    ds_model_close(&s->m);
}

static int key_of(char **key, const struct ds_drift_seen *s, const struct ds_look_want *w,
                  struct ds_drift_pictures *p, struct ds_err *err)
{
    if (!p->hashed && ds_pictures_hash(&p->hash, &p->g, w->skip_broken, err))
        return err->code;
    p->hashed = true;
    return ds_look_key(key, &s->m, &p->g, p->hash, w, err);
}

/* Taken out of the run's cache where it is there; what cannot be kept is only said. */
int ds_drift_look_at(struct ds_look *l, const struct ds_drift_seen *s,
                     const struct ds_look_want *w, struct ds_drift_pictures *p,
                     const char *label, const struct ds_tone *tone, struct ds_err *err)
{
    char path[1200], *key = NULL;
    struct ds_err why = {0};
    int code = 0;

    if (!p->cache || !*s->run)
        return ds_look_watched(l, &s->m, &p->g, w, tone, label, err);
    if (key_of(&key, s, w, p, err))
        return err->code;
    ds_look_cache_path(path, sizeof path, s->run, key);
    if (ds_look_cache_load(l, path, key)) {
        ds_tty_detail(tone, "%s: as kept in %s", s->name, path);
        ds_look_left_out(l, tone);
    } else if (!(code = ds_look_watched(l, &s->m, &p->g, w, tone, label, err)) &&
               ds_look_cache_save(l, path, key, &why)) {
        ds_tty_note(tone, "not kept for the next time: %s", why.text);
    }
    free(key);
    return code;
}

int ds_drift_seen_look(struct ds_drift_seen *s, struct ds_drift_pictures *p,
                       const struct ds_tone *tone, struct ds_err *err)
{
    const char *slash = strrchr(s->name, '/');
    char label[64];

    snprintf(label, sizeof label, "pictures, %s", slash && slash[1] ? slash + 1 : s->name);
    if (ds_drift_look_at(&s->look, s, &s->want, p, label, tone, err))
        return ds_while(err, "%s", s->name);
    s->shown = ds_look_shown(&s->look, s->want.by_head);
    return 0;
}

/* A patch of one grid is no patch of another. */
static bool names_a_patch(const char *query)
{
    return strcmp(query, "cls") != 0 && strcmp(query, "all") != 0;
}

static int check_grids(const struct ds_drift_seen *a, const struct ds_drift_seen *b,
                       const struct ds_drift_opt *o, struct ds_err *err)
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

int ds_drift_seen_check(const struct ds_drift_seen *a, const struct ds_drift_seen *b,
                        const struct ds_drift_opt *o, struct ds_err *err)
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

int ds_drift_seen_match(struct ds_drift_seen *a, struct ds_drift_seen *b, struct ds_err *err)
{
    const struct ds_record *r = &a->look.record, *t = &b->look.record;

    if (ds_look_match(&a->look, &b->look, err))
        return err->code;
    if ((r->grid_h != t->grid_h || r->grid_w != t->grid_w) &&
        ds_look_resample(&b->look, r->grid_h, r->grid_w, err))
        return err->code;
    a->shown = ds_look_shown(&a->look, a->want.by_head);
    b->shown = ds_look_shown(&b->look, b->want.by_head);
    return 0;
}
