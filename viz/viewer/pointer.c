/* viz/viewer/pointer.c -- the mouse: what is under it, pressing, dragging, the wheel.
 *
 * A picture is special: pressing and letting go pins a patch, dragging pans, and next to the
 * divider of a swipe dragging moves the divider. Everything else runs its widget's command,
 * again and again while it is dragged when it has a grip. */
#include "viz/viewer/command.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const double STILL = 4; /* points a press may move and still be a click */
static const double NEAR = 9;  /* of a divider, a dot */

int ds_dots_room(struct ds_dots *d, int n)
{
    double *x, *y;
    int *what;

    d->n = 0;
    if (n <= d->room)
        return 0;
    if ((x = realloc(d->x, (size_t)n * sizeof *x)))
        d->x = x;
    if ((y = realloc(d->y, (size_t)n * sizeof *y)))
        d->y = y;
    if ((what = realloc(d->what, (size_t)n * sizeof *what)))
        d->what = what;
    if (!x || !y || !what)
        return -1;
    d->room = n;
    return 0;
}

int ds_viewer_patch_at(const struct ds_viewer *v, struct ds_box pane, double x, double y)
{
    const struct ds_record *r = &v->run[0]->record;
    const double u = v->view.pan_x + ((x - pane.x) / pane.w - 0.5) / v->view.zoom;
    const double w = v->view.pan_y + ((y - pane.y) / pane.h - 0.5) / v->view.zoom;
    const int i = (int)floor(u * r->grid_w), j = (int)floor(w * r->grid_h);

    if (i < 0 || j < 0 || i >= r->grid_w || j >= r->grid_h)
        return -1;
    return j * r->grid_w + i;
}

static bool is_picture(const struct ds_widget *w)
{
    return w->role == DS_ROLE_PICTURE && w->command && !strcmp(w->command, "pick-patch");
}

static double fraction(double at, double from, double size)
{
    return size > 0 ? fmin(1, fmax(0, (at - from) / size)) : 0;
}

static void run_at(struct ds_viewer *v, const struct ds_widget *w, bool shift, double x,
                   double y)
{
    const char *name = shift && w->shifted ? w->shifted : w->command;
    const struct ds_command *c = name ? ds_command_lookup(name) : NULL;
    struct ds_call call = {.count = 1, .has_arg = !isnan(w->arg), .arg = w->arg};

    if (!c || w->missing)
        return;
    call.x = fraction(x, w->box.x, w->box.w);
    call.y = fraction(y, w->box.y, w->box.h);
    if (w->rows > 0)
        call.arg = (double)((int)fmin(w->rows - 1, floor(call.y * w->rows)) * w->columns +
                            (int)fmin(w->columns - 1, floor(call.x * w->columns)));
    else if (w->grip == DS_GRIP_X)
        call.arg = w->from + call.x * (w->to - w->from);
    else if (w->grip == DS_GRIP_Y)
        call.arg = w->to + call.y * (w->from - w->to);
    ds_command_run(v, c, &call);
}

static int dot_at(const struct ds_viewer *v, double x, double y)
{
    double best = NEAR;
    int found = -1;

    for (int i = 0; i < v->dots.n; i++) {
        const double d = hypot(v->dots.x[i] - x, v->dots.y[i] - y);

        if (d < best) {
            best = d;
            found = i;
        }
    }
    return found;
}

static void press_dot(struct ds_viewer *v, double x, double y)
{
    const int at = dot_at(v, x, y);

    if (at < 0)
        return;
    if (v->view.unit == DS_UNIT_IMAGE)
        ds_viewer_run(v, "image", v->dots.what[at] + 1, true);
    else
        ds_viewer_run(v, v->view.unit == DS_UNIT_CLASS ? "only-class" : "only-task",
                      v->dots.what[at] + 1, true);
}

/* Dots inside the band get a mark: images themselves, or all images of a class or task. */
static void mark_band(struct ds_viewer *v)
{
    const struct ds_record *r = &v->run[0]->record;
    const struct ds_view before = v->view;
    const struct ds_box b = v->rubber;
    int marked = 0;

    for (int d = 0; d < v->dots.n; d++) {
        if (v->dots.x[d] < b.x || v->dots.x[d] > b.x + b.w || v->dots.y[d] < b.y ||
            v->dots.y[d] > b.y + b.h)
            continue;
        for (int i = 0; i < r->images; i++) {
            const int mine = v->view.unit == DS_UNIT_IMAGE   ? i
                             : v->view.unit == DS_UNIT_CLASS ? r->label[i]
                                                             : r->task[i];

            if (mine == v->dots.what[d]) {
                ds_view_mark(&v->view, i + 1, true);
                marked++;
            }
        }
    }
    ds_viewer_change(v, &before, NULL, false);
    ds_viewer_say(v, DS_SAY_NOTE, "%d images marked; & lists them", marked);
}

static void move_picture(struct ds_viewer *v, const struct ds_widget *w, double x, double y)
{
    const struct ds_view before = v->view;
    const bool divides = v->view.mode == DS_MODE_SWIPE;

    if (v->panning) {
        v->view.pan_x = v->pan_x - (x - v->press_x) / w->box.w / v->view.zoom;
        v->view.pan_y = v->pan_y - (y - v->press_y) / w->box.h / v->view.zoom;
        ds_viewer_change(v, &before, &v->panning, false);
    } else if (divides) {
        ds_viewer_run(v, "swipe", fraction(x, w->box.x, w->box.w), true);
    }
}

