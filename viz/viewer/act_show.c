/* viz/viewer/act_show.c -- commands that change how a picture looks. */
#include "viz/viewer/command.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int turn(int x, int by, int n)
{
    return ((x + by) % n + n) % n;
}

static double within(double x, double lo, double hi)
{
    return x < lo ? lo : x > hi ? hi : x;
}

void ds_act_mode(struct ds_viewer *v, const struct ds_call *c)
{
    v->view.mode = turn(v->view.mode, c->param * c->count, DS_MODES);
}

void ds_act_go_mode(struct ds_viewer *v, const struct ds_call *c)
{
    v->view.mode = c->param;
}

void ds_act_blink(struct ds_viewer *v, const struct ds_call *c)
{
    (void)c;
    if (v->view.mode == DS_MODE_BLINK)
        v->view.flip = !v->view.flip;
    v->view.mode = DS_MODE_BLINK;
}

void ds_act_auto_blink(struct ds_viewer *v, const struct ds_call *c)
{
    (void)c;
    v->blinking = !v->blinking;
    v->phase = false;
    v->blink_at = v->now + 0.5;
    if (v->blinking)
        v->view.mode = DS_MODE_BLINK;
}

void ds_act_swipe(struct ds_viewer *v, const struct ds_call *c)
{
    double *at = v->view.mode == DS_MODE_FADE ? &v->view.fade : &v->view.swipe;

    *at = rint(100 * within(*at + 0.05 * c->param * c->count, 0, 1)) / 100;
}

void ds_act_go_swipe(struct ds_viewer *v, const struct ds_call *c)
{
    v->view.swipe = rint(1000 * within(c->arg, 0, 1)) / 1000;
}

void ds_act_go_fade(struct ds_viewer *v, const struct ds_call *c)
{
    v->view.fade = rint(1000 * within(c->arg, 0, 1)) / 1000;
}

/* A run has no second maps; a file of maps has only what was kept. */
static bool has_source(const struct ds_viewer *v, int origin)
{
    const struct ds_subject *s = ds_viewer_side(v, 1);

    if (origin == DS_FROM_SECOND)
        return s->attended.map != NULL;
    return origin == DS_FROM_ROLLOUT || !ds_subject_is_maps(s) || s->record.probe > 0;
}

void ds_act_source(struct ds_viewer *v, const struct ds_call *c)
{
    (void)c;
    do
        v->view.origin = turn(v->view.origin, 1, DS_ORIGINS);
    while (!has_source(v, v->view.origin));
    if (ds_viewer_is_maps(v) && v->view.origin == DS_FROM_ROLLOUT)
        ds_viewer_say(v, DS_SAY_NOTE,
                      "this file keeps %s; driftscope attend --source raw keeps others",
                      ds_viewer_side(v, 1)->attended.map ? "these maps" : "the rollout only");
}

void ds_act_pick(struct ds_viewer *v, const struct ds_call *c)
{
    const struct ds_record *r = &v->run[0]->record;

    (void)c;
    v->view.pick = v->view.pick ? 0 : r->grid_h / 2 * r->grid_w + r->grid_w / 2 + 1;
}

/* Clicking the pinned patch lets it go. */
void ds_act_go_pick(struct ds_viewer *v, const struct ds_call *c)
{
    const int patch = (int)within(c->arg, 0, v->run[0]->record.patches);

    v->view.pick = patch == v->view.pick ? 0 : patch;
}

void ds_act_pick_step(struct ds_viewer *v, const struct ds_call *c)
{
    const struct ds_record *r = &v->run[0]->record;
    int x = (v->view.pick - 1) % r->grid_w, y = (v->view.pick - 1) / r->grid_w;

    x += c->param == 0 ? -c->count : c->param == 1 ? c->count : 0;
    y += c->param == 2 ? -c->count : c->param == 3 ? c->count : 0;
    x = (int)within(x, 0, r->grid_w - 1);
    y = (int)within(y, 0, r->grid_h - 1);
    v->view.pick = y * r->grid_w + x + 1;
}

void ds_act_contour(struct ds_viewer *v, const struct ds_call *c)
{
    (void)c;
    v->view.contour = turn(v->view.contour, 1, DS_CONTOURS);
}

/* param: the place of a bool in the view. */
void ds_act_flag(struct ds_viewer *v, const struct ds_call *c)
{
    bool *flag = (bool *)((char *)&v->view + c->param);

    *flag = !*flag;
    if (flag == &v->view.newest && v->view.newest)
        v->view.b = ds_viewer_side(v, 1)->record.done - 1;
}

static int ascending(const void *a, const void *b)
{
    const float x = *(const float *)a, y = *(const float *)b;

    return (x > y) - (x < y);
}

/* The next value of B's map below or above the threshold: one patch more or less. */
void ds_act_threshold(struct ds_viewer *v, const struct ds_call *c)
{
    const int n = v->run[0]->record.patches;
    float *sorted = malloc((size_t)n * sizeof *sorted);
    int at = 0;

    if (!sorted || !v->look.ok[1] || v->look.bad[1]) {
        free(sorted);
        return;
    }
    memcpy(sorted, v->look.map[1], (size_t)n * sizeof *sorted);
    qsort(sorted, (size_t)n, sizeof *sorted, ascending);
    while (at < n && (double)sorted[at] <= v->look.split[1])
        at++;
    at = (int)within(at - 1 + c->param * c->count, 0, n - 1);
    v->view.threshold = (double)sorted[at];
    v->view.manual = true;
    free(sorted);
}

