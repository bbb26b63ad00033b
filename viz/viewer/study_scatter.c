/* viz/viewer/study_scatter.c -- drift against forgetting, a dot for each image, class or task.
 *
 * x: drift at the chosen layer from an image's own task to B. y, for images: how much the
 * margin of the true class fell since then; for classes: how much of their listed images is
 * answered right less; for tasks: how much the accuracy on the test set fell. */
#include "viz/viewer/scene.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "viz/page/plot.h"

struct cloud {
    double *x, *y;
    int *what, n;
};

static bool cloud_make(struct cloud *c, int n)
{
    *c = (struct cloud){calloc((size_t)n + 1, sizeof(double)),
                        calloc((size_t)n + 1, sizeof(double)),
                        calloc((size_t)n + 1, sizeof(int)), 0};
    return c->x && c->y && c->what;
}

static void cloud_free(struct cloud *c)
{
    free(c->x);
    free(c->y);
    free(c->what);
}

static void put(struct cloud *c, double x, double y, int what)
{
    if (!isfinite(x) || !isfinite(y))
        return;
    c->x[c->n] = x;
    c->y[c->n] = y;
    c->what[c->n++] = what;
}

static void of_images(struct cloud *c, const struct ds_viewer *v)
{
    for (int i = 0; i < v->run[0]->record.images; i++)
        put(c, ds_image_own_drift(v, i), ds_image_forgetting(v, i), i);
}

/* Means over the images of a class or a task. */
static void of_groups(struct cloud *c, const struct ds_viewer *v, bool tasks)
{
    const struct ds_subject *s = ds_viewer_side(v, 1);
    const struct ds_record *r = &s->record;
    const struct ds_accuracy *acc = &s->accuracy[v->view.protocol];
    const int groups = tasks ? r->tasks : r->classes, b = v->view.b;

    for (int g = 0; g < groups; g++) {
        double drift = 0, lost = 0;
        int n = 0;

        for (int i = 0; i < r->images; i++) {
            const double d = ds_image_own_drift(v, i);

            if ((tasks ? r->task[i] : r->label[i]) != g || !isfinite(d))
                continue;
            drift += d;
            lost += (ds_subject_answer(s, r->task[i] + 1, i) == 1) -
                    (ds_subject_answer(s, b, i) == 1);
            n++;
        }
        if (!n)
            continue;
        if (tasks)
            lost = n * (acc->a[g * acc->tasks + g] - acc->a[(b - 1) * acc->tasks + g]);
        put(c, drift / n, lost / n, g);
    }
}

static double correlation(const struct cloud *c)
{
    double mx = 0, my = 0, xy = 0, xx = 0, yy = 0;

    for (int i = 0; i < c->n; i++) {
        mx += c->x[i] / c->n;
        my += c->y[i] / c->n;
    }
    for (int i = 0; i < c->n; i++) {
        xy += (c->x[i] - mx) * (c->y[i] - my);
        xx += (c->x[i] - mx) * (c->x[i] - mx);
        yy += (c->y[i] - my) * (c->y[i] - my);
    }
    return c->n > 2 && xx > 0 && yy > 0 ? xy / sqrt(xx * yy) : NAN;
}

static bool is_chosen(const struct ds_viewer *v, int what)
{
    const struct ds_record *r = &v->run[0]->record;
    const int i = v->view.image - 1;

    return what == (v->view.unit == DS_UNIT_IMAGE   ? i
                    : v->view.unit == DS_UNIT_CLASS ? r->label[i]
                                                    : r->task[i]);
}

