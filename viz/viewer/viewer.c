/* viz/viewer/viewer.c -- the viewer's life: its runs, its history, its clock. See the header.
 */
#include "viz/viewer/viewer.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const double COALESCE = 0.5; /* seconds: repeats of one command are one step of undo */

int ds_viewer_new(struct ds_viewer **out, const struct ds_viewer_want *want, struct ds_err *err)
{
    struct ds_viewer *v = calloc(1, sizeof *v);

    *out = NULL;
    if (v) {
        v->widgets.at = calloc(DS_WIDGETS, sizeof *v->widgets.at);
        v->undo.at = calloc(DS_UNDO, sizeof *v->undo.at);
        v->at = calloc(1, strlen(want->at) + 1);
    }
    if (!v || !v->widgets.at || !v->undo.at || !v->at) {
        ds_viewer_free(v);
        return ds_fail(err, DS_NOMEM, "out of memory for the viewer");
    }
    strcpy(v->at, want->at);
    v->runs = want->runs;
    for (int i = 0; i < want->runs; i++)
        snprintf(v->address[i], sizeof v->address[i], "%s", want->address[i]);
    snprintf(v->session, sizeof v->session, "%s", want->session);
    ds_view_defaults(&v->view);
    v->fresh = true;
    v->hover_patch = -1;
    v->age[0] = v->age[1] = -1;
    v->last_time = -1e9;
    v->page = (struct ds_export){.format = 2, .width = 1, .labels = true, .dpi = 300};
    snprintf(v->page.name, sizeof v->page.name, "view.pdf");
    *out = v;
    return 0;
}

static void slot_clear(struct ds_held *s)
{
    ds_drift_clear(&s->drift);
    free(s->timeline);
    free(s->compared);
    ds_heads_clear(&s->heads);
    memset(s, 0, sizeof *s);
}

void ds_viewer_free(struct ds_viewer *v)
{
    if (!v)
        return;
    slot_clear(&v->pair);
    slot_clear(&v->own);
    for (int i = 0; i < 2; i++) {
        slot_clear(&v->timeline[i]);
        slot_clear(&v->heads[i]);
        ds_subject_free(v->run[i]);
    }
    ds_sight_clear(&v->look);
    free(v->dots.x);
    free(v->dots.y);
    free(v->dots.what);
    free(v->order.at);
    free(v->at);
    free(v->undo.at);
    free(v->widgets.at);
    free(v);
}

bool ds_viewer_ready(const struct ds_viewer *v)
{
    return v->runs > 0 && v->run[0] && (v->runs < 2 || v->run[1]);
}

const struct ds_subject *ds_viewer_side(const struct ds_viewer *v, int side)
{
    const int run = side ? v->view.run_b : v->view.run_a;

    return v->run[run == 2 && v->runs == 2 ? 1 : 0];
}

int ds_viewer_checkpoint(const struct ds_viewer *v, int side)
{
    return side ? v->view.b : v->view.a;
}

bool ds_viewer_is_maps(const struct ds_viewer *v)
{
    return ds_viewer_ready(v) && ds_subject_is_maps(v->run[0]) &&
           ds_subject_is_maps(v->run[v->runs - 1]);
}

bool ds_viewer_is_alone(const struct ds_viewer *v)
{
    return v->runs == 1 && ds_viewer_is_maps(v);
}

const struct ds_metric *ds_viewer_metric(const struct ds_viewer *v)
{
    const struct ds_metric *m = ds_metric_lookup(v->view.metric);

    return m ? m : ds_metric_lookup("relfro");
}

static int within(int x, int lo, int hi)
{
    return x < lo ? lo : x > hi ? hi : x;
}

void ds_viewer_clamp(struct ds_viewer *v)
{
    struct ds_view *w = &v->view;
    const struct ds_record *r;

    if (!ds_viewer_ready(v))
        return;
    r = &v->run[0]->record;
    w->run_a = within(w->run_a, 1, v->runs);
    w->run_b = within(w->run_b, 1, v->runs);
    w->a = within(w->a, 0, ds_viewer_side(v, 0)->record.done - 1);
    w->b = within(w->b, 0, ds_viewer_side(v, 1)->record.done - 1);
    w->image = within(w->image, 1, r->images);
    w->layer = within(w->layer, 1, r->layers);
    w->head = within(w->head, 0, r->heads);
    w->pick = within(w->pick, 0, r->patches);
    w->only_task = within(w->only_task, 0, r->tasks);
    w->only_class = within(w->only_class, 0, r->classes);
    if (!ds_metric_lookup(w->metric))
        snprintf(w->metric, sizeof w->metric, "relfro");
    w->zoom = fmin(64, fmax(1, w->zoom));
    w->pan_x = fmin(1 - 0.5 / w->zoom, fmax(0.5 / w->zoom, w->pan_x));
    w->pan_y = fmin(1 - 0.5 / w->zoom, fmax(0.5 / w->zoom, w->pan_y));
}

