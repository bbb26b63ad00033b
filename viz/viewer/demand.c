/* viz/viewer/demand.c -- which numbers the view lacks, and what arrives. See aside.h.
 *
 * Every slot knows the key of what it holds and of what was asked for; the next task is
 * whatever the present view needs and no slot has. Nothing is queued: a view that moved on
 * simply asks for something else next time. */
#include "viz/viewer/viewer.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint64_t key_of(enum ds_task_kind kind, const struct ds_subject *x,
                       const struct ds_subject *y, const char *metric, int a, int b, int image)
{
    const int numbers[4] = {(int)kind, a, b, image};
    uint64_t h = ds_mix(0, numbers, sizeof numbers);

    h = ds_mix(h, &x, sizeof x);
    h = ds_mix(h, &y, sizeof y);
    return ds_mix(h, metric, strlen(metric));
}

/* Whether a slot lacks what the view needs; then that is what it waits for. */
static bool lacks(struct ds_held *s, uint64_t key)
{
    if (s->key == key || (s->failed && s->wanted == key))
        return false;
    s->wanted = key;
    s->failed = false;
    return true;
}

static bool next_open(struct ds_viewer *v, struct ds_task *t)
{
    for (int i = 0; i < v->runs; i++)
        if ((!v->run[i] && !*v->trouble[i]) || v->stale[i]) {
            t->kind = DS_TASK_OPEN;
            t->slot = i;
            v->stale[i] = false;
            snprintf(t->address, sizeof t->address, "%s", v->address[i]);
            return true;
        }
    return false;
}

/* Weights as large as this are read only for who asks; a strip of small maps does not. */
static const double LARGE_WEIGHTS = 64e6;

static bool asked(const struct ds_viewer *v)
{
    return v->view.mode == DS_MODE_HEADS || v->view.head;
}

static uint64_t heads_key(const struct ds_viewer *v, int side)
{
    const struct ds_subject *s = ds_viewer_side(v, side);

    return key_of(DS_TASK_HEADS, s, s, "", 0, ds_viewer_checkpoint(v, side), v->view.image - 1);
}

enum ds_heads_state ds_viewer_heads(const struct ds_viewer *v, int side)
{
    const struct ds_subject *s = ds_viewer_side(v, side);
    const struct ds_held *h = &v->heads[side];
    const uint64_t key = heads_key(v, side);

    if (s->attended.head || (h->key == key && h->heads.attention))
        return DS_HEADS_HERE;
    if (h->failed && h->wanted == key)
        return DS_HEADS_NONE;
    return asked(v) || ds_subject_weights(s, ds_viewer_checkpoint(v, side)) <= LARGE_WEIGHTS
               ? DS_HEADS_COMING
               : DS_HEADS_ASK;
}

bool ds_viewer_head_row(const struct ds_viewer *v, int side, int layer, int head, float *to)
{
    const struct ds_subject *s = ds_viewer_side(v, side);
    const struct ds_heads *h = &v->heads[side].heads;
    const int patches = s->record.patches, heads = s->record.heads;
    const size_t square = (size_t)h->tokens * (size_t)h->tokens;
    double split;

    if (ds_viewer_heads(v, side) != DS_HEADS_HERE || head > heads)
        return false; /* two files may be of networks with more heads and fewer */
    memset(to, 0, (size_t)patches * sizeof *to);
    for (int k = head ? head - 1 : 0; k < (head ? head : heads); k++) {
        const float *row = ds_subject_head(s, v->view.image - 1, layer, k, &split);

        if (!row)
            row =
                h->attention + ((size_t)layer * (size_t)heads + (size_t)k) * square + h->prefix;
        for (int p = 0; p < patches; p++)
            to[p] += head ? row[p] : row[p] / (float)heads;
    }
    return true;
}

/* A strip on the screen wants B's; a head or the mode of heads wants both. */
static bool next_heads(struct ds_viewer *v, struct ds_task *t)
{
    if (!asked(v) && (!v->strip || v->playing))
        return false;
    for (int side = asked(v) ? 0 : 1; side < 2; side++) {
        const struct ds_subject *s = ds_viewer_side(v, side);

        if (ds_viewer_heads(v, side) != DS_HEADS_COMING)
            continue;

        t->kind = DS_TASK_HEADS;
        t->slot = side;
        t->before = t->after = s;
        t->b = ds_viewer_checkpoint(v, side);
        t->image = v->view.image - 1;
        if (lacks(&v->heads[side], heads_key(v, side)))
            return true;
    }
    return false;
}

/* Forget what came from a subject that is going away. */
static void forget(struct ds_viewer *v)
{
    struct ds_held *all[] = {&v->pair,        &v->own,      &v->timeline[0],
                             &v->timeline[1], &v->heads[0], &v->heads[1]};

    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        ds_drift_clear(&all[i]->drift);
        free(all[i]->timeline);
        free(all[i]->compared);
        ds_heads_clear(&all[i]->heads);
        memset(all[i], 0, sizeof *all[i]);
    }
    v->look.key = v->order.key = 0;
}

/* A folder was dropped on the window: it takes the place of all runs. Nothing is being
 * computed now, so nobody reads the old ones. */
static void drop_in(struct ds_viewer *v)
{
    forget(v);
    for (int i = 0; i < 2; i++) {
        ds_subject_free(v->run[i]);
        v->run[i] = NULL;
        *v->trouble[i] = 0;
        v->stale[i] = false;
    }
    snprintf(v->address[0], sizeof v->address[0], "%s", v->dropped);
    *v->dropped = 0;
    v->runs = 1;
    v->fresh = true;
    ds_view_defaults(&v->view);
}