void ds_act_go_threshold(struct ds_viewer *v, const struct ds_call *c)
{
    v->view.threshold = c->arg;
    v->view.manual = true;
}

void ds_act_adaptive(struct ds_viewer *v, const struct ds_call *c)
{
    (void)c;
    v->view.manual = false;
}

void ds_act_opacity(struct ds_viewer *v, const struct ds_call *c)
{
    v->view.opacity = rint(within(10 * v->view.opacity + c->param * c->count, 0, 10)) / 10;
}

void ds_act_cmap(struct ds_viewer *v, const struct ds_call *c)
{
    v->view.cmap = turn(v->view.cmap, c->param, 5);
}

/* Fixed begins with the range at hand. */
void ds_act_range(struct ds_viewer *v, const struct ds_call *c)
{
    (void)c;
    v->view.span = turn(v->view.span, 1, DS_SPANS);
    if (v->view.span == DS_SPAN_FIXED) {
        v->view.lo = fmin(v->look.lo[0], v->look.lo[1]);
        v->view.hi = fmax(v->look.hi[0], v->look.hi[1]);
    }
}

void ds_act_range_end(struct ds_viewer *v, const struct ds_call *c)
{
    if (v->view.span != DS_SPAN_FIXED) {
        v->view.lo = fmin(v->look.lo[0], v->look.lo[1]);
        v->view.hi = fmax(v->look.hi[0], v->look.hi[1]);
        v->view.span = DS_SPAN_FIXED;
    }
    *(c->param ? &v->view.hi : &v->view.lo) = c->arg;
    if (v->view.lo > v->view.hi)
        *(c->param ? &v->view.lo : &v->view.hi) = c->arg;
}

void ds_act_clip(struct ds_viewer *v, const struct ds_call *c)
{
    (void)c;
    v->view.clip = v->view.clip < 1 ? 1 : v->view.clip < 2 ? 2 : v->view.clip < 5 ? 5 : 0;
}

void ds_act_zoom(struct ds_viewer *v, const struct ds_call *c)
{
    const double to = within(v->view.zoom * pow(1.25, c->param * c->count), 1, 64);
    const double shift = 1 / v->view.zoom - 1 / to;

    /* The point under the pointer (x, y in the pane) stays where it is. */
    if (c->has_arg) {
        v->view.pan_x += (c->x - 0.5) * shift;
        v->view.pan_y += (c->y - 0.5) * shift;
    }
    v->view.zoom = to;
}

void ds_act_fit(struct ds_viewer *v, const struct ds_call *c)
{
    (void)c;
    v->view.zoom = 1;
    v->view.pan_x = v->view.pan_y = 0.5;
}

/* The nearest zoom at which a pixel of the image covers a whole number of pixels. */
void ds_act_actual(struct ds_viewer *v, const struct ds_call *c)
{
    const struct ds_widget *pane = ds_widgets_find(&v->widgets, "pane-0");
    const double one = pane ? pane->box.w / v->run[0]->record.width : 1;

    (void)c;
    v->view.zoom = within(fmax(1, ceil(one)) / fmax(one, 1e-9), 1, 64);
}

void ds_act_pan(struct ds_viewer *v, const struct ds_call *c)
{
    const double by = 0.1 / v->view.zoom * c->count;

    v->view.pan_x += c->param == 0 ? -by : c->param == 1 ? by : 0;
    v->view.pan_y += c->param == 2 ? -by : c->param == 3 ? by : 0;
}

void ds_act_metric(struct ds_viewer *v, const struct ds_call *c)
{
    const struct ds_metric *m = ds_viewer_metric(v) + 1;

    (void)c;
    m = m->key ? m : ds_metrics;
    snprintf(v->view.metric, sizeof v->view.metric, "%s", m->key);
    ds_viewer_say(v, DS_SAY_NOTE, "%s: %s", m->name, m->formula);
}

void ds_act_protocol(struct ds_viewer *v, const struct ds_call *c)
{
    (void)c;
    v->view.protocol = !v->view.protocol;
}

/* The tabs of a file of maps are others than those of a run. */
void ds_act_tab(struct ds_viewer *v, const struct ds_call *c)
{
    const bool maps = ds_viewer_is_maps(v);

    do
        v->view.tab = turn(v->view.tab, c->param, DS_TABS);
    while (maps ? v->view.tab <= DS_TAB_AUDIT : v->view.tab == DS_TAB_ANSWERS);
}

void ds_act_go_tab(struct ds_viewer *v, const struct ds_call *c)
{
    v->view.tab = (int)within(c->arg, 0, DS_TABS - 1);
}

void ds_act_unit(struct ds_viewer *v, const struct ds_call *c)
{
    (void)c;
    v->view.unit = turn(v->view.unit, 1, DS_UNITS);
}
