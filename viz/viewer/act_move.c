/* viz/viewer/act_move.c -- commands that go somewhere: images, layers, heads, checkpoints. */
#include "viz/viewer/command.h"

#include <math.h>

static int within(int x, int lo, int hi)
{
    return x < lo ? lo : x > hi ? hi : x;
}

static const struct ds_record *record(const struct ds_viewer *v)
{
    return &v->run[0]->record;
}

void ds_act_image(struct ds_viewer *v, const struct ds_call *c)
{
    const int place = ds_order_place(v, v->view.image - 1);

    if (!v->order.n)
        return;
    v->view.image =
        1 + v->order.at[place < 0 ? 0 : within(place + c->param * c->count, 0, v->order.n - 1)];
}

void ds_act_end(struct ds_viewer *v, const struct ds_call *c)
{
    if (!v->order.n)
        return;
    if (c->counted)
        v->view.image = within(c->count, 1, record(v)->images);
    else
        v->view.image = 1 + v->order.at[c->param ? v->order.n - 1 : 0];
}

void ds_act_go_image(struct ds_viewer *v, const struct ds_call *c)
{
    v->view.image = within((int)c->arg, 1, record(v)->images);
}

void ds_act_layer(struct ds_viewer *v, const struct ds_call *c)
{
    v->view.layer = within(v->view.layer + c->param * c->count, 1, record(v)->layers);
}

void ds_act_go_layer(struct ds_viewer *v, const struct ds_call *c)
{
    v->view.layer = within((int)c->arg, 1, record(v)->layers);
}

void ds_act_head(struct ds_viewer *v, const struct ds_call *c)
{
    v->view.head = within(v->view.head + c->param * c->count, 0, record(v)->heads);
}

void ds_act_go_head(struct ds_viewer *v, const struct ds_call *c)
{
    v->view.head = within((int)c->arg, 0, record(v)->heads);
}

/* Cells are numbered row by row, layers down, the mean and the heads across. */
void ds_act_head_cell(struct ds_viewer *v, const struct ds_call *c)
{
    const int across = record(v)->heads + 1, cell = (int)c->arg;

    v->view.layer = within(cell / across + 1, 1, record(v)->layers);
    v->view.head = cell % across;
}

/* param: bit 1 is the side, bit 0 the direction. */
void ds_act_step(struct ds_viewer *v, const struct ds_call *c)
{
    const int side = c->param >> 1, way = c->param & 1 ? 1 : -1;
    int *at = side ? &v->view.b : &v->view.a;

    *at = within(*at + way * c->count, 0, ds_viewer_side(v, side)->record.done - 1);
}

/* 1000 and more is a checkpoint of the second run: the timeline has a row for each. */
void ds_act_go_step(struct ds_viewer *v, const struct ds_call *c)
{
    const int run = c->arg >= 1000 && v->runs == 2 ? 2 : 1;
    int *at = c->param ? &v->view.b : &v->view.a;

    if (v->runs == 2)
        *(c->param ? &v->view.run_b : &v->view.run_a) = run;
    *at = within((int)rint(c->arg) % 1000, 0, ds_viewer_side(v, c->param)->record.done - 1);
}

void ds_act_swap(struct ds_viewer *v, const struct ds_call *c)
{
    const int a = v->view.a, run = v->view.run_a;

    (void)c;
    v->view.a = v->view.b;
    v->view.b = a;
    v->view.run_a = v->view.run_b;
    v->view.run_b = run;
}

void ds_act_run(struct ds_viewer *v, const struct ds_call *c)
{
    int *run = c->param ? &v->view.run_b : &v->view.run_a;

    if (v->runs < 2) {
        ds_viewer_say(v, DS_SAY_NOTE, "one run is open; driftscope view RUN RUN2 compares two");
        return;
    }
    *run = 3 - *run;
}

void ds_act_play(struct ds_viewer *v, const struct ds_call *c)
{
    (void)c;
    if (ds_viewer_side(v, 1)->record.done < 2) {
        ds_viewer_say(v, DS_SAY_NOTE, "there is one checkpoint only: nothing to play");
        return;
    }
    v->playing = !v->playing;
    v->play_at = v->now + 1 / v->view.fps;
}

void ds_act_speed(struct ds_viewer *v, const struct ds_call *c)
{
    v->view.fps = fmin(8, fmax(0.25, c->param > 0 ? v->view.fps * 2 : v->view.fps / 2));
    ds_viewer_say(v, DS_SAY_NOTE, "%g checkpoints a second", v->view.fps);
}

/* A cell (after task t, on task e), numbered row by row: B goes to t, the list to task e, and
 * the image to the first of that task. */
void ds_act_cell(struct ds_viewer *v, const struct ds_call *c)
{
    const int tasks = record(v)->tasks, t = (int)c->arg / tasks, e = (int)c->arg % tasks;

    if (t < 0 || t >= tasks)
        return;
    v->view.b = within(t + 1, 0, ds_viewer_side(v, 1)->record.done - 1);
    v->view.only_task = e + 1;
    for (int i = 0; i < record(v)->images; i++)
        if (record(v)->task[i] == e) {
            v->view.image = i + 1;
            return;
        }
}

/* Cells are numbered layer by layer, checkpoints within. */
void ds_act_heat_cell(struct ds_viewer *v, const struct ds_call *c)
{
    const int done = ds_viewer_side(v, 1)->record.done, cell = (int)c->arg;

    v->view.b = within(cell % done, 0, done - 1);
    v->view.layer = within(cell / done + 1, 1, record(v)->layers);
}