/* Copies of the padding would make equal views differ: all views begin as copies of one that
 * was zeroed, and struct assignment of the whole keeps it so in practice; text decides. */
static bool same_view(const struct ds_view *a, const struct ds_view *b)
{
    char *x, *y;
    bool same;

    // NOLINTNEXTLINE(bugprone-suspicious-memory-comparison): equal bytes are equal, see above
    if (!memcmp(a, b, sizeof *a))
        return true;
    x = ds_view_text(a, " ");
    y = ds_view_text(b, " ");
    same = x && y && !strcmp(x, y);
    free(x);
    free(y);
    return same;
}

void ds_viewer_change(struct ds_viewer *v, const struct ds_view *before, const void *command,
                      bool jump)
{
    struct ds_history *h = &v->undo;
    const bool again = command == v->last_command &&
                       (v->now - v->last_time < COALESCE || command == &v->playing);

    ds_viewer_clamp(v);
    if (same_view(before, &v->view))
        return;
    v->changes++;
    h->n = h->now; /* what was undone is gone */
    if (!again || !h->n) {
        if (h->n == DS_UNDO) {
            h->first = (h->first + 1) % DS_UNDO;
            h->n--;
        }
        h->at[(h->first + h->n++) % DS_UNDO] = *before;
    }
    h->now = h->n;
    v->last_command = command;
    v->last_time = v->now;
    if (jump && !again) {
        if (v->jumps == DS_JUMPS)
            memmove(v->jump, v->jump + 1, sizeof *v->jump * (size_t)--v->jumps);
        v->jump[v->jumps++] = *before;
        v->jump_at = v->jumps;
    }
}

void ds_viewer_say(struct ds_viewer *v, enum ds_tone_of tone, const char *format, ...)
{
    va_list list;

    va_start(list, format);
    vsnprintf(v->message, sizeof v->message, format, list);
    va_end(list);
    v->message_tone = tone;
    v->message_until = v->now + (tone == DS_SAY_BAD ? 12 : 6);
}

uint64_t ds_mix(uint64_t h, const void *bytes, size_t n)
{
    const unsigned char *p = bytes;

    h = h ? h : 1469598103934665603u; /* FNV-1a */
    for (size_t i = 0; i < n; i++)
        h = (h ^ p[i]) * 1099511628211u;
    return h;
}

void ds_viewer_label(const struct ds_viewer *v, int image, char *to, size_t size)
{
    const struct ds_record *r = &v->run[0]->record;
    const int k = r->label[image];

    if (v->run[0]->attended.path)
        snprintf(to, size, "%s", ds_attended_name(&v->run[0]->attended, image));
    else
        snprintf(to, size, "%s", k >= 0 && k < r->classes ? r->class_name[k] : "?");
}

int ds_least_panel(const struct ds_viewer *v)
{
    return v->overlay == DS_OVER_NONE ? 0 : 100;
}

/* B walks from 0, or from A, to the newest and begins again. */
static void play_step(struct ds_viewer *v)
{
    const struct ds_view before = v->view;
    const int last = ds_viewer_side(v, 1)->record.done - 1;

    if (v->view.b >= last && !v->view.loop) {
        v->playing = false;
        return;
    }
    v->view.b = v->view.b >= last ? 0 : v->view.b + 1;
    ds_viewer_change(v, &before, &v->playing, false);
    v->last_time = v->now;
}

double ds_viewer_tick(struct ds_viewer *v, double now)
{
    double next = -1;

    v->now = now;
    if (v->playing && ds_viewer_ready(v)) {
        if (now >= v->play_at) {
            play_step(v);
            v->play_at = now + 1 / v->view.fps;
        }
        next = v->play_at - now;
    }
    if (v->blinking && ds_viewer_ready(v)) {
        if (now >= v->blink_at) {
            v->phase = !v->phase;
            v->changes++;
            v->blink_at = now + 0.5; /* two changes a second: one full blink, below 3 Hz */
        }
        next = next < 0 ? v->blink_at - now : fmin(next, v->blink_at - now);
    }
    if (*v->message && now >= v->message_until)
        *v->message = 0;
    if (*v->message)
        next = next < 0 ? v->message_until - now : fmin(next, v->message_until - now);
    return next < 0 ? -1 : fmax(0.001, next);
}
