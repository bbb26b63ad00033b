/* viz/viewer/order.c -- which images are listed, and in which order. See viewer.h. */
#define _GNU_SOURCE
#include "viz/viewer/viewer.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static double at_layer(const struct ds_held *s, int image, int layer)
{
    const struct ds_drift *d = &s->drift;

    if (!d->value || image >= d->images || layer >= d->layers)
        return NAN;
    return d->value[(size_t)image * (size_t)d->layers + (size_t)layer];
}

double ds_image_drift(const struct ds_viewer *v, int image)
{
    return at_layer(&v->pair, image, v->view.layer - 1);
}

double ds_image_own_drift(const struct ds_viewer *v, int image)
{
    return at_layer(&v->own, image, v->view.layer - 1);
}

double ds_image_forgetting(const struct ds_viewer *v, int image)
{
    const struct ds_record *r = &ds_viewer_side(v, 1)->record;
    const int own = r->task[image] + 1;

    if (own >= v->view.b || own >= r->done)
        return NAN;
    return (double)r->margin[(size_t)own * (size_t)r->images + (size_t)image] -
           (double)r->margin[(size_t)v->view.b * (size_t)r->images + (size_t)image];
}

static bool holds_text(const struct ds_viewer *v, int image)
{
    const struct ds_record *r = &v->run[0]->record;
    char text[200];
    int n;

    if (!*v->view.search)
        return true;
    ds_viewer_label(v, image, text, 100);
    n = (int)strlen(text);
    if (v->run[0]->attended.path) { /* the likeliest class, too */
        text[n++] = ' ';
        ds_attended_class(&v->run[0]->attended, image, 0, text + n, 60);
        n += (int)strlen(text + n);
    }
    snprintf(text + n, sizeof text - (size_t)n, " %lld t%d %s #%d", (long long)r->id[image],
             r->task[image] + 1, r->domain_name ? r->domain_name[r->task[image]] : "",
             image + 1);
    return strcasestr(text, v->view.search) != NULL;
}

static bool fits_fate(const struct ds_viewer *v, int image)
{
    const int a = ds_subject_answer(ds_viewer_side(v, 0), v->view.a, image);
    const int b = ds_subject_answer(ds_viewer_side(v, 1), v->view.b, image);

    switch (v->view.only_fate) {
    case DS_FATE_RIGHT:
        return b == 1;
    case DS_FATE_WRONG:
        return b == 0;
    case DS_FATE_LOST:
        return a == 1 && b == 0;
    case DS_FATE_WON:
        return a == 0 && b == 1;
    default:
        return true;
    }
}

static bool listed(const struct ds_viewer *v, int i)
{
    const struct ds_view *w = &v->view;
    const struct ds_record *r = &v->run[0]->record;

    return (!w->only_task || r->task[i] == w->only_task - 1) &&
           (!w->only_class || r->label[i] == w->only_class - 1) &&
           (!w->only_marked || ds_view_marked(w, i + 1)) && fits_fate(v, i) &&
           (w->least <= 0 || ds_image_drift(v, i) >= w->least) &&
           (w->most <= 0 || ds_image_drift(v, i) <= w->most) && holds_text(v, i);
}

struct entry {
    double value;
    const char *name;
    int image;
};

/* Large values first; what has none comes last; ties in the order of the run. */
static int by_value(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;
    const int names = x->name && y->name ? strcmp(x->name, y->name) : 0;

    if (names)
        return names;
    if (isnan(x->value) != isnan(y->value))
        return isnan(x->value) ? 1 : -1;
    if (x->value > y->value || x->value < y->value)
        return x->value < y->value ? 1 : -1;
    return (x->image > y->image) - (x->image < y->image);
}

static uint64_t key_of(const struct ds_viewer *v)
{
    const struct ds_view *w = &v->view;
    const bool drifts = w->sort == DS_SORT_DRIFT || w->least > 0 || w->most > 0;
    const bool sides = w->only_fate || w->sort == DS_SORT_FORGET;
    const int n[] = {w->sort,
                     w->only_task,
                     w->only_class,
                     w->only_fate,
                     w->only_marked,
                     drifts ? w->layer : 0,
                     sides ? w->a : 0,
                     sides ? w->b : 0,
                     sides ? w->run_a : 0,
                     sides ? w->run_b : 0};
    uint64_t h = ds_mix(0, n, sizeof n);

    h = ds_mix(h, &w->least, sizeof w->least);
    h = ds_mix(h, &w->most, sizeof w->most);
    h = ds_mix(h, w->search, strlen(w->search));
    h = ds_mix(h, v->run, sizeof v->run);
    if (drifts)
        h = ds_mix(h, &v->pair.key, sizeof v->pair.key);
    return w->only_marked ? ds_mix(h, w->mark, sizeof w->mark) : h;
}

int ds_order_renew(struct ds_viewer *v)
{
    struct ds_order *o = &v->order;
    struct entry *list;
    const struct ds_record *r;
    uint64_t key;
    int n = 0;

    if (!ds_viewer_ready(v))
        return 0;
    key = key_of(v);
    if (key == o->key)
        return 0;
    r = &v->run[0]->record;
    list = malloc((size_t)r->images * sizeof *list);
    free(o->at);
    o->at = malloc((size_t)r->images * sizeof *o->at);
    o->n = 0;
    if (!list || !o->at) {
        free(list);
        return -1;
    }
    for (int i = 0; i < r->images; i++)
        if (listed(v, i)) {
            const int k = r->label[i];

            list[n].image = i;
            list[n].name = v->view.sort != DS_SORT_LABEL ? NULL
                           : v->run[0]->attended.path    ? v->run[0]->attended.path[i]
                           : k >= 0 && k < r->classes    ? r->class_name[k]
                                                         : NULL;
            list[n++].value = v->view.sort == DS_SORT_DRIFT    ? ds_image_drift(v, i)
                              : v->view.sort == DS_SORT_FORGET ? ds_image_forgetting(v, i)
                                                               : 0;
        }
    if (v->view.sort != DS_SORT_ID)
        qsort(list, (size_t)n, sizeof *list, by_value);
    for (int i = 0; i < n; i++)
        o->at[i] = list[i].image;
    o->n = n;
    o->key = key;
    free(list);
    return 0;
}

int ds_order_place(const struct ds_viewer *v, int image)
{
    for (int i = 0; i < v->order.n; i++)
        if (v->order.at[i] == image)
            return i;
    return -1;
}