bool ds_viewer_next(struct ds_viewer *v, struct ds_task *t)
{
    const struct ds_view *w = &v->view;

    *t = (struct ds_task){0};
    if (*v->dropped)
        drop_in(v);
    if (next_open(v, t))
        return true;
    if (!ds_viewer_ready(v))
        return false;
    t->metric = ds_viewer_metric(v);
    t->before = ds_viewer_side(v, 0);
    t->after = ds_viewer_side(v, 1);
    t->a = w->a;
    t->b = w->b;
    t->kind = DS_TASK_PAIR;
    if (lacks(&v->pair, key_of(t->kind, t->before, t->after, w->metric, w->a, w->b, 0)))
        return true;
    t->kind = DS_TASK_OWN;
    if (lacks(&v->own, key_of(t->kind, t->after, t->after, w->metric, 0, w->b, 0)))
        return true;
    t->kind = DS_TASK_TIMELINE;
    for (int i = 0; i < v->runs; i++) {
        t->slot = i;
        t->before = t->after = v->run[i];
        if (lacks(&v->timeline[i], key_of(t->kind, v->run[i], v->run[i], w->metric, 0, 0, 0)))
            return true;
    }
    if (next_heads(v, t))
        return true;
    t->kind = DS_TASK_NONE;
    return false;
}

/* The first view of a run: A after the first task, B the last; of two runs one side each. */
static void first_view(struct ds_viewer *v)
{
    struct ds_err err = {0};

    if (v->runs == 2) {
        v->view.run_b = 2;
        v->view.a = 1 << 16;
    }
    for (int i = 0; i < v->runs; i++)
        if (v->run[i]->named >= 0)
            *(v->runs == 2 && !i ? &v->view.a : &v->view.b) = v->run[i]->named;
    if (v->runs == 1 && v->run[0]->record.done == 1)
        v->view.mode = DS_MODE_SINGLE; /* nothing to compare with */
    if (ds_viewer_is_maps(v))
        v->view.tab = DS_TAB_ANSWERS;
    ds_viewer_clamp(v);
    if (*v->at && ds_view_read(&v->view, v->at, "--at", &err))
        ds_viewer_say(v, DS_SAY_BAD, "%s", err.text);
    ds_viewer_clamp(v);
    v->fresh = false;
    v->undo.n = v->undo.now = 0;
    v->changes++;
}

/* Two runs are shown side by side only when their images are the same. */
static bool comparable(struct ds_viewer *v)
{
    struct ds_err err = {0};

    if (v->runs < 2 || !v->run[0] || !v->run[1] ||
        !ds_drift_comparable(&v->run[0]->record, &v->run[1]->record, &err))
        return true;
    snprintf(v->trouble[1], sizeof v->trouble[1], "%s: %s", v->address[1], err.text);
    v->trouble_code[1] = (int)err.code;
    ds_subject_free(v->run[1]);
    v->run[1] = NULL;
    return false;
}

static void take_run(struct ds_viewer *v, struct ds_task *t)
{
    const int i = t->slot;
    const bool again = v->run[i] != NULL;
    const int before = again ? v->run[i]->record.done : 0;

    v->changes++;
    if (t->code) {
        if (again) {
            ds_viewer_say(v, DS_SAY_BAD, "still showing what was read before: %s", t->err.text);
        } else {
            snprintf(v->trouble[i], sizeof v->trouble[i], "%s", t->err.text);
            v->trouble_code[i] = t->code;
        }
        return;
    }
    forget(v);
    ds_subject_free(v->run[i]);
    v->run[i] = t->subject;
    t->subject = NULL;
    *v->trouble[i] = 0;
    if (!comparable(v) || !ds_viewer_ready(v))
        return;
    if (v->fresh) {
        first_view(v);
        return;
    }
    if (v->view.newest && v->run[i] == ds_viewer_side(v, 1))
        v->view.b = v->run[i]->record.done - 1;
    ds_viewer_clamp(v);
    if (v->run[i]->record.done > before)
        ds_viewer_say(v, DS_SAY_GOOD, "%s: checkpoint %d is new", v->run[i]->name,
                      v->run[i]->record.done - 1);
    else
        ds_viewer_say(v, DS_SAY_NOTE, "%s was read again", v->run[i]->name);
}

static struct ds_held *slot_of(struct ds_viewer *v, const struct ds_task *t)
{
    return t->kind == DS_TASK_PAIR       ? &v->pair
           : t->kind == DS_TASK_OWN      ? &v->own
           : t->kind == DS_TASK_TIMELINE ? &v->timeline[t->slot]
                                         : &v->heads[t->slot];
}

void ds_viewer_take(struct ds_viewer *v, struct ds_task *t)
{
    struct ds_held *s;

    if (t->kind == DS_TASK_OPEN) {
        take_run(v, t);
    } else if (t->kind != DS_TASK_NONE) {
        s = slot_of(v, t);
        ds_drift_clear(&s->drift);
        free(s->timeline);
        free(s->compared);
        ds_heads_clear(&s->heads);
        s->drift = t->drift;
        s->timeline = t->timeline;
        s->compared = t->compared;
        s->heads = t->heads;
        t->drift = (struct ds_drift){0};
        t->timeline = NULL;
        t->compared = NULL;
        t->heads = (struct ds_heads){0};
        s->failed = t->code != 0;
        snprintf(s->why, sizeof s->why, "%.199s", t->err.text);
        s->key = t->code ? 0 : s->wanted;
        v->look.key = 0;
        if (t->kind != DS_TASK_TIMELINE)
            v->order.key = 0;
    }
    ds_task_clear(t);
}
