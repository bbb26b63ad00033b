/* viz/viewer/study_answers.c -- what the networks of files of maps say a picture shows. See
 * scene.h.
 *
 * The most likely classes with their share, of A's file and of B's where they are two. */
#include "viz/viewer/scene.h"

#include <math.h>
#include <stdio.h>

enum { ROW = 20, FOOT = 20 };

/* A bar for a share, the class in front of it; returns where the next row begins. */
static double row(struct ds_scene *s, double x, double y, double w, const struct ds_attended *a,
                  int image, int rank)
{
    const double share = (double)a->share[(size_t)image * (size_t)a->top + (size_t)rank];
    const double left = floor(0.56 * w), bar = w - left - 50;
    char name[96], value[32];

    ds_attended_class(a, image, rank, name, sizeof name);
    ds_put(s, x, y + ROW / 2.0, 0, DS_SIZE_SMALL, !rank, rank ? ds_skin.soft : ds_skin.ink,
           left - 8, "%s", name);
    ds_canvas_fill(s->c, (struct ds_box){x + left, y + 4, bar, ROW - 8}, ds_skin.raised);
    if (isfinite(share))
        ds_canvas_fill(s->c,
                       (struct ds_box){x + left, y + 4, bar * fmin(1, fmax(0, share)), ROW - 8},
                       ds_skin.bar);
    ds_put(s, x + w, y + ROW / 2.0, 1, DS_SIZE_SMALL, !rank, rank ? ds_skin.soft : ds_skin.ink,
           0, "%s %%", ds_number(value, sizeof value, 100 * share, 1));
    return y + ROW;
}

static double answers_of(struct ds_scene *s, struct ds_box box, double y, int side,
                         double until)
{
    struct ds_viewer *v = s->v;
    const struct ds_subject *run = ds_viewer_side(v, side);
    const struct ds_attended *a = &run->attended;
    const int image = v->view.image - 1;
    struct ds_widget part = {.role = DS_ROLE_TEXT, .box = {box.x, y, box.w, 0}};
    double x = box.x;

    if (v->runs == 2) {
        ds_badge(s, x + 7, y + 9, 7, side);
        x += 20;
    }
    ds_put(s, x, y + 9, 0, DS_SIZE_SMALL, true, ds_skin.soft, box.x + box.w - x, "%s",
           v->runs == 2 ? run->name : "most likely classes");
    y += 22;
    if (!a->best || !a->top) {
        ds_put(s, box.x, y + 8, 0, DS_SIZE_SMALL, false, ds_skin.soft, box.w,
               "this network has no head: no classes");
        return y + 24;
    }
    for (int k = 0; k < a->top && y + ROW <= until; k++)
        y = row(s, box.x, y, box.w, a, image, k);
    snprintf(part.id, sizeof part.id, side ? "answers-b" : "answers-a");
    snprintf(part.label, sizeof part.label, "most likely class");
    ds_attended_class(a, image, 0, part.value, sizeof part.value);
    part.box.h = y - part.box.y;
    ds_part(s, &part);
    return y + 8;
}

void ds_study_answers(struct ds_scene *s, struct ds_box box)
{
    const struct ds_viewer *v = s->v;
    const double foot = box.y + box.h - FOOT;
    double y = box.y;

    for (int side = v->runs == 2 ? 0 : 1; side < 2; side++)
        y = answers_of(s, box, y, side, side || v->runs < 2 ? foot : (y + foot) / 2);
    ds_put(s, box.x, foot + 10, 0, DS_SIZE_SMALL, false, ds_skin.soft, box.w,
           box.w > 300 ? "accuracy, scatter, audit: of runs, not of maps"
                       : "accuracy, audit: of runs only");
}