static void drag(struct ds_viewer *v, double x, double y)
{
    const struct ds_widget *w = ds_widgets_find(&v->widgets, v->drag);
    const bool far = hypot(x - v->press_x, y - v->press_y) > STILL;
    struct ds_widget copy;

    if (!w)
        return;
    copy = *w;
    w = ds_widgets_find(&v->widgets, "pane-0");
    if (!strcmp(copy.id, "swipe")) {
        if (w)
            ds_viewer_run(v, "swipe", fraction(x, w->box.x, w->box.w), true);
    } else if (is_picture(&copy)) {
        if (far || v->panning)
            move_picture(v, &copy, x, y);
    } else if (!strcmp(copy.id, "scatter")) {
        v->rubber = far ? (struct ds_box){fmin(x, v->press_x), fmin(y, v->press_y),
                                          fabs(x - v->press_x), fabs(y - v->press_y)}
                        : (struct ds_box){0};
        v->changes++;
    } else if (copy.grip != DS_GRIP_NONE) {
        run_at(v, &copy, false, x, y);
    }
}

bool ds_viewer_move(struct ds_viewer *v, double x, double y)
{
    const struct ds_widget *w;
    const int patch = v->hover_patch, side = v->hover_side;
    char hover[sizeof v->hover];

    memcpy(hover, v->hover, sizeof hover);
    v->mouse_x = x;
    v->mouse_y = y;
    if (v->pressed && *v->drag)
        drag(v, x, y);
    w = ds_widgets_at(&v->widgets, x, y, ds_least_panel(v));
    snprintf(v->hover, sizeof v->hover, "%s", w ? w->id : "");
    v->hover_patch = w && is_picture(w) ? ds_viewer_patch_at(v, w->box, x, y) : -1;
    v->hover_side = w && is_picture(w) ? (int)w->arg : -1;
    return v->pressed || strcmp(hover, v->hover) != 0 || patch != v->hover_patch ||
           side != v->hover_side;
}

static bool on_divider(const struct ds_viewer *v, const struct ds_widget *w, double x)
{
    return v->view.mode == DS_MODE_SWIPE &&
           fabs(x - w->box.x - v->view.swipe * w->box.w) < NEAR;
}

bool ds_viewer_press(struct ds_viewer *v, double x, double y, bool shift, int clicks)
{
    const struct ds_widget *w;
    struct ds_widget copy;

    ds_viewer_move(v, x, y);
    v->pressed = true;
    v->press_x = x;
    v->press_y = y;
    v->panning = false;
    v->focus_shown = false;
    w = ds_widgets_at(&v->widgets, x, y, ds_least_panel(v));
    if (!w && v->overlay != DS_OVER_NONE) { /* beside an overlay: close it */
        ds_viewer_run(v, "escape", 0, false);
        return true;
    }
    *v->drag = 0;
    if (!w)
        return true;
    copy = *w;
    memcpy(v->drag, copy.id, sizeof v->drag);
    memcpy(v->focus, copy.id, sizeof v->focus);
    if (is_picture(&copy)) {
        v->panning = !on_divider(v, &copy, x) && v->view.zoom > 1;
        v->pan_x = v->view.pan_x;
        v->pan_y = v->view.pan_y;
    } else if (!strcmp(copy.id, "scatter")) {
        v->rubber = (struct ds_box){0};
    } else {
        run_at(v, &copy, shift, x, y);
    }
    if (clicks == 2 && !strncmp(copy.id, "image-", 6) && v->view.grid)
        ds_viewer_run(v, "grid", 0, false);
    return true;
}

bool ds_viewer_release(struct ds_viewer *v, double x, double y)
{
    const bool still = hypot(x - v->press_x, y - v->press_y) <= STILL;
    const struct ds_widget *w = ds_widgets_find(&v->widgets, v->drag);

    v->pressed = false;
    if (w && is_picture(w) && still && !on_divider(v, w, x)) {
        const int patch = ds_viewer_patch_at(v, w->box, x, y);

        if (patch >= 0)
            ds_viewer_run(v, "pick-patch", patch + 1, true);
    } else if (w && !strcmp(w->id, "scatter")) {
        if (v->rubber.w > 0)
            mark_band(v);
        else
            press_dot(v, x, y);
        v->rubber = (struct ds_box){0};
    }
    v->panning = false;
    *v->drag = 0;
    return true;
}

bool ds_viewer_wheel(struct ds_viewer *v, double x, double y, double ticks)
{
    const struct ds_widget *w = ds_widgets_at(&v->widgets, x, y, ds_least_panel(v));
    struct ds_call call = {.count = 1, .has_arg = true};
    const struct ds_command *c;
    char name[64];

    if (v->overlay == DS_OVER_HELP) {
        v->help_scroll = (int)fmax(0, v->help_scroll - rint(3 * ticks));
        return true;
    }
    if (!w || !w->wheel)
        return false;
    call.arg = -ticks;
    call.x = fraction(x, w->box.x, w->box.w);
    call.y = fraction(y, w->box.y, w->box.h);
    if (!strcmp(w->wheel, "zoom"))
        snprintf(name, sizeof name, ticks > 0 ? "zoom-in" : "zoom-out");
    else if (!strcmp(w->wheel, "scroll"))
        snprintf(name, sizeof name, "scroll");
    else
        snprintf(name, sizeof name, "%s-%s", w->wheel, ticks > 0 ? "prev" : "next");
    c = ds_command_lookup(name);
    if (c)
        ds_command_run(v, c, &call);
    return c != NULL;
}