static void dots(struct ds_scene *s, const struct cloud *c, const struct ds_axes *a)
{
    struct ds_viewer *v = s->v;
    const struct ds_record *r = &v->run[0]->record;
    const double size = v->view.unit == DS_UNIT_IMAGE ? 5 : 8;

    if (ds_dots_room(&v->dots, c->n))
        return;
    for (int pass = 0; pass < 2; pass++)
        for (int i = 0; i < c->n; i++) {
            const double x = ds_axes_x(a, c->x[i]), y = ds_axes_y(a, c->y[i]);
            const int w = c->what[i];
            const bool marked =
                v->view.unit == DS_UNIT_IMAGE && ds_view_marked(&v->view, w + 1);
            const int task = v->view.unit == DS_UNIT_IMAGE   ? r->task[w]
                             : v->view.unit == DS_UNIT_CLASS ? r->class_task[w]
                                                             : w;

            if (pass != is_chosen(v, w))
                continue;
            ds_marker_draw(s->c, ds_style_at(task).marker, x, y, size,
                           pass     ? ds_skin.b
                           : marked ? ds_skin.ink
                                    : ds_skin.bar);
            if (pass || marked) {
                cairo_new_path(s->c->cr);
                cairo_arc(s->c->cr, x, y, size + 1, 0, DS_TURN);
                ds_canvas_color(s->c, pass ? ds_skin.b : ds_skin.ink, 1);
                cairo_set_line_width(s->c->cr, 1.2);
                cairo_stroke(s->c->cr);
            }
            if (v->view.unit != DS_UNIT_IMAGE)
                ds_put(s, x + (pass ? 14 : 8), y, 0, DS_SIZE_SMALL, pass,
                       pass ? ds_skin.ink : ds_skin.soft, s->box.x + s->box.w - x - 14,
                       v->view.unit == DS_UNIT_TASK ? "task %s%d" : "%s",
                       v->view.unit == DS_UNIT_TASK ? "" : r->class_name[w], w + 1);
            v->dots.x[v->dots.n] = x;
            v->dots.y[v->dots.n] = y;
            v->dots.what[v->dots.n++] = w;
        }
}

static void band(struct ds_scene *s)
{
    const struct ds_box b = s->v->rubber;

    if (b.w <= 0)
        return;
    cairo_new_path(s->c->cr);
    cairo_rectangle(s->c->cr, b.x, b.y, b.w, b.h);
    ds_canvas_color(s->c, ds_skin.b, 0.2);
    cairo_fill(s->c->cr);
    ds_canvas_frame(s->c, b, 1, ds_skin.b);
}

static int plot(struct ds_scene *s, struct ds_box box, const struct cloud *c)
{
    static const char *const fell[] = {"margin lost", "answers lost", "accuracy lost"};
    struct ds_axes a = {.xlabel = "drift since own task", .ylabel = fell[s->v->view.unit]};
    double lo[2] = {0, 0}, hi[2] = {0, 0};
    struct ds_err err = {0};

    for (int i = 0; i < c->n; i++) {
        hi[0] = fmax(hi[0], c->x[i]);
        lo[1] = fmin(lo[1], c->y[i]);
        hi[1] = fmax(hi[1], c->y[i]);
    }
    ds_scale_nice(&a.x, lo[0], hi[0], 4);
    ds_scale_nice(&a.y, lo[1], hi[1], 4);
    if (ds_axes_fit(s->c, box, &a, &err))
        return -1;
    ds_axes_draw(s->c, &a);
    dots(s, c, &a);
    band(s);
    ds_part(s, &(struct ds_widget){.id = "scatter",
                                   .box = a.frame,
                                   .role = DS_ROLE_PLOT,
                                   .command = "unit",
                                   .skip = true,
                                   .label = "drift and forgetting: click a dot, drag a box"});
    return 0;
}

void ds_study_scatter(struct ds_scene *s, struct ds_box box)
{
    static const char *const units[] = {"image", "class", "task"};
    struct ds_viewer *v = s->v;
    struct ds_widget unit = {.id = "unit", .label = "a dot is", .command = "unit"};
    const int most = v->run[0]->record.images + v->run[0]->record.classes;
    struct cloud c;
    char text[32];
    double w;

    snprintf(unit.value, sizeof unit.value, "%s %s", v->view.unit == DS_UNIT_IMAGE ? "an" : "a",
             units[v->view.unit]);
    w = ds_button(s, box.x, box.y, 0, &unit);
    if (!cloud_make(&c, most)) {
        cloud_free(&c);
        return;
    }
    if (v->view.b > 0) {
        if (v->view.unit == DS_UNIT_IMAGE)
            of_images(&c, v);
        else
            of_groups(&c, v, v->view.unit == DS_UNIT_TASK);
    }
    if (!c.n) {
        ds_missing(s, box, "Nothing was forgotten yet",
                   "Move B past the checkpoint of an earlier task.");
    } else {
        ds_put(s, box.x + w + 8, box.y + 10, 0, DS_SIZE_SMALL, false, ds_skin.ink,
               box.w - w - 8, "layer %d   r = %s   n = %d", v->view.layer,
               ds_shown_text(text, sizeof text, correlation(&c)), c.n);
        plot(s, (struct ds_box){box.x, box.y + 30, box.w - 6, box.h - 32}, &c);
    }
    cloud_free(&c);
}
